"""Answers that many apps ask for at the same moment: after a change every subscriber wants the same one."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.caldav_plugin.request import Answer

MOST = 16
LARGEST = 1 << 20


class KeptAnswers:
    """The latest answers of one mount, each made once however many ask; ``key`` says all that an answer depends on."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Answer] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._looking = threading.Lock()

    def answer(self, key: Hashable, make: "Callable[[], Answer]") -> "Answer":
        """The answer by this key. What ``make`` raises is raised, to each who asks."""
        with self._looking:
            if (kept := self._kept.get(key)) is not None:
                return kept
            mine = self._making.setdefault(key, threading.Lock())
        with mine:
            return self._kept.get(key) or self._made(key, make)

    def _made(self, key: Hashable, make: "Callable[[], Answer]") -> "Answer":
        try:
            answer = make()
            with self._looking:
                if isinstance(answer.body, bytes) and len(answer.body) <= LARGEST:
                    self._kept[key] = answer
                    while len(self._kept) > MOST:
                        self._kept.popitem(last=False)
            return answer
        finally:
            with self._looking:
                self._making.pop(key, None)
