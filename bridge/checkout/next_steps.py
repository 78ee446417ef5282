"""What happens after a customer orders, told in advance: what their order will keep to."""

from bridge.checkout.shown import SlotShown
from bridge.core.terms import AT_PICKUP, Terms
from bridge.wording import Wording


def next_steps(one: SlotShown, terms: Terms, place: str, words: Wording) -> tuple[str, ...]:
    """Sentences in their order; none for a slot that cannot be ordered now or later, or a drop that describes no products."""
    if not terms.products or one.slot.availability.state not in ("open", "soon"):
        return ()
    minutes = int(terms.hold.total_seconds() // 60)
    steps = [
        words.plural(
            "You choose. Yours is kept for {n} minute while you fill in the form.",
            "You choose. Yours is kept for {n} minutes while you fill in the form.",
            minutes,
        ),
        words.text("You get an e-mail with your order and the date for your calendar."),
    ]
    if terms.has_pickup:
        when = words.moment(one.slot.starts_at, one.zone)
        steps.append(words.text("You pick it up: {when}.", when=", ".join(filter(None, (when, place)))))
        if terms.pays_by == (AT_PICKUP,):
            steps.append(words.text("You pay when you pick it up."))
    if terms.cancel_until is not None:
        until = words.moment(one.slot.starts_at - terms.cancel_until, one.zone)
        steps.append(words.text("Until {moment} you can change or cancel it yourself.", moment=until))
    return tuple(steps)
