"""An organizer's edits: what becomes a slot, what comes back, what is refused."""

from datetime import timedelta

import pytest

from bridge.core.drops import DropDefaults, PreorderWindow
from bridge.core.errors import (
    CapacityBelowClaimed,
    InvalidCalendarData,
    InvalidCalendarObject,
    NotFound,
    SlotHasOrders,
    TooLarge,
    TooManyOccurrences,
    UidConflict,
)
from bridge.flows.audit import drop_differences
from bridge.flows.drops import describe_drop
from bridge.flows.edit import move_event
from tests.house import event

WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=3\r\n"


def test_an_event_with_places_is_a_slot_and_shows_what_is_left(shop):
    put = shop.put(event(notes="Fresh bread\nPlaces: 24"))
    assert put.created
    assert not put.verbatim
    (slot,) = shop.slots()
    assert slot.availability.places_left == 24
    assert "24 of 24 places left" in shop.text()
    assert "Places" not in slot.notes
    assert "Fresh bread" in slot.notes


def test_an_event_without_places_comes_back_octet_for_octet(shop):
    text = event(notes="Dentist, bring the form", more="X-ODD;A=b:c\r\n")
    put = shop.put(text)
    assert put.verbatim
    assert shop.resource().text == text
    assert shop.slots() == []
    assert shop.feed() == ""


def test_a_length_that_does_not_fit_the_end_is_kept_and_told_to_the_organizer_alone(shop):
    shop.put(event(more="DURATION:PT3H\r\n"))
    (slot,) = shop.slots()
    assert slot.ends_at - slot.starts_at == timedelta(minutes=30)
    assert "“PT3H” as the length" in shop.text()
    assert "DURATION:PT3H\r\n" in shop.text()
    assert "PT3H" not in shop.feed()
    before = shop.resource().text
    shop.put(before)
    assert shop.resource().text == before


def test_the_answer_to_places_that_make_no_slot_is_no_difference(shop):
    text = event(notes="Places: two dozen")
    shop.put(text)
    assert "is not a whole number" in shop.text()
    with shop.house.work() as work:
        assert list(drop_differences(work, shop.drop, shop.house.house, shop.clock())) == []
        (key, name), *_ = work.resource_ids(shop.drop.id)
        work.save_texts(key, text, None, text.replace("Places: two dozen", "Dentist"))
    with shop.house.work() as work:
        assert list(drop_differences(work, shop.drop, shop.house.house, shop.clock())) == [
            f"ada/bread: {name} is not returned as it was sent"
        ]


def test_what_a_client_sends_back_with_our_block_is_no_edit(shop):
    shop.put(event())
    before = shop.revision
    put = shop.put(shop.resource().text)
    assert shop.revision == before
    assert not put.created


def test_a_block_sent_back_is_taken_off_and_put_on_anew(shop):
    shop.put(event())
    text = shop.resource().text.replace("SUMMARY:Pickup", "SUMMARY:Late pickup")
    shop.put(text)
    assert shop.resource().text.count("places left") == 1
    assert shop.slots()[0].title == "Late pickup"


def test_the_same_slot_stays_the_same_through_edits(shop):
    shop.put(event())
    (before,) = shop.slots()
    shop.put(event(start="20261206T110000Z", notes="Places: 30"))
    (after,) = shop.slots()
    assert after.public_id == before.public_id
    assert after.sequence == before.sequence + 1
    assert after.availability.capacity == 30


def test_capacity_is_not_lowered_below_what_is_taken_and_nothing_is_half_done(shop):
    shop.put(event())
    shop.hold(shop.slots()[0].public_id, places=7)
    shop.publish()
    before = shop.resource()
    with pytest.raises(CapacityBelowClaimed):
        shop.put(event(notes="Places: 6", title="Renamed"))
    assert shop.resource() == before
    assert shop.slots()[0].title == "Pickup"


@pytest.mark.parametrize("text", [event(notes="no places any more"), event(notes=None)])
def test_a_slot_with_orders_cannot_be_made_an_ordinary_event(shop, text):
    shop.put(event())
    shop.hold(shop.slots()[0].public_id, places=1)
    with pytest.raises(SlotHasOrders):
        shop.put(text)


def test_a_slot_with_orders_cannot_be_deleted_but_can_be_cancelled(shop):
    shop.put(event())
    shop.hold(shop.slots()[0].public_id, places=1)
    with pytest.raises(SlotHasOrders):
        shop.remove()
    shop.put(event(more="STATUS:CANCELLED\r\n"))
    assert shop.slots()[0].availability.state == "cancelled"
    assert "STATUS:CANCELLED" in shop.feed()


def test_a_deleted_slot_stays_in_the_feed_as_cancelled(shop):
    shop.put(event())
    uid = shop.slots()[0].public_id
    shop.clock.turn(minutes=5)
    shop.remove()
    assert f"UID:{uid}@dropbridge" in shop.feed()
    assert "STATUS:CANCELLED" in shop.feed()
    with pytest.raises(NotFound):
        shop.remove()


def test_a_recurring_event_is_a_slot_for_each_occurrence(shop):
    shop.put(event(more=WEEKLY))
    assert [slot.starts_at.day for slot in shop.slots()] == [5, 12, 19]
    shop.hold(shop.slots()[1].public_id, places=4)
    shop.publish()
    assert [slot.availability.places_left for slot in shop.slots()] == [24, 20, 24]


def test_an_occurrence_with_orders_cannot_be_taken_out(shop):
    shop.put(event(more=WEEKLY))
    shop.hold(shop.slots()[1].public_id, places=1)
    before = shop.resource().text
    with pytest.raises(SlotHasOrders):
        shop.put(event(more=WEEKLY + "EXDATE:20261212T090000Z\r\n"))
    assert shop.resource().text == before
    shop.put(event(more=WEEKLY + "EXDATE:20261219T090000Z\r\n"))
    assert [slot.starts_at.day for slot in shop.slots()] == [5, 12]


def test_a_series_dragged_to_another_hour_keeps_its_orders(shop):
    shop.put(event(more=WEEKLY))
    kept = [slot.public_id for slot in shop.slots()]
    shop.hold(kept[1], places=3)
    shop.put(event(start="20261205T130000Z", more=WEEKLY))
    assert [slot.public_id for slot in shop.slots()] == kept
    assert shop.slots()[1].starts_at.hour == 13


@pytest.mark.parametrize("start", ["20261206T090000Z", "20261204T140000Z", "20261208T090000Z"])
def test_a_series_dragged_to_another_weekday_keeps_its_orders(shop, start):
    shop.put(event(more=WEEKLY))
    kept = [slot.public_id for slot in shop.slots()]
    shop.hold(kept[1], places=3)
    shop.put(event(start=start, more=WEEKLY))
    assert [slot.public_id for slot in shop.slots()] == kept
    assert [slot.starts_at.strftime("%d") for slot in shop.slots()] == [f"{int(start[6:8]) + days:02}" for days in (0, 7, 14)]


def test_an_endless_series_dragged_to_another_weekday_keeps_its_orders(shop):
    shop.put(event(more="RRULE:FREQ=WEEKLY\r\n"))
    kept = [slot.public_id for slot in shop.slots()]
    shop.hold(kept[1], places=3)
    shop.put(event(start="20261208T090000Z", more="RRULE:FREQ=WEEKLY\r\n"))
    assert [slot.public_id for slot in shop.slots()][:40] == kept[:40]


def test_a_series_made_twice_as_frequent_on_other_days_does_not_guess_whom_to_move_where(shop):
    shop.put(event(more=WEEKLY))
    shop.hold(shop.slots()[1].public_id, places=3)
    with pytest.raises(SlotHasOrders, match="Leave it where it is"):
        shop.put(event(start="20261206T090000Z", more="RRULE:FREQ=WEEKLY;COUNT=8;BYDAY=SU,TU\r\n"))


def test_a_slot_that_comes_back_after_a_mistake_is_the_slot_it_was(shop):
    shop.put(event(notes="Places: 24\nSells: LOAF x5"))
    (before,) = shop.slots()
    shop.put(event(notes="Plaices: 24"))
    assert shop.slots() == []
    shop.put(event(notes="Places: 20\nSells: LOAF x5"))
    (after,) = shop.slots()
    assert (after.public_id, after.availability.state, after.availability.capacity) == (before.public_id, "open", 20)
    assert after.sequence > before.sequence + 1
    shop.remove()
    shop.put(event(notes="Places: 20"))
    assert [slot.public_id for slot in shop.slots()] == [before.public_id]
    shop.publish()
    with shop.house.work() as work:
        assert list(drop_differences(work, shop.drop, shop.house.house, shop.clock())) == []


def test_an_occurrence_with_notes_of_its_own_keeps_the_settings_of_its_series(shop):
    text = event(notes="Places: 10\nSells: LOAF x5\nLimit: 2", more=WEEKLY)
    own = "BEGIN:VEVENT\r\nUID:a@test\r\nDTSTAMP:20261101T000000Z\r\nRECURRENCE-ID:20261212T090000Z\r\nDTSTART:20261212T100000Z\r\n"
    own += "DTEND:20261212T103000Z\r\nSUMMARY:Pickup\r\nDESCRIPTION:Back door\\nLimit: 3\r\nEND:VEVENT\r\n"
    shop.put(text.replace("END:VCALENDAR", own + "END:VCALENDAR"))
    assert [slot.availability.capacity for slot in shop.slots()] == [10, 10, 10]
    assert [slot.limit for slot in shop.slots()] == [2, 3, 2]
    assert [len(slot.availability.offers) for slot in shop.slots()] == [1, 1, 1]
    assert shop.slots()[1].notes.strip() == "Back door"


def test_a_series_that_never_ends_is_slots_up_to_the_horizon_and_more_as_it_moves(shop, clock):
    from bridge.flows.upkeep import move_horizon

    shop.put(event(more="RRULE:FREQ=WEEKLY\r\n"))
    first = len(shop.slots())
    assert 50 < first < 65
    edit = shop.resource().edit
    clock.turn(days=35)
    move_horizon(shop.house.work, shop.house.house, clock())
    assert len(shop.slots()) == first + 5
    assert shop.resource().edit == edit


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "FREQ=MINUTELY;COUNT=100000", "FREQ=HOURLY"])
def test_a_slot_that_repeats_too_often_is_refused(shop, rule):
    with pytest.raises(TooManyOccurrences):
        shop.put(event(more=f"RRULE:{rule}\r\n"))
    assert shop.slots() == []


def test_an_ordinary_event_may_repeat_as_it_likes(shop):
    text = event(notes="heartbeat", more="RRULE:FREQ=SECONDLY\r\n")
    assert shop.put(text).verbatim


def test_a_line_that_is_not_understood_changes_nothing_and_is_answered(shop):
    shop.put(event(notes="Places: 24"))
    shop.put(event(notes="Places: two dozen"))
    assert shop.slots()[0].availability.capacity == 24
    assert "two dozen" in shop.text().split("live stock")[1]


def test_a_first_line_that_is_not_understood_sells_nothing_and_says_so(shop):
    shop.put(event(notes="Places: two dozen"))
    assert shop.slots() == []
    assert "two dozen" in shop.text().split("live stock")[1]


def test_each_line_that_is_not_understood_is_answered_once(shop):
    shop.put(event(notes="Places: two dozen\nLimit: none\nPreorder: soon", more="RRULE:FREQ=WEEKLY;COUNT=3\r\n"))
    assert shop.slots() == []
    block = shop.text().split("live stock")[1]
    assert [block.count(said) for said in ("“two dozen”", "“none”", "“soon”")] == [1, 1, 1]


def test_a_near_miss_is_pointed_out_to_the_organizer_alone(shop):
    shop.put(event(notes="Places: 24\nSels: LOAF x20"))
    assert "Did you mean “Sells: LOAF x20”?" in shop.text()
    assert "Did you mean" not in shop.feed()
    assert "Sels: LOAF x20" in shop.feed()


def test_what_only_the_formatted_notes_say_is_told_to_the_organizer_alone_and_holds_nothing_back(shop):
    html = "X-ALT-DESC;FMTTYPE=text/html:<p>Places: 30</p><p>Sells: LOAF x20</p><p>Preorder: until 4 Dec 2026 18:00</p>\r\n"
    shop.put(event(notes="Places: 24", more=html))
    assert [(slot.availability.capacity, slot.availability.state) for slot in shop.slots()] == [(24, "open")]
    for said in ("Places: 30", "Sells: LOAF x20", "Preorder: until 4 Dec 2026 18:00"):
        assert f"The formatted notes say “{said}”: the plain text holds" in shop.text()
    assert "formatted notes" not in shop.feed()
    assert shop.put(shop.resource().text).resource == shop.resource()


def test_an_event_whose_places_only_the_formatted_notes_have_is_told_so(shop):
    shop.put(event(notes="Limit: 2", more="X-ALT-DESC;FMTTYPE=text/html:<p>Limit: 2</p><p>Places: 30</p>\r\n"))
    assert shop.slots() == []
    assert "Not on sale" in shop.text()
    assert "“Places: 30”" in shop.text()


def test_an_event_that_nearly_has_places_is_told_how_to_have_them(shop):
    text = event(notes="Bring a bag\nPlatze: 24")
    shop.put(text)
    assert shop.slots() == []
    assert "Not on sale" in shop.text()
    assert "Did you mean “Places: 24”?" in shop.text()
    with shop.house.work() as work:
        assert list(drop_differences(work, shop.drop, shop.house.house, shop.clock())) == []
    assert shop.put(shop.resource().text).resource == shop.resource()


def test_of_several_lines_that_nearly_are_settings_each_is_pointed_out(shop):
    shop.put(event(notes="Plätze: 3\nLimt: 2"))
    assert shop.slots() == []
    assert all(f"Did you mean “{line}”?" in shop.text() for line in ("Places: 3", "Limit: 2"))
    shop.put(event(notes="Places: 24\nPlätze: 3\nLimt: 2"))
    assert [slot.availability.capacity for slot in shop.slots()] == [24]
    assert all(f"Did you mean “{line}”?" in shop.text() for line in ("Places: 3", "Limit: 2"))


def test_each_bad_entry_of_a_line_is_answered_once_and_what_was_sold_is_sold_still(shop):
    shop.put(event(notes="Places: 24\nSells: LOAF x20"))
    shop.put(event(notes="Places: 24\nSells: BREAD @ abc, CAKE x, 3x"))
    block = shop.text().replace("\r\n ", "").split("live stock")[1]
    assert [block.count(said) for said in ("“BREAD @ abc” is not a price", "“CAKE x” is not an offer", "“3x” is not an offer")] == [1, 1, 1]
    assert [offer.sku for offer in shop.slots()[0].availability.offers] == ["LOAF"]
    assert shop.put(shop.resource().text).resource == shop.resource()


def test_an_ordinary_event_is_not_told_of_other_near_misses(shop):
    text = event(notes="Dentist\nPikup: the children")
    assert shop.put(text).verbatim


def test_a_time_zone_that_nobody_knows_is_named_with_the_one_that_was_taken(shop):
    text = event().replace("DTSTART:", "DTSTART;TZID=Mars/Crater:").replace("DTEND:", "DTEND;TZID=Mars/Crater:")
    shop.put(text.replace("T090000Z", "T090000").replace("T093000Z", "T093000"))
    assert "The time zone “Mars/Crater” is not known here: Europe/Berlin was taken" in shop.text()
    assert "Mars" not in shop.feed()


def test_two_events_cannot_have_one_uid(shop):
    shop.put(event("a"), "a.ics")
    with pytest.raises(UidConflict) as refused:
        shop.put(event("a"), "b.ics")
    assert refused.value.name == "a.ics"
    with pytest.raises(UidConflict):
        shop.put(event("b"), "a.ics")


def test_a_removed_name_comes_back_as_a_new_event(shop):
    shop.put(event("a"))
    old = shop.resource()
    shop.remove()
    assert shop.put(event("b")).created
    assert shop.resource().edit > old.edit


@pytest.mark.parametrize("text", ["", "hello", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "BEGIN:VCARD\r\nEND:VCARD\r\n"])
def test_what_is_no_calendar_object_is_refused(shop, text):
    before = shop.revision
    with pytest.raises(Exception) as refused:
        shop.put(text)
    assert refused.value.__class__.__name__ in {"InvalidCalendarData", "InvalidCalendarObject"}
    assert shop.revision == before


def test_what_is_too_large_is_refused(shop):
    with pytest.raises(TooLarge):
        shop.put(event(notes="x" * 2_000_000))


def test_a_default_capacity_makes_slots_of_events_that_are_there_already(shop, clock):
    shop.put(event(notes="just bread"))
    assert shop.slots() == []
    with shop.house.work() as work:
        describe_drop(work, shop.drop, shop.house.house, now=clock(), actor="ada", description="Come early!\nPlaces: 12")
    assert shop.slots()[0].availability.capacity == 12
    assert "12 of 12 places left" in shop.text()


def test_an_event_moved_to_another_name_leaves_a_trace_and_keeps_its_slot(shop, clock):
    shop.put(event())
    (slot,) = shop.slots()
    before = shop.revision
    with shop.house.work() as work:
        assert move_event(work, shop.drop, "a.ics", shop.drop, "b.ics", shop.house.house, now=clock(), actor="ada")
    with shop.house.read() as views:
        changes = views.changes(shop.drop.id, "organizer", before)
    assert {(c.name, c.gone) for c in changes} == {("a.ics", True), ("b.ics", False)}
    assert shop.slots()[0].public_id == slot.public_id


def test_nothing_is_lost_of_an_edit_that_is_refused_in_the_middle(shop):
    with pytest.raises(InvalidCalendarData):
        shop.put("\0")
    shop.put(event())
    assert len(shop.slots()) == 1


def test_an_occurrence_that_ends_as_the_window_begins_is_history(shop, clock):
    nightly = "RRULE:FREQ=DAILY;COUNT=90\r\n"
    shop.put(event(start="20261203T233000Z", more=nightly))
    first = shop.slots()[0]
    clock.set(first.ends_at + timedelta(days=31, hours=5))
    shop.put(event(start="20261203T233000Z", title="Night bread", more=nightly))
    assert first.public_id in {slot.public_id for slot in shop.slots()}


def test_a_series_that_begins_behind_the_horizon_is_slots_once_the_horizon_is_there(shop, clock):
    from bridge.flows.upkeep import move_horizon

    shop.put(event(start="20280205T093000Z", more="RRULE:FREQ=WEEKLY\r\n"))
    assert shop.slots() == []
    clock.turn(days=100)
    move_horizon(shop.house.work, shop.house.house, clock())
    assert shop.slots()


def test_another_language_is_seen_on_every_slot_at_once(shop, clock):
    shop.put(event())
    edit = shop.resource().edit
    with shop.house.work() as work:
        describe_drop(work, shop.drop, shop.house.house, now=clock(), actor="ada", language="de")
    assert "24 von 24 Plätzen" in shop.text()
    assert "places left" not in shop.feed()
    assert shop.resource().edit == edit


def test_a_slot_that_left_the_feed_stays_out_of_it_when_its_stock_changes(shop, clock):
    from bridge.flows.upkeep import retire_slots

    shop.put(event(notes="Places: 9\nSells: LOAF"))
    shop.count("LOAF", 5)
    clock.turn(days=60)
    shop.publish()
    assert retire_slots(shop.house.work, shop.house.house, clock()) == 1
    shop.count("LOAF", 3)
    assert shop.publish() == 1
    assert shop.feed() == ""


def raised_in_vain(work, shop):
    with work.savepoint():
        work.next_revision(shop.drop.id, shop.clock())
        raise NotFound("Something after all.")


def test_what_fails_inside_a_savepoint_takes_its_revision_with_it(shop, clock):
    before = shop.revision
    with shop.house.work() as work:
        work.lock_drop(shop.drop.id)
        with pytest.raises(NotFound):
            raised_in_vain(work, shop)
        work.next_revision(shop.drop.id, clock())
    assert shop.revision == before + 1


def test_more_items_than_one_statement_can_name_are_published_in_turns(shop, clock, monkeypatch):
    monkeypatch.setattr("bridge.store.publishing.AT_ONCE", 1)
    shop.put(event("a", notes="Places: 9\nSells: BUN"), "a.ics")
    shop.put(event("b", notes="Places: 9\nSells: LOAF"), "b.ics")
    shop.publish()
    shop.count("BUN", 2)
    shop.count("LOAF", 3)
    assert [shop.publish() for _ in range(3)] == [1, 1, 0]
    assert sorted(slot.availability.left for slot in shop.slots()) == [2, 3]


def test_a_default_that_is_not_understood_changes_nothing(shop, clock):
    def described(words):
        with shop.house.work() as work:
            return describe_drop(work, shop.drop, shop.house.house, now=clock(), actor="ada", description=words).defaults

    assert described("Bread.\nPlaces: 24\nLimit: 2").capacity == 24
    shop.put(event(notes="Hello"))
    assert described("Bread.\nPlaces: two dozen\nLimit: 2") == DropDefaults(24, PreorderWindow(), 2)
    assert shop.slots()[0].availability.state == "open"
    assert described("Bread.").capacity is None


@pytest.mark.parametrize("notes", ["Places: 3", "Hello"])
def test_what_repeats_by_another_calendar_is_refused_as_such_also_where_the_drop_gives_the_places(shop, clock, notes):
    with shop.house.work() as work:
        describe_drop(work, shop.drop, shop.house.house, now=clock(), actor="ada", defaults=DropDefaults(5))
    with pytest.raises(InvalidCalendarObject) as caught:
        shop.put(event(notes=notes, title="Feast", more="RRULE:RSCALE=HEBREW;FREQ=YEARLY;COUNT=5\r\n"))
    assert "“Feast” repeats by another calendar than the Gregorian one (RSCALE=HEBREW)" in caught.value.sentence
    assert shop.slots() == []


def test_a_default_taken_out_of_the_description_is_gone_and_one_set_otherwise_stays(shop, clock):
    def described(**words):
        with shop.house.work() as work:
            describe_drop(work, shop.drop, shop.house.house, now=clock(), actor="ada", **words)

    described(description="Places: 12\nLimit: 2 per customer")
    described(description="Limit: 2 per customer")
    shop.put(event(notes="just bread"))
    assert shop.slots() == []
    described(defaults=DropDefaults(5))
    described(description="Come early!")
    assert shop.slots()[0].availability.capacity == 5


def test_the_horizon_brings_nothing_back_that_left_the_feed(shop, clock):
    from bridge.flows.upkeep import move_horizon, retire_slots

    shop.put(event(start="20261201T090000Z", more="RRULE:FREQ=DAILY\r\n"))
    clock.turn(days=32)
    retire_slots(shop.house.work, shop.house.house, clock())
    gone = len([slot for slot in shop.slots() if slot.ends_at < clock()])
    for _ in range(2):
        clock.turn(days=1)
        retire_slots(shop.house.work, shop.house.house, clock())
        move_horizon(shop.house.work, shop.house.house, clock())
        assert len([slot for slot in shop.slots() if slot.ends_at < clock()]) == gone


@pytest.mark.parametrize("notes", ["Fresh <b>bread</b>\nPlaces: 24\nLimit: 2", "Flour<br>Water\nPlaces: 24\nLimit: 2"])
def test_settings_lines_among_tags_are_read_and_stay_read(shop, notes):
    shop.put(event(notes=notes))
    assert [(slot.availability.capacity, slot.limit) for slot in shop.slots()] == [(24, 2)]
    shop.put(shop.resource().text.replace("SUMMARY:Pickup", "SUMMARY:Late pickup"))
    assert [(slot.title, slot.availability.capacity, slot.limit) for slot in shop.slots()] == [("Late pickup", 24, 2)]
    assert shop.text().count("live stock") == 1
