"""Reads: what changed since when, and what lies within a range of time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.core.terms import EarlyPrice, Product, Terms
from bridge.flows.drops import describe_drop
from tests.house import Bakery, bakery, event

SATURDAY = datetime(2026, 12, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def shop(database_url, clock):
    with bakery(database_url, clock) as made:
        yield made


def changes(shop, since, **more):
    with shop.house.read() as views:
        return views.changes(shop.drop.id, "organizer", since, **more)


def test_changes_are_those_after_a_revision_oldest_first(shop):
    shop.put(event("a"), "a.ics")
    seen = shop.revision
    shop.put(event("b"), "b.ics")
    shop.put(event("a", "Places: 3"), "a.ics")
    shop.put(event("c"), "c.ics")
    shop.remove("c.ics")
    assert [(c.name, c.gone) for c in changes(shop, seen)] == [("b.ics", False), ("a.ics", False), ("c.ics", True)]


def test_changes_of_one_revision_can_be_had_in_pieces(shop, clock):
    for name in "abcde":
        shop.put(event(name, "Places: 24\nSells: LOAF"), f"{name}.ics")
    seen = shop.revision
    shop.count("LOAF", 7)
    shop.publish()
    first = changes(shop, seen, limit=2)
    assert len({c.revision for c in changes(shop, seen)}) == 1
    rest = changes(shop, first[-1].revision, after=first[-1].position)
    assert [c.name for c in first + rest] == [f"{name}.ics" for name in "abcde"]


def test_a_range_holds_what_overlaps_it(shop):
    starts = {f"{hour:02}": f"20261205T{hour:02}0000Z" for hour in range(8, 12)}
    for name, start in starts.items():
        shop.put(event(name, start=start), f"{name}.ics")
    with shop.house.read() as views:
        found = views.in_range(shop.drop.id, "organizer", "VEVENT", SATURDAY, SATURDAY + timedelta(hours=1, minutes=1))
        public = views.in_range(shop.drop.id, "public", "VEVENT", SATURDAY, SATURDAY + timedelta(hours=1, minutes=1))
    assert sorted(r.name for r in found) == ["09.ics", "10.ics"]
    assert all(r.exact for r in found)
    assert len(public) == 2


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 3000)), max_size=8),
    st.none() | st.integers(-100, 3000),
    st.none() | st.integers(0, 3000),
)
def test_a_range_is_that_of_the_rfc(sqlite_template, tmp_path_factory, spans, start, length):
    import shutil

    from tests.fakes import Clock

    path = tmp_path_factory.mktemp("views") / "bridge.db"
    shutil.copy(sqlite_template, path)
    begin = None if start is None else SATURDAY + timedelta(minutes=start)
    end = None if length is None else (begin or SATURDAY) + timedelta(minutes=length + 1)
    with bakery(f"sqlite:///{path}", Clock()) as shop:
        wanted = {f"{n}.ics" for n, span in enumerate(spans) if put_span(shop, n, *span) and overlaps(*span, begin, end)}
        with shop.house.read() as views:
            found = {r.name for r in views.in_range(shop.drop.id, "organizer", "VEVENT", begin, end)}
    assert found == wanted


def put_span(shop: Bakery, number: int, start: int, length: int) -> bool:
    begins, ends = (SATURDAY + timedelta(minutes=n) for n in (start, start + length))
    text = event(str(number), None).replace("DTEND:20261205T093000Z", f"DTEND:{ends:%Y%m%dT%H%M%SZ}")
    shop.put(text.replace("DTSTART:20261205T090000Z", f"DTSTART:{begins:%Y%m%dT%H%M%SZ}"), f"{number}.ics")
    return True


def overlaps(start: int, length: int, begin: datetime | None, end: datetime | None) -> bool:
    """RFC 4791 section 9.9, the table for VEVENT."""
    begins, ends = (SATURDAY + timedelta(minutes=n) for n in (start, start + length))
    if length == 0:
        return (begin is None or begin <= begins) and (end is None or begins < end)
    return (begin is None or begin < ends) and (end is None or begins < end)


def test_a_plain_repetition_beyond_the_horizon_is_found_as_doubtful(shop):
    shop.put(event(notes=None, more="RRULE:FREQ=WEEKLY\r\n"))
    near, far = SATURDAY + timedelta(days=7), SATURDAY + timedelta(days=7 * 200)
    with shop.house.read() as views:
        (soon,) = views.in_range(shop.drop.id, "organizer", "VEVENT", near, near + timedelta(hours=1))
        assert soon.exact
        assert views.in_range(shop.drop.id, "organizer", "VEVENT", near + timedelta(days=1), near + timedelta(days=2)) == []
        (later,) = views.in_range(shop.drop.id, "organizer", "VEVENT", far, far + timedelta(hours=1))
        assert not later.exact


def test_a_drop_of_another_organizer_is_not_found(shop):
    with shop.house.read() as views:
        assert views.drop("dee", "bread") is None
        assert views.drops("dee") == []
        assert [drop.slug for drop in views.drops("ada")] == ["bread"]


def version(shop, slot):
    with shop.house.read() as views:
        drop, found = views.slot_version(slot.public_id)
    assert drop.path == "ada/bread"
    return found


def described(shop, **changes):
    with shop.house.work() as work:
        describe_drop(work, work.lock_drop(shop.drop.id), shop.house.house, now=shop.clock.turn(seconds=1), actor="ada", **changes)
    shop.publish()


def test_whatever_is_told_of_a_slot_has_its_version_changed_and_another_slot_has_not(shop):
    shop.put(event("a", "Places: 8\nSells: LOAF"), "a.ics")
    shop.put(event("b", "Places: 8\nSells: CAKE"), "b.ics")
    slot, other = shop.slots()
    changes = [
        lambda: shop.count("LOAF", 7),
        lambda: shop.hold(slot.public_id, LOAF=1),
        lambda: shop.put(event("a", "Come hungry.\nPlaces: 8\nSells: LOAF"), "a.ics"),
        lambda: described(shop, title="Bread and cake"),
        lambda: described(shop, terms=Terms(story="Baked at night.")),
        lambda: described(shop, terms=Terms(story="Baked at night.", refund_policy="None.")),
    ]
    seen = [version(shop, slot)]
    for change in changes:
        change()
        shop.publish()
        seen.append(version(shop, slot))
        assert seen[-1] not in seen[:-1]
    shop.count("CAKE", 3)
    shop.hold(other.public_id, CAKE=1)
    shop.publish()
    assert version(shop, slot) == seen[-1]


def test_what_is_not_shown_has_no_version(shop):
    shop.put(event(notes="Places: 8"))
    (slot,) = shop.slots()
    with shop.house.read() as views:
        assert views.slot_version("nowhere") is None
    described(shop, is_public=False)
    with shop.house.read() as views:
        assert views.slot_version(slot.public_id) is None


def test_all_that_is_told_of_a_slot_is_what_is_told_of_each_part(shop):
    loaf = Product("LOAF", "Loaf", price=450, early=EarlyPrice(400, units=2))
    described(shop, terms=Terms(products=(loaf, Product("BAG", "Bag", price=20, add_on=True)), story="Baked at night."))
    shop.put(event(notes="Places: 8\nSells: LOAF, BAG add-on"))
    shop.count("LOAF", 7)
    shop.publish()
    (slot,) = shop.slots()
    shop.hold(slot.public_id, LOAF=1)
    shop.publish()
    with shop.house.read() as views:
        told, (stored, _) = views.slot_told(slot.public_id), views.slot_now(slot.public_id)
        assert (told.drop, told.version) == views.slot_version(slot.public_id)
        assert told.slot == views.public_slot(slot.public_id)
        assert told.drop == views.drop("ada", "bread")
        assert told.terms == views.terms(shop.drop.id)
    assert told.sold == stored.offers
    assert [(one.sku, one.claimed) for one in told.sold] == [("LOAF", 1), ("BAG", 0)]


def test_nothing_is_told_of_a_slot_that_is_not_shown_nor_what_a_removed_one_sold(shop):
    shop.put(event(notes="Places: 8\nSells: LOAF"))
    shop.publish()
    (slot,) = shop.slots()
    shop.clock.turn(hours=1)
    shop.remove()
    shop.publish()
    with shop.house.read() as views:
        assert views.slot_told("nowhere") is None
        told = views.slot_told(slot.public_id)
        assert told.slot.removed
        assert told.sold == ()
    described(shop, is_public=False)
    with shop.house.read() as views:
        assert views.slot_told(slot.public_id) is None
