"""The waiting list of a slot: joined on its page, an offer opened by its link, left by a button."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from bridge.checkout import posted
from bridge.checkout.fields import field_of, names_of
from bridge.checkout.guard import Guard
from bridge.checkout.language import chosen
from bridge.checkout.order_form import Asked
from bridge.checkout.printing import printed, query_of_language
from bridge.checkout.selling import Selling, slot_again
from bridge.checkout.shown import shown, span_of_days
from bridge.checkout.slot_page import slot_of
from bridge.checkout.told import answer_to, told
from bridge.checkout.typed import UNITS, Typed, Wrong, person, wanted
from bridge.core.errors import AlreadyExists, Refusal
from bridge.core.ports_orders import WaitingSeen
from bridge.flows.waiting import join_waiting, leave_waiting
from bridge.wording import N_

_TRAPPED = Wrong("units", N_("This looked as if a program had filled it in. Please send it once more."))


def add_waiting(face: Blueprint, bridge: Selling, guard: Guard) -> None:
    """Joining, and the pages of those who wait."""

    @face.post("/slots/<public_id>/waiting")
    def join(public_id: str) -> AnyResponse:
        guard.admit(request)
        typed = Typed(posted.form(request))
        wrong = [*wanted(typed).wrong, *person(typed), *([_TRAPPED] if typed.is_sprung else [])]
        with bridge.read() as views:
            _, drop = slot_of(views, public_id)
        words = chosen(request, drop.language)
        if wrong:
            sentences = [(one.field, words.text(one.form, **one.facts)) for one in wrong]
            return slot_again(bridge, public_id, Asked(typed, sentences), 422)
        try:
            _join(bridge, public_id, typed, words.language)
        except AlreadyExists:
            # The same answer to everyone: whether an address waits here is nobody else's business.
            pass
        except Refusal as refusal:
            return slot_again(
                bridge, public_id, Asked(typed, [(field_of(refusal, wanted(typed)), told(refusal, words))]), answer_to(refusal).status
            )
        return redirect(f"/slots/{public_id}/waiting{query_of_language()}", 303)

    @face.get("/slots/<public_id>/waiting")
    def joined(public_id: str) -> Response:
        with bridge.read() as views:
            found, drop = slot_of(views, public_id)
        words = chosen(request, drop.language).at(bridge.now())
        one = shown(found, words, bridge.now())
        letters = bridge.settings.mail.carries
        return _private(printed("waiting_joined.html", words, drop=drop, one=one, when=span_of_days(one, words), letters=letters))

    @face.before_app_request
    def offered() -> Response | None:
        offer = request.args.get("offer") if request.endpoint == "shop.slot" else None
        return offered_page(bridge, (request.view_args or {})["public_id"], offer) if offer else None

    _add_turns(face, bridge, guard)


def _add_turns(face: Blueprint, bridge: Selling, guard: Guard) -> None:
    @face.get("/waiting/<secret>")
    @face.get("/waiting/<secret>/leave", endpoint="leaving")
    def turn(secret: str) -> Response:
        return _turn(bridge, secret)

    @face.post("/waiting/<secret>/leave")
    def leave(secret: str) -> AnyResponse:
        guard.admit(request)
        _seen(bridge, secret)
        with bridge.work() as work:
            leave_waiting(work, secret, now=bridge.now())
        return redirect(url_for(".turn", secret=secret) + query_of_language(), 303)


def _join(bridge: Selling, public_id: str, typed: Typed, language: str) -> None:
    asked = wanted(typed)
    with bridge.work() as work:
        join_waiting(
            work,
            public_id,
            asked.units,
            places=asked.places,
            email=typed["email"],
            name=typed["name"],
            language=language,
            now=bridge.now(),
        )


def offered_page(bridge: Selling, public_id: str, offer: str) -> Response:
    """The slot's page with what was kept for someone on the waiting list, ready to be ordered."""
    with bridge.read() as views:
        seen = views.waiting_seen(offer) if posted.secret(offer) else None
        held = views.hold_seen(seen.waiting.hold) if seen is not None and seen.waiting.hold else None
    if seen is None or seen.slot.public_id != public_id:
        return slot_again(bridge, public_id, Asked())
    waiting = seen.waiting
    units = {UNITS + sku: str(count) for sku, count in waiting.units.items()}
    typed = Typed({**units, "places": str(waiting.places or ""), "email": waiting.email, "name": waiting.name})
    if waiting.state != "offered" or held is None or held.expires_at <= bridge.now():
        words = chosen(request, seen.drop.language)
        return slot_again(bridge, public_id, Asked(typed, notice=words.text("This offer has ended.")))
    return slot_again(bridge, public_id, Asked(typed, hold=held))


def _turn(bridge: Selling, secret: str) -> Response:
    seen = _seen(bridge, secret)
    words = chosen(request, seen.waiting.language).at(bridge.now())
    until = words.moment(seen.waiting.offered_until, seen.slot.zone) if seen.waiting.offered_until else ""
    names = {offer.sku: offer.name for offer in seen.slot.offers} | names_of(seen.terms)
    wanted_goods = [(count, names.get(sku) or sku) for sku, count in seen.waiting.units.items()]
    state = _state(seen, bridge)
    return _private(printed("waiting.html", words, seen=seen, state=state, until=until, wanted=wanted_goods, secret=secret))


def _state(seen: WaitingSeen, bridge: Selling) -> str:
    """What their turn has come to by now: the clock that ends it may be some seconds behind."""
    until = seen.waiting.offered_until
    return "lapsed" if seen.waiting.state == "offered" and until is not None and until <= bridge.now() else seen.waiting.state


def _seen(bridge: Selling, secret: str) -> WaitingSeen:
    with bridge.read() as views:
        seen = views.waiting_seen(secret) if posted.secret(secret) else None
    if seen is None:
        raise NotFound
    return seen


def _private(page: Response) -> Response:
    page.headers["Cache-Control"] = "no-store"
    page.headers["X-Robots-Tag"] = "noindex"
    page.headers["Referrer-Policy"] = "same-origin"
    return page
