"""Pushing sales and returns as they happen."""

from datetime import timedelta

import pytest

MOVEMENTS = "/locations/main/movements"
LOAF = "/locations/main/stock/LOAF"


def sale(clock, quantity=-1, message_id="s1", **ago):
    return {"sku": "LOAF", "quantity": quantity, "happened_at": (clock() - timedelta(**ago)).isoformat(), "message_id": message_id}


def counted(caller, clock, count=12):
    caller("PUT", LOAF, {"count": count, "counted_at": (clock() - timedelta(minutes=10)).isoformat()})


def test_a_sale_is_taken_off_the_count(caller, clock):
    counted(caller, clock)
    status, item = caller("POST", MOVEMENTS, sale(clock, -2))
    assert (status, item["applied"], item["count"], item["moved"], item["left"]) == (200, True, 12, -2, 10)


def test_a_repeated_sale_is_taken_off_once(caller, clock):
    counted(caller, clock)
    caller("POST", MOVEMENTS, sale(clock, -2))
    _, item = caller("POST", MOVEMENTS, sale(clock, -2))
    assert (item["applied"], item["reason"], item["left"]) == (False, "repeated", 10)


def test_a_sale_that_the_count_has_seen_changes_nothing(caller, clock):
    counted(caller, clock)
    _, item = caller("POST", MOVEMENTS, sale(clock, -2, minutes=11))
    assert (item["applied"], item["reason"], item["left"]) == (False, "older", 12)


def test_a_late_count_does_not_undo_a_sale(caller, clock):
    counted(caller, clock)
    caller("POST", MOVEMENTS, sale(clock, -2, minutes=1))
    _, item = caller("PUT", LOAF, {"count": 12, "counted_at": (clock() - timedelta(minutes=5)).isoformat()})
    assert (item["applied"], item["left"]) == (True, 10)


def test_several_movements_are_taken_at_once(caller, clock):
    counted(caller, clock)
    status, answer = caller("POST", MOVEMENTS, {"movements": [sale(clock, -1, "a"), sale(clock, -1, "b"), sale(clock, 1, "c")]})
    assert (status, [one["left"] for one in answer["results"]]) == (200, [11, 10, 11])


def test_one_wrong_movement_and_none_is_taken(caller, clock):
    counted(caller, clock)
    wrong = sale(clock, -1, "b") | {"happened_at": "2026-12-02T08:59:00"}
    status, problem = caller("POST", MOVEMENTS, {"movements": [sale(clock, -1, "a"), wrong]})
    assert (status, problem["errors"][0]["pointer"]) == (422, "/movements/1/happened_at")
    assert caller("GET", LOAF)[1]["left"] == 12


def test_a_movement_needs_an_id_since_it_could_be_counted_twice(caller, clock):
    body = sale(clock)
    del body["message_id"]
    status, problem = caller("POST", MOVEMENTS, body)
    assert (status, problem["errors"][0]["pointer"]) == (422, "/message_id")


@pytest.mark.parametrize("needed", ["happened_at", "message_id"])
def test_a_movement_says_when_it_was_and_which_it_is(caller, clock, needed):
    told = sale(clock, -1, "a")
    del told[needed]
    status, problem = caller("POST", MOVEMENTS, told)
    assert (status, problem["errors"][0]["pointer"]) == (422, f"/{needed}")
