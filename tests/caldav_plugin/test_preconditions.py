"""If-Match and If-None-Match: a stock change never costs an organizer an edit, a stale edit is refused."""

from collections.abc import Callable

import pytest

from bridge.caldav_plugin.preconditions import check_if_match, none_match
from bridge.core.errors import StaleEdit
from tests.caldav_plugin.device import Device, event, slot


@pytest.mark.parametrize("header", [None, "*", '"7.9"', '"7.1"', '"1.1", "7.3"', '"1.1",W/"7.9","7.2"', "7.9"])
def test_if_match_holds_for_the_present_edit(header: str | None) -> None:
    check_if_match(header, 7)


@pytest.mark.parametrize("header", ['"6.9"', 'W/"7.9"', '""', '"77.1"', '"1.7"', ",,", '"6.1", "5.1"'])
def test_if_match_fails_for_another_edit_and_for_weak_tags(header: str) -> None:
    with pytest.raises(StaleEdit):
        check_if_match(header, 7)


@pytest.mark.parametrize("header", ["*", '"7.9"'])
def test_if_match_fails_when_nothing_is_there(header: str) -> None:
    with pytest.raises(StaleEdit):
        check_if_match(header, None)


def test_if_none_match_compares_weakly_and_the_whole_tag() -> None:
    assert not none_match('W/"7.9"', '"7.9"')
    assert not none_match('"1.1", "7.9"', '"7.9"')
    assert not none_match("*", '"7.9"')
    assert none_match('"7.8"', '"7.9"')
    assert none_match("*", None)
    assert none_match(None, '"7.9"')


def test_a_stock_change_between_get_and_put_does_not_spoil_the_save(ada: Device, restocked: Callable[[], None]) -> None:
    ada("PUT", "/ada/bread/s.ics", slot())
    opened = ada("GET", "/ada/bread/s.ics")
    restocked()
    shown = ada("GET", "/ada/bread/s.ics")
    assert "23 of 24 places left" in shown.text
    assert shown.etag != opened.etag
    typed = opened.text.replace("SUMMARY:Loaves", "SUMMARY:Rye loaves")
    assert ada("PUT", "/ada/bread/s.ics", typed, If_Match=opened.etag or "").status == 204
    saved = ada("GET", "/ada/bread/s.ics").text
    assert "SUMMARY:Rye loaves" in saved
    assert "23 of 24 places left" in saved


def test_a_save_over_somebody_elses_edit_is_refused_and_changes_nothing(ada: Device, ben: Device) -> None:
    ada("PUT", "/ada/bread/s.ics", slot())
    opened = ada("GET", "/ada/bread/s.ics").etag or ""
    assert ben("PUT", "/ada/bread/s.ics", slot(places=30)).status == 204
    reply = ada("PUT", "/ada/bread/s.ics", slot(places=12), If_Match=opened)
    assert reply.status == 412
    assert "Load it again" in reply.sentence
    assert "Places: 30" in ada("GET", "/ada/bread/s.ics").text


def test_creating_over_something_and_changing_what_is_gone_are_refused(ada: Device) -> None:
    assert ada("PUT", "/ada/bread/e.ics", event(), If_None_Match="*").status == 201
    assert ada("PUT", "/ada/bread/e.ics", event(), If_None_Match="*").status == 412
    etag = ada("GET", "/ada/bread/e.ics").etag or ""
    assert ada("DELETE", "/ada/bread/e.ics").status == 204
    assert ada("PUT", "/ada/bread/e.ics", event(), If_Match=etag).status == 412
    assert ada("GET", "/ada/bread/e.ics").status == 404


def test_delete_takes_lists_of_tags_and_refuses_weak_and_stale_ones(ada: Device) -> None:
    etag = ada("PUT", "/ada/bread/e.ics", event()).etag or ""
    assert ada("DELETE", "/ada/bread/e.ics", If_Match=f"W/{etag}").status == 412
    assert ada("DELETE", "/ada/bread/e.ics", If_Match='"0.0"').status == 412
    assert ada("GET", "/ada/bread/e.ics").status == 200
    assert ada("DELETE", "/ada/bread/e.ics", If_Match=f'"0.0", {etag}').status == 204


def test_get_with_the_present_tag_is_a_304_without_a_body(ada: Device, restocked: Callable[[], None]) -> None:
    ada("PUT", "/ada/bread/s.ics", slot())
    etag = ada("GET", "/ada/bread/s.ics").etag or ""
    for header in (etag, f"W/{etag}", f'"1.1", {etag}', "*"):
        reply = ada("GET", "/ada/bread/s.ics", If_None_Match=header)
        assert (reply.status, reply.octets, reply.etag) == (304, b"", etag)
    restocked()
    assert ada("GET", "/ada/bread/s.ics", If_None_Match=etag).status == 200
    calendar = ada("GET", "/ada/bread/").etag or ""
    assert ada("GET", "/ada/bread/", If_None_Match=calendar).status == 304
    assert ada("HEAD", "/ada/bread/s.ics", If_None_Match='"0.0"').octets == b""
