"""Who may do what, in Radicale's letters.

``R`` and ``r`` read, ``w`` writes events, ``D`` makes, describes and removes drops; ``d`` denies removing them.
Nobody has any letter on what belongs to another organizer.
"""

from radicale.rights import BaseRights

from bridge.caldav_plugin.admission import names
from bridge.caldav_plugin.visit import visiting
from bridge.core.accounts import Role
from bridge.core.calendars import Audience

ROLES: dict[Role, str] = {"owner": "rwD", "editor": "rwd", "viewer": "rd"}


def letters(audience: Audience, organizer: str, role: Role | None, parts: tuple[str, ...]) -> str:
    """The letters on a path given by its names; ``organizer`` and ``role`` are those of the sign-in."""
    if audience == "public":
        return "R" if len(parts) < 2 else "r"
    if role is None or (parts and parts[0] != organizer):
        return ""
    return ROLES[role] if len(parts) > 1 else "R"


class Rights(BaseRights):
    """Radicale's view of the table."""

    def authorization(self, user: str, user_groups: set[str], path: str) -> str:
        """The letters of whoever the present request is from; the visit knows the role."""
        visit = visiting.get()
        return letters(visit.audience, visit.organizer, visit.role, names(path))
