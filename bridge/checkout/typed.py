"""What a customer typed into the form of a slot: kept as it is, so that it can be shown again, and read into an order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from bridge.checkout.posted import secret
from bridge.core.errors import InvalidInput
from bridge.core.orders import MAX_UNITS, Address, Buyer, checked_email, checked_name, checked_note
from bridge.core.terms import Terms
from bridge.wording import N_, is_country

UNITS = "units:"
TRAP = "subject"
"""A field that people do not see and programs fill in."""
PICKUP = "pickup"
SENT = "ship:"
LINES = ("street", "more", "postcode", "city")
ADDRESS = (*LINES, "country")
NO_NUMBER = N_("Write how many as a whole number.")
NO_COUNTRY = N_("Choose the country.")
TOO_MANY = N_("That is too many: please order fewer.")


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
        return self.fields.get(name, "")

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
    """Units by SKU and places without goods; ``wrong`` are the fields that hold no number, or too large a one."""

    units: dict[str, int]
    places: int
    wrong: list[Wrong]


def wanted(typed: Typed) -> Wanted:
    """How many of what is wanted; what is left empty is none."""
    units: dict[str, int] = {}
    wrong: list[Wrong] = []
    for sku, written in typed.units.items():
        if count := _count(UNITS + sku, written, wrong):
            units[sku] = count
    return Wanted(units, _count("places", typed["places"], wrong), wrong)


def wanted_of(value: Mapping[str, object]) -> Wanted:
    """The same from the JSON of a script. Raises ``InvalidInput``."""
    units = value.get("units", {})
    if not isinstance(units, dict):
        raise InvalidInput(NO_NUMBER)
    counts = {str(sku): _checked(count) for sku, count in units.items()}
    return Wanted({sku: count for sku, count in counts.items() if count}, _checked(value.get("places", 0)), [])


def _checked(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidInput(NO_NUMBER)
    if value > MAX_UNITS:
        raise InvalidInput(TOO_MANY)
    return value


def _count(field: str, written: str, wrong: list[Wrong]) -> int:
    """The number in a field; of one that cannot be it is said in ``wrong`` why."""
    plain = written.strip().lstrip("0")
    if plain and not (plain.isascii() and plain.isdigit()):
        wrong.append(Wrong(field, NO_NUMBER))
    elif len(plain) > len(str(MAX_UNITS)) or int(plain or 0) > MAX_UNITS:
        wrong.append(Wrong(field, TOO_MANY))
    else:
        return int(plain or 0)
    return 0


def person(typed: Typed) -> list[Wrong]:
    """What is wrong with name, e-mail address and note."""
    wrong = []
    for name, check in (("name", checked_name), ("email", checked_email), ("note", checked_note)):
        try:
            check(typed[name])
        except InvalidInput as refusal:
            wrong.append(Wrong(name, refusal.form))
    return wrong


def delivery(typed: Typed) -> list[Wrong]:
    """What is missing of the address, or cannot be, when it is to be sent."""
    if not typed["way"].startswith(SENT):
        return []
    wrong = [Wrong(name, form) for name, form in _NEEDED.items() if not typed[name].strip()]
    if names_no_country(typed["country"].strip()):
        wrong.append(Wrong("country", NO_COUNTRY))
    return wrong + [Wrong(name, N_("An address has at most 200 letters a line.")) for name in LINES if len(typed[name]) > 200]


def names_no_country(code: str) -> bool:
    """Whether something is written that is no country which a form offers."""
    return bool(code) and not is_country(code)


_NEEDED = {
    "street": N_("Write the street and number."),
    "postcode": N_("Write the postcode."),
    "city": N_("Write the town."),
    "country": NO_COUNTRY,
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
