"""What a slot's page says that follows its counts, and the rest of the page, which stays as it is while they change."""

import re
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from secrets import token_hex
from threading import Lock
from typing import Any, NamedTuple

from flask import current_app
from markupsafe import Markup, escape

from bridge.checkout import shown
from bridge.checkout.order_form import FormShown
from bridge.checkout.pictures import PictureShown
from bridge.checkout.printing import filled, query_of_language
from bridge.checkout.shown import Badge, SlotShown
from bridge.core.availability import Availability
from bridge.wording import Wording

BUDGET = 8 * 1024 * 1024
_OVERHEAD = 4096
# Nobody can write what nobody can guess.
_MARK = token_hex(16)
_GAP = re.compile(f"{_MARK}([0-9]);")


class Counted(NamedTuple):
    """The parts of the page that follow counts, as they are put in; each empty where there is nothing to say."""

    standing: Markup
    choice: Markup
    extras: Markup
    booked: Markup
    data: Markup

    def gaps(self) -> "Counted":
        """A mark where each of them belongs that says something."""
        return Counted(*(Markup(f"{_MARK}{place};") if part else Markup() for place, part in enumerate(self)))  # noqa: S704 our own mark


def counted(
    one: SlotShown, form: FormShown, goods: Mapping[str, PictureShown], booked: str, data: Markup, words: Wording
) -> Counted:
    """The parts of a page that follow the counts of ``one`` and ``form``."""
    macros: Any = current_app.jinja_env.get_template("shop/counts.html").module
    return Counted(
        standing=macros.standing(one, form, shown, words),
        choice=macros.choice(form, words.text, goods),
        extras=macros.extras(form, words.text, goods),
        booked=escape(booked),
        data=data,
    )


def uncounted(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a slot's page without its counts, and without what is raised by every change of them."""
    one, slot = values["one"], values["one"].slot
    bare = replace(slot, availability=Availability(slot.availability.state, 0, 0, 0), updated_at=None, sequence=0)
    return {
        **values,
        "drop": replace(values["drop"], revision=0, oldest_revision=0, changed_at=None),
        "one": replace(one, slot=bare, badge=Badge("", "")),
        "form": replace(values["form"], goods=(), add_ons=(), most_places=0, places_said=""),
        "counted": values["counted"].gaps(),
    }


class _Frame(NamedTuple):
    """A page with gaps: text, the number of what belongs there, text and so on; and all that it was made of."""

    made_of: Mapping[str, Any]
    pieces: Sequence[str]

    def filled(self, parts: Counted) -> str:
        whole = list(self.pieces)
        whole[1::2] = [parts[int(place)] for place in self.pieces[1::2]]
        return "".join(whole)


class Frames:
    """Slots' pages by key, each with gaps for what is counted; together of at most ``budget`` letters, those unused longest go first.

    What a frame is made of holds no count, and it serves while all of that is equal: so it can show nothing that is old.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._held = 0
        self._frames: OrderedDict[Hashable, _Frame] = OrderedDict()
        self._lock = Lock()

    def filled(self, key: Hashable, words: Wording, values: Mapping[str, Any]) -> str:
        """The text of the page of these values. ``words`` know no time: what depends on it is said in ``values``."""
        made_of = uncounted(values) | {"words": words, "keep": query_of_language()}
        frame = self._frames.get(key)
        if frame is None or frame.made_of != made_of:
            frame = _Frame(made_of, _GAP.split(filled("slot.html", **made_of)))
        self._put(key, frame)
        return frame.filled(values["counted"])

    def _put(self, key: Hashable, frame: _Frame) -> None:
        with self._lock:
            self._held += _size(frame) - _size(self._frames.pop(key, None))
            self._frames[key] = frame
            while self._held > self._budget:
                self._held -= _size(self._frames.popitem(last=False)[1])


def _size(frame: _Frame | None) -> int:
    return _OVERHEAD + sum(map(len, frame.pieces)) if frame is not None else 0
