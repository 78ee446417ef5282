"""What a subscribed calendar app gets, and how little it costs when nothing changed."""

import gzip
from dataclasses import replace
from datetime import timedelta

import icalendar
import pytest

from bridge.core.drops import PreorderWindow
from tests.cast import ADA
from tests.window import LOAVES, SATURDAY, Window, left, slot

FEED = "/ada/loaves/calendar.ics"
PLAIN = {"Accept-Encoding": "identity"}


@pytest.fixture
def window(clock):
    soon = PreorderWindow(opens=clock() + timedelta(hours=3))
    return Window(
        slot(1),
        slot(2, availability=left(0, state="sold_out")),
        slot(3, availability=left(24, state="soon"), preorder=soon),
        clock=clock,
    )


@pytest.fixture
def client(window):
    return window.app().test_client()


def calendar(response):
    assert response.status_code == 200, response.data
    return icalendar.Calendar.from_ical(response.data)


def titles(response):
    return [str(event["SUMMARY"]) for event in calendar(response).walk("VEVENT")]


def test_every_slot_is_an_event_with_what_is_left(client):
    feed = calendar(client.get(FEED, headers=PLAIN))
    assert [str(event["SUMMARY"]) for event in feed.walk("VEVENT")] == [
        "Country loaf pickup · 7 left",
        "Country loaf pickup · SOLD OUT",
        "Country loaf pickup · opens soon",
    ]
    assert feed["X-WR-CALNAME"] == "Saturday loaves"
    assert feed["SOURCE"] == "https://drops.example/ada/loaves/calendar.ics"
    assert feed["URL"] == "https://drops.example/ada/loaves/"
    assert [zone["TZID"] for zone in feed.walk("VTIMEZONE")] == ["Europe/Berlin"]


def test_apps_are_asked_to_look_more_often_on_the_day_of_a_slot(client, clock):
    assert calendar(client.get(FEED, headers=PLAIN))["X-PUBLISHED-TTL"] == "PT15M"
    before = client.get(FEED).headers["ETag"]
    clock.set(SATURDAY - timedelta(hours=9, minutes=30))
    response = client.get(FEED, headers=PLAIN | {"If-None-Match": before})
    assert calendar(response)["REFRESH-INTERVAL"].dt == timedelta(minutes=5)


def test_an_organizers_feed_holds_all_public_drops(clock):
    other = replace(LOAVES, id=2, slug="jam", title="Jam", timezone="America/New_York")
    hidden = replace(LOAVES, id=3, slug="secret", is_public=False)
    foreign = slot(7, drop="ada/jam", title="Jam", timezone="America/New_York")
    window = Window(slot(1), foreign, slot(9, drop="ada/secret", title="Secret"), drops=(LOAVES, other, hidden), clock=clock)
    client = window.app().test_client()
    feed = calendar(client.get("/ada/calendar.ics"))
    assert feed["X-WR-CALNAME"] == ADA.title
    assert [str(event["SUMMARY"]) for event in feed.walk("VEVENT")] == ["Country loaf pickup · 7 left", "Jam · 7 left"]
    assert {zone["TZID"] for zone in feed.walk("VTIMEZONE")} == {"Europe/Berlin", "America/New_York"}
    tag = client.get("/ada/calendar.ics").headers["ETag"]
    window.put(replace(foreign, availability=left(6)))
    again = client.get("/ada/calendar.ics", headers={"If-None-Match": tag})
    assert "Jam · 6 left" in titles(again)
    assert client.get("/ada/secret/calendar.ics").status_code == 404


def test_an_organizer_without_drops_has_an_empty_feed():
    response = Window(drops=()).app().test_client().get("/ada/calendar.ics")
    assert calendar(response).walk("VEVENT") == []


def test_only_what_can_be_claimed(client, window):
    assert titles(client.get(FEED + "?only=available")) == ["Country loaf pickup · 7 left"]
    window.put(
        replace(window.slots["k3v9q1"], availability=left(0, state="sold_out")), replace(window.slots["k3v9q2"], availability=left(3))
    )
    assert titles(client.get(FEED + "?only=available")) == ["Country loaf pickup · 3 left"]


def test_an_alarm_rings_when_the_preorder_opens_and_not_later(client, window, clock):
    [alarm] = calendar(client.get(FEED + "?alarms=1")).walk("VALARM")
    assert alarm["TRIGGER"].dt == clock() + timedelta(hours=3)
    assert alarm["DESCRIPTION"] == "Country loaf pickup · opens soon"
    assert calendar(client.get(FEED)).walk("VALARM") == []
    window.put(replace(window.slots["k3v9q3"], availability=left(24)))
    assert calendar(client.get(FEED + "?alarms=1")).walk("VALARM") == []


def test_another_language_follows_every_change(client, window):
    assert titles(client.get(FEED + "?lang=de-AT"))[:2] == ["Country loaf pickup · noch 7", "Country loaf pickup · AUSVERKAUFT"]
    window.put(replace(window.slots["k3v9q1"], availability=left(5)))
    window.put(window.slots["k3v9q3"], gone=True)
    assert titles(client.get(FEED + "?lang=de")) == ["Country loaf pickup · noch 5", "Country loaf pickup · AUSVERKAUFT"]


def test_a_language_is_the_same_event_with_the_same_identity(client):
    there = {str(event["UID"]): event for event in calendar(client.get(FEED + "?lang=fr")).walk("VEVENT")}
    for event in calendar(client.get(FEED)).walk("VEVENT"):
        twin = there[str(event["UID"])]
        assert (twin["DTSTART"].dt, twin["SEQUENCE"], twin["STATUS"]) == (event["DTSTART"].dt, event["SEQUENCE"], event["STATUS"])


def test_languages_nobody_knows_are_passed_over(client):
    plain = client.get(FEED)
    assert client.get(FEED + "?lang=tlh&utm_source=mail").headers["ETag"] == plain.headers["ETag"]


@pytest.mark.parametrize("query", ["only=everything", "alarms=perhaps", "only=%00"])
def test_a_value_that_means_nothing_is_said_to(client, query):
    response = client.get(f"{FEED}?{query}")
    assert response.status_code == 400
    assert response.mimetype == "text/plain"


@pytest.mark.parametrize(
    "path", ["/ada/cakes/calendar.ics", "/dee/calendar.ics", "/ada/%00/calendar.ics", f"/ada/{'x' * 9000}/calendar.ics"]
)
def test_what_is_not_there_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_a_removed_slot_goes_when_its_time_as_cancelled_is_over(client, window):
    window.put(replace(window.slots["k3v9q1"], removed=True, availability=left(0, state="cancelled")))
    [first, *_] = calendar(client.get(FEED)).walk("VEVENT")
    assert first["STATUS"] == "CANCELLED"
    window.put(window.slots["k3v9q1"], gone=True)
    assert titles(client.get(FEED)) == ["Country loaf pickup · SOLD OUT", "Country loaf pickup · opens soon"]


def test_a_poll_of_what_is_known_reads_one_row(client, window):
    tag = client.get(FEED).headers["ETag"]
    window.reads.clear()
    response = client.get(FEED, headers={"If-None-Match": tag})
    assert (response.status_code, response.data) == (304, b"")
    assert response.headers["ETag"] == tag
    assert window.reads == ["drop"]


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*", '"a",W/"b",{},"c"'])
def test_if_none_match_in_all_its_forms(client, form):
    tag = client.get(FEED, headers=PLAIN).headers["ETag"]
    assert tag.startswith('"')
    assert client.get(FEED, headers=PLAIN | {"If-None-Match": form.format(tag)}).status_code == 304
    assert (
        client.get(FEED, headers=PLAIN | {"If-None-Match": '"other"', "If-Modified-Since": "Tue, 01 Dec 2037 00:00:00 GMT"}).status_code
        == 200
    )


def test_each_variant_and_coding_has_a_tag_of_its_own(client):
    queries = ["", "?only=available", "?alarms=1", "?lang=de", "?lang=de&only=available"]
    tags = [
        client.get(FEED + query, headers=headers).headers["ETag"] for query in queries for headers in (PLAIN, {"Accept-Encoding": "gzip"})
    ]
    assert len(set(tags)) == len(tags)


def test_if_modified_since_misses_no_change(client, window, clock):
    told = client.get(FEED).headers["Last-Modified"]
    assert client.get(FEED, headers={"If-Modified-Since": told}).status_code == 304
    window.put(replace(window.slots["k3v9q1"], availability=left(6)))
    told = client.get(FEED, headers={"If-Modified-Since": told}).headers["Last-Modified"]
    clock.turn(seconds=0.4)
    window.put(replace(window.slots["k3v9q1"], availability=left(5)))
    response = client.get(FEED, headers={"If-Modified-Since": told})
    assert titles(response)[0] == "Country loaf pickup · 5 left"


def test_head_says_the_same_without_the_body(client):
    full, head = client.get(FEED, headers=PLAIN), client.head(FEED, headers=PLAIN)
    assert head.data == b""
    for name in ("ETag", "Last-Modified", "Content-Length", "Content-Type", "Cache-Control", "Vary"):
        assert head.headers[name] == full.headers[name]
    assert full.headers["Content-Length"] == str(len(full.data))


def test_gzip_holds_the_same_calendar(client, window):
    window.put(*(slot(number) for number in range(10, 700)))
    plain = client.get(FEED, headers=PLAIN)
    packed = client.get(FEED, headers={"Accept-Encoding": "br;q=1.0, gzip;q=0.8, *;q=0.1"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Content-Length"] == str(len(packed.data))
    assert gzip.decompress(packed.data) == plain.data
    assert "Content-Encoding" not in client.get(FEED, headers={"Accept-Encoding": "gzip;q=0"}).headers


def test_what_no_cache_holds_is_streamed_whole(clock):
    window = Window(*(slot(number) for number in range(1, 1500)), clock=clock, feeds={"cache_bytes": 10_000})
    held = Window(*window.slots.values(), clock=clock).app().test_client()
    client = window.app().test_client()
    plain = client.get(FEED, headers=PLAIN)
    assert plain.data == held.get(FEED, headers=PLAIN).data
    assert gzip.decompress(client.get(FEED, headers={"Accept-Encoding": "gzip"}).data) == plain.data
    assert client.get(FEED, headers={"If-None-Match": plain.headers["ETag"]}).status_code == 304


def test_settings_lines_of_the_description_are_not_for_customers(clock):
    loaves = replace(LOAVES, description="Fresh bread\nPlaces: 24\nLimit: 2")
    feed = calendar(Window(slot(1), drops=(loaves,), clock=clock).app().test_client().get(FEED))
    assert feed["DESCRIPTION"] == feed["X-WR-CALDESC"] == "Fresh bread"


def test_the_feeds_own_addresses_are_percent_encoded(clock):
    loaves = replace(LOAVES, slug="Brot für alle")
    window = Window(slot(1, drop=loaves.path), drops=(loaves,), clock=clock)
    feed = calendar(window.app().test_client().get("/ada/Brot%20f%C3%BCr%20alle/calendar.ics"))
    assert feed["SOURCE"] == "https://drops.example/ada/Brot%20f%C3%BCr%20alle/calendar.ics"
    assert feed["URL"] == "https://drops.example/ada/Brot%20f%C3%BCr%20alle/"
