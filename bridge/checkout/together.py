"""Wishes for one thing that come while others are being seen to are seen to together, with the next: one way to the database for all.

In a rush each of them would else queue for the same rows, a transaction at a time.
"""

from collections.abc import Callable, Sequence
from threading import Event, Lock
from typing import Generic, TypeVar

from bridge.core.errors import BridgeError, PermanentFault

Wish = TypeVar("Wish")
Answer = TypeVar("Answer")


class Together(Generic[Wish, Answer]):
    """``see_to`` is given what all want of one key, and answers each in their order; an answer that is an exception is raised.

    Of several, whoever is answered with None is seen to once more, alone.

    What it raises is raised for all of them. Where that is no ``BridgeError``, and so a fault that nobody foresaw, each of several is
    seen to alone, so that one of them cannot spoil it for others.
    """

    def __init__(self, see_to: Callable[[str, Sequence[Wish]], Sequence[Answer | Exception | None]]) -> None:
        self._see_to = see_to
        self._waiting: dict[str, list[_Waiting[Wish, Answer]]] = {}
        self._lock = Lock()

    def ask(self, key: str, wish: Wish) -> Answer:
        """The answer to ``wish``."""
        mine = _Waiting[Wish, Answer](wish)
        with self._lock:
            others = self._waiting.get(key)
            if others is None:
                self._waiting[key] = []
            else:
                others.append(mine)
        if others is None:
            self._lead(key, [mine])
        else:
            mine.turn.wait()
            if mine.answer is None:
                with self._lock:
                    found, self._waiting[key] = self._waiting[key], []
                self._lead(key, found)
        return mine.taken()

    def _lead(self, key: str, group: "list[_Waiting[Wish, Answer]]") -> None:
        """Sees to a group, of which the first is oneself; then whoever has waited longest leads the next."""
        try:
            self._answer(key, group)
        finally:
            with self._lock:
                following = self._waiting[key]
                if not following:
                    del self._waiting[key]
            for one in group[1:]:
                one.turn.set()
            if following:
                following[0].turn.set()

    def _answer(self, key: str, group: "list[_Waiting[Wish, Answer]]") -> None:
        answers: Sequence[Answer | Exception | None]
        try:
            answers = self._see_to(key, [one.wish for one in group])
        except Exception as error:  # noqa: BLE001 - told to the one who waits
            if len(group) > 1 and not isinstance(error, BridgeError):
                for one in group:
                    self._answer(key, [one])
                return
            answers = [error] * len(group)
        except BaseException:
            for one in group:
                one.answer = PermanentFault("The process ended.")
            raise
        for one, answer in zip(group, answers, strict=True):
            if answer is None and len(group) > 1:
                self._answer(key, [one])
            else:
                one.answer = answer


class _Waiting(Generic[Wish, Answer]):
    """A wish, and its answer once there is one. ``turn`` is set when there is, or when it is one's turn to lead."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.answer: Answer | Exception | None = None
        self.turn = Event()

    def taken(self) -> Answer:
        if isinstance(self.answer, Exception):
            raise self.answer
        assert self.answer is not None
        return self.answer
