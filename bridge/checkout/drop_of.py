"""Which drop a slot is of, known after the first time: it never is of another."""

from collections.abc import Callable
from functools import lru_cache

from bridge.checkout.reading import Reading
from bridge.core.errors import NotFound

MOST = 4096


def drop_of(bridge: Reading) -> Callable[[str], str]:
    """Names the drop of a slot by its public id. Raises ``NotFound``."""

    @lru_cache(MOST)
    def found(public_id: str) -> str:
        with bridge.glance() as views:
            seen = views.drop_of_slot(public_id)
        if seen is None:
            raise NotFound("There is no such slot.")
        return str(seen[0].id)

    return found
