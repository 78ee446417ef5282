"""Every race is run on both databases."""

import pytest

from tests.house import bakery


@pytest.fixture
def shop(database_url, clock):
    with bakery(database_url, clock) as made:
        yield made
