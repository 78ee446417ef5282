"""An installation with a hundred quiet slots that nobody touches, on either database, and room for another one."""

import uuid

import pytest

from tests.crash.devices import event
from tests.crash.installation import Installation

QUIET = 100


def furnished(folder, url):
    """An installation with Ada's drop, sign-ins and quiet slots."""
    made = Installation(folder, url)
    made.furnish()
    (folder / "quiet.ics").write_text("".join(event(1000 + n, 0) for n in range(QUIET)), newline="")
    made.say("drop", "import", "ada", "bread", "quiet.ics")
    return made


@pytest.fixture
def installation(tmp_path, database_url):
    return furnished(tmp_path, database_url)


@pytest.fixture
def other(request, tmp_path, database_url):
    """An installation without any data, on a database of the same kind."""
    if database_url.startswith("sqlite"):
        yield Installation(tmp_path, f"sqlite:///{tmp_path / 'other.db'}")
        return
    cluster = request.getfixturevalue("postgres")
    name = f"other_{uuid.uuid4().hex}"
    yield Installation(tmp_path, cluster.create(name))
    cluster.drop(name)
