"""Which slot an occurrence continues: as far as its series was dragged, or none but itself."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bridge.core.drops import EventDraft, OccurrenceDraft, Series, Slot
from bridge.core.matching import Edit, dragged, matched

SATURDAY = datetime(2026, 12, 5, 9, 0)
NOW = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)
HORIZON = (datetime(2026, 11, 2, tzinfo=UTC), datetime(2028, 1, 6, tzinfo=UTC))
DAY = timedelta(days=1)
NO_END = 1_000


def key(start):
    return start.strftime("%Y%m%dT%H%M%SZ")


def event(starts, *, first=None, overridden=(), own=None, ends=True, zone="UTC", left_out=0):
    """A series on the UTC clock with occurrences at ``starts``; ``own`` says where those changed on their own are."""
    since, until = (at.replace(tzinfo=None) for at in HORIZON)
    seen = {key(at): at for at in starts if since <= at < until}
    at = {name: (own or {}).get(name, original).replace(tzinfo=UTC) for name, original in seen.items()}
    occurrences = [OccurrenceDraft(name, at[name], at[name] + timedelta(minutes=30), False, zone, "Pickup") for name in seen]
    series = Series(first or starts[0], key(first or starts[0]), seen, frozenset(overridden), left_out)
    last = max(starts).replace(tzinfo=UTC) + timedelta(minutes=30)
    begins, over = min(starts).replace(tzinfo=UTC), last if ends else None
    return EventDraft("a", "VEVENT", "", tuple(occurrences), True, True, begins, over, series=series)


def repeated(first, every, times):
    return event([first + every * n for n in range(min(times, 500))], ends=times != NO_END)


def slots(draft):
    return [
        Slot(one.recurrence_id, one.starts_at, one.ends_at, False, one.timezone, "Pickup", 24, id=number)
        for number, one in enumerate(draft.occurrences, 1)
    ]


def edited(old, new):
    """Where each slot of ``old`` is now, by its old start; and the starts of those that are to go."""
    pairs, gone = matched(new, slots(old), lambda: old, HORIZON, NOW)
    went = {slot.starts_at.replace(tzinfo=None): one.starts_at.replace(tzinfo=None) for one, slot in pairs if slot is not None}
    return went, [slot.starts_at.replace(tzinfo=None) for slot in gone]


def distances(went):
    return {now - was for was, now in went.items()}


EVERY = st.sampled_from([DAY, 2 * DAY, 7 * DAY, 14 * DAY, timedelta(hours=6)])
AWAY = st.builds(lambda days, hours: timedelta(days=days, hours=hours), st.integers(-20, 40), st.sampled_from([-3, 0, 0, 0, 1, 6]))
TIMES = st.sampled_from([1, 2, 3, 5, 6, 20])


@given(EVERY, AWAY, TIMES)
def test_of_a_series_that_was_dragged_each_occurrence_goes_to_its_own_place_in_it(every, away, times):
    old, new = repeated(SATURDAY, every, times), repeated(SATURDAY + away, every, times)
    went, gone = edited(old, new)
    assert went == {SATURDAY + every * n: SATURDAY + away + every * n for n in range(times)}
    assert gone == []


@given(EVERY, AWAY, TIMES, EVERY, st.sampled_from([1, 2, 3, 5, 6, 20, NO_END]))
def test_whatever_was_done_to_a_rule_nothing_goes_another_distance_than_dtstart_did(every, away, times, other, others):
    old, new = repeated(SATURDAY, every, times), repeated(SATURDAY + away, other, others)
    went, gone = edited(old, new)
    assert distances(went) <= {timedelta(), away}
    assert sorted([*went, *gone]) == [SATURDAY + every * n for n in range(times)]
    if len(distances(went)) == 2:
        assert [was for was, now in went.items() if was != now] == [SATURDAY]
        assert gone == []


@given(st.sets(st.integers(0, 30), min_size=1), st.sets(st.integers(0, 30), min_size=1))
def test_with_dtstart_where_it_was_every_date_stays_or_is_gone(before, after):
    old = event([SATURDAY + DAY * n for n in sorted(before)], first=SATURDAY)
    new = event([SATURDAY + DAY * n for n in sorted(after)], first=SATURDAY)
    went, gone = edited(old, new)
    assert went == {SATURDAY + DAY * n: SATURDAY + DAY * n for n in before & after}
    assert gone == [SATURDAY + DAY * n for n in sorted(before - after)]


@given(st.sets(st.integers(0, 30), min_size=1), st.data())
def test_what_is_among_the_old_dates_is_what_it_was_wherever_dtstart_is(before, data):
    after = data.draw(st.sets(st.sampled_from(sorted(before)), min_size=1))
    old, new = ([SATURDAY + DAY * n for n in sorted(some)] for some in (before, after))
    went, gone = edited(event(old), event(new))
    assert (went, sorted(gone)) == ({at: at for at in new}, sorted(set(old) - set(new)))
    assert edited(event(new), event(old)) == ({at: at for at in new}, [])


@given(st.lists(st.integers(1, 9), min_size=1, max_size=9), AWAY)
def test_uneven_dates_are_dragged_as_even_ones_are(gaps, away):
    starts = [SATURDAY]
    for gap in gaps:
        starts.append(starts[-1] + gap * DAY)
    went, gone = edited(event(starts), event([at + away for at in starts]))
    assert (went, gone) == ({at: at + away for at in starts}, [])


@given(EVERY.filter(lambda every: every >= DAY), AWAY)
def test_a_series_without_end_goes_as_a_whole_or_stays(every, away):
    old, new = repeated(SATURDAY, every, NO_END), repeated(SATURDAY + away, every, NO_END)
    went, gone = edited(old, new)
    assert len(distances(went)) == 1
    if away % every:
        assert distances(went) == {away}
    else:
        assert distances(went) == {timedelta()}
        assert gone == [SATURDAY + every * n for n in range(max(0, away // every))]


def test_the_first_ones_taken_out_by_a_later_dtstart_and_a_smaller_count_are_gone():
    went, gone = edited(repeated(SATURDAY, 7 * DAY, 6), repeated(SATURDAY + 14 * DAY, 7 * DAY, 4))
    assert distances(went) == {timedelta()}
    assert gone == [SATURDAY, SATURDAY + 7 * DAY]


def test_a_long_series_that_began_before_the_horizon_is_dragged_too():
    long_ago = SATURDAY - 90 * DAY
    for away in (DAY, -DAY):
        went, _ = edited(repeated(long_ago, DAY, 200), repeated(long_ago + away, DAY, 200))
        assert distances(went) == {away}


def test_what_is_dragged_to_before_the_horizon_is_history_and_not_to_go():
    edge = HORIZON[0].replace(tzinfo=None)
    went, gone = edited(repeated(edge, 7 * DAY, 9), repeated(edge - DAY, 7 * DAY, 9))
    assert distances(went) == {-DAY}
    assert (len(went), gone) == (8, [])


def test_what_is_dragged_to_before_the_horizon_and_is_not_over_is_to_go():
    starts = [SATURDAY + 7 * DAY * n for n in range(3)]
    assert edited(event(starts), event([at - 90 * DAY for at in starts])) == ({}, starts)


def test_the_first_goes_where_dtstart_does_while_the_rule_names_the_days_of_the_others():
    old = event([SATURDAY + 7 * DAY * n for n in range(6)])
    new = event([SATURDAY + DAY, *(SATURDAY + 7 * DAY * n for n in range(1, 6))])
    went, gone = edited(old, new)
    assert went == {at: at for at in went} | {SATURDAY: SATURDAY + DAY}
    assert gone == []


def test_dates_between_the_others_are_no_drag_but_one_that_is_no_longer_left_out_may_be_there():
    old = event([SATURDAY + 7 * DAY * n for n in (0, 2, 3)])
    new = event([SATURDAY + DAY + 7 * DAY * n for n in range(4)])
    assert dragged(Edit(old, new, HORIZON)) is None
    old = event([SATURDAY + 7 * DAY * n for n in (0, 2, 3)], left_out=1)
    assert dragged(Edit(old, new, HORIZON)) == DAY


MIDDLE = SATURDAY + 7 * DAY
WEEKS = [SATURDAY + 7 * DAY * n for n in range(3)]


def test_an_occurrence_changed_on_its_own_is_dragged_with_its_series():
    old = event(WEEKS, overridden=[key(MIDDLE)], own={key(MIDDLE): MIDDLE + timedelta(hours=3)})
    later = [at + DAY for at in WEEKS]
    new = event(later, overridden=[key(MIDDLE + DAY)], own={key(MIDDLE + DAY): MIDDLE + DAY + timedelta(hours=3)})
    went, gone = edited(old, new)
    assert (distances(went), len(went), gone) == ({DAY}, 3, [])


def test_an_occurrence_changed_on_its_own_stays_where_the_app_left_it():
    own = {key(MIDDLE): MIDDLE + timedelta(hours=3)}
    old = event(WEEKS, overridden=[key(MIDDLE)], own=own)
    new = event([at + DAY for at in WEEKS] + [MIDDLE], overridden=[key(MIDDLE)], own=own)
    went, gone = edited(old, new)
    assert went[MIDDLE + timedelta(hours=3)] == MIDDLE + timedelta(hours=3)
    assert (went[WEEKS[0]], went[WEEKS[2]], gone) == (WEEKS[0] + DAY, WEEKS[2] + DAY, [])


def test_no_slot_is_lost_where_an_occurrence_changed_on_its_own_is_in_the_way():
    days = [SATURDAY + DAY * n for n in range(5)]
    old = event(days, overridden=[key(days[2])])
    new = event([at + DAY for at in days], overridden=[key(days[2])])
    went, gone = edited(old, new)
    assert len(went) + len(gone) == 5
    assert distances(went) <= {timedelta(), DAY}


def test_single_occurrences_without_their_series_are_known_by_their_recurrence_id():
    monday, tuesday = SATURDAY + 2 * DAY, SATURDAY + 3 * DAY
    old = slots(event([monday, tuesday]))
    alone = EventDraft("a", "VEVENT", "", event([monday], own={key(monday): tuesday}).occurrences, True)
    pairs, gone = matched(alone, old, lambda: None, HORIZON, NOW)
    assert [slot.id for _, slot in pairs] == [1]
    assert [slot.id for slot in gone] == [2]
