"""Writing a preorder back to Tryton as a sale, so that its own channels no longer sell what we have promised."""

from collections.abc import Mapping
from typing import Any

from bridge.core.errors import PermanentFault
from bridge.stock_sync.tryton_ledger import Memory, key
from bridge.stock_sync.tryton_rest import Rest, Row

CUSTOMER = "Preorders (dropbridge)"
_NEXT = {"draft": "quote", "quotation": "confirm", "confirmed": "process"}


def place_order(rest: Rest, context: Mapping[str, Any], place: Memory, code: str, quantity: int, reference: str) -> None:
    """A sale of ``quantity`` units (negative: a return) under ``reference``, processed; one that is there is finished, not doubled."""
    unwarned = {**context, "_skip_warnings": True}
    sale = _find(rest, context, reference) or _draft(rest, unwarned, place, code, quantity, reference)
    while button := _NEXT.get(sale["state"]):
        rest.press("sale.sale", int(sale["id"]), button, unwarned)
        after = _find(rest, context, reference)
        if after is None or after["state"] == sale["state"]:
            raise PermanentFault(f"Tryton did not {button} the sale {reference}: finish it there by hand.")
        sale = after
    if sale["state"] == "cancelled":
        raise PermanentFault(f"The sale {reference} was cancelled in Tryton: look there whether its goods are still promised.")


def _find(rest: Rest, context: Mapping[str, Any], reference: str) -> Row | None:
    return rest.latest("sale.sale", [["reference", "=", reference]], ["state"], context)


def _draft(rest: Rest, context: Mapping[str, Any], place: Memory, code: str, quantity: int, reference: str) -> Row:
    products = rest.search("product.product", [["code", "=", code], ["salable", "=", True]], ["default_uom", "list_price"], context)
    if not products:
        raise PermanentFault(f"Tryton sells no product with the code {code}: give the product this code, or map it in the till's skus.")
    around = [["type", "=", "warehouse"], ["parent", "parent_of", [place.location], "parent"]]
    warehouses = rest.search("stock.location", around, ["name"], context)
    if not warehouses:
        raise PermanentFault("The till's storage location is in no warehouse, so Tryton cannot ship from it: put it into one.")
    company = rest.search("company.company", [["id", "=", place.company]], ["currency"], context)[0]
    party, address = _customer(rest, context)
    line = {
        "type": "line",
        "product": products[0]["id"],
        "quantity": float(quantity),
        "unit": key(products[0]["default_uom"]),
        "unit_price": products[0]["list_price"] or {"__class__": "Decimal", "decimal": "0"},
    }
    sale = {
        "company": place.company,
        "currency": key(company["currency"]),
        "party": party,
        "invoice_address": address,
        "shipment_party": party,
        "shipment_address": address,
        "warehouse": warehouses[-1]["id"],
        "invoice_method": "manual",
        "shipment_method": "order",
        "reference": reference,
        "lines": [["create", [line]]],
    }
    return rest.create("sale.sale", sale, ["state"], context)


def _customer(rest: Rest, context: Mapping[str, Any]) -> tuple[int, int]:
    """The one party that all preorders are booked on, and its address: Tryton learns no customer's name from us."""
    found = rest.latest("party.party", [["name", "=", CUSTOMER]], ["addresses"], context)
    if found is None:
        found = rest.create("party.party", {"name": CUSTOMER, "addresses": [["create", [{}]]]}, ["addresses"], context)
    if not found["addresses"]:
        raise PermanentFault(f"The party {CUSTOMER!r} in Tryton has no address: give it one.")
    return int(found["id"]), key(found["addresses"][0])
