"""An installation with a hundred quiet slots that nobody touches, on either database, and room for another one."""

import shutil
import uuid
from contextlib import contextmanager

import pytest

from tests.crash.devices import event
from tests.crash.installation import Installation

QUIET = 100


def _furnish(installation):
    installation.furnish()
    (installation.folder / "quiet.ics").write_text("".join(event(1000 + n, 0) for n in range(QUIET)), newline="")
    installation.say("drop", "import", "ada", "bread", "quiet.ics")
    return installation


@contextmanager
def _database(cluster, template):
    name = f"crash_{uuid.uuid4().hex}"
    yield cluster.create(name, template)
    cluster.drop(name)


@pytest.fixture(scope="session")
def sqlite_furnished(tmp_path_factory, sqlite_template):
    """Ada's drop, sign-ins and quiet slots, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("furnished")
    shutil.copy(sqlite_template, folder / "bridge.db")
    return _furnish(Installation(folder, f"sqlite:///{folder / 'bridge.db'}"))


@pytest.fixture(scope="session")
def postgresql_furnished(tmp_path_factory, postgres, postgres_template):
    """The same on PostgreSQL, in the database ``furnished``."""
    return _furnish(Installation(tmp_path_factory.mktemp("furnished"), postgres.create("furnished", postgres_template)))


@pytest.fixture
def sqlite_installation(tmp_path, sqlite_furnished):
    shutil.copy(sqlite_furnished.folder / "bridge.db", tmp_path / "bridge.db")
    return sqlite_furnished.copied(tmp_path, f"sqlite:///{tmp_path / 'bridge.db'}")


@pytest.fixture
def postgresql_installation(tmp_path, postgres, postgresql_furnished):
    with _database(postgres, "furnished") as url:
        yield postgresql_furnished.copied(tmp_path, url)


@pytest.fixture(params=["sqlite", "postgresql"])
def installation(request):
    """Each test runs once on either database."""
    return request.getfixturevalue(f"{request.param}_installation")


@pytest.fixture
def other(request, tmp_path, installation):
    """An installation without any data, on a database of the same kind."""
    if installation.url.startswith("sqlite"):
        yield Installation(tmp_path, f"sqlite:///{tmp_path / 'other.db'}")
        return
    with _database(request.getfixturevalue("postgres"), "template0") as url:
        yield Installation(tmp_path, url)
