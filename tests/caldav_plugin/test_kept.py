"""What many ask for at the same moment is made once, and no more of it is kept than fits."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge.caldav_plugin.kept import LARGEST, MOST, KeptAnswers
from bridge.caldav_plugin.request import Answer


class Kitchen:
    """Makes answers, and counts them."""

    def __init__(self, octets: int = 3) -> None:
        self.kept, self.made, self.octets = KeptAnswers(), 0, octets

    def asked(self, key: object) -> Answer:
        return self.kept.answer(key, self._make)

    def _make(self) -> Answer:
        self.made += 1
        return Answer(207, {}, b"x" * self.octets)


def test_however_many_ask_it_is_made_once():
    kitchen, crowd = Kitchen(), threading.Barrier(8)

    def ask(_: int) -> Answer:
        crowd.wait()
        return kitchen.asked("soup")

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(8)))
    assert (kitchen.made, {answer.body for answer in answers}) == (1, {b"xxx"})


def test_who_asks_something_else_does_not_wait_for_it():
    kitchen, begun, over = Kitchen(), threading.Event(), threading.Event()

    def slowly() -> Answer:
        begun.set()
        over.wait(30)
        return Answer(207)

    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(kitchen.kept.answer, "roast", slowly)
        begun.wait(30)
        assert kitchen.asked("soup").body == b"xxx"
        over.set()
        assert slow.result(30) == Answer(207)


def test_what_could_not_be_made_is_tried_again_by_the_next():
    kitchen = Kitchen()

    def burnt() -> Answer:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        kitchen.kept.answer("soup", burnt)
    assert kitchen.asked("soup").body == b"xxx"


def test_the_oldest_and_the_largest_are_not_kept():
    kitchen = Kitchen()
    for key in range(MOST + 1):
        kitchen.asked(key)
    kitchen.asked(MOST)
    assert kitchen.made == MOST + 1
    kitchen.asked(0)
    assert kitchen.made == MOST + 2
    large = Kitchen(LARGEST + 1)
    large.asked("feast")
    large.asked("feast")
    assert large.made == 2
