"""sync-collection: nothing is skipped, nothing is told twice, and tokens from elsewhere are refused."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.wiring import Bridge
from tests.caldav_plugin.conftest import made
from tests.caldav_plugin.device import C, D, Device, event, slot
from tests.fakes import Clock


@pytest.fixture
def house(database_url: str, clock: Clock) -> Iterator[Bridge]:
    """Ada's and Dee's house, on either database: tokens rest on how each orders what is committed."""
    house = made(database_url, clock)
    yield house
    house.database.dispose()


def statuses(device: Device, token: str, limit: int | None = None) -> tuple[dict[str, str], str]:
    """What a sync tells: address → "there" or "gone", and the next token."""
    reply = device.sync("/ada/bread/", token, limit)
    assert reply.status == 207
    told = {}
    for response in reply.xml.iterfind(f"{D}response"):
        gone = "404" in (response.findtext(f"{D}status") or "")
        told[response.findtext(f"{D}href") or ""] = "gone" if gone else "there"
    return told, reply.token


def test_a_client_follows_what_is_added_changed_and_removed(ada: Device) -> None:
    ada("PUT", "/ada/bread/a.ics", event("a"))
    ada("PUT", "/ada/bread/b.ics", event("b"))
    told, first = statuses(ada, "")
    assert told == {"/dav/ada/bread/a.ics": "there", "/dav/ada/bread/b.ics": "there"}
    assert statuses(ada, first) == ({}, first)
    ada("PUT", "/ada/bread/a.ics", event("a", "LOCATION:Here"))
    ada("DELETE", "/ada/bread/b.ics")
    ada("PUT", "/ada/bread/c.ics", event("c"))
    told, second = statuses(ada, first)
    assert told == {"/dav/ada/bread/a.ics": "there", "/dav/ada/bread/b.ics": "gone", "/dav/ada/bread/c.ics": "there"}
    assert statuses(ada, second) == ({}, second)
    assert statuses(ada, first)[0] == told


def test_the_first_sync_never_tells_of_what_is_gone(ada: Device) -> None:
    for name in "abc":
        ada("PUT", f"/ada/bread/{name}.ics", event(name))
    ada("DELETE", "/ada/bread/a.ics")
    assert set(statuses(ada, "")[0].values()) == {"there"}
    seen, token = {}, ""
    for _ in range(5):
        reply = ada.sync("/ada/bread/", token, 1)
        told, token = statuses(ada, token, 1)
        seen |= {address: what for address, what in told.items() if address.endswith(".ics")}
        if "507" not in reply.text:
            break
    assert seen == {"/dav/ada/bread/b.ics": "there", "/dav/ada/bread/c.ics": "there"}


def test_a_limit_is_kept_with_507_and_a_token_to_go_on_from(ada: Device) -> None:
    token = ada.sync("/ada/bread/").token
    for name in "abcde":
        ada("PUT", f"/ada/bread/{name}.ics", event(name))
    first = ada.sync("/ada/bread/", token, 2)
    assert first.hrefs == ["/dav/ada/bread/a.ics", "/dav/ada/bread/b.ics", "/dav/ada/bread/"]
    rest = first.of("/dav/ada/bread/")
    assert "507" in (rest.findtext(f"{D}status") or "")
    assert rest.find(f"{D}error/{D}number-of-matches-within-limits") is not None
    second = ada.sync("/ada/bread/", first.token, 2)
    assert second.hrefs[:2] == ["/dav/ada/bread/c.ics", "/dav/ada/bread/d.ics"]
    third = ada.sync("/ada/bread/", second.token, 2)
    assert third.hrefs == ["/dav/ada/bread/e.ics"]
    assert third.token == ada.sync("/ada/bread/").token


def test_one_stock_change_over_many_slots_is_handed_out_in_parts(ada: Device, restocked: Callable[[], None]) -> None:
    for name in "abcd":
        ada("PUT", f"/ada/bread/{name}.ics", slot(name))
    token = ada.sync("/ada/bread/").token
    restocked()
    told, reached = statuses(ada, token, 3)
    assert len(told) == 4
    rest, final = statuses(ada, reached, 3)
    assert set(told) | set(rest) >= {f"/dav/ada/bread/{name}.ics" for name in "abcd"}
    assert len(rest) == 1
    assert statuses(ada, final) == ({}, final)


def test_a_stock_change_shows_in_a_sync_with_its_data(ada: Device, restocked: Callable[[], None]) -> None:
    ada("PUT", "/ada/bread/s.ics", slot())
    ada("PUT", "/ada/bread/e.ics", event())
    token = ada.sync("/ada/bread/").token
    restocked()
    reply = ada.sync("/ada/bread/", token, props="<D:getetag/><D:getcontentlength/><C:calendar-data/>")
    assert reply.hrefs == ["/dav/ada/bread/s.ics"]
    data, etag, octets = (reply.prop(name) for name in (f"{C}calendar-data", f"{D}getetag", f"{D}getcontentlength"))
    got = ada("GET", "/ada/bread/s.ics")
    assert (data is not None, etag is not None, octets is not None) == (True, True, True)
    assert data is not None
    assert data.text == got.text
    assert etag is not None
    assert etag.text == got.etag
    assert octets is not None
    assert octets.text == str(len(got.octets))


def test_the_first_sync_can_carry_the_data_too(ada: Device) -> None:
    ada("PUT", "/ada/bread/e.ics", event())
    data = ada.sync("/ada/bread/", props="<C:calendar-data/>").prop(f"{C}calendar-data")
    assert data is not None
    assert data.text == event()


@pytest.mark.parametrize(
    "token",
    [
        "nonsense",
        "urn:dropbridge:sync:1:999999",
        "urn:dropbridge:sync:2:0",
        "urn:dropbridge:sync:1:-1",
        "urn:dropbridge:sync:1:1.2",
        "http://x/1",
        "urn:dropbridge:sync:1:99999999999999999999",
    ],
)
def test_tokens_of_elsewhere_of_the_future_and_made_up_ones_are_refused(ada: Device, token: str) -> None:
    reply = ada.sync("/ada/bread/", token)
    assert (reply.status, reply.condition) == (403, f"{D}valid-sync-token")


@pytest.mark.parametrize("limit", [999_999_999, 10**9, 99999999999999999999999])
def test_a_limit_above_all_there_is_cuts_nothing_off(ada: Device, limit: int) -> None:
    ada("PUT", "/ada/bread/a.ics", event("a"))
    reply = ada.sync("/ada/bread/", "", limit)
    assert (reply.status, len(reply.hrefs)) == (207, 1)


@pytest.mark.parametrize("limit", [0, -3])
def test_a_limit_is_a_number_above_0(ada: Device, limit: int) -> None:
    assert ada.sync("/ada/bread/", "", limit).status == 400


def test_the_token_of_a_propfind_is_good_for_a_sync(ada: Device) -> None:
    token = ada.propfind("/ada/bread/", f"{D}sync-token").prop(f"{D}sync-token")
    assert token is not None
    ada("PUT", "/ada/bread/a.ics", event("a"))
    assert statuses(ada, token.text or "")[0] == {"/dav/ada/bread/a.ics": "there"}


def test_a_client_that_syncs_in_any_steps_has_what_the_server_has(ada: Device) -> None:
    @settings(max_examples=25)
    @given(st.lists(st.tuples(st.sampled_from("pds"), st.sampled_from("abcd"), st.sampled_from([None, 1, 2])), max_size=14))
    def follow(steps: list[tuple[str, str, int | None]]) -> None:
        known: set[str] = set()
        token = ""
        for number, (step, name, limit) in enumerate(steps):
            if step == "p":
                ada("PUT", f"/ada/bread/{name}.ics", event(name, f"X-STEP:{number}-{token[-6:]}"))
            elif step == "d":
                ada("DELETE", f"/ada/bread/{name}.ics")
            else:
                told, token = statuses(ada, token, limit)
                known = (known | {a for a, what in told.items() if what == "there"}) - {a for a, what in told.items() if what == "gone"}
        while True:
            told, token = statuses(ada, token, 2)
            known = (known | {a for a, what in told.items() if what == "there"}) - {a for a, what in told.items() if what == "gone"}
            if "/dav/ada/bread/" not in told:
                break
        known.discard("/dav/ada/bread/")
        assert known == set(ada.propfind("/ada/bread/", f"{D}getetag", depth="1").hrefs[1:])

    follow()


def body(token: str, properties: str = "<D:getetag/>", more: str = "") -> bytes:
    return (
        f'<D:sync-collection xmlns:D="DAV:"><D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level>'
        f"<D:prop>{properties}</D:prop>{more}</D:sync-collection>"
    ).encode()


def test_what_others_were_told_of_the_same_change_is_told_to_each_as_they_ask(ada: Device) -> None:
    ada("PUT", "/ada/bread/a.ics", event("a"))
    _, first = statuses(ada, "")
    for what in ("Here", "There"):
        ada("PUT", "/ada/bread/a.ics", event("a", f"LOCATION:{what}"))
        etag = ada("GET", "/ada/bread/a.ics").headers["ETag"]
        for _ in range(2):
            plain = ada("REPORT", "/ada/bread/", body(first)).xml
            assert plain.findtext(f".//{D}getetag") == etag
            assert plain.find(f".//{D}getcontenttype") is None
            both = ada("REPORT", "/ada/bread/", body(first, "<D:getetag/><D:getcontenttype/>")).xml
            assert both.find(f".//{D}getcontenttype") is not None
            every = ada("REPORT", "/ada/bread/", body(first, more="<D:allprop/>")).xml
            assert every.find(f".//{D}getcontentlength") is not None
    ada("PUT", "/ada/bread/b.ics", event("b"))
    assert set(statuses(ada, first)[0]) == {"/dav/ada/bread/a.ics", "/dav/ada/bread/b.ics"}
