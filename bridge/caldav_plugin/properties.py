"""The live properties of the root, of principals and of calendars: one table each, Clark name → inner XML.

None as a value means that the property is not there.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from bridge.caldav_plugin.filters import COLLATIONS
from bridge.caldav_plugin.members import http_date
from bridge.caldav_plugin.request import Request
from bridge.caldav_plugin.wire import APPLE, CALSERVER, caldav, dav, element, escaped, href
from bridge.core.accounts import Organizer
from bridge.core.drops import Drop
from bridge.notes import public_description

COMPONENTS = ("VEVENT", "VTODO", "VJOURNAL")
PRIVILEGES = {
    "owner": ("read", "write", "write-properties", "write-content", "bind", "unbind", "read-current-user-privilege-set"),
    "editor": ("read", "write-content", "bind", "unbind", "read-current-user-privilege-set"),
    "viewer": ("read", "read-current-user-privilege-set"),
}
SEARCHES = (dav("expand-property"), dav("principal-property-search"), dav("principal-search-property-set"))
REPORTS = (
    dav("sync-collection"),
    caldav("calendar-multiget"),
    caldav("calendar-query"),
    caldav("free-busy-query"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A collection that is asked for its properties: the root (neither), a principal (no drop), or a calendar."""

    request: Request
    organizer: Organizer | None = None
    drop: Drop | None = None

    @property
    def path(self) -> str:
        """Its address below the mount."""
        if self.drop is not None:
            return f"/{self.drop.path}/"
        return f"/{self.organizer.name}/" if self.organizer else "/"

    @property
    def table(self) -> "Mapping[str, Property]":
        """The properties that such a place may have."""
        if self.drop is not None:
            return CALENDAR
        return PRINCIPAL if self.organizer else ROOT

    def value(self, name: str) -> str | None:
        """The inner XML of a live property."""
        known = self.table.get(name)
        return known(self) if known else None


Property = Callable[[Place], str | None]


def names(tags: Iterable[str]) -> str:
    """Empty elements, one after another."""
    return "".join(element(tag) for tag in tags)


def privileges(request: Request, calendar: bool) -> str:
    """``current-user-privilege-set``: what the sign-in may do, and no more."""
    role = request.visit.role or "viewer"
    granted = [dav(name) for name in PRIVILEGES[role]]
    if not calendar and role != "owner":
        granted = [dav(name) for name in PRIVILEGES["viewer"]]
    elif not calendar:
        granted = [dav(name) for name in ("read", "bind", "unbind", "read-current-user-privilege-set")]
    free_busy = [caldav("read-free-busy")] if calendar else []
    return "".join(element(dav("privilege"), element(name)) for name in granted + free_busy)


def reports(tags: Iterable[str]) -> str:
    """``supported-report-set`` of these reports."""
    return "".join(element(dav("supported-report"), element(dav("report"), element(tag))) for tag in tags)


def user(request: Request) -> str:
    """``current-user-principal`` (RFC 5397)."""
    name = request.visit.organizer
    return href(request.prefix, f"/{name}/") if name else element(dav("unauthenticated"))


def owner(request: Request, organizer: str) -> str:
    """``owner``; nobody on the public mount, where there are no principals."""
    return href(request.prefix, f"/{organizer}/") if request.visit.audience == "organizer" else ""


def of_members(request: Request, drop: Drop) -> dict[str, str]:
    """What all calendar object resources of a drop have in common."""
    return {
        dav("resourcetype"): "",
        dav("owner"): owner(request, drop.organizer),
        dav("current-user-principal"): user(request),
        dav("current-user-privilege-set"): privileges(request, calendar=True),
        dav("principal-collection-set"): href(request.prefix, "/"),
        dav("supported-report-set"): reports([caldav("calendar-query")]),
    }


def _home(place: Place) -> str | None:
    name = place.organizer.name if place.organizer else place.drop.organizer if place.drop else ""
    return href(place.request.prefix, f"/{name}/") if name else None


def _addresses(place: Place) -> str:
    organizer = place.organizer
    mail = f"<D:href>mailto:{quote(organizer.email, safe='@')}</D:href>" if organizer and organizer.email else ""
    return mail + href(place.request.prefix, place.path)


def _always(inner: str) -> Property:
    return lambda _: inner


def _signed_in(value: Property) -> Property:
    return lambda place: value(place) if place.request.visit.audience == "organizer" else None


def _of(value: Callable[[Drop], str | None]) -> Property:
    return lambda place: value(place.drop) if place.drop else None


def _description(place: Place) -> str | None:
    """The organizer's own words; the public never sees the settings lines among them."""
    if place.drop is None:
        return None
    public = place.request.visit.audience == "public"
    said = public_description(place.drop.description, place.drop.language) if public else place.drop.description
    return escaped(said) if said else None


def etag(drop: Drop) -> str:
    """The entity tag of the calendar as a whole, quoted."""
    return f'"{drop.id}.{drop.revision}"'


def sync_token(drop: Drop) -> str:
    """The token of this very state of the calendar (RFC 6578 section 4)."""
    return f"urn:dropbridge:sync:{drop.id}:{drop.revision}"


COMMON: dict[str, Property] = {
    dav("resourcetype"): _always("<D:collection/>"),
    dav("current-user-principal"): lambda place: user(place.request),
    dav("current-user-privilege-set"): lambda place: privileges(place.request, place.drop is not None),
    dav("principal-collection-set"): lambda place: href(place.request.prefix, "/"),
    dav("supported-report-set"): _always(reports(SEARCHES)),
}
ROOT: dict[str, Property] = {**COMMON, dav("displayname"): _always("dropbridge")}
PRINCIPAL: dict[str, Property] = {
    **COMMON,
    dav("displayname"): lambda place: escaped(place.organizer.title or place.organizer.name) if place.organizer else None,
    dav("resourcetype"): lambda place: "<D:collection/>" + ("<D:principal/>" if place.request.visit.audience == "organizer" else ""),
    dav("owner"): lambda place: owner(place.request, place.organizer.name) if place.organizer else None,
    dav("principal-URL"): _signed_in(_home),
    caldav("calendar-home-set"): _home,
    caldav("calendar-user-address-set"): _signed_in(_addresses),
    dav("alternate-URI-set"): _signed_in(_always("")),
    dav("group-member-set"): _signed_in(_always("")),
    dav("group-membership"): _signed_in(_always("")),
}
CALENDAR: dict[str, Property] = {
    **COMMON,
    dav("displayname"): _of(lambda drop: escaped(drop.title or drop.slug)),
    dav("resourcetype"): _always("<D:collection/><C:calendar/>"),
    dav("owner"): lambda place: owner(place.request, place.drop.organizer) if place.drop else None,
    dav("supported-report-set"): _always(reports(SEARCHES + REPORTS)),
    dav("sync-token"): _of(sync_token),
    f"{{{CALSERVER}}}getctag": _of(etag),
    dav("getetag"): _of(etag),
    dav("getcontenttype"): _always("text/calendar;charset=utf-8"),
    dav("getlastmodified"): _of(lambda drop: http_date(int(drop.changed_at.timestamp())) if drop.changed_at else None),
    caldav("calendar-description"): _description,
    caldav("supported-calendar-component-set"): _of(lambda drop: "".join(f'<C:comp name="{name}"/>' for name in drop.components)),
    caldav("supported-calendar-data"): _always('<C:calendar-data content-type="text/calendar" version="2.0"/>'),
    caldav("supported-collation-set"): _always("".join(element(caldav("supported-collation"), name) for name in COLLATIONS)),
    caldav("max-resource-size"): lambda place: str(place.request.bridge.settings.caldav.max_resource_size),
    caldav("max-instances"): lambda place: str(place.request.bridge.settings.caldav.max_occurrences),
    caldav("schedule-calendar-transp"): _of(lambda drop: "<C:transparent/>" if drop.transparent else "<C:opaque/>"),
    f"{{{APPLE}}}calendar-color": _of(lambda drop: escaped(drop.color) if drop.color else None),
    f"{{{APPLE}}}calendar-order": _of(lambda drop: str(drop.order)),
    # Only public calendars: vdirsyncer looks for a home wherever it is pointed, and nobody has a principal there.
    caldav("calendar-home-set"): lambda place: _home(place) if place.request.visit.audience == "public" else None,
}
# What RFC 4918 section 9.1 wants of an allprop; the properties of CalDAV are to be asked for by name.
ALLPROP = (dav("displayname"), dav("getcontenttype"), dav("getetag"), dav("getlastmodified"), dav("resourcetype"))
