"""A new calendar in an app is a new drop."""

import pytest

from bridge.caldav_plugin.application import Application
from bridge.flows.access import add_app_password
from bridge.flows.drops import add_organizer, create_drop
from bridge.wiring import Bridge, bridge
from tests.caldav_plugin.device import ICAL, C, D, Device, event, slot
from tests.cast import ADA, Person

SPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:A="http://apple.com/ns/ical/"'
BERLIN = "BEGIN:VCALENDAR&#13;\nVERSION:2.0&#13;\nBEGIN:VTIMEZONE&#13;\nTZID:Europe/Berlin&#13;\nEND:VTIMEZONE&#13;\nEND:VCALENDAR&#13;\n"
DESCRIBED = (
    "<D:displayname>Cake</D:displayname><C:calendar-description>All of it</C:calendar-description>"
    '<A:calendar-color symbolic-color="custom">#FF2968FF</A:calendar-color><A:calendar-order>7</A:calendar-order>'
    '<C:supported-calendar-component-set><C:comp name="VEVENT"/><C:comp name="VTODO"/></C:supported-calendar-component-set>'
    f"<C:calendar-timezone>{BERLIN}</C:calendar-timezone><C:schedule-calendar-transp><C:transparent/></C:schedule-calendar-transp>"
)


def mkcalendar(props: str) -> str:
    """The body of a MKCALENDAR."""
    return f"<C:mkcalendar {SPACES}><D:set><D:prop>{props}</D:prop></D:set></C:mkcalendar>"


def mkcol(props: str) -> str:
    """The body of an extended MKCOL."""
    return f"<D:mkcol {SPACES}><D:set><D:prop>{props}</D:prop></D:set></D:mkcol>"


CALENDAR = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>"


@pytest.mark.parametrize("how", ["MKCALENDAR", "MKCOL"])
def test_a_calendar_is_made_as_described(ada: Device, how: str) -> None:
    body = mkcalendar(DESCRIBED) if how == "MKCALENDAR" else mkcol(CALENDAR + DESCRIBED)
    assert ada(how, "/ada/cake/", body).status == 201
    names = (f"{D}displayname", f"{C}calendar-description", f"{ICAL}calendar-color", f"{ICAL}calendar-order", f"{C}calendar-timezone")
    reply = ada.propfind("/ada/cake/", *names, f"{C}supported-calendar-component-set", f"{C}schedule-calendar-transp")
    texts = {name: found.text for name in names if (found := reply.prop(name)) is not None}
    assert texts == {
        f"{D}displayname": "Cake",
        f"{C}calendar-description": "All of it",
        f"{ICAL}calendar-color": "#FF2968FF",
        f"{ICAL}calendar-order": "7",
        f"{C}calendar-timezone": BERLIN.replace("&#13;", "\r"),
    }
    components = reply.prop(f"{C}supported-calendar-component-set")
    assert components is not None
    assert [comp.get("name") for comp in components] == ["VEVENT", "VTODO"]
    transparency = reply.prop(f"{C}schedule-calendar-transp")
    assert transparency is not None
    assert transparency[0].tag == f"{C}transparent"
    assert "X-WR-TIMEZONE:Europe/Berlin" in ada("GET", "/ada/cake/").text


def test_a_calendar_without_a_body_takes_events_at_once_and_makes_no_slots(ada: Device) -> None:
    assert ada("MKCALENDAR", "/ada/8C2C0C0E-0000-4000-8000-1234567890AB/").status == 201
    assert ada("PUT", "/ada/8C2C0C0E-0000-4000-8000-1234567890AB/e.ics", event()).etag


def test_what_is_there_already_cannot_be_made(ada: Device) -> None:
    for path in ("/ada/bread/", "/ada/", "/"):
        reply = ada("MKCALENDAR", path)
        assert (reply.status, reply.condition) == (405, f"{D}resource-must-be-null")
    assert ada("MKCOL", "/ada/bread/", mkcol(CALENDAR)).status == 405


@pytest.mark.parametrize(
    ("path", "status"), [("/ada/bread/inner/", 403), ("/ada/nowhere/inner/", 409), ("/dee/mine/", 403), ("/new/", 403)]
)
def test_calendars_are_made_only_in_ones_own_home(ada: Device, path: str, status: int) -> None:
    assert ada("MKCALENDAR", path).status == status
    assert ada("MKCOL", path, mkcol(CALENDAR)).status == status


def test_a_calendar_below_what_is_not_there_is_a_conflict_that_says_where_it_can_be_made(ada: Device) -> None:
    for path in ("/ada/nope/z/", "/ada/two/names/deep/"):  # The server hands "two%2Fnames" over decoded (PEP 3333).
        reply = ada("MKCALENDAR", path)
        assert reply.status == 409
        assert "directly in your home" in reply.sentence


@pytest.mark.parametrize(
    ("props", "fault"),
    [
        (
            '<C:supported-calendar-component-set><C:comp name="VCARD"/></C:supported-calendar-component-set>',
            f"{C}supported-calendar-component-set",
        ),
        ("<A:calendar-color>url(javascript:x)</A:calendar-color>", f"{ICAL}calendar-color"),
        ("<C:calendar-timezone>nonsense</C:calendar-timezone>", f"{C}calendar-timezone"),
        ("<D:getetag>x</D:getetag>", f"{D}getetag"),
        ("<A:calendar-order>first</A:calendar-order>", f"{ICAL}calendar-order"),
    ],
)
def test_nothing_is_made_when_one_property_cannot_be_had(ada: Device, props: str, fault: str) -> None:
    reply = ada("MKCALENDAR", "/ada/cake/", mkcalendar("<D:displayname>Cake</D:displayname>" + props))
    assert reply.status == 403
    failed = {
        found.tag: propstat.findtext(f"{D}status")
        for propstat in reply.xml.iterfind(f"{D}propstat")
        for found in propstat.iterfind(f"{D}prop/*")
    }
    assert "424" in (failed.pop(f"{D}displayname") or "")
    assert list(failed) == [fault]
    assert ada("GET", "/ada/cake/").status == 404


@pytest.mark.parametrize(
    "body", ["", mkcol(""), mkcol("<D:resourcetype><D:collection/></D:resourcetype>"), mkcol("<D:resourcetype><x/></D:resourcetype>")]
)
def test_mkcol_makes_calendars_only(ada: Device, body: str) -> None:
    reply = ada("MKCOL", "/ada/cake/", body)
    assert (reply.status, reply.condition) == (403, f"{D}valid-resourcetype")
    assert ada("GET", "/ada/cake/").status == 404


@pytest.mark.parametrize("slug", ["x" * 300, " ", "a\u0085b", "caf\u00e9", "a.b_c-d", 'o\'clock: "now" * ?,'])
def test_any_sensible_name_is_taken_and_any_other_refused_clearly(ada: Device, slug: str) -> None:
    reply = ada("MKCALENDAR", f"/ada/{slug}/")
    assert reply.status in {201, 400, 403}
    assert (ada("GET", f"/ada/{slug}/").status == 200) == (reply.status == 201)
    if slug in {"caf\u00e9", "a.b_c-d", 'o\'clock: "now" * ?,'}:
        assert reply.status == 201


def test_a_removed_calendar_is_gone_and_its_name_free(ada: Device) -> None:
    ada("MKCALENDAR", "/ada/cake/", mkcalendar(DESCRIBED))
    ada("PUT", "/ada/cake/e.ics", event())
    token = ada.sync("/ada/cake/").token
    assert ada("DELETE", "/ada/cake/").status == 204
    assert ada("GET", "/ada/cake/e.ics").status == 404
    assert ada("MKCALENDAR", "/ada/cake/").status == 201
    assert ada.propfind("/ada/cake/", f"{D}getetag", depth="1").hrefs == ["/dav/ada/cake/"]
    reply = ada.sync("/ada/cake/", token)
    assert (reply.status, reply.condition) == (403, f"{D}valid-sync-token")


def test_a_calendar_made_in_an_app_is_private_until_it_has_a_slot(ada: Device, public: Device) -> None:
    ada("MKCALENDAR", "/ada/diary/")
    ada("PUT", "/ada/diary/dentist.ics", event("dentist"))
    assert public.propfind("/ada/diary/", f"{D}displayname").status == 404
    ada("PUT", "/ada/diary/bread.ics", slot("bread"))
    assert public.propfind("/ada/diary/", f"{D}displayname").status == 207

def described(house: Bridge, organizer: str, slug: str) -> tuple[str, str, str]:
    """What the drop is in."""
    with house.read() as views:
        drop = views.drop(organizer, slug)
    assert drop is not None
    return drop.language, drop.timezone, drop.currency


def test_a_calendar_speaks_and_reckons_as_the_organizers_latest_drop(house: Bridge, ada: Device) -> None:
    with house.work() as work:
        owner = work.views.organizer("ada")
        assert owner is not None
        for slug, language, zone, currency in (("a", "fr", "Europe/Paris", "CHF"), ("0", "de", "Europe/Zurich", "CHF")):
            create_drop(work, owner, slug, now=house.now(), actor="ada", language=language, timezone=zone, currency=currency)
    assert ada("MKCALENDAR", "/ada/cake/", Accept_Language="es").status == 201
    assert described(house, "ada", "cake") == ("de", "Europe/Zurich", "CHF")
    assert ada("MKCALENDAR", "/ada/tea/", mkcalendar(f"<C:calendar-timezone>{BERLIN}</C:calendar-timezone>")).status == 201
    assert described(house, "ada", "tea") == ("de", "Europe/Berlin", "CHF")


@pytest.mark.parametrize(
    ("accepted", "language"), [("fr-CH, fr;q=0.9, en;q=0.8", "fr"), ("pt-BR, es;q=0.5", "es"), ("pt", "de"), ("", "de"), ("*;q=x,,", "de")]
)
def test_a_first_calendar_speaks_as_the_app_and_reckons_as_the_settings_say(house: Bridge, accepted: str, language: str) -> None:
    settings = house.settings.replace(defaults={"language": "de", "timezone": "Europe/Vienna", "currency": "CHF"})
    with house.work() as work:
        made = add_organizer(work, "eve", now=house.now())
        add_app_password(work, made, "phone", "owner", ADA.password, house.now(), [])
    other = bridge(settings, now=house.now)
    eve = Device(Application(other, "organizer"), Person("eve", "Eve", "", ADA.password))
    assert eve("MKCALENDAR", "/eve/cake/", Accept_Language=accepted).status == 201
    other.database.dispose()
    assert described(house, "eve", "cake") == (language, "Europe/Vienna", "CHF")
