"""What Stripe answers when it does not do what it was asked for, told as our two kinds of fault."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import stripe

from bridge.core.errors import Fault, PermanentFault, TransientFault, Unreachable

_SECRETS = re.compile(r"\b(?:sk|rk|pk|whsec)_[\w*]+")
_MOST = 300


@contextmanager
def told() -> Iterator[None]:
    """Raises ``TransientFault`` or ``PermanentFault`` for whatever the library raises; neither holds a key, nor a body."""
    try:
        yield
    except stripe.StripeError as error:
        raise fault(error) from None
    except (AttributeError, KeyError, TypeError, ValueError):
        # The library looks into answers without checking what they are.
        raise no_answer_of_theirs() from None


def fault(error: stripe.StripeError) -> Fault:
    """Whether trying again makes sense, and the sentence. https://docs.stripe.com/error-handling.

    A key that is not accepted is ``Unreachable``: refunds wait until the operator has set another one.
    """
    status = error.http_status or 0
    match error:
        case stripe.AuthenticationError():
            return Unreachable("Stripe does not accept the secret key: set a current one as stripe.secret_key.")
        case stripe.PermissionError():
            return Unreachable("The Stripe key lacks a permission: it has to be allowed to write Checkout Sessions and Refunds.")
        case stripe.APIConnectionError():
            return Unreachable("Stripe cannot be reached: is this server connected to the Internet?")
        case stripe.RateLimitError():
            return Unreachable("Stripe asks us to slow down: too many requests at once.")
        case stripe.IdempotencyError():
            return PermanentFault("The same payment or refund was asked of Stripe with other particulars before: nothing was done.")
        case stripe.InvalidRequestError() if error.code == "balance_insufficient":
            return TransientFault("The Stripe account holds too little for this refund: it is tried again as sales come in, or top it up.")
    # 409: the same key is still at work, or a lock is held.
    if 400 <= status < 500 and status not in {409, 429}:
        return PermanentFault(f"Stripe refused: {_said(error)}")
    if 200 <= status < 400:
        return no_answer_of_theirs()
    return TransientFault(f"Stripe has trouble of its own (it answered {status}): it is tried again.")


def no_answer_of_theirs() -> Fault:
    """The answer makes no sense."""
    return TransientFault("What answers in Stripe's place is not Stripe: is another program (a proxy) in between?")


def _said(error: stripe.StripeError) -> str:
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in error.user_message or "").split())
    return _SECRETS.sub("…", text)[:_MOST] or "it did not say why."
