"""The letters about a waiting list."""

from collections.abc import Iterator
from dataclasses import replace

from bridge.core.ports_orders import WaitingSeen
from bridge.ical.invitation import PLACES
from bridge.letters.content import Content, Line
from bridge.letters.facts import WaitingKind
from bridge.letters.parts import dates, short_when
from bridge.wording import Wording


def waiting_content(kind: WaitingKind, seen: WaitingSeen, words: Wording, link: str, leave: str) -> Content:
    """What a letter of this kind says; ``link`` is the slot's page, with an offer opened, ``leave`` the way off the list."""
    made = (_offer if kind == "waiting_offer" else _joined)(seen, words, link)
    return replace(made, closing=(*made.closing, words.text("To leave the list: {link}", link=leave)))


def _joined(seen: WaitingSeen, words: Wording, link: str) -> Content:
    return Content(
        subject=_about(seen, words.text("On the waiting list"), words),
        heading=words.text("You are on the waiting list"),
        paragraphs=(_hello(seen, words), words.text("When something comes free we write to you at once: first come, first served.")),
        rows=tuple(dates(seen.slot, seen.drop, words)),
        lines=tuple(_wanted(seen, words)),
        action=words.text("See this date"),
        link=link,
        closing=(words.text("It costs nothing and binds you to nothing."),),
        signature=_organizer(seen),
        small=(_why(words),),
    )


def _offer(seen: WaitingSeen, words: Wording, link: str) -> Content:
    until = seen.waiting.offered_until
    kept = words.text("It is kept for you until {moment}.", moment=words.moment(until, seen.slot.zone)) if until else ""
    return Content(
        subject=_about(seen, words.text("Something came free for you"), words),
        heading=words.text("Something came free for you"),
        paragraphs=tuple(part for part in (_hello(seen, words), words.text("What you waited for can be had now."), kept) if part),
        rows=tuple(dates(seen.slot, seen.drop, words)),
        lines=tuple(_wanted(seen, words)),
        action=words.text("Order it now"),
        link=link,
        closing=(words.text("If you do nothing, it goes to whoever is next, and costs you nothing."),),
        signature=_organizer(seen),
        small=(_why(words),),
    )


def _wanted(seen: WaitingSeen, words: Wording) -> Iterator[Line]:
    names = {offer.sku: offer.name for offer in seen.slot.offers}
    for sku, units in seen.waiting.units.items():
        product = seen.terms.product(sku)
        yield Line(f"{units} × {(product.name if product else '') or names.get(sku) or sku}", "")
    if not seen.waiting.units:
        yield Line(words.plural(*PLACES, seen.waiting.places), "")


def _about(seen: WaitingSeen, what: str, words: Wording) -> str:
    return f"{what}: {seen.slot.title or seen.drop.title}, {short_when(seen.slot, words)}"


def _hello(seen: WaitingSeen, words: Wording) -> str:
    return words.text("Hello {name},", name=seen.waiting.name)


def _organizer(seen: WaitingSeen) -> str:
    return seen.drop.organizer_title or seen.drop.organizer


def _why(words: Wording) -> str:
    return words.text("You get this letter because somebody joined a waiting list with your address.")
