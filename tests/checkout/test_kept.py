"""A page is made once and never shown when it is no longer true."""

import gzip
import re
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bridge.checkout.kept import Kept, page
from bridge.site import site
from tests.house import bakery, event
from tests.window import LOAVES, SATURDAY, Window, left, preorder, slot

SLOT, DROP = "/slots/k3v9q1", "/ada/loaves/"
NOW = datetime(2026, 12, 2, 9, tzinfo=UTC)
WINDOWS = (SLOT, SLOT + "/card", DROP, "/", "/ada/", DROP + "slots.json?from=2026-12-01&to=2026-12-31", DROP + "feed.rss")


@pytest.fixture
def shop(database_url, clock):
    with bakery(database_url, clock) as made:
        yield made


@pytest.fixture
def window(clock):
    return Window(slot(1), slot(2, starts_at=SATURDAY + timedelta(days=1)), clock=clock)


@pytest.fixture
def client(window):
    return window.app().test_client()


def words(client, path, **headers):
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    return re.sub(r' data-[a-z]+="[^"]*"', "", response.get_data(as_text=True))


@pytest.mark.parametrize("path", WINDOWS)
def test_a_change_of_stock_is_on_the_next_view(client, window, path):
    assert "7 left" in words(client, path)
    window.put(slot(1, availability=left(6)))
    assert "6 left" in words(client, path)


@pytest.mark.parametrize("path", WINDOWS)
def test_a_preorder_is_open_on_the_first_view_after_its_opening(client, window, clock, path):
    opens = clock() + timedelta(hours=1)
    window.put(slot(1, availability=left(7, state="soon"), preorder=preorder(opens)))
    assert "Opens soon" in words(client, path)
    clock.set(opens - timedelta(seconds=1))
    assert "Opens soon" in words(client, path)
    clock.set(opens)
    assert "7 left" in words(client, path)
    assert "Opens soon" not in words(client, path)


@pytest.mark.parametrize("path", [SLOT, DROP, "/"])
def test_a_preorder_is_closed_on_the_first_view_after_its_end(client, window, clock, path):
    window.put(slot(1, preorder=preorder(None, clock() + timedelta(hours=1))))
    assert "7 left" in words(client, path)
    clock.turn(minutes=60)
    assert "Preorder closed" in words(client, path)


def test_a_date_that_is_over_leaves_the_list(client, clock):
    assert "10:00 – 11:00" in words(client, DROP)
    clock.set(SATURDAY + timedelta(hours=1))
    assert words(client, DROP).count("10:00 – 11:00") == 1
    assert "Over" in words(client, SLOT)


def test_nobody_keeps_a_page_past_the_moment_at_which_it_changes(client, window, clock):
    window.put(slot(1, preorder=preorder(None, clock() + timedelta(hours=1))))
    assert client.get(SLOT).headers["Cache-Control"] == "public, max-age=5"
    clock.turn(minutes=59, seconds=58)
    assert client.get(SLOT).headers["Cache-Control"] == "public, max-age=2"


@pytest.mark.parametrize("path", [SLOT, DROP])
def test_a_drop_that_is_renamed_or_closed_to_the_public_is_so_at_once(client, window, path):
    assert "Saturday loaves" in words(client, path)
    window.shelves[LOAVES.path] = replace(LOAVES, title="Sunday loaves")
    assert "Sunday loaves" in words(client, path)
    window.shelves[LOAVES.path] = replace(LOAVES, is_public=False)
    assert client.get(path).status_code == 404


def test_a_slot_that_went_to_another_drop_is_shown_there(clock):
    other = replace(LOAVES, id=2, slug="jam", title="Jam day")
    window = Window(slot(1), drops=(LOAVES, other), clock=clock)
    client = window.app().test_client()
    assert "Saturday loaves" in words(client, SLOT)
    window.put(slot(9))
    window.put(slot(1, drop="ada/jam"))
    assert "Jam day" in words(client, SLOT)
    assert "Jam day" in words(client, SLOT)


def test_a_hot_page_costs_one_look_at_what_may_have_changed(client, window):
    words(client, SLOT)
    words(client, DROP)
    window.reads.clear()
    words(client, SLOT)
    words(client, DROP)
    assert window.reads == ["slot_version", "drop"]


def test_each_language_has_its_page(client):
    assert "noch 7" in words(client, SLOT, **{"Accept-Language": "de"})
    assert "7 left" in words(client, SLOT, **{"Accept-Language": "en"})
    assert "noch 7" in words(client, SLOT + "?lang=de", **{"Accept-Language": "en"})
    # Who asked for a language by the address keeps it in the links, who did not has none there.
    assert "/ada/loaves/?lang=de" not in words(client, SLOT, **{"Accept-Language": "de"})


@pytest.mark.parametrize("path", WINDOWS)
def test_pages_come_as_gzip_to_whom_takes_it(client, path):
    packed, plain = client.get(path, headers={"Accept-Encoding": "br, gzip"}), client.get(path, headers={"Accept-Encoding": "gzip;q=0"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]


@pytest.mark.parametrize("path", WINDOWS)
@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_what_a_browser_has_is_not_sent_again_until_it_changes(client, window, path, coding):
    asked = {"Accept-Encoding": coding}
    tag = client.get(path, headers=asked).headers["ETag"]
    again = client.get(path, headers={**asked, "If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert client.head(path, headers=asked).headers["ETag"] == tag
    window.put(slot(1, availability=left(6)))
    assert client.get(path, headers={**asked, "If-None-Match": tag}).status_code == 200


def test_pages_that_are_kept_have_a_bound():
    kept = Kept(budget=200_000)
    for number in range(100):
        kept.page(number, 1, NOW, lambda: (1, page("x" * 10_000, "text/plain")))
    made = []
    for number in range(100):
        kept.page(number, 1, NOW, lambda: made.append(1) or (1, page("x" * 10_000, "text/plain")))
    assert len(made) > 80


def test_many_who_look_at_once_cost_one_page():
    kept, made, gate = Kept(), [], threading.Barrier(8)

    def make():
        made.append(1)
        return 2, page("new", "text/plain")

    def look():
        gate.wait()
        assert kept.page("slot", 2, NOW, make).body == b"new"

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_what_could_not_be_made_is_tried_again():
    kept = Kept()

    def fail():
        raise LookupError

    with pytest.raises(LookupError):
        kept.page("slot", 1, NOW, fail)
    assert kept.page("slot", 1, NOW, lambda: (1, page("there", "text/plain"))).body == b"there"


def test_a_sale_an_edit_and_a_removal_are_on_the_next_view(shop):
    client, clock = site(shop.house).test_client(), shop.clock
    shop.put(event("a", "Places: 24\nSells: LOAF x20 @ 6.50\nPreorder: from 3 Dec 2026 10:00"))
    shop.publish()
    path = f"/slots/{shop.slots()[0].public_id}"
    assert "Opens soon" in words(client, path)
    clock.set(datetime(2026, 12, 3, 9, tzinfo=UTC))
    assert "20 left" in words(client, path)
    shop.publish()
    assert "20 left" in words(client, path)
    shop.count("LOAF", 5)
    shop.publish()
    assert "5 left" in words(client, path)
    shop.put(event("a", "Places: 24\nSells: LOAF x20 @ 6.50", title="Other"))
    assert "Other" in words(client, path)
    shop.remove()
    assert client.get(path).status_code == 410
