"""Wishes that come while others are being seen to are seen to together; everybody gets their own answer."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock

import pytest

from bridge.checkout.together import Together
from bridge.core.errors import TransientFault

WAIT = 30


class Counter:
    """Sees to wishes, one group at a time for each key; ``gate`` holds up the first group."""

    def __init__(self):
        self.groups = []
        self.gate, self.entered = Event(), Event()
        self.under_way = Lock()

    def see_to(self, key, wishes):
        assert self.under_way.acquire(blocking=False), "two groups of one key at once"
        try:
            self.groups.append(list(wishes))
            self.entered.set()
            assert self.gate.wait(WAIT)
            if "a fault" in wishes:
                raise KeyError(key)
            if "an outage" in wishes:
                raise TransientFault(key)
            if len(wishes) > 1 and "alone" in wishes:
                return [None if wish == "alone" else f"{key}: {wish}" for wish in wishes]
            return [ValueError(wish) if str(wish).startswith("no") else f"{key}: {wish}" for wish in wishes]
        finally:
            self.under_way.release()


def crowd(counter, wishes):
    """All of them ask while the first is being seen to; the answer, or the error, of each."""
    together = Together(counter.see_to)

    def ask(wish):
        try:
            return together.ask("slot", wish)
        except (ValueError, KeyError, TransientFault) as error:
            return error

    with ThreadPoolExecutor(len(wishes)) as threads:
        first = threads.submit(ask, wishes[0])
        assert counter.entered.wait(WAIT)
        others = []
        for number, wish in enumerate(wishes[1:]):
            others.append(threads.submit(ask, wish))
            while sum(map(len, together._waiting.values())) <= number:
                assert not others[-1].done()
        counter.gate.set()
        answers = [future.result(WAIT) for future in (first, *others)]
    assert together._waiting == {}
    return answers


def test_who_comes_alone_is_seen_to_alone_and_at_once():
    counter = Counter()
    counter.gate.set()
    together = Together(counter.see_to)
    assert [together.ask("a", 1), together.ask("a", 2), together.ask("b", 3)] == ["a: 1", "a: 2", "b: 3"]
    assert counter.groups == [[1], [2], [3]]


def test_who_comes_meanwhile_is_seen_to_with_the_next_in_the_order_of_coming():
    counter = Counter()
    assert crowd(counter, [1, 2, 3, 4, 5]) == [f"slot: {n}" for n in (1, 2, 3, 4, 5)]
    assert counter.groups == [[1], [2, 3, 4, 5]]


def test_who_is_refused_hears_so_and_nobody_else():
    _, second, third, fourth = crowd(Counter(), [1, "no bread", 3, "no rolls"])
    assert (str(second), third, str(fourth)) == ("no bread", "slot: 3", "no rolls")


def test_who_has_to_be_seen_to_alone_is_once_the_others_have_theirs():
    counter = Counter()
    assert crowd(counter, [1, "alone", 3]) == ["slot: 1", "slot: alone", "slot: 3"]
    assert counter.groups == [[1], ["alone", 3], ["alone"]]


def test_one_at_whom_everything_breaks_breaks_it_for_nobody_else():
    counter = Counter()
    _, second, third, fourth = crowd(counter, [1, 2, "a fault", 4])
    assert (second, type(third), fourth) == ("slot: 2", KeyError, "slot: 4")
    assert counter.groups == [[1], [2, "a fault", 4], [2], ["a fault"], [4]]


def test_an_outage_is_waited_for_once_and_told_to_all():
    counter = Counter()
    _, *others = crowd(counter, [1, 2, "an outage", 4])
    assert [type(answer) for answer in others] == [TransientFault] * 3
    assert counter.groups == [[1], [2, "an outage", 4]]


def test_after_a_fault_of_the_first_the_next_are_seen_to():
    counter = Counter()
    first, second = crowd(counter, ["a fault", 2])
    assert (type(first), second) == (KeyError, "slot: 2")


def test_different_things_do_not_wait_for_each_other():
    counter = Counter()
    together = Together(lambda key, wishes: counter.see_to(key, wishes) if key == "slow" else list(wishes))
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(together.ask, "slow", 1)
        assert counter.entered.wait(WAIT)
        assert together.ask("quick", 2) == 2
        counter.gate.set()
        assert slow.result(WAIT) == "slow: 1"


def test_what_ends_the_process_is_not_swallowed_and_leaves_nobody_waiting():
    def stop(_key, _wishes):
        raise KeyboardInterrupt

    together = Together(stop)
    with pytest.raises(KeyboardInterrupt):
        together.ask("slot", 1)
    assert together._waiting == {}
