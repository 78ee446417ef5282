"""The letters about an order, one function each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from bridge.core.ports_orders import OrderSeen
from bridge.letters.content import Content, Line, Row
from bridge.letters.facts import Facts, Kind
from bridge.letters.parts import bill, dates, handing_over, may_change_until, paying, sent_to, short_when
from bridge.wording import N_, Wording

REASONS = {
    "cancelled": N_("It is the money for the order that was cancelled."),
    "changed": N_("Your order costs less since it was changed; this is the difference."),
    "late": N_(
        "Your payment reached us after the time to pay had ended, and by then what you wanted could no longer be had. "
        "That is why there is no order, and you get back all that you paid."
    ),
    "twice": N_("Your order was paid twice. The second payment goes back to you; the order stays as it is."),
}

FAILED = N_("Your bank did not make the payment, so your order has ended and costs you nothing. What was kept for you went back on sale.")


@dataclass(frozen=True, slots=True)
class _Told:
    """What every letter is written from."""

    seen: OrderSeen
    facts: Facts
    words: Wording
    link: str
    now: datetime

    @property
    def organizer(self) -> str:
        return self.seen.drop.organizer_title or self.seen.drop.organizer

    @property
    def hello(self) -> str:
        return self.words.text("Hello {name},", name=self.seen.order.name)

    @property
    def lines(self) -> tuple[Line, ...]:
        return bill(self.seen.order, self.seen.terms, self.words)

    def about(self, what: str) -> str:
        """A subject."""
        return f"{what}: {self.seen.slot.title or self.seen.drop.title}, {short_when(self.seen.slot, self.words)}"

    def moment(self, at: datetime) -> str:
        return self.words.moment(at, self.seen.slot.zone)

    def money(self, amount: int) -> str:
        return self.words.money(amount, self.seen.order.currency)


def order_content(kind: Kind, seen: OrderSeen, facts: Facts, words: Wording, link: str, now: datetime) -> Content:
    """What a letter of this kind says; ``link`` is the order's page."""
    told = _Told(seen, facts, words, link, now)
    return replace(_WRITERS[kind](told), signature=told.organizer, small=tuple(_small(told)))


def _confirmed(told: _Told) -> Content:
    words = told.words
    return Content(
        subject=told.about(words.text("Order confirmed")),
        heading=words.text("Your order is confirmed"),
        paragraphs=(told.hello, words.text("Thank you! This is kept for you:")),
        rows=tuple(_whole(told)),
        lines=told.lines,
        action=words.text("See or change your order"),
        link=told.link,
        closing=(*_rules(told), *_calendar(told)),
    )


def _payment_needed(told: _Told) -> Content:
    words = told.words
    until = told.seen.order.expires_at
    kept = words.text("It is kept for you until {moment}.", moment=told.moment(until)) if until else ""
    return Content(
        subject=told.about(words.text("Please pay for your order")),
        heading=words.text("Please pay for your order"),
        paragraphs=tuple(part for part in (told.hello, words.text("Your order is not paid yet."), kept) if part),
        rows=tuple(_dates(told)),
        lines=told.lines,
        action=words.text("Pay now"),
        link=told.link,
        closing=(words.text("Without a payment the order ends by itself, and costs you nothing."),),
    )


def _clearing(told: _Told) -> Content:
    words, until = told.words, told.seen.order.expires_at
    kept = words.text("It is kept for you meanwhile, until {moment} at the latest.", moment=told.moment(until)) if until else ""
    on_its_way = words.text("Your payment is on its way, which takes a bank some days. We write to you as soon as it is here.")
    return _of_payment(told, words.text("Your payment is on its way"), on_its_way, kept)


def _unpaid(told: _Told) -> Content:
    words = told.words
    if told.seen.money.has_failed:
        return _of_payment(told, words.text("Your payment failed"), words.text(FAILED))
    late = words.text("Your payment was not here yet when it began, so your order has ended.")
    back = words.text(
        "What was kept for you went back on sale. Money that still comes is given back, or your order stands if there is enough left."
    )
    return _of_payment(told, words.text("Your payment did not come in time"), late, back)


def _of_payment(told: _Told, title: str, *sentences: str) -> Content:
    """What became of a payment that takes days."""
    return Content(
        subject=told.about(title),
        heading=title,
        paragraphs=tuple(part for part in (told.hello, *sentences) if part),
        rows=(*_dates(told), _number(told)),
        lines=told.lines,
        action=told.words.text("See your order"),
        link=told.link,
    )


def _changed(told: _Told) -> Content:
    words = told.words
    return Content(
        subject=told.about(words.text("Order changed")),
        heading=words.text("Your order was changed"),
        paragraphs=(told.hello, words.text("This is your order as it is now:")),
        rows=tuple(_whole(told)),
        lines=told.lines,
        action=words.text("See or change your order"),
        link=told.link,
        closing=(*_back(told), *_rules(told), *_calendar(told)),
    )


def _moved(told: _Told) -> Content:
    words = told.words
    return Content(
        subject=told.about(words.text("New date or place for your order") if told.seen.order.free_change else words.text("Order changed")),
        heading=words.text("There is a change to your date"),
        paragraphs=(
            told.hello,
            words.text(
                "{organizer} has changed the date that you ordered for. Your order stays as it is, and moves along:",
                organizer=told.organizer,
            ),
        ),
        rows=tuple(_whole(told)),
        lines=told.lines,
        action=words.text("Keep it, pick another date or cancel") if told.seen.order.free_change else words.text("See your order"),
        link=told.link,
        closing=(*(_free(words) if told.seen.order.free_change else _rules(told)), *_calendar(told)),
    )


def _free(words: Wording) -> tuple[str, str]:
    """Whoever is given another time or place may take it or leave it."""
    return (
        words.text("If it suits you, there is nothing to do."),
        words.text("If it does not, pick another date or cancel on your order’s page, free of charge, until it begins."),
    )


def _cancelled(told: _Told) -> Content:
    words = told.words
    why = words.text("Your order is cancelled, as you wished.")
    if told.facts.by == "organizer":
        why = words.text("{organizer} had to cancel this date, and your order with it. We are sorry.", organizer=told.organizer)
    calendar = (words.text("The date leaves your calendar by itself in most apps."),) if was_invited(told.seen) else ()
    return Content(
        subject=told.about(words.text("Order cancelled")),
        heading=words.text("Your order is cancelled"),
        paragraphs=(told.hello, why),
        rows=(*_dates(told), _number(told), *paying(told.seen.order, told.seen.money, words)),
        lines=told.lines,
        action=words.text("See your order"),
        link=told.link,
        closing=(*_back(told), *_on_its_way(told), *calendar),
    )


def _refunded(told: _Told) -> Content:
    words = told.words
    amount = told.money(told.facts.amount)
    return Content(
        subject=told.about(words.text("{amount} goes back to you", amount=amount)),
        heading=words.text("{amount} goes back to you", amount=amount),
        paragraphs=(told.hello, words.text(REASONS[told.facts.reason])),
        rows=(*_dates(told), _number(told), Row(words.text("Refund"), amount)),
        action=words.text("See your order"),
        link=told.link,
        closing=(words.text("It goes back the way you paid. Depending on your bank that takes up to ten days."),),
    )


_WRITERS: dict[Kind, Callable[[_Told], Content]] = {
    "confirmed": _confirmed,
    "payment_needed": _payment_needed,
    "clearing": _clearing,
    "unpaid": _unpaid,
    "changed": _changed,
    "moved": _moved,
    "cancelled": _cancelled,
    "refunded": _refunded,
}


def was_invited(seen: OrderSeen) -> bool:
    """Whether the order ever was in the customer's calendar: it is to be picked up, and was confirmed."""
    confirmed = seen.order.method == "at_pickup" or seen.money.paid > 0
    return seen.order.fulfilment == "pickup" and confirmed


def _dates(told: _Told) -> Iterator[Row]:
    """When, and where it is picked up or sent."""
    seen, words = told.seen, told.words
    yield from dates(seen.slot, seen.drop, words, place=seen.order.fulfilment == "pickup")
    yield from sent_to(seen.order, words)


def _whole(told: _Told) -> Iterator[Row]:
    seen, words = told.seen, told.words
    yield from dates(seen.slot, seen.drop, words, told.facts.before, place=seen.order.fulfilment == "pickup")
    yield from handing_over(seen.order, seen.slot, seen.terms, words, told.facts.before)
    yield _number(told)
    yield from paying(seen.order, seen.money, words)


def _number(told: _Told) -> Row:
    return Row(told.words.text("Order number"), told.seen.order.number)


def _back(told: _Told) -> Iterator[str]:
    if told.facts.amount:
        words, amount = told.words, told.money(told.facts.amount)
        yield words.text("{amount} goes back the way you paid. Depending on your bank that takes up to ten days.", amount=amount)


def _on_its_way(told: _Told) -> Iterator[str]:
    if told.seen.money.is_clearing:
        yield told.words.text(
            "Your payment is on its way. As soon as it is here, it goes back to where it was paid from. That can take some days."
        )


def _rules(told: _Told) -> Iterator[str]:
    words, until = told.words, may_change_until(told.seen.slot, told.seen.terms, told.seen.order)
    if until is not None and until > told.now:
        yield words.text("You can change or cancel it yourself until {moment}.", moment=told.moment(until))
    elif told.seen.drop.organizer_email:
        yield words.text("To change anything, just reply to this letter.")


def _calendar(told: _Told) -> Iterator[str]:
    if told.seen.order.fulfilment == "pickup":
        yield told.words.text("The date is attached: most apps put it into your calendar, and change it there when it changes.")


def _small(told: _Told) -> Iterator[str]:
    seller = [" ".join(line.split()) for line in (*told.seen.terms.seller.splitlines(), told.seen.terms.tax_id)]
    if any(seller):
        yield "\n".join(line for line in seller if line)
    yield told.words.text("You get this letter because somebody ordered with your address. It is about this order alone.")
