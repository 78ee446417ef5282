"""python-caldav, as scripts use it."""

from datetime import UTC, datetime

import pytest
from caldav import DAVClient
from caldav.lib.error import AuthorizationError, DAVError

from tests.caldav_plugin.device import event, slot
from tests.cast import ADA
from tests.clients.conftest import Live


def signed_in(live: Live, password: str = ADA.password) -> DAVClient:
    """A client of Ada's."""
    return DAVClient(live.dav, username=ADA.name, password=password)


def test_a_calendar_is_made_filled_searched_synchronised_and_removed(live: Live) -> None:
    with signed_in(live) as client:
        calendar = client.principal().make_calendar(name="Cake", cal_id="cake")
        saved = calendar.save_event(event("layer"))
        calendar.save_event(slot("pie", 6))
        found = calendar.search(start=datetime(2026, 12, 5, tzinfo=UTC), end=datetime(2026, 12, 6, tzinfo=UTC), event=True)
        assert {str(one.icalendar_component["UID"]) for one in found} == {"layer", "pie"}
        pie = calendar.event_by_uid("pie")
        assert "6 of 6 places left" in str(pie.icalendar_component["DESCRIPTION"])
        known = calendar.objects_by_sync_token(load_objects=True)
        saved.icalendar_component["SUMMARY"] = "Layer cake"
        saved.save()
        known.sync()
        assert {str(one.icalendar_component.get("SUMMARY")) for one in known} == {"Layer cake", "Loaves"}
        saved.delete()
        known.sync()
        assert len(list(known)) == 1
        calendar.delete()
        assert "Cake" not in [one.get_display_name() for one in client.principal().calendars()]


def test_a_slot_is_edited_as_it_was_read_and_stays_a_slot(live: Live) -> None:
    with signed_in(live) as client:
        calendar = client.principal().calendars()[0]
        calendar.save_event(slot("s", 24))
        one = calendar.event_by_uid("s")
        one.icalendar_component["SUMMARY"] = "Rye"
        one.save()
        one.load()
        notes = str(one.icalendar_component["DESCRIPTION"])
        assert notes.count("live stock") == 1
        assert "24 of 24 places left" in notes


def test_a_wrong_password_is_an_authorization_error(live: Live) -> None:
    with signed_in(live, "guess") as client, pytest.raises(AuthorizationError):
        client.principal()


def test_a_refused_event_is_an_error_and_is_not_there(live: Live) -> None:
    with signed_in(live) as client:
        calendar = client.principal().calendars()[0]
        with pytest.raises(DAVError):
            calendar.save_event(slot("s", 3, "RRULE:FREQ=SECONDLY"))
        assert calendar.events() == []


def test_anyone_reads_the_public_calendar_without_a_password(live: Live) -> None:
    with signed_in(live) as client:
        client.principal().calendars()[0].save_event(slot("s", 24))
    with DAVClient(f"{live.url}/dav-public/ada/bread/") as anyone:
        calendar = anyone.calendar(url=f"{live.url}/dav-public/ada/bread/")
        (one,) = calendar.events()
        assert "24 of 24 places left" in str(one.icalendar_component["DESCRIPTION"])
        with pytest.raises(DAVError):
            calendar.save_event(event("mine"))
