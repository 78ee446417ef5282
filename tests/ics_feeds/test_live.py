"""The live stock of a drop, as its pages and a CDN poll it."""

import gzip
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.window import SATURDAY, Window, left, offer, slot

LIVE = "/ada/loaves/live.json"


@pytest.fixture
def window(clock):
    offers = (offer("LOAF", "Country loaf", 5, 1250), offer("JAM", "Jam", None, as_of=clock()))
    return Window(slot(1, availability=left(7, offers=offers)), slot(2, availability=left(0, state="sold_out")), clock=clock)


@pytest.fixture
def client(window):
    return window.app().test_client()


def test_it_says_what_is_left_of_every_slot_and_offer(client):
    response = client.get(LIVE)
    assert response.json == {
        "revision": 1,
        "as_of": "2026-12-02T08:30:15Z",
        "slots": {
            "k3v9q1": {
                "places_left": 7,
                "left": 7,
                "state": "open",
                "offers": {"LOAF": {"left": 5, "as_of": None}, "JAM": {"left": None, "as_of": "2026-12-02T09:00:00Z"}},
            },
            "k3v9q2": {"places_left": 0, "left": 0, "state": "sold_out", "offers": {}},
        },
    }
    assert response.headers["Cache-Control"] == "public, max-age=2"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["ETag"] == '"1"'


def test_a_poll_of_what_is_known_reads_one_row(client, window):
    client.get(LIVE)
    window.reads.clear()
    assert client.get(LIVE, headers={"If-None-Match": '"1"'}).status_code == 304
    assert window.reads == ["drop"]


def test_it_follows_every_change(client, window):
    client.get(LIVE)
    window.put(replace(window.slots["k3v9q1"], availability=left(6)), slot(3))
    answer = client.get(LIVE, headers={"If-None-Match": '"1"'}).json
    assert answer["revision"] == 2
    assert [one["left"] for one in answer["slots"].values()] == [6, 0, 7]


def test_a_page_may_ask_for_its_own_slots(client):
    assert list(client.get(LIVE + "?slots=k3v9q2,nothing,k3v9q2,%00").json["slots"]) == ["k3v9q2"]
    assert client.get(LIVE + "?slots=").json["slots"] == {}


def test_slots_that_are_long_over_are_left_out(client, clock):
    clock.set(SATURDAY + timedelta(days=2, hours=3))
    assert client.get(LIVE).json["slots"] == {}


def test_large_answers_are_compressed_when_asked(client, window):
    window.put(*(slot(number) for number in range(10, 60)))
    packed = client.get(LIVE, headers={"Accept-Encoding": "gzip"})
    assert json.loads(gzip.decompress(packed.data)) == client.get(LIVE, headers={"Accept-Encoding": "identity"}).json


def test_without_memory_to_spare_it_says_the_same(clock, window):
    small = Window(*window.slots.values(), clock=clock, feeds={"cache_bytes": 0}).app().test_client()
    client = window.app().test_client()
    for query in ("", "?slots=k3v9q2,other"):
        assert small.get(LIVE + query).json == client.get(LIVE + query).json


@pytest.mark.parametrize("path", ["/ada/cakes/live.json", "/dee/loaves/live.json", "/ada/%00/live.json"])
def test_what_is_not_there_is_not_found(client, path):
    assert client.get(path).status_code == 404
