"""DELETE (RFC 4918 section 9.6): Radicale does it through our storage; what it would refuse in plain text is refused here."""

from bridge.caldav_plugin.request import Request
from bridge.core.errors import NotFound


def check_removable(request: Request) -> None:
    """Raises ``DavError`` (403) unless the path is one of an event or a calendar, and this sign-in may remove it."""
    if len(request.parts) < 2:
        request.allow("Rr", "read")
        request.allow("", "unbind", sentence="Only calendars and events can be removed.")
    request.allow("D" if len(request.parts) == 2 else "w", "unbind")


def not_there(request: Request) -> NotFound:
    """What is said when there was nothing to remove."""
    return NotFound("There is no such calendar." if len(request.parts) == 2 else "There is no such event.")
