"""Pushing counts, as a till does."""

import json
from datetime import timedelta
from urllib.parse import quote

import pytest

from bridge.stock_sync.api import bodies

LOAF = "/locations/main/stock/LOAF"
STOCK = "/locations/main/stock"


def at(clock, **ago):
    return (clock() - timedelta(**ago)).isoformat()


def test_a_sku_seen_for_the_first_time_becomes_a_stock_item(caller, clock):
    status, item = caller("PUT", LOAF, {"count": 12, "counted_at": at(clock, minutes=1), "message_id": "m1", "name": "Country loaf"})
    assert status == 200
    assert (item["sku"], item["name"], item["count"], item["left"]) == ("LOAF", "Country loaf", 12, 12)
    assert (item["applied"], item["reason"]) == (True, "applied")
    assert caller("GET", LOAF)[1]["count"] == 12
    assert [one["sku"] for one in caller("GET", STOCK)[1]["items"]] == ["LOAF"]


def test_a_count_alone_is_of_now(caller):
    status, item = caller("PUT", LOAF, {"count": 3})
    assert (status, item["counted_at"], item["applied"]) == (200, "2026-12-02T09:00:00Z", True)


def test_an_older_count_changes_nothing_and_says_so(caller, clock):
    caller("PUT", LOAF, {"count": 12, "counted_at": at(clock, minutes=1)})
    status, item = caller("PUT", LOAF, {"count": 50, "counted_at": at(clock, minutes=2)})
    assert (status, item["count"], item["applied"], item["reason"]) == (200, 12, False, "older")


def test_a_repeated_message_changes_nothing_and_says_so(caller, clock):
    caller("PUT", LOAF, {"count": 12, "counted_at": at(clock, minutes=2), "message_id": "m1"})
    caller("PUT", LOAF, {"count": 5, "counted_at": at(clock, minutes=1), "message_id": "m2"})
    status, item = caller("PUT", LOAF, {"count": 12, "counted_at": at(clock), "message_id": "m1"})
    assert (status, item["count"], item["applied"], item["reason"]) == (200, 5, False, "repeated")


def test_two_tills_may_number_their_messages_alike(caller, caller_with, clock):
    caller("PUT", LOAF, {"count": 12, "counted_at": at(clock, minutes=2), "message_id": "1"})
    status, item = caller_with("stock:write")("PUT", LOAF, {"count": 7, "counted_at": at(clock, minutes=1), "message_id": "1"})
    assert (status, item["count"], item["applied"]) == (200, 7, True)


def test_one_message_id_may_stand_on_all_counts_of_a_message(caller, clock):
    counts = [{"sku": sku, "count": 4, "counted_at": at(clock), "message_id": "morning"} for sku in ("LOAF", "BUN")]
    _, answer = caller("POST", STOCK, {"counts": counts})
    assert [one["applied"] for one in answer["results"]] == [True, True]


def test_a_count_from_the_future_is_taken_as_now_and_the_answer_says_so(caller, clock):
    _, item = caller("PUT", LOAF, {"count": 12, "counted_at": at(clock, hours=-3)})
    assert item["taken_as"] == item["counted_at"] == "2026-12-02T09:00:00Z"
    clock.turn(minutes=1)
    assert caller("PUT", LOAF, {"count": 11, "counted_at": at(clock)})[1]["applied"]


@pytest.mark.parametrize("off", [timedelta(hours=5), timedelta(hours=-5), timedelta(days=-20_000)])
def test_a_till_that_tells_its_clock_is_understood_however_wrong_it_is(caller, clock, off):
    till = clock() + off
    _, item = caller("PUT", LOAF, {"count": 12, "counted_at": (till - timedelta(minutes=10)).isoformat(), "sent_at": till.isoformat()})
    assert item["taken_as"] == "2026-12-02T08:50:00Z"


def test_a_count_may_be_below_zero_and_leaves_nothing(caller):
    _, item = caller("PUT", LOAF, {"count": -2})
    assert (item["count"], item["left"]) == (-2, 0)


def test_whole_numbers_are_understood_with_a_point(caller):
    assert caller("PUT", LOAF, data='{"count": 12.0}', content_type="application/json")[1]["count"] == 12


@pytest.mark.parametrize("sku", ["A/B", "a b", "50%", "ЩИ-7", "パン", "x" * 64, "a//b", "é", "#1?"])
def test_a_sku_may_hold_any_visible_sign(caller, sku):
    path = f"{STOCK}/{quote(sku, safe='')}"
    assert caller("PUT", path, {"count": 1})[1]["sku"] == sku
    assert caller("GET", path)[1]["count"] == 1


@pytest.mark.parametrize("sku", ["x" * 65, "%20x", "x%20", "a%00b", "a%0Ab", "%ED%A0%80", "%E2%80%8B", "%C2%A0"])
def test_a_sku_that_cannot_be_is_refused(caller, sku):
    assert caller("PUT", f"{STOCK}/{sku}", {"count": 1})[0] == 422
    assert caller("GET", STOCK)[1]["items"] == []


def test_several_counts_are_taken_at_once(caller, clock):
    counts = [{"sku": f"SKU-{number}", "count": number, "counted_at": at(clock)} for number in range(1000)]
    status, answer = caller("POST", STOCK, {"counts": counts})
    assert (status, len(answer["results"])) == (200, 1000)
    assert caller("GET", f"{STOCK}/SKU-999")[1]["count"] == 999


@pytest.mark.parametrize(
    "wrong",
    [
        {"sku": "BUN", "count": 10**12},
        {"sku": "", "count": 1},
        {"sku": "BUN", "count": "7"},
        {"sku": "BUN"},
        {"count": 1},
        {"sku": "BUN", "count": 1.5},
    ],
)
def test_one_wrong_count_and_none_is_taken(caller, wrong):
    status, problem = caller("POST", STOCK, {"counts": [{"sku": "LOAF", "count": 1}, wrong]})
    assert (status, problem["type"]) == (422, "urn:dropbridge:problem:invalid-input")
    assert problem["errors"][0]["pointer"].startswith("/counts/1")
    assert caller("GET", STOCK)[1]["items"] == []


def test_one_sku_counted_twice_at_one_moment_is_refused(caller, clock):
    status, problem = caller("POST", STOCK, {"counts": [{"sku": "LOAF", "count": 1}, {"sku": "LOAF", "count": 2}]})
    assert (status, problem["errors"][0]["detail"]) == (422, "LOAF is counted twice at the same moment")
    told = [{"sku": "LOAF", "count": count, "counted_at": at(clock, minutes=4 - count)} for count in (2, 3)]
    assert caller("POST", STOCK, {"counts": told})[0] == 200
    assert caller("GET", LOAF)[1]["count"] == 3


def test_more_than_a_thousand_counts_are_refused(caller):
    assert caller("POST", STOCK, {"counts": [{"sku": "LOAF", "count": 1}] * 1001})[0] == 422


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ("", 400, "not JSON"),
        ("{", 400, "not JSON"),
        ('{"count": 1,}', 400, "not JSON"),
        ('{"count": NaN}', 400, "NaN"),
        ('{"count": Infinity}', 400, "Infinity"),
        ('{"count": 1e999}', 422, "count"),
        ('{"count": 1, "count": 2}', 400, "twice"),
        ('{"count": ' + "9" * 5000 + "}", 422, "believable"),
        ('{"count": true}', 422, "count"),
        ('{"count": null}', 422, "count"),
        ('{"count": 1, "colour": "red"}', 422, "colour"),
        ('{"count": 1, "counted_at": "2026-12-02T09:00:00"}', 422, "no zone"),
        ('{"count": 1, "counted_at": "2026-02-30T09:00:00Z"}', 422, "no such time"),
        ('{"count": 1, "counted_at": "yesterday"}', 422, "2026-12-05T09:00:00Z"),
        ('{"count": 1, "counted_at": 1764666000}', 422, "2026-12-05T09:00:00Z"),
        ('{"count": 1, "name": "a\\u0000b"}', 422, "name"),
        ('{"count": 1, "name": "\\ud800"}', 422, "name"),
        ('{"count": 1, "message_id": "\\n"}', 422, "message_id"),
        ('{"count": 1, "message_id": ""}', 422, "message_id"),
        ("[" * 100_000, 400, "deep"),
        ('{"a":' * 50_000 + "1" + "}" * 50_000, 400, "deep"),
        ("[]", 422, "object"),
        ('"count"', 422, "object"),
        (b'{"count": 1, "name": "\xff"}', 400, "UTF-8"),
        ('\ufeff{"count": 1}', 400, "JSON"),
    ],
)
def test_a_body_that_cannot_be_used_is_refused_with_a_reason(caller, body, status, said):
    response = caller.raw("PUT", LOAF, data=body, content_type="application/json")
    problem = response.get_json()
    assert (response.status_code, response.content_type) == (status, "application/problem+json")
    assert said in problem["detail"]
    assert caller("GET", LOAF)[0] == 404


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sku": "LOAF\n"}, "/counts/0/sku: Write 1 to 64 signs that can be seen, with blanks only between them."),
        ({"name": "Country\tloaf"}, "/counts/0/name: Leave out control characters, such as tabs and line breaks."),
        ({"message_id": "receipt\n1"}, "no control characters."),
        ({"message_id": "Beleg-ä"}, "Write letters without accents"),
    ],
)
def test_signs_that_cannot_be_are_told_of_in_words(caller, wrong, said):
    _, problem = caller("POST", STOCK, {"counts": [{"sku": "LOAF", "count": 1} | wrong]})
    assert said in problem["detail"]
    assert not set("^$\\[") & set(problem["detail"] + problem["errors"][0]["detail"])


def test_every_pattern_of_a_body_has_its_words():
    models = (bodies.CountBody, bodies.CountsBody, bodies.MovementBody, bodies.MovementsBody)
    schemas = [model.model_json_schema() for model in models]
    shapes = [shape for schema in schemas for shape in (schema, *schema.get("$defs", {}).values())]
    told = {name for shape in shapes for name, field in shape["properties"].items() if '"pattern"' in json.dumps(field)}
    assert told == set(bodies._SIGNS)


def test_a_body_that_is_too_large_is_refused(caller, settings):
    status, problem = caller("PUT", LOAF, data="{" + " " * settings.api.max_body + "}", content_type="application/json")
    assert (status, problem["type"]) == (413, "urn:dropbridge:problem:too-large")


def test_a_body_of_another_kind_is_refused(caller):
    response = caller.raw("PUT", LOAF, data="count=3", content_type="application/x-www-form-urlencoded")
    assert (response.status_code, response.headers["Accept"]) == (415, "application/json")


def test_times_of_all_zones_and_shapes_are_understood(caller):
    for written in ("2026-12-02T09:30:00+01:00", "2026-12-02t08:30:00.000000001z", "2026-12-02 08:30:00Z"):
        sku = str(len(written))
        assert caller("PUT", f"{STOCK}/{sku}", {"count": 1, "counted_at": written})[1]["counted_at"] == "2026-12-02T08:30:00Z"
    assert caller("PUT", f"{STOCK}/LEAP", {"count": 1, "counted_at": "2016-12-31T23:59:60Z"})[0] == 200
    for written in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        assert caller("PUT", f"{STOCK}/{written[:4]}", {"count": 1, "counted_at": written, "sent_at": written})[0] == 200


def test_the_location_may_be_named_with_its_organizer(caller, clock):
    assert caller("PUT", "/locations/ada/main/stock/LOAF", {"count": 2})[1]["count"] == 2
    clock.turn(seconds=1)
    assert caller("PUT", "/locations/ada%2Fmain/stock/LOAF", {"count": 3})[1]["count"] == 3
    assert caller("GET", LOAF)[1]["count"] == 3


def test_the_answer_is_json_that_nobody_keeps(caller):
    response = caller.raw("PUT", LOAF, json={"count": 2})
    assert response.content_type == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert json.loads(response.data)["count"] == 2
