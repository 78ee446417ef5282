"""Pages behind an unguessable link: nobody keeps them, lists them, or learns their address from a link that leads on."""

from flask import Response, request

from bridge.checkout import posted
from bridge.checkout.language import chosen
from bridge.checkout.printing import printed
from bridge.checkout.selling import Selling
from bridge.core.ports_orders import OrderSeen
from bridge.wording import N_

_TITLE, _HINT = N_("There is nothing here"), N_("The address may be mistyped. Open the link in the mail that came with your order.")


def private(page: Response) -> Response:
    """The page with the headers of its kind.

    ``same-origin`` and not ``no-referrer``: with the latter browsers send forms with the Origin ``null``, which looks as
    if another site had sent them. Either way other sites learn nothing.
    """
    page.headers["Cache-Control"] = "no-store"
    page.headers["X-Robots-Tag"] = "noindex, nofollow"
    page.headers["Referrer-Policy"] = "same-origin"
    return page


def order_seen(bridge: Selling, secret: str) -> OrderSeen | None:
    """The order of this link."""
    if not posted.secret(secret):
        return None
    with bridge.read() as views:
        return views.order(secret)


def unknown() -> Response:
    """The answer for a link that opens nothing: the same whatever is wrong with it."""
    words = chosen(request)
    return private(printed("fault.html", words, status=404, title=words.text(_TITLE), hint=words.text(_HINT)))
