"""Things are counted as people say it."""

import pytest

from bridge.core.counting import counted


@pytest.mark.parametrize(("n", "said"), [(0, "0 orders"), (1, "1 order"), (2, "2 orders")])
def test_one_thing_is_told_from_many(n, said):
    assert counted(n, "order", "orders") == said
