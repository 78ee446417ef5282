"""A recurring event that customers have ordered on, edited: orders go with their series, stay, or refuse the edit."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bridge.core.errors import SlotHasOrders
from bridge.core.terms import Product
from bridge.flows.drops import describe_drop

BERLIN = ZoneInfo("Europe/Berlin")
WEEKLY, DAILY, ENDLESS = "FREQ=WEEKLY;COUNT=6", "FREQ=DAILY;COUNT=5", "FREQ=WEEKLY"


def series(rule, start="20261205T1000", *more, zone="Europe/Berlin", others=""):
    """The event of a client: half an hour, in Berlin's time unless ``zone`` is another, ``""`` for no zone at all."""
    day = len(start) == 8
    at = f";VALUE=DATE:{start}" if day else f";TZID={zone}:{start}00" if zone else f":{start}00"
    lines = [f"DTSTART{at}", "DURATION:P1D" if day else "DURATION:PT30M", *([f"RRULE:{rule}"] if rule else []), *more]
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:a@test\r\nDTSTAMP:20261101T000000Z\r\nSUMMARY:Pickup\r\n"
        "DESCRIPTION:Places: 5\\nSells: PIE @ 3\r\n" + "".join(f"{line}\r\n" for line in lines) + f"END:VEVENT\r\n{others}END:VCALENDAR\r\n"
    )


def on_its_own(original, start):
    return (
        "BEGIN:VEVENT\r\nUID:a@test\r\nDTSTAMP:20261101T000000Z\r\nSUMMARY:Pickup\r\n"
        f"RECURRENCE-ID;TZID=Europe/Berlin:{original}00\r\nDTSTART;TZID=Europe/Berlin:{start}00\r\nDURATION:PT30M\r\nEND:VEVENT\r\n"
    )


def when(slot):
    return slot.starts_at.astimezone(BERLIN).strftime("%Y%m%dT%H%M")


def ordered(shop, text, *dates):
    """Puts ``text``, orders on ``dates``; the orders' addresses."""
    shop.describe(products=(Product("PIE", "Pie", price=300),), pays_by=("at_pickup",))
    shop.put(text)
    at = {when(slot): slot.public_id for slot in shop.slots()}
    return [shop.buy(at[date], units={"PIE": 1}).secret for date in dates]


def dates_of(shop, orders):
    with shop.house.read() as views:
        return [when(views.order(order).slot) for order in orders]


FIRST, LAST = "20261205T1000", "20270109T1000"
DRAGGED = {
    "a week later": (series(WEEKLY), [FIRST, "20261219T1000"], series(WEEKLY, "20261212T1000"), ["20261212T1000", "20261226T1000"]),
    "a week earlier": (series(WEEKLY), [LAST], series(WEEKLY, "20261128T1000"), ["20270102T1000"]),
    "a day later": (series(DAILY), [FIRST, "20261209T1000"], series(DAILY, "20261206T1000"), ["20261206T1000", "20261210T1000"]),
    "two days later": (series(DAILY), [FIRST], series(DAILY, "20261207T1000"), ["20261207T1000"]),
    "a day and an hour": (series(DAILY), [FIRST, "20261206T1000"], series(DAILY, "20261206T1100"), ["20261206T1100", "20261207T1100"]),
    "to Sunday": (series(WEEKLY), [FIRST, LAST], series(WEEKLY, "20261206T1000"), ["20261206T1000", "20270110T1000"]),
    "the first alone to Sunday": (
        series(WEEKLY + ";BYDAY=SA"),
        [FIRST, "20261212T1000"],
        series(WEEKLY + ";BYDAY=SA", "20261206T1000"),
        ["20261206T1000", "20261212T1000"],
    ),
    "to Sunday, by rule": (
        series(WEEKLY + ";BYDAY=SA"),
        ["20261212T1000"],
        series(WEEKLY + ";BYDAY=SU", "20261206T1000"),
        ["20261213T1000"],
    ),
    "without end, to Sunday": (
        series(ENDLESS),
        [FIRST, "20261226T1000"],
        series(ENDLESS, "20261206T1000"),
        ["20261206T1000", "20261227T1000"],
    ),
    "over the change of clocks": (series(ENDLESS), ["20270403T1000"], series(ENDLESS, "20261206T1130"), ["20270404T1130"]),
    "to another hour, and longer": (series(WEEKLY), [LAST], series("FREQ=WEEKLY;COUNT=8", "20261205T1400"), ["20270109T1400"]),
    "to another zone": (
        series(ENDLESS),
        ["20261212T1000", "20270403T1000"],
        series(ENDLESS, zone="Europe/London"),
        ["20261212T1100", "20270403T1100"],
    ),
    "without a zone": (series(DAILY, zone=""), [FIRST], series(DAILY, "20261206T1000", zone=""), ["20261206T1000"]),
    "whole days": (series(DAILY, "20261205"), ["20261206T0000"], series(DAILY, "20261206"), ["20261207T0000"]),
    "from whole days to hours": (series(DAILY, "20261205"), ["20261206T0000"], series(DAILY, FIRST), ["20261206T1000"]),
    "a lone event that repeats now": (series(""), [FIRST], series(WEEKLY, "20261206T1000"), ["20261206T1000"]),
    "with one changed on its own": (
        series(WEEKLY, others=on_its_own("20261212T1000", "20261212T1500")),
        ["20261212T1500", "20261219T1000"],
        series(WEEKLY, "20261212T1000", others=on_its_own("20261219T1000", "20261219T1500")),
        ["20261219T1500", "20261226T1000"],
    ),
    "without the one changed on its own": (
        series(WEEKLY, others=on_its_own("20261212T1000", "20261212T1500")),
        ["20261212T1500", "20261219T1000"],
        series(WEEKLY, "20261206T1000", others=on_its_own("20261212T1000", "20261212T1500")),
        ["20261212T1500", "20261220T1000"],
    ),
}


@pytest.mark.parametrize("how", DRAGGED)
def test_orders_go_as_far_as_their_series_was_dragged(shop, how):
    before, dates, after, now = DRAGGED[how]
    orders = ordered(shop, before, *dates)
    shop.put(after)
    assert dates_of(shop, orders) == now
    for order, was, at in zip(orders, dates, now, strict=True):
        assert shop.letters(order) == (["confirmed"] if at == was else ["confirmed", "moved"])


STAYS = {
    "the first is taken out by a later start": (series(WEEKLY), ["20261212T1000", LAST], series("FREQ=WEEKLY;COUNT=5", "20261212T1000")),
    "one without end starts a week later": (series(ENDLESS), ["20261212T1000"], series(ENDLESS, "20261212T1000")),
    "one without end starts a week earlier": (series(ENDLESS), [FIRST, "20261226T1000"], series(ENDLESS, "20261128T1000")),
    "one of the others is taken out": (series(WEEKLY), [FIRST, LAST], series(WEEKLY, FIRST, "EXDATE;TZID=Europe/Berlin:20261212T100000")),
    "it is every third week": (series(WEEKLY), [FIRST, "20261226T1000"], series(WEEKLY + ";INTERVAL=3")),
    "it is daily": (series(WEEKLY), [FIRST, LAST], series("FREQ=DAILY;COUNT=90")),
    "it repeats no more": (series(WEEKLY), [FIRST], series("")),
    "it repeats now": (series(""), [FIRST], series(WEEKLY)),
    "a date is added": (series(WEEKLY), [FIRST, LAST], series(WEEKLY, FIRST, "RDATE;TZID=Europe/Berlin:20270612T100000")),
}


@pytest.mark.parametrize("what", STAYS)
def test_orders_stay_on_their_dates_when(shop, what):
    before, dates, after = STAYS[what]
    orders = ordered(shop, before, *dates)
    shop.put(after)
    assert dates_of(shop, orders) == dates
    assert [shop.letters(order) for order in orders] == [["confirmed"]] * len(orders)


REFUSED = {
    "every third week": (series(WEEKLY), "20261219T1000", series(WEEKLY + ";INTERVAL=3")),
    "monthly": (series(WEEKLY), "20261219T1000", series("FREQ=MONTHLY;COUNT=6")),
    "on Sundays, with the first where it was": (series(WEEKLY), "20261219T1000", series(WEEKLY + ";BYDAY=SU")),
    "one taken out and one added far off": (
        series(WEEKLY),
        "20261212T1000",
        series(WEEKLY, FIRST, "EXDATE;TZID=Europe/Berlin:20261212T100000", "RDATE;TZID=Europe/Berlin:20270612T100000"),
    ),
    "the first taken out by a later start": (series(WEEKLY), FIRST, series("FREQ=WEEKLY;COUNT=5", "20261212T1000")),
    "one without end a week later": (series(ENDLESS), FIRST, series(ENDLESS, "20261212T1000")),
    "one with a last day a week later": (
        series("FREQ=WEEKLY;UNTIL=20270109T090000Z"),
        FIRST,
        series("FREQ=WEEKLY;UNTIL=20270109T090000Z", "20261212T1000"),
    ),
    "all of them long ago": (series(WEEKLY), FIRST, series(WEEKLY, "20260905T1000")),
    "the only one long ago, and weekly": (series(""), FIRST, series(WEEKLY, "20260905T1000")),
    "one left out": (series(WEEKLY), "20261212T1000", series(WEEKLY, FIRST, "EXDATE;TZID=Europe/Berlin:20261212T100000")),
    "fewer of them": (series(WEEKLY), LAST, series("FREQ=WEEKLY;COUNT=5")),
    "an earlier last day": (series(WEEKLY), LAST, series("FREQ=WEEKLY;UNTIL=20270102T090000Z")),
    "monthly, from two days later": (series(WEEKLY), "20261219T1000", series("FREQ=MONTHLY;COUNT=6", "20261207T1000")),
    "daily, from an hour later": (series(WEEKLY), FIRST, series("FREQ=DAILY;COUNT=90", "20261205T1100")),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_would_take_a_date_from_its_orders_is_refused(shop, what):
    before, date, after = REFUSED[what]
    orders = ordered(shop, before, date)
    stored = shop.resource().text
    at = datetime.strptime(date, "%Y%m%dT%H%M")
    with pytest.raises(SlotHasOrders, match=f"“Pickup” on {at:%Y-%m-%d %H:%M} has 1 place taken"):
        shop.put(after)
    assert dates_of(shop, orders) == [date]
    assert shop.resource().text == stored
    assert shop.letters(orders[0]) == ["confirmed"]


def test_a_series_in_a_zone_that_nobody_knows_keeps_its_orders_in_another_time_zone_of_the_drop(shop):
    (order,) = ordered(shop, series(WEEKLY, zone="Mars/Base"), "20261212T1000")
    with shop.house.work() as work:
        describe_drop(work, shop.drop, shop.house.house, timezone="Europe/London", now=shop.clock(), actor="ada")
    assert dates_of(shop, [order]) == ["20261212T1100"]
