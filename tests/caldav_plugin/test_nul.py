"""NUL, which one of our databases takes and the other does not, wherever a request can carry it."""

from collections.abc import Iterator

import pytest

from bridge.wiring import Bridge
from tests.caldav_plugin.conftest import made
from tests.caldav_plugin.device import Device, basic, event
from tests.fakes import Clock


@pytest.fixture
def house(database_url: str, clock: Clock) -> Iterator[Bridge]:
    """Ada's and Dee's house, on either database."""
    house = made(database_url, clock)
    yield house
    house.database.dispose()


def test_nul_never_reaches_the_database(ada: Device, nobody: Device) -> None:
    ada("PUT", "/ada/bread/e.ics", event())
    assert ada("PUT", "/ada/bread/n.ics", event("n", "X-A:a\0b")).status == 403
    assert ada("PUT", "/ada/bread/n.ics", event("n\0")).status == 403
    assert ada("GET", "/ada/bread/\0.ics").status == 400
    assert ada("MKCALENDAR", "/ada/\0/").status == 400
    assert ada("MOVE", "/ada/bread/e.ics", Destination="/dav/ada/bread/%00.ics").status == 400
    assert "404" in ada.multiget("/ada/bread/", "/dav/ada/bread/%00.ics").text
    assert ada.proppatch("/ada/bread/", "<D:displayname>&#0;</D:displayname>").status == 400
    assert ada.sync("/ada/bread/", "urn:dropbridge:sync:1:1%00").status == 403
    assert ada("GET", "/ada/bread/e.ics", If_None_Match='"\0"').status == 200
    assert nobody("GET", "/", environ={"HTTP_AUTHORIZATION": basic("a\0", "\0")}).status == 401
    assert ada("PROPFIND", "/ada/bread/", "", Depth="1\0").status == 400


@pytest.mark.parametrize("name", ["a\u0301.ics", "\u202e.ics", "🥐" * 60 + ".ics", "A.ics"])
def test_names_are_kept_apart_as_they_are_written(ada: Device, name: str) -> None:
    assert ada("PUT", f"/ada/bread/{name}", event("one")).status == 201
    for other in ("\u00e1.ics", "a.ics"):
        assert ada("GET", f"/ada/bread/{other}").status == 404
    assert ada("GET", f"/ada/bread/{name}").text == event("one")
