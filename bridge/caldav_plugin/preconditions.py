"""If-Match and If-None-Match (RFC 9110 section 13), judged by the organizer's own edits.

An entity tag is ``"edit.revision"``. A stock change raises the revision only, so it never costs an organizer the edit
they are typing; a truly stale edit is still refused.
"""

import re
from typing import NamedTuple

from bridge.core.errors import StaleEdit

_TAG = re.compile(r'(W/)?"([^"]*)"|([^\s,"]+)')


class Tag(NamedTuple):
    """One entity tag of a list, without its quotes."""

    weak: bool
    opaque: str


def tags(header: str) -> list[Tag]:
    """The tags of a list; ``*`` comes as a tag of its own. Some clients leave the quotes out."""
    return [Tag(bool(weak), quoted or bare) for weak, quoted, bare in _TAG.findall(header)]


def check_if_match(header: str | None, edit: int | None) -> None:
    """Raises ``StaleEdit`` unless ``header`` is absent or names the present ``edit`` (None: there is no resource).

    Strong comparison: a weak tag never matches.
    """
    if header is None:
        return
    for tag in tags(header):
        if edit is not None and not tag.weak and (tag.opaque == "*" or tag.opaque.split(".")[0] == str(edit)):
            return
    if edit is None:
        raise StaleEdit("It was removed in the meantime. Load the calendar again, then repeat your change.")
    raise StaleEdit("Somebody changed it since you opened it. Load it again, then repeat your change.")


def none_match(header: str | None, etag: str | None) -> bool:
    """Whether ``header`` is absent or names none of what is there; ``etag`` is quoted, None when there is nothing.

    Weak comparison, on the whole tag.
    """
    if header is None or etag is None:
        return True
    return not any(tag.opaque in ("*", etag.strip('"')) for tag in tags(header))


def check_if_none_match(header: str | None, etag: str | None) -> None:
    """Raises ``StaleEdit`` when a change was asked for only if nothing like it is there, and something is."""
    if not none_match(header, etag):
        raise StaleEdit("Something of this name is there already.")
