"""What customers are told when something is refused: one table of answers, and every sentence in their language."""

from collections.abc import Mapping
from typing import NamedTuple

from bridge.core import errors
from bridge.core.errors import Refusal
from bridge.wording import N_, Wording


class Told(NamedTuple):
    """``status`` of HTTP, and the sentence for what has no sentence of its own."""

    status: int
    sentence: str


TABLE: dict[type[Refusal], Told] = {
    Refusal: Told(400, N_("This cannot be done.")),
    errors.NotFound: Told(404, N_("There is nothing here any more.")),
    errors.AlreadyExists: Told(409, N_("This was done at the same moment already; look again.")),
    errors.NotPermitted: Told(403, N_("You may not do this.")),
    errors.TooLarge: Told(413, N_("That is too large")),
    errors.SoldOut: Told(409, N_("So much is not left any more.")),
    errors.WindowClosed: Told(409, N_("This cannot be ordered at the moment.")),
    errors.LimitReached: Told(409, N_("That is more than one customer may have.")),
    errors.TooManyHolds: Told(
        429, N_("Several orders were begun from here and not finished. Finish one of them, or try again in a few minutes.")
    ),
    errors.TooLate: Told(409, N_("It is too late to change or cancel this order here; please write to the organizer.")),
    errors.NotPossible: Told(409, N_("This cannot be done with this order.")),
    errors.HoldExpired: Told(410, N_("The time to order ran out; please start again.")),
    errors.InvalidInput: Told(422, N_("Something in the form cannot be used.")),
}
"""What each refusal that a customer meets is answered with."""

ORGANIZERS = frozenset(
    {
        errors.StaleEdit,
        errors.InvalidCalendarData,
        errors.InvalidCalendarObject,
        errors.UnsupportedComponent,
        errors.UidConflict,
        errors.TooManyOccurrences,
        errors.CapacityBelowClaimed,
        errors.SlotHasOrders,
        errors.DropHasOrders,
    }
)
"""What only those meet who edit calendars."""

AS_DATES = {
    "There is no such slot.": N_("There is no such date."),
    "This slot is sold out.": N_("This date is sold out."),
    "Fewer than {n} of {name} are left on this slot.": N_("Fewer than {n} of {name} are left on this date."),
    "{name} is not sold on this slot.": N_("{name} is not sold on this date."),
    "This slot was cancelled.": N_("This date was cancelled."),
    "There is no waiting list for this slot.": N_("There is no waiting list for this date."),
    "You are on the waiting list for this slot already.": N_("You are on the waiting list for this date already."),
}
"""What is a slot to organizers is a date to customers."""

SINGULAR = {
    "Beyond what you have, {n} more places can be had.": N_("Beyond what you have, {n} more place can be had."),
    "This date has {n} places in all.": N_("This date has {n} place in all."),
}
"""Those that are said otherwise of one."""

FORMS = frozenset(AS_DATES) | frozenset(SINGULAR) | frozenset(
    {
        N_("There is no such order."),
        N_("There is no such turn on a waiting list."),
        N_("Fewer than {n} places are left."),
        N_("Fewer than {n} of {name} are left."),
        N_("Beyond what you have, no more places can be had."),
        N_("Beyond what you have, {n} more of {name} can be had."),
        N_("Beyond what you have, no more of {name} can be had."),
        N_("This date has {n} of {name} in all."),
        N_("{n} of {name} cannot be ordered."),
        N_("{n} places cannot be ordered."),
        N_("A place cannot be sent: choose to pick it up."),
        N_("Nothing was chosen."),
        N_("{name} is sold along with something else only: choose that as well."),
        N_("This date is sold by what you choose: say how many of it."),
        N_("Write how many as a whole number."),
        N_("That is too many: please order fewer."),
        N_("At most {n} per customer."),
        N_("At most {n} of {name} per customer."),
        N_("At most {n} per customer, orders made before included."),
        N_("At most {n} of {name} per customer, orders made before included."),
        N_("Ordering is over."),
        N_("Ordering has not opened yet."),
        N_("This is no e-mail address that mail can be sent to, such as cleo@example.org."),
        N_("Tell us your name, in up to 120 letters."),
        N_("Your name came with letters that cannot be read: please type it once more."),
        N_("A note has at most 1000 letters: please say it in fewer."),
        N_("Choose how it is to be sent."),
        N_("Choose how you want to pay."),
        N_("This cannot be picked up; choose how it is to be sent."),
        N_("What is sent is paid first; choose another way to pay."),
        N_("Tell us street, postcode, city and country to send it to."),
        N_("Choose the country."),
        N_("An address has at most 200 letters a line."),
        N_("{name} goes to {countries} only."),
        N_("Several orders were begun from here and not finished. Finish one of them, or try again in a few minutes."),
        N_("The time to order ran out; please start again."),
        N_("This order can no longer be cancelled."),
        N_("This order can no longer be changed."),
        N_("This order waits for its payment: pay it first, or cancel it and order anew."),
        N_("This order was changed at the same moment; look again."),
        N_("This order does not wait for a payment."),
        N_("Your payment is on its way, which takes a bank some days. We write to you as soon as it is here."),
        N_("An order stays within its drop; order there anew instead."),
        N_("This would cost more than was paid; order what is to be added as an order of its own."),
        N_("Orders of this drop cannot be changed or cancelled here; please write to the organizer."),
        N_("It is too late to change or cancel this order here; please write to the organizer."),
        N_("This can be ordered now; there is no need to wait."),
    }
)
"""The sentences of core and flows that customers may read, with their blanks."""


def answer_to(refusal: Refusal) -> Told:
    """The line of the table for a refusal, or for what it is a kind of."""
    return next((TABLE[kind] for kind in type(refusal).__mro__ if kind in TABLE), TABLE[Refusal])


def _facts(refusal: Refusal, words: Wording, names: Mapping[str, str]) -> dict[str, object]:
    """The refusal's facts as customers read them: things and countries by their names."""
    facts = dict(refusal.facts)
    if "name" in facts:
        facts["name"] = names.get(str(facts["name"])) or facts["name"]
    if "countries" in facts:
        facts["countries"] = ", ".join(words.country(code) for code in str(facts["countries"]).split(", "))
    return facts


def told(refusal: Refusal, words: Wording, names: Mapping[str, str] | None = None) -> str:
    """The refusal in the customer's language; ``names`` are what things are called whose SKU alone it may know."""
    count = refusal.facts.get("n")
    if refusal.form in SINGULAR and isinstance(count, int):
        return words.plural(SINGULAR[refusal.form], refusal.form, count)
    if isinstance(refusal, errors.SoldOut) and refusal.form.startswith("Fewer") and count == 1:
        name = refusal.facts.get("name")
        return words.text("{name} is sold out.", name=name) if name else words.text("This date is sold out.")
    if refusal.form in FORMS:
        return words.text(AS_DATES.get(refusal.form, refusal.form), **_facts(refusal, words, names or {}))
    return words.text(answer_to(refusal).sentence)
