"""Feeds, live stock and pages over a database: what an organizer and a till do is what everybody sees."""

import random
from contextlib import contextmanager

import icalendar
import pytest

from bridge.flows.drops import change_organizer, describe_drop
from bridge.flows.upkeep import retire_slots
from bridge.flows.waiting import join_waiting
from bridge.site import site
from tests.house import Bakery, event

FEED = "/ada/bread/calendar.ics"
LIVE = "/ada/bread/live.json"


@pytest.fixture
def bakery(database_url, clock):
    bakery = Bakery(database_url, clock)
    yield bakery
    bakery.house.database.dispose()


@pytest.fixture
def client(bakery):
    return site(bakery.house).test_client()


def titles(response):
    assert response.status_code == 200, response.data
    return sorted(str(one["SUMMARY"]) for one in icalendar.Calendar.from_ical(response.data).walk("VEVENT"))


def test_whom_to_write_to_is_told_anew_everywhere_when_it_changes(bakery, client, clock):
    bakery.put(event("a", "Places: 24"))
    bakery.publish()
    paths = (FEED, f"{FEED}?lang=de", "/ada/calendar.ics")
    tags = {path: client.get(path).headers["ETag"] for path in paths}
    pages = ("/ada/", "/ada/bread/", f"/slots/{bakery.slots()[0].public_id}")
    assert all("Ada&#39;s Bakery" in client.get(page).text for page in pages)
    for change in ({"email": "hello@adas-bakery.example"}, {"title": "Ada's Oven"}):
        clock.turn(minutes=1)
        with bakery.house.read() as views:
            ada = views.organizer("ada")
        change_organizer(bakery.house.work, ada, **change, now=clock())
        bakery.publish()
    assert all("Ada&#39;s Oven" in client.get(page).text for page in pages)
    for path, tag in tags.items():
        answer = client.get(path, headers={"If-None-Match": tag})
        (shown,) = icalendar.Calendar.from_ical(answer.data).walk("VEVENT")
        assert (str(shown["ORGANIZER"]), shown["ORGANIZER"].params["CN"]) == ("mailto:hello@adas-bakery.example", "Ada's Oven")


def test_an_organizers_new_title_keeps_customers_waiting_for_no_more_than_a_part_of_a_large_drop(bakery, client, clock, monkeypatch):
    monkeypatch.setattr("bridge.store.publishing.REWORDED_AT_ONCE", 4)
    bakery.put(event("a", more="RRULE:FREQ=DAILY;COUNT=10\r\n"))
    ordered = []

    @contextmanager
    def in_turn():
        ordered.append(bakery.order(bakery.hold(bakery.slots()[0].public_id, 1)))
        with bakery.house.work() as work:
            yield work

    with bakery.house.read() as views:
        ada = views.organizer("ada")
    change_organizer(in_turn, ada, title="Ada's Oven", now=clock())
    assert len(ordered) > 10 // 4
    bakery.publish()
    events = icalendar.Calendar.from_ical(client.get(FEED).data).walk("VEVENT")
    assert {one["ORGANIZER"].params["CN"] for one in events} == {"Ada's Oven"}
    assert f"{24 - len(ordered)} of 24 places left" in client.get(FEED).text.replace("\r\n ", "")


def test_the_feed_of_an_organizer_without_dates_has_the_new_title_too(bakery, client, clock):
    tag = client.get("/ada/calendar.ics").headers["ETag"]
    with bakery.house.read() as views:
        ada = views.organizer("ada")
    change_organizer(bakery.house.work, ada, title="Ada's Oven", now=clock())
    assert "NAME:Ada's Oven" in client.get("/ada/calendar.ics", headers={"If-None-Match": tag}).text


@pytest.mark.parametrize(
    ("lent", "line", "own"),
    [
        ({"title": "Morning bread"}, "SUMMARY:Morning bread · 24 left", "SUMMARY:Pickup"),
        ({"place": "Side door"}, "LOCATION:Side door", "LOCATION:Yard"),
        ({"image": "https://ada.example/b.png"}, "IMAGE;VALUE=URI;DISPLAY=BADGE,THUMBNAIL:https://ada.example/b.png", None),
        ({"color": "teal"}, "COLOR:teal", None),
    ],
)
def test_what_an_event_has_of_its_drop_follows_the_drop(bakery, client, clock, lent, line, own):
    bakery.put(event("a", title=""))
    bakery.put(event("b", more="LOCATION:Yard\r\n"), "b.ics")
    bakery.publish()
    for query in ("", "?lang=de"):
        client.get(FEED + query)
    clock.turn(minutes=1)
    with bakery.house.work() as work:
        describe_drop(work, bakery.drop, bakery.house.house, now=clock(), actor="ada", **lent)
    bakery.publish()
    lines = client.get(FEED).text.replace("\r\n ", "").split("\r\n")
    assert line in lines
    assert own is None or any(found.startswith(own) for found in lines)
    assert line.partition(" ·")[0] in client.get(FEED + "?lang=de").text.replace("\r\n ", "")
    assert bakery.publish() == 0
    tag = client.get(FEED).headers["ETag"]
    clock.turn(minutes=1)
    bakery.publish()
    assert client.get(FEED, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("renamed_first", [True, False])
def test_a_date_that_left_the_feed_does_not_come_back_with_a_new_title(bakery, client, clock, renamed_first):
    bakery.put(event("a", title=""))
    bakery.publish()
    clock.turn(days=40)
    bakery.publish()
    acts = [lambda: retire_slots(bakery.house.work, bakery.house.house, clock()), lambda: rename(bakery, clock)]
    for act in reversed(acts) if renamed_first else acts:
        act()
    bakery.publish()
    assert titles(client.get(FEED)) == []


def rename(bakery, clock):
    with bakery.house.work() as work:
        describe_drop(work, bakery.drop, bakery.house.house, now=clock(), actor="ada", title="Morning bread")


def test_a_sale_at_the_till_reaches_the_feed_the_live_stock_and_the_pages(bakery, client, clock):
    bakery.put(event("a", "Places: 24\nSells: LOAF x20 @ 6.50"))
    bakery.count("LOAF", 5)
    bakery.publish()
    tags = {path: client.get(path).headers["ETag"] for path in (FEED, LIVE)}
    clock.turn(minutes=1)
    bakery.move("LOAF", -2, "sale 1")
    bakery.publish()
    for path, tag in tags.items():
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 200
    assert titles(client.get(FEED)) == ["Pickup · 3 left"]
    [(public_id, standing)] = client.get(LIVE).json["slots"].items()
    assert (standing["left"], standing["places_left"], standing["offers"]["LOAF"]["left"]) == (3, 24, 3)
    assert "3 left" in client.get("/ada/bread/").get_data(as_text=True)
    page = client.get(f"/slots/{public_id}").get_data(as_text=True)
    assert "€6.50" in page
    assert "3 left" in client.get("/").get_data(as_text=True)
    assert titles(client.get(f"/slots/{public_id}/calendar.ics")) == ["Pickup · 3 left"]


def test_a_removed_slot_is_cancelled_in_the_feed_and_gone_as_a_page(bakery, client, clock):
    bakery.put(event("a"))
    bakery.put(event("b", start="20261206T090000Z", title="Other"), "b.ics")
    bakery.publish()
    first = next(slot.public_id for slot in bakery.slots() if slot.title == "Pickup")
    clock.turn(minutes=5)
    bakery.remove()
    bakery.publish()
    assert titles(client.get(FEED)) == ["Other · 24 left", "Pickup · cancelled"]
    assert titles(client.get(FEED + "?only=available")) == ["Other · 24 left"]
    assert client.get(f"/slots/{first}").status_code == 410
    assert "Pickup" not in client.get("/ada/bread/").get_data(as_text=True)


def test_a_slot_that_was_a_slip_leaves_no_trace(bakery, client, clock):
    bakery.put(event("a"))
    bakery.put(event("b", start="20261206T090000Z", title="Weekly", more="RRULE:FREQ=WEEKLY;COUNT=5\r\n"), "b.ics")
    bakery.publish()
    slip = next(slot.public_id for slot in bakery.slots() if slot.title == "Pickup")
    assert len(titles(client.get(FEED))) == len(client.get(LIVE).json["slots"]) == 6
    token = bakery.revision
    clock.turn(minutes=4)
    bakery.remove()
    bakery.put(event("b", start="20261206T090000Z", title="Weekly", more="RRULE:FREQ=WEEKLY;COUNT=2\r\n"), "b.ics")
    bakery.publish()
    for subscriber in (client, site(bakery.house).test_client()):
        for query in ("", "?lang=de"):
            assert len(titles(subscriber.get(FEED + query))) == 2
        assert slip not in subscriber.get(LIVE).json["slots"]
    assert client.get(f"/slots/{slip}").status_code == 404
    with bakery.house.read() as views:
        assert sum(change.gone for change in views.changes(bakery.drop.id, "public", token)) == 4
    bakery.put(event("a"))
    assert slip in client.get(LIVE).json["slots"], "an event deleted and undone is the slot that it was"
    assert "Pickup · 24 left" in titles(client.get(FEED))


@pytest.mark.parametrize("act", ["order", "hold", "wait"])
def test_a_slot_that_a_customer_had_to_do_with_is_no_slip(bakery, client, act):
    bakery.describe(waiting_list=True)
    bakery.put(event("a", "Places: 1"))
    (slot,) = bakery.slots()
    held = bakery.hold(slot.public_id, 1)
    if act == "order":
        bakery.cancel(bakery.order(held))
    elif act == "wait":
        with bakery.house.work() as work:
            join_waiting(work, slot.public_id, {}, places=1, email="c@example.org", name="C", language="en", now=bakery.clock())
        bakery.order(held)
        bakery.put(event("a", "Places: 1", more="STATUS:CANCELLED\r\n"))
    else:
        bakery.put(event("a", "Places: 1", more="STATUS:CANCELLED\r\n"))
    bakery.remove()
    bakery.publish()
    assert (titles(client.get(FEED)) == ["Pickup · cancelled"]) == (act != "hold")


def test_what_was_removed_before_the_drop_was_public_never_shows(bakery, client, clock):
    def public(is_public):
        with bakery.house.work() as work:
            describe_drop(work, bakery.drop, bakery.house.house, now=clock(), actor="ada", is_public=is_public)

    bakery.put(event("a", title="Shown once"))
    clock.turn(days=1)
    public(False)
    bakery.put(event("b", start="20261206T090000Z", title="Draft"), "b.ics")
    clock.turn(days=1)
    bakery.remove()
    bakery.remove("b.ics")
    public(True)
    bakery.publish()
    assert titles(client.get(FEED)) == ["Shown once · cancelled"]


def test_the_organizers_own_events_are_nobodys_business(bakery, client):
    bakery.put(event("a", None, title="Dentist"))
    assert titles(client.get(FEED)) == []
    assert "Dentist" not in client.get("/ada/bread/").get_data(as_text=True)


def test_after_any_edits_a_warm_feed_says_what_a_cold_one_says(bakery, client, clock):
    chance = random.Random(4)
    queries = ("", "?only=available", "?alarms=1", "?lang=de")
    preorders = ("", "\nPreorder: 4 Dec 2026 09:00 - 5 Dec 2026 08:00")
    there = set()
    for _ in range(12):
        name = f"{chance.randrange(6)}.ics"
        clock.turn(minutes=chance.choice([1, 600]))
        if name in there and chance.random() < 0.3:
            bakery.remove(name)
            there.discard(name)
        else:
            notes = f"Places: {chance.choice([0, 3, 9])}{chance.choice(preorders)}"
            bakery.put(event(name, notes, title=f"Loaf {chance.randrange(99)}"), name)
            there.add(name)
        bakery.publish()
        cold = site(bakery.house).test_client()
        for query in queries:
            warm = client.get(FEED + query, headers={"Accept-Encoding": "identity"})
            assert warm.data == cold.get(FEED + query, headers={"Accept-Encoding": "identity"}).data
        assert client.get(LIVE).json == cold.get(LIVE).json


def test_slots_that_ended_leave_the_pages(bakery, client, clock):
    bakery.put(event("a"))
    clock.turn(days=4)
    assert "No dates are planned" in client.get("/ada/bread/").get_data(as_text=True)
    assert titles(client.get(FEED)) != []
    clock.turn(days=1)
    assert client.get(LIVE).json["slots"] == {}
