"""What happens after a customer orders, told in advance: what their order will keep to."""

from datetime import datetime

from bridge.checkout.shown import SlotShown, short_day
from bridge.core.calendars import PublicSlot
from bridge.core.terms import AT_PICKUP, Terms
from bridge.wording import Wording


def next_steps(one: SlotShown, terms: Terms, place: str, words: Wording, now: datetime, *, letters: bool = True) -> tuple[str, ...]:
    """Sentences in their order; none for a slot that cannot be ordered now or later, or a drop without described products.

    None speaks of a mail where no ``letters`` are sent.
    """
    if not terms.products or not terms.hands_over or one.slot.availability.state not in ("open", "soon"):
        return ()
    minutes = int(terms.hold.total_seconds() // 60)
    steps = [
        words.plural(
            "You choose. Yours is kept for {n} minute while you fill in the form.",
            "You choose. Yours is kept for {n} minutes while you fill in the form.",
            minutes,
        ),
        words.text("You get an e-mail with your order and the date for your calendar.")
        if letters
        else words.text("You get a page with your order and the date for your calendar. Keep its link."),
    ]
    if terms.has_pickup:
        when = short_day(one, words)
        steps.append(words.text("You pick it up: {when}.", when=", ".join(filter(None, (when, place)))))
        if terms.pays_by == (AT_PICKUP,):
            steps.append(words.text("You pay when you pick it up."))
    until = changes_end(one.slot, terms)
    if until is not None and until > now:
        moment = words.moment(until, one.zone)
        steps.append(words.text("Until {moment} you can change or cancel it yourself.", moment=moment))
    return tuple(steps)


def changes_end(slot: PublicSlot, terms: Terms) -> datetime | None:
    """Until when customers of a slot change or cancel by themselves; None: not at all."""
    return None if terms.cancel_until is None else slot.starts_at - terms.cancel_until
