"""A bakery with two drops, everybody's devices, and the public's."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from bridge.caldav_plugin.application import Application
from bridge.flows.access import add_app_password
from bridge.flows.drops import add_organizer, create_drop
from bridge.flows.holds import take_hold
from bridge.flows.publish import publish_dirty
from bridge.settings import Settings
from bridge.wiring import Bridge, bridge
from tests.caldav_plugin.device import Device
from tests.cast import ADA, BEN, CLEO, DEE, Person
from tests.fakes import Clock


def furnish(house: Bridge) -> None:
    """Ada's drops, her helpers' passwords, and Dee, who has a drop of her own."""
    now = house.now()
    with house.work() as work:
        ada = add_organizer(work, ADA.name, title=ADA.title, now=now)
        dee = add_organizer(work, DEE.name, title=DEE.title, now=now)
        add_app_password(work, ada, "phone", "owner", ADA.password, now, [])
        add_app_password(work, ada, "Ben", "editor", BEN.password, now, work.views.app_passwords(ADA.name))
        add_app_password(work, ada, "Cleo", "viewer", CLEO.password, now, work.views.app_passwords(ADA.name))
        add_app_password(work, dee, "phone", "owner", DEE.password, now, [])
        create_drop(work, ada, "bread", now=now, actor="ada", title="Bread", timezone="Europe/Berlin")
        create_drop(work, dee, "olives", now=now, actor="dee", title="Olives")


def made(url: str, clock: Clock) -> Bridge:
    """A furnished house on a migrated, empty database."""
    house = bridge(Settings().replace(database={"url": url}), now=clock)
    furnish(house)
    return house


@pytest.fixture
def house(sqlite_url: str, clock: Clock) -> Iterator[Bridge]:
    """Ada's and Dee's house."""
    house = made(sqlite_url, clock)
    yield house
    house.database.dispose()


@pytest.fixture
def private(house: Bridge) -> Application:
    """What is mounted at ``/dav``."""
    return Application(house, "organizer")


@pytest.fixture
def ada(private: Application) -> Device:
    """Ada's phone: she owns everything below ``/ada/``."""
    return Device(private, ADA)


@pytest.fixture
def ben(private: Application) -> Device:
    """Ben's phone: he may edit events in Ada's drops."""
    return Device(private, Person(ADA.name, "Ben", BEN.email, BEN.password))


@pytest.fixture
def cleo(private: Application) -> Device:
    """Cleo's phone, which may only look at Ada's drops."""
    return Device(private, Person(ADA.name, "Cleo", CLEO.email, CLEO.password))


@pytest.fixture
def dee(private: Application) -> Device:
    """Dee's phone: nothing of Ada's is hers."""
    return Device(private, DEE)


@pytest.fixture
def nobody(private: Application) -> Device:
    """A device without a sign-in."""
    return Device(private, None)


@pytest.fixture
def public(house: Bridge) -> Device:
    """A customer's device at ``/dav-public``."""
    return Device(Application(house, "public"), None, "/dav-public")


@pytest.fixture
def claimed(house: Bridge) -> Callable[[int], None]:
    """Lets customers take that many places of the only slot in Ada's bread."""

    def claim(places: int) -> None:
        with house.work() as work:
            drop = work.views.drop("ada", "bread")
            assert drop is not None
            (slot,) = work.views.public_slots(drop.id)
            take_hold(work, slot.public_id, {}, places=places, lasts=timedelta(minutes=10), now=house.now())

    return claim


@pytest.fixture
def restocked(house: Bridge, clock: Clock) -> Callable[[], None]:
    """Lets a stock change reach every slot of Ada's bread: what calendars show changes, no organizer edited anything."""

    def change() -> None:
        clock.turn(minutes=5)
        with house.work() as work:
            drop = work.views.drop("ada", "bread")
            assert drop is not None
            for slot in work.views.public_slots(drop.id):
                take_hold(work, slot.public_id, {}, places=1, lasts=timedelta(hours=1), now=house.now())
        publish_dirty(house.work, house.house, house.now())

    return change
