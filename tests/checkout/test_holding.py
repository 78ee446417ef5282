"""Holds as the script of the page takes, changes and gives them back."""

import pytest

from tests.checkout.conftest import OURS


def test_a_hold_is_taken_changed_and_given_back(shop):
    shop.sell()
    slot = shop.open()
    told = shop.json(f"/slots/{slot}/hold", 201, units={"LOAF": 2})
    assert (told["seconds"], told["places"]) == (300, 2)
    assert told["lines"] == [{"sku": "LOAF", "units": 2, "price": 850}]
    assert shop.free(slot) == 3
    changed = shop.json(f"/holds/{told['hold']}", 200, units={"LOAF": 1, "MUG": 1})
    assert changed["expires_at"] == told["expires_at"]
    assert shop.free(slot) == 4
    assert shop.client.post(f"/holds/{told['hold']}/release", headers=OURS, data=b"").status_code == 204
    assert shop.free(slot) == 5
    assert shop.client.post(f"/holds/{told['hold']}/release", headers=OURS).status_code == 204
    assert shop.json(f"/holds/{told['hold']}", 410, units={"LOAF": 1})["type"] == "urn:dropbridge:problem:hold-expired"


def test_what_is_held_is_ordered_although_nothing_else_is_left(shop):
    slot = shop.open("Places: 2")
    hold = shop.json(f"/slots/{slot}/hold", 201, places=2)["hold"]
    refused = shop.json(f"/slots/{slot}/hold?lang=de", 409, places=1)
    assert refused["type"] == "urn:dropbridge:problem:sold-out"
    assert refused["detail"] == "Dieser Termin ist ausverkauft."
    shop.order_by(slot, 409, places=1)
    shop.order_by(slot, places=2, hold=hold)
    assert shop.free(slot) == 0


def test_the_house_says_how_long_a_hold_lasts_and_how_many_one_address_has(shop):
    settings = shop.house.settings.replace(checkout={"hold_minutes": 10, "holds_per_address": 2})
    shop.house = type(shop.house)(settings, shop.house.database, shop.house.house, shop.clock)
    slot = shop.open()
    assert shop.json(f"/slots/{slot}/hold", 201, places=1)["seconds"] == 600
    shop.json(f"/slots/{slot}/hold", 201, places=1)
    assert shop.json(f"/slots/{slot}/hold", 429, places=1)["type"] == "urn:dropbridge:problem:too-many-holds"
    elsewhere = {"REMOTE_ADDR": "2001:db8:1:2::7"}
    assert shop.client.post(f"/slots/{slot}/hold", json={"places": 1}, headers=OURS, environ_base=elsewhere).status_code == 201
    with shop.house.work() as work:
        held = work.holds_on(work.slot_id(slot))
    assert not [hold for hold in held if "127" in hold.visitor or "2001" in hold.visitor]
    assert len({hold.visitor for hold in held}) == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"units": []}, 422),
        ({"units": {"LOAF": -1}}, 422),
        ({"units": {"LOAF": True}}, 422),
        ({"units": {"LOAF": 1.5}}, 422),
        ({"units": {"NONE": 1}}, 422),
        ({"units": {"\ud800": 1}}, 422),
        ({"places": 10**6}, 422),
        ({"places": 10**9}, 422),
        ({"places": 10**30}, 422),
        ({"places": -(10**30)}, 422),
        ({"units": {"LOAF": 10**4000}}, 422),
        ({"units": {"LOAF": 1e300}}, 422),
        ({}, 422),
        ([], 400),
    ],
)
def test_a_wish_that_is_none_is_refused_and_changes_nothing(shop, body, status):
    slot = shop.open()
    shop.json(f"/slots/{slot}/hold", 201, places=1)
    answer = shop.client.post(f"/slots/{slot}/hold", json=body, headers=OURS)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert shop.free(slot) == 4


@pytest.mark.parametrize("secret", ["%00", "a%00b", "%0A", "%FF", "x", "a" * 300])
def test_what_can_be_no_hold_is_gone_and_changes_nothing(shop, secret):
    shop.open()
    for path, statuses in ((f"/holds/{secret}", {404, 410}), (f"/holds/{secret}/release", {404, 204})):
        assert shop.client.post(path, json={"places": 1}, headers=OURS).status_code in statuses


@pytest.mark.parametrize(
    ("sent", "status", "kind"),
    [
        ({"data": "{", "content_type": "application/json"}, 400, "bad-request"),
        ({"data": "[" * 9000, "content_type": "application/json"}, 400, "bad-request"),
        ({"json": {"places": 1}, "headers": {"Sec-Fetch-Site": "cross-site"}}, 403, "forbidden"),
        ({"json": {"places": "1" * 17000}}, 413, "request-entity-too-large"),
        ({"data": "places=1", "content_type": "text/plain"}, 415, "unsupported-media-type"),
    ],
)
def test_what_cannot_be_read_is_a_problem_of_its_own_type(shop, sent, status, kind):
    slot = shop.open()
    hold = shop.json(f"/slots/{slot}/hold", 201, places=1)["hold"]
    for path in (f"/slots/{slot}/hold", f"/holds/{hold}"):
        answer = shop.client.post(path, **{"headers": OURS} | sent)
        assert (answer.status_code, answer.get_json()["type"]) == (status, f"urn:dropbridge:problem:{kind}")
    assert shop.free(slot) == 4


def test_another_site_holds_nothing(shop):
    slot = shop.open()
    answer = shop.client.post(f"/slots/{slot}/hold", json={"places": 1}, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")
    assert shop.free(slot) == 5
