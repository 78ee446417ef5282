"""What a customer typed into the form of a slot: kept as it is, so that it can be shown again, and read into an order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from bridge.checkout.posted import secret
from bridge.core.errors import InvalidInput
from bridge.core.orders import MAX_UNITS, Address, Buyer, checked_email, checked_name
from bridge.core.terms import Terms
from bridge.wording import N_

UNITS = "units:"
TRAP = "subject"
"""A field that people do not see and programs fill in."""
PICKUP = "pickup"
SENT = "ship:"
ADDRESS = ("street", "more", "postcode", "city", "country")
_LONGEST = 2000
NO_NUMBER = N_("Write how many as a whole number.")


class Wrong(NamedTuple):
    """A field (by the name that it has in the form) and what is wrong with it."""

    field: str
    form: str
    facts: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Typed:
    """The fields of the form. ``units`` is by SKU; ``way`` is ``pickup`` or ``ship:`` and a key; ``hold`` what is kept for them."""

    fields: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")[:_LONGEST]

    @property
    def units(self) -> dict[str, str]:
        """How many of what, as typed, by SKU."""
        return {name.removeprefix(UNITS): value for name, value in self.fields.items() if name.startswith(UNITS)}

    @property
    def hold(self) -> str:
        """The secret of the hold that the form carries, empty when it is none."""
        return secret(self["hold"])

    @property
    def is_sprung(self) -> bool:
        """Whether the field that nobody sees was filled in."""
        return bool(self[TRAP])


class Wanted(NamedTuple):
    """Units by SKU and places without goods; ``wrong`` are the fields that hold no number."""

    units: dict[str, int]
    places: int
    wrong: list[Wrong]


def wanted(typed: Typed) -> Wanted:
    """How many of what is wanted; what is left empty is none."""
    units: dict[str, int] = {}
    wrong: list[Wrong] = []
    for sku, written in typed.units.items():
        count = _count(written)
        if count is None:
            wrong.append(Wrong(UNITS + sku, NO_NUMBER))
        elif count:
            units[sku] = count
    places = _count(typed["places"])
    if places is None:
        wrong.append(Wrong("places", NO_NUMBER))
    return Wanted(units, places or 0, wrong)


def wanted_of(value: Mapping[str, object]) -> Wanted:
    """The same from the JSON of a script. Raises ``InvalidInput``."""
    units = value.get("units", {})
    if not isinstance(units, dict):
        raise InvalidInput(NO_NUMBER)
    counts = {str(sku): _checked(count) for sku, count in units.items()}
    return Wanted({sku: count for sku, count in counts.items() if count}, _checked(value.get("places", 0)), [])


def _checked(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_UNITS:
        raise InvalidInput(NO_NUMBER)
    return value


def _count(written: str) -> int | None:
    plain = written.strip()
    if not plain:
        return 0
    return int(plain) if plain.isascii() and plain.isdigit() and int(plain[:9]) <= MAX_UNITS and len(plain) <= 9 else None


def person(typed: Typed) -> list[Wrong]:
    """What is wrong with name and e-mail address."""
    wrong = []
    for name, check in (("name", checked_name), ("email", checked_email)):
        try:
            check(typed[name])
        except InvalidInput as refusal:
            wrong.append(Wrong(name, refusal.form))
    return wrong


def delivery(typed: Typed) -> list[Wrong]:
    """What is missing of the address, when it is to be sent."""
    if not typed["way"].startswith(SENT):
        return []
    wrong = [Wrong(name, form) for name, form in _NEEDED.items() if not typed[name].strip()]
    return wrong + [Wrong(name, N_("An address has at most 200 letters a line.")) for name in ADDRESS if len(typed[name]) > 200]


_NEEDED = {
    "street": N_("Write the street and number."),
    "postcode": N_("Write the postcode."),
    "city": N_("Write the town."),
    "country": N_("Choose the country."),
}


def buyer(typed: Typed, language: str, terms: Terms | None = None) -> Buyer:
    """Who orders, as typed; ``terms`` are needed where the form leaves open how to get or pay for it. Nothing is checked."""
    way = typed["way"]
    if not way and terms is not None:
        way = PICKUP if terms.has_pickup or not terms.shipping or not typed.units else SENT + terms.shipping[0].key
    sent = way.startswith(SENT)
    address = Address(**{name: typed[name].strip() for name in ADDRESS}) if sent else None
    return Buyer(
        email=typed["email"],
        name=typed["name"],
        language=language,
        method=typed["method"] or (terms.pays_by[0] if terms else ""),
        fulfilment="shipping" if sent else "pickup",
        shipping=way.removeprefix(SENT) if sent else "",
        address=address,
        note=typed["note"],
    )
