"""What clients saw of a state that was undone does not pass for known: drops made again, backups brought back twice."""

import pytest

from bridge.flows.drops import create_drop, remove_drop
from bridge.store.backups import backup, forget_tokens, restore
from tests.house import bakery, event


@pytest.fixture
def shop(database_url, clock):
    with bakery(database_url, clock) as made:
        yield made


def test_tags_of_a_removed_drop_do_not_pass_for_those_of_one_made_again(shop, clock):
    shop.put(event(notes=None))
    old, revision = shop.resource().etag, shop.revision
    with shop.house.work() as work:
        remove_drop(work, shop.drop, now=clock(), actor="ada")
    with shop.house.work() as work:
        shop.drop = create_drop(work, work.views.organizer("ada"), "bread", now=clock(), actor="ada")
    assert shop.revision > revision
    shop.put(event(notes=None, title="Another"))
    assert shop.resource().etag != old


def test_a_backup_brought_back_twice_gives_no_revision_out_twice(shop, clock, tmp_path):
    database = shop.house.database
    backup(database, tmp_path / "saved")
    seen = set()
    for _ in range(2):
        database.dispose()
        restore(database, tmp_path / "saved")
        forget_tokens(database, clock.turn(minutes=1))
        with shop.house.read() as views:
            drop = views.drop("ada", "bread")
        assert drop.oldest_revision > max(seen, default=0)
        shop.put(event())
        seen |= {drop.revision, shop.revision}
