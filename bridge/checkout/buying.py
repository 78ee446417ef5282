"""Face: everything about buying, put together."""

from flask import Blueprint

from bridge.checkout.guard import Guard
from bridge.checkout.holding import add_holding
from bridge.checkout.order_pages import add_orders
from bridge.checkout.ordering import add_ordering
from bridge.checkout.selling import Selling
from bridge.checkout.waiting_list import add_waiting


def buying(bridge: Selling) -> Blueprint:
    """The blueprint: orders, holds, waiting lists and the pages of orders."""
    face = Blueprint("buying", __name__, template_folder="templates")
    guard = Guard(bridge.settings, bridge.visitor_key)
    add_ordering(face, bridge, guard)
    add_holding(face, bridge, guard)
    add_waiting(face, bridge, guard)
    add_orders(face, bridge, guard)
    return face
