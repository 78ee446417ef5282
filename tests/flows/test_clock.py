"""The clock tells at once what changes, and in a rush not each change for itself."""

from contextlib import nullcontext

from bridge.scheduler import MERGE_AT_MOST, Clock


def waits(*answers):
    """A listener that hears something as often as it is said here, and then nothing more."""
    heard = list(answers)
    return lambda _seconds: heard.pop(0) if heard else False


def test_changes_in_a_row_are_published_together_once_they_are_over(shop):
    clock = Clock(shop.house)
    assert not clock._merges(waits())
    assert not clock._merges(waits(*[True] * (MERGE_AT_MOST - 1)))
    assert clock._woken.is_set()


def test_changes_that_do_not_end_are_a_rush_and_published_all_the_same(shop):
    clock = Clock(shop.house)
    assert clock._merges(waits(*[True] * 100))


def test_what_was_sold_in_a_rush_is_published_a_few_times_and_at_its_end_exactly(shop, monkeypatch):
    published, clock = [], Clock(shop.house)
    sold = iter(range(40))

    class Rush:
        def wait(self, _seconds):
            return next(sold, None) is not None

    def publish():
        published.append(next(sold, None))
        if published[-1] is None:
            clock.stop()

    monkeypatch.setattr("bridge.scheduler.waking", lambda _database: nullcontext(Rush()))
    monkeypatch.setattr("bridge.scheduler.RUSH", 0)
    monkeypatch.setattr(clock, "publish", publish)
    clock.run()
    assert len(published) < 8
    assert published[-1] is None
