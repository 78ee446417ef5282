"""Fixtures for whoever wants a real till: import them into a ``conftest.py``."""

import pytest

from tests.stock_sync.tryton.counter import Counter
from tests.stock_sync.tryton.server import TrytonServer, is_installed


@pytest.fixture(scope="session")
def tryton_server(tmp_path_factory):
    """One real Tryton for all tests that leave it running."""
    if not is_installed():
        pytest.fail("There is no Tryton for the tests: tests/setup/tryton.sh brings it.")
    server = TrytonServer(tmp_path_factory.mktemp("tryton"))
    yield server
    server.stop()


@pytest.fixture
def counter(tryton_server):
    """The shop's people."""
    return Counter(tryton_server)
