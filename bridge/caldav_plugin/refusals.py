"""One table: what was refused, and how that is said in WebDAV."""

from collections.abc import Iterable
from urllib.parse import quote

from bridge.caldav_plugin.refused import QueryRefused
from bridge.caldav_plugin.wire import CONTENT_TYPE, OURS, caldav, dav, element, error
from bridge.core import errors
from bridge.core.errors import BridgeError, Refusal


class DavError(BridgeError):
    """An answer of this face's own: ``condition`` is the precondition element as XML, empty when there is none."""

    def __init__(self, status: int, condition: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.condition, self.sentence = status, condition, sentence


def _ours(refusal: type[Refusal]) -> str:
    return f"{{{OURS}}}{refusal.kind}"


ANSWERS: dict[type[Refusal], tuple[int, str]] = {
    errors.Refusal: (403, _ours(errors.Refusal)),
    errors.NotFound: (404, _ours(errors.NotFound)),
    errors.AlreadyExists: (405, dav("resource-must-be-null")),
    errors.NotPermitted: (403, dav("need-privileges")),
    errors.StaleEdit: (412, _ours(errors.StaleEdit)),
    errors.InvalidCalendarData: (403, caldav("valid-calendar-data")),
    errors.InvalidCalendarObject: (403, caldav("valid-calendar-object-resource")),
    errors.UnsupportedComponent: (403, caldav("supported-calendar-component")),
    errors.UidConflict: (409, caldav("no-uid-conflict")),
    errors.TooLarge: (413, caldav("max-resource-size")),
    errors.TooManyOccurrences: (403, caldav("max-instances")),
    errors.CapacityBelowClaimed: (403, _ours(errors.CapacityBelowClaimed)),
    errors.SlotHasOrders: (403, _ours(errors.SlotHasOrders)),
    errors.DropHasOrders: (403, _ours(errors.DropHasOrders)),
    errors.SoldOut: (409, _ours(errors.SoldOut)),
    errors.WindowClosed: (409, _ours(errors.WindowClosed)),
    errors.LimitReached: (409, _ours(errors.LimitReached)),
    errors.TooManyHolds: (409, _ours(errors.TooManyHolds)),
    errors.TooLate: (409, _ours(errors.TooLate)),
    errors.NotPossible: (409, _ours(errors.NotPossible)),
    errors.HoldExpired: (409, _ours(errors.HoldExpired)),
    errors.InvalidInput: (403, _ours(errors.InvalidInput)),
    QueryRefused: (403, _ours(QueryRefused)),
}

# What Radicale turns away before it asks a verb: paths that it keeps for itself, and queries of extras that are off.
_ITS_OWN: dict[int, tuple[str, str]] = {
    404: (element(_ours(errors.NotFound)), "There is no such address."),
    405: ("", "There is no such method at this address."),
}


def worded(status: str, headers: Iterable[tuple[str, str]]) -> DavError | None:
    """A refusal of Radicale's own in plain text as one with a body for clients and a sentence; None for any other answer."""
    code = int(status[:3])
    if not 400 <= code < 500 or not dict(headers).get("Content-Type", "").startswith("text/plain"):
        return None
    return DavError(code, *_ITS_OWN.get(code, ("", "This cannot be done at this address.")))


def refused(refusal: Refusal | DavError, calendar: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body for a refusal; ``calendar`` is the address of the calendar, for what it names in it."""
    headers = {"Content-Type": CONTENT_TYPE}
    if isinstance(refusal, DavError):
        return refusal.status, headers, error(refusal.condition, refusal.sentence)
    if isinstance(refusal, QueryRefused):
        return ANSWERS[QueryRefused][0], headers, error(f"<{refusal.precondition}/>", refusal.sentence)
    status, condition = next(ANSWERS[kind] for kind in type(refusal).__mro__ if kind in ANSWERS)
    inner = f"<D:href>{calendar}{quote(refusal.name)}</D:href>" if isinstance(refusal, errors.UidConflict) else ""
    return status, headers, error(element(condition, inner), refusal.sentence)
