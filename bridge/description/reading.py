"""From the text of a description to values; all that is wrong is told at once."""

import difflib
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from bridge.core.drops import OfferDraft
from bridge.core.terms import EarlyPrice, Product, Question, ShippingOption, Terms
from bridge.description import shape
from bridge.description.faults import Fault, Misdescribed, Misread
from bridge.description.kinds import DIGEST, SKU, Context
from bridge.description.lines import Path, lines
from bridge.description.shape import Key, Part

MAX_OCTETS = 1_000_000
MOST = 200
_MADE = {"products": Product, "questions": Question, "shipping": ShippingOption}
_UNPAID = 'could not be ordered: what is sent is paid first. Name "stripe" in [payment] methods as well, or leave out [[shipping]].'
_ADVICE = "A description is written in TOML: see dropbridge drop apply --example."


@dataclass(frozen=True, slots=True)
class Description:
    """A whole drop as a file tells it. ``facts`` and ``defaults`` hold what the file names, None for ``"none"``.

    ``pictures`` maps each picture that ``terms`` name, by a path or as a stored one, to the line that does.
    """

    slug: str
    organizer: str
    location: str
    facts: Mapping[str, Any]
    defaults: Mapping[str, Any]
    terms: Terms
    context: Context
    pictures: Mapping[str, int] = field(default_factory=dict)

    def with_pictures(self, digests: Mapping[str, str]) -> "Description":
        """The same, its pictures named by their digests."""

        def named(pictures: Iterable[str]) -> tuple[str, ...]:
            return tuple(digests.get(one, one.removeprefix(DIGEST)) for one in pictures)

        products = tuple(replace(one, pictures=named(one.pictures)) for one in self.terms.products)
        return replace(self, terms=replace(self.terms, products=products, pictures=named(self.terms.pictures)), pictures={})


class Opened:
    """A description whose address is known, and whose values are yet to be read in the drop's currency and zone."""

    def __init__(self, file: str, table: dict[str, Any], where: dict[Path, int]) -> None:
        self._file = file
        self._table = table
        self._where = where
        self._faults: list[Fault] = []

    @property
    def slug(self) -> str:
        """The drop's name in addresses; empty when the file has none."""
        return self._word("drop")

    @property
    def organizer(self) -> str:
        """Whose drop it is, empty when the file does not say."""
        return self._word("organizer")

    def _word(self, name: str) -> str:
        found = self._table.get(name)
        # A NUL is told with the other faults; until then no database is asked for it.
        return found if isinstance(found, str) and "\0" not in found else ""

    def read(
        self,
        *,
        currency: str,
        timezone: str,
        fault_of_method: Callable[[str], str] = lambda _name: "",
        fault_of_picture: Callable[[str], str] = lambda _name: "",
    ) -> Description:
        """The values; ``currency`` and ``timezone`` hold where the file names none. Raises ``Misdescribed``.

        ``fault_of_method`` is a sentence about a way to pay that there is not, ``fault_of_picture`` one about a picture that
        cannot be had; empty for those that can.
        """
        self._faults = []
        context = Context(self._fact("currency", currency), ZoneInfo(self._fact("timezone", timezone)))
        found: dict[str, dict[str, Any]] = {"address": {}, "drop": {}, "terms": {}, "defaults": {}}
        for part in shape.PARTS:
            if part.many:
                found["terms"][part.of] = tuple(self._many(part, context))
            else:
                found[part.of] |= self._part(part, context)
        self._unknown_parts()
        offers = self._sold(context, found["terms"]["products"])
        self._check_once(found["terms"], offers)
        self._check_terms(found["terms"])
        self._check_window(found["defaults"])
        self._check_methods(found["terms"].get("pays_by", ()), fault_of_method)
        pictures = self._pictures(found["terms"])
        self._faults += [Fault(line, f"pictures: {name}", told) for name, line in pictures.items() if (told := fault_of_picture(name))]
        if self._faults:
            raise Misdescribed(self._file, self._faults)
        address = {"organizer": "", "location": "", **found["address"]}
        terms = Terms(offers=offers, **found["terms"])
        return Description(
            **address,
            facts=found["drop"],
            defaults=found["defaults"],
            terms=terms,
            context=context,
            pictures=pictures,
        )

    def _fact(self, name: str, otherwise: str) -> str:
        key = next(key for key in shape.FACTS if key.name == name)
        try:
            return str(key.kind.read(self._table[name], Context("EUR", ZoneInfo("UTC")))) if name in self._table else otherwise
        except Misread:
            return otherwise  # Told with the others.

    def _fault(self, path: Path, sentence: str) -> None:
        line = next((self._where[path[:size]] for size in range(len(path), 0, -1) if path[:size] in self._where), 0)
        self._faults.append(Fault(line, _field(path), sentence))

    def _part(self, part: Part, context: Context) -> dict[str, Any]:
        if not part.name:
            return self._values((), self._table, part.keys, context)
        table = self._table.get(part.name, {})
        if not isinstance(table, dict):
            self._fault((part.name,), f"must be a table: begin it with [{part.name}].")
            return {}
        self._unknown((part.name,), table, [key.name for key in part.keys if part.name])
        return self._values((part.name,), table, part.keys, context)

    def _many(self, part: Part, context: Context) -> Iterator[Any]:
        tables = self._table.get(part.name, [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self._fault((part.name,), f"must be a list of tables: begin each with [[{part.name}]].")
            return
        if len(tables) > MOST:
            self._fault((part.name,), f"may have at most {MOST} entries.")
            return
        for index, table in enumerate(tables):
            path = (part.name, index)
            self._unknown(path, table, [key.name for key in part.keys])
            values = self._values(path, table, part.keys, context)
            if part.of == "products" and shape.EARLY_NAME in table:
                early_path = (*path, shape.EARLY_NAME)
                values["early"] = early = self._early(early_path, table[shape.EARLY_NAME], context)
                if early is not None and early.price > values.get("price", early.price):
                    self._fault((*early_path, "price"), "is higher than the product's own price: write a lower one.")
            needed = {key.field: "" for key in part.keys if key.needed}
            yield _MADE[part.of](**{**needed, **values})

    def _values(self, path: Path, table: Mapping[str, Any], keys: Sequence[Key], context: Context) -> dict[str, Any]:
        found = {}
        for key in keys:
            if key.name in table:
                try:
                    found[key.field] = key.kind.read(table[key.name], context)
                except Misread as misread:
                    self._fault((*path, key.name), str(misread))
            elif key.needed:
                self._fault(path, f"{key.name} is missing: {key.means}.")
        return found

    def _early(self, path: Path, table: Any, context: Context) -> EarlyPrice | None:
        if not isinstance(table, dict):
            self._fault(path, "must be a table: write it as { price = …, until = … } or { price = …, units = … }.")
            return None
        self._unknown(path, table, [key.name for key in shape.EARLY])
        values = self._values(path, table, shape.EARLY, context)
        if "until" not in table and "units" not in table:
            self._fault(path, "needs an end: until a moment, for a number of units, or both.")
        return EarlyPrice(**values) if "price" in values else None

    def _sold(self, context: Context, products: Sequence[Product]) -> tuple[OfferDraft, ...]:
        """What slots sell that do not say; every product when the file does not either."""
        slots = self._table.get("slots")
        if not isinstance(slots, dict) or shape.SELLS not in slots:
            return tuple(OfferDraft(product.sku) for product in products)
        path: Path = ("slots", shape.SELLS)
        listed = slots[shape.SELLS]
        if not isinstance(listed, list) or len(listed) > MOST:
            self._fault(path, f'must be a list of at most {MOST} SKUs, or of {{ sku = "…", price = … }}.')
            return ()
        return tuple(self._offer((*path, index), entry, context) for index, entry in enumerate(listed))

    def _offer(self, path: Path, entry: Any, context: Context) -> OfferDraft:
        if isinstance(entry, dict):
            self._unknown(path, entry, [key.name for key in shape.SOLD])
            return OfferDraft(**{"sku": "", **self._values(path, entry, shape.SOLD, context)})
        try:
            return OfferDraft(SKU.read(entry, context))
        except Misread as misread:
            self._fault(path, str(misread))
            return OfferDraft("")

    def _unknown_parts(self) -> None:
        tops = [key.name for part in shape.PARTS if not part.name for key in part.keys]
        self._unknown((), self._table, tops + [part.name for part in shape.PARTS if part.name])

    def _unknown(self, path: Path, table: Mapping[str, Any], known: Sequence[str]) -> None:
        allowed = [*known, *(shape.EXTRA.get(str(path[0]), ()) if len(path) in (1, 2) and path[-1] != shape.EARLY_NAME else ())]
        allowed = allowed if path[:2] != ("slots", shape.SELLS) else list(known)
        for name in table:
            if name not in allowed:
                self._fault((*path, name), ("" if path else _belongs(name)) or _near(name, allowed))

    def _check_once(self, terms: Mapping[str, Any], offers: Sequence[OfferDraft]) -> None:
        self._once(("products",), "sku", [product.sku for product in terms["products"]])
        self._once(("shipping",), "key", [option.key for option in terms["shipping"]])
        if ("slots", shape.SELLS) in self._where:
            self._once(("slots", shape.SELLS), "", [offer.sku for offer in offers])

    def _once(self, path: Path, name: str, keys: Sequence[str]) -> None:
        seen: set[str] = set()
        for index, key in enumerate(keys):
            if key and key in seen:
                self._fault((*path, index, name) if name else (*path, index), f"“{key}” is listed twice: keep it once.")
            seen.add(key)

    def _check_terms(self, terms: Mapping[str, Any]) -> None:
        if not terms.get("pays_by", ("",)):
            self._fault(("payment", "methods"), 'names no way to pay: write at least ["at_pickup"].')
        elif terms["shipping"] and not Terms(**terms).paid_ahead and not any(fault.field == "payment.methods" for fault in self._faults):
            self._fault(("shipping", 0), _UNPAID)
        if not terms.get("has_pickup", True) and not terms["shipping"]:
            self._fault(("pickup", "offered"), "leaves no way to get an order: allow pickup, or name a shipping option.")

    def _check_window(self, defaults: Mapping[str, Any]) -> None:
        opens, closes = defaults.get("opens"), defaults.get("closes")
        if opens is not None and closes is not None and closes <= opens:
            self._fault(("slots", "closes"), "must be later than opens.")

    def _check_methods(self, named: Sequence[str], fault_of: Callable[[str], str]) -> None:
        path: Path = ("payment", "methods")
        for index, name in enumerate(named):
            if sentence := fault_of(name):
                self._faults.append(Fault(self._where.get((*path, index), self._where.get(path, 0)), "payment.methods", sentence))

    def _pictures(self, terms: Mapping[str, Any]) -> dict[str, int]:
        products = [(("products", at, "pictures"), one.pictures) for at, one in enumerate(terms["products"])]
        lists: list[tuple[Path, tuple[str, ...]]] = [(("pictures",), terms.get("pictures", ())), *products]
        found: dict[str, int] = {}
        for path, pictures in lists:
            for index, picture in enumerate(pictures):
                found.setdefault(picture, self._where.get((*path, index), self._where.get(path, 0)))
        return found


def opened(text: bytes, file: str) -> Opened:
    """The description of this name, as TOML. Raises ``Misdescribed`` for what is none."""
    if len(text) > MAX_OCTETS:
        raise Misdescribed(file, [Fault(0, "", f"A description may have at most {MAX_OCTETS:,} bytes.")])
    said = ""
    try:
        said = text.decode("utf-8-sig")
        return Opened(file, tomllib.loads(said, parse_float=_exact), lines(said.replace("\r\n", "\n")))
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise Misdescribed(file, [Fault(line, "", "is not UTF-8 text: save it in that encoding.")]) from None
    except tomllib.TOMLDecodeError as error:
        told, line = _syntax(str(error), said)
        raise Misdescribed(file, [Fault(line, "", f"{told}. {_ADVICE}")]) from None
    except (ValueError, ArithmeticError, RecursionError):
        raise Misdescribed(file, [Fault(0, "", f"has too large a number, or tables nested too deeply. {_ADVICE}")]) from None


def _exact(number: str) -> Decimal:
    return Decimal(number.replace("_", ""))


def _belongs(name: str) -> str:
    """Which table a key belongs to that stands above all of them; empty for one that is in several, or in none."""
    parts = [part for part in shape.PARTS if part.name and (part.key(name) or name in shape.EXTRA.get(part.name, ()))]
    return f"belongs to [{parts[0].name}]: write it below that line." if len(parts) == 1 and not parts[0].many else ""


def _near(name: str, allowed: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, allowed, 1, 0.5)
    return f"is not a key we know; did you mean {near[0]}?" if near else f"is not a key we know; use one of {', '.join(allowed)}."


def _syntax(told: str, text: str) -> tuple[str, int]:
    """The reader's sentence, and its line."""
    sentence, _, place = told.partition(" (at ")
    words = place.replace(",", " ").split()
    return sentence, int(words[1]) if words[:1] == ["line"] else text.count("\n") + 1


def _field(path: Path) -> str:
    told = "".join(f"[{one + 1}]" if isinstance(one, int) else f".{one}" for one in path)
    return told.removeprefix(".")
