"""Orders, money and waiting lists: rows to values and back."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection as Db
from sqlalchemy import Row, select

from bridge.core.orders import Address, Money, Order, OrderLine, Payment, Refund
from bridge.core.ports_orders import Waiting
from bridge.store import tables as t
from bridge.store import tables_shop as shop
from bridge.store.among import among
from bridge.store.prepared import Prepared

_l = t.order_lines.c
_LINES = Prepared(select(t.order_lines).where(among(_l.order_id)).order_by(_l.id))


ORDER_COLUMNS = (
    *("state", "places", "placed_at", "number", "email", "name", "language", "currency", "method", "total", "fulfilment", "address"),
    *("shipping", "shipping_fee", "shipping_tax_rate", "tax_included", "note", "expires_at", "sequence", "free_change"),
    *("changed_at", "cancelled_at"),
)
LINE_COLUMNS = (
    *("offer_id", "stock_item_id", "sku", "units", "acknowledged", "price", "name", "tax_rate", "add_on", "places_per_unit"),
)


def order_values(order: Order) -> dict[str, Any]:
    """The columns of an order that a change may set."""
    return {
        "state": order.state,
        "places": order.places,
        "placed_at": order.placed_at,
        "number": order.number,
        "email": order.email,
        "name": order.name,
        "language": order.language,
        "currency": order.currency,
        "method": order.method,
        "total": order.total,
        "fulfilment": order.fulfilment,
        "address": asdict(order.address) if order.address else None,
        "shipping": order.shipping,
        "shipping_fee": order.shipping_fee,
        "shipping_tax_rate": order.shipping_tax_rate,
        "tax_included": order.tax_included,
        "note": order.note,
        "expires_at": order.expires_at,
        "sequence": order.sequence,
        "free_change": order.free_change,
        "changed_at": order.changed_at,
        "cancelled_at": order.cancelled_at,
    }


def line_values(line: OrderLine) -> dict[str, Any]:
    """The columns of an order's line."""
    return {
        "offer_id": line.offer_id,
        "stock_item_id": line.stock_item_id,
        "sku": line.sku,
        "units": line.units,
        "acknowledged": line.acknowledged,
        "price": line.price,
        "name": line.name,
        "tax_rate": line.tax_rate,
        "add_on": line.add_on,
        "places_per_unit": line.places_per_unit,
    }


def numbered(order: Order, key: int) -> Order:
    """The order with its id."""
    return replace(order, id=key)


def _line(row: Row[Any]) -> OrderLine:
    return OrderLine(
        sku=row.sku,
        name=row.name or row.sku,
        units=row.units,
        price=row.price or 0,
        tax_rate=row.tax_rate,
        add_on=row.add_on,
        places_per_unit=row.places_per_unit,
        offer_id=row.offer_id,
        stock_item_id=row.stock_item_id,
        acknowledged=row.acknowledged,
    )


def lines_of(db: Db, order_id: int) -> tuple[OrderLine, ...]:
    """The lines of an order."""
    return tuple(_line(row) for row in _LINES.all(db, {"keys": [order_id]}))


def orders(db: Db, found: Iterable[Row[Any]]) -> list[Order]:
    """Orders with their lines, from rows of ``orders``."""
    listed = list(found)
    lines: dict[int, list[OrderLine]] = {}
    if listed:
        for row in _LINES.all(db, {"keys": [row.id for row in listed]}):
            lines.setdefault(row.order_id, []).append(_line(row))
    return [_order(row, tuple(lines.get(row.id, ()))) for row in listed]


def _order(row: Row[Any], lines: tuple[OrderLine, ...]) -> Order:
    return Order(
        id=row.id,
        slot_id=row.slot_id,
        secret=row.secret,
        number=row.number,
        state=row.state,
        places=row.places,
        lines=lines,
        email=row.email,
        name=row.name,
        language=row.language,
        currency=row.currency,
        method=row.method,
        placed_at=row.placed_at,
        total=row.total,
        fulfilment=row.fulfilment,
        address=Address(**row.address) if row.address else None,
        shipping=row.shipping,
        shipping_fee=row.shipping_fee,
        shipping_tax_rate=row.shipping_tax_rate,
        tax_included=row.tax_included,
        note=row.note,
        expires_at=row.expires_at,
        sequence=row.sequence,
        free_change=row.free_change,
        changed_at=row.changed_at,
        cancelled_at=row.cancelled_at,
    )


def payment(row: Row[Any]) -> Payment:
    """A payment, from its row."""
    return Payment(
        id=row.id,
        order_id=row.order_id,
        provider=row.provider,
        reference=row.reference,
        amount=row.amount,
        currency=row.currency,
        state=row.state,
        created_at=row.created_at,
        expires_at=row.expires_at,
        url=row.url,
        settled=row.settled,
        paid_at=row.paid_at,
    )


def refund(row: Row[Any]) -> Refund:
    """A refund, from its row."""
    return Refund(
        id=row.id,
        payment_id=row.payment_id,
        order_id=row.order_id,
        amount=row.amount,
        reason=row.reason,
        state=row.state,
        requested_at=row.requested_at,
        reference=row.reference,
        failure=row.failure,
    )


def money(db: Db, order_id: int) -> Money:
    """All money of one order."""
    p, r = shop.payments.c, shop.refunds.c
    payments = db.execute(select(shop.payments).where(p.order_id == order_id).order_by(p.id))
    refunds = db.execute(select(shop.refunds).where(r.order_id == order_id).order_by(r.id))
    return Money(tuple(map(payment, payments)), tuple(map(refund, refunds)))


def waiting(row: Row[Any]) -> Waiting:
    """Someone on a waiting list, from their row."""
    return Waiting(
        id=row.id,
        slot_id=row.slot_id,
        secret=row.secret,
        state=row.state,
        units=dict(row.units),
        places=row.places,
        email=row.email,
        name=row.name,
        language=row.language,
        created_at=row.created_at,
        offered_until=row.offered_until,
        hold=row.hold,
    )
