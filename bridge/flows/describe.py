"""A whole drop is described at once, by a file or a console: made when it is not there, else changed to what is told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from bridge.core.accounts import Organizer
from bridge.core.drops import Drop, DropDefaults, PreorderWindow
from bridge.core.errors import InvalidInput, StaleEdit
from bridge.core.ports import UnitOfWork
from bridge.core.ports_shop import Picture, PictureFile
from bridge.core.terms import Terms
from bridge.description import Description, as_table
from bridge.flows.drops import create_drop, describe_drop
from bridge.flows.house import House

Uploaded = tuple[Picture, Sequence[PictureFile]]
_NAMED_BY = {"products": "sku", "sells": "sku", "shipping": "key", "questions": "question"}
_LONGEST = 60


class Difference(NamedTuple):
    """A value of the description that is another by now, as a file says it; empty for one that was, or is, not there and has no default."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a description. A drop that was neither made nor changed has no ``differences``."""

    drop: Drop
    created: bool
    changed: bool
    differences: tuple[Difference, ...] = ()


class _Undone(Exception):
    """No error: it takes a savepoint back."""

    def __init__(self, applied: Applied) -> None:
        super().__init__()
        self.applied = applied


def apply(
    work: UnitOfWork,
    organizer: Organizer,
    description: Description,
    house: House,
    *,
    now: datetime,
    actor: str,
    pictures: Sequence[Uploaded] = (),
) -> Applied:
    """Makes the drop what the description says, its new ``pictures`` included; an equal one changes nothing.

    What slots say of their own stays. Raises ``InvalidInput``, ``NotFound``, ``CapacityBelowClaimed``, ``SlotHasOrders``,
    and ``StaleEdit`` when the drop got another currency since the description was read.
    """
    found = work.views.drop(organizer.name, description.slug)
    before = (work.lock_drop(found.id) if found else None) or _made(work, organizer, description, now, actor)
    _check(work, organizer, before, description)
    for picture, files in pictures:
        work.add_picture(organizer.id, picture, files, now)
    _check_pictures(work, organizer, description)
    terms = work.views.terms(before.id)
    changes = {**description.facts, **_defaults(before.defaults, description.defaults)}
    after = describe_drop(work, before, house, now=now, actor=actor, terms=description.terms, **changes)
    told = tuple(_differences((before, terms), (after, description.terms))) if found else ()
    return Applied(after, found is None, found is None or after.revision != before.revision, told)


def preview(work: UnitOfWork, organizer: Organizer, description: Description, house: House, **told: Any) -> Applied:
    """What ``apply`` would do, or raise; nothing stays of it."""
    try:
        with work.savepoint():
            raise _Undone(apply(work, organizer, description, house, **told))
    except _Undone as undone:
        return undone.applied


def _made(work: UnitOfWork, organizer: Organizer, description: Description, now: datetime, actor: str) -> Drop:
    return create_drop(
        work,
        organizer,
        description.slug,
        now=now,
        actor=actor,
        location=description.location or "main",
        **{"timezone": description.context.zone.key, "currency": description.context.currency, **description.facts},
    )


def _check(work: UnitOfWork, organizer: Organizer, drop: Drop, description: Description) -> None:
    place = work.location(drop.location_id).name
    if description.location and description.location != place:
        raise InvalidInput(f"The stock of {drop.path} is kept at {place}; a drop keeps its location for good.")
    if "currency" not in description.facts and drop.currency != description.context.currency:
        raise StaleEdit(f"{organizer.name}/{drop.slug} has another currency by now: apply the description again.")


def _check_pictures(work: UnitOfWork, organizer: Organizer, description: Description) -> None:
    terms = description.terms
    wanted = dict.fromkeys([*terms.pictures, *(digest for product in terms.products for digest in product.pictures)])
    for digest in wanted:
        if not work.views.has_picture(organizer.id, digest):
            raise InvalidInput(f"{organizer.name} has no stored picture “{digest}”: name its file instead.")


def _defaults(held: DropDefaults, told: Mapping[str, Any]) -> dict[str, DropDefaults]:
    if not told:
        return {}
    window = PreorderWindow(told.get("opens", held.preorder.opens), told.get("closes", held.preorder.closes))
    if window.opens is not None and window.closes is not None and window.closes <= window.opens:
        raise InvalidInput("Preorder closes before it opens.")
    return {"defaults": replace(held, capacity=told.get("capacity", held.capacity), limit=told.get("limit", held.limit), preorder=window)}


def _differences(before: tuple[Drop, Terms], after: tuple[Drop, Terms]) -> Iterator[Difference]:
    """Of what is described, before or after; what is not described any more, or was not yet, has its default there."""
    named = [name for side in (before, after) for name, _ in _flat("", as_table(*side))]
    was, is_now = (dict(_flat("", as_table(*side, whole=True))) for side in (before, after))
    for name in dict.fromkeys(named):
        if was.get(name, "") != is_now.get(name, ""):
            yield Difference(name, _short(was.get(name, "")), _short(is_now.get(name, "")))


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every value by its name: the elements of a list by their SKU, key or question."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _flat(f"{path}.{name}" if path else name, one)
    elif isinstance(value, list) and (key := _NAMED_BY.get(path.rpartition(".")[2])):
        tables = [one if isinstance(one, Mapping) else {key: one} for one in value]
        yield path, ", ".join(table[key] for table in tables)
        for table in tables:
            yield from _flat(f"{path}[{_short(table[key])}]", {name: one for name, one in table.items() if name != key})
    else:
        yield path, ", ".join(map(str, value)) if isinstance(value, list) else _plain(value)


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
