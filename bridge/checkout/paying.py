"""Ways of paying in words, and what the button that orders says."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bridge.checkout.typed import Typed
from bridge.core.terms import AT_PICKUP, Terms
from bridge.wording import N_, Wording

METHODS: Mapping[str, str] = {
    AT_PICKUP: N_("Pay when you pick it up"),
    "stripe": N_("Pay by card now"),
    "fake": N_("Pay now (simulated)"),
}
"""What ways of paying are called."""


class Method(NamedTuple):
    """A way of paying."""

    value: str
    name: str
    call: str
    chosen: bool


def methods_of(terms: Terms, typed: Typed, words: Wording) -> tuple[Method, ...]:
    """The ways that a drop takes, if any; the first unless another was chosen."""
    chosen = typed["method"] if typed["method"] in terms.pays_by else next(iter(terms.pays_by), "")
    return tuple(
        Method(name, words.text(METHODS[name]) if name in METHODS else name, _call_of(name, words), name == chosen)
        for name in terms.pays_by
    )


def _call_of(method: str, words: Wording) -> str:
    return words.text("Order now, pay at pickup") if method == AT_PICKUP else words.text("Order and pay")


def call_of(kind: str, methods: Sequence[Method], words: Wording, *, costs: bool) -> str:
    """What the button of the form says."""
    if kind == "wait":
        return words.text("Join the waiting list")
    if not costs:
        return words.text("Order")
    return next((method.call for method in methods if method.chosen), "")
