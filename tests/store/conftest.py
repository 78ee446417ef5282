"""An empty database, and a bakery in one."""

import pytest

from bridge.store.engine import Database
from tests.house import bakery


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def shop(database_url, clock):
    with bakery(database_url, clock) as made:
        yield made
