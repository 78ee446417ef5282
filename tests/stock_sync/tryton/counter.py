"""The shop's own people at a real Tryton: they sell, count, rename and tidy, through its REST interface."""

import json
from base64 import urlsafe_b64encode

import requests


def packed(value):
    return urlsafe_b64encode(json.dumps(value).encode()).decode()


def decimal(value):
    return {"__class__": "Decimal", "decimal": str(value)}


class Counter:
    """``sell("LOAF", 2)`` is a paid and posted sale; ``pay`` stops before it is posted."""

    def __init__(self, server):
        self._base = f"{server.url}/shop/rest/model/"
        self._headers = {
            "Authorization": f"Bearer {server.key}",
            "X-Tryton-Context": packed({"company": 1, "companies": [1], "_skip_warnings": True}),
        }

    def ask(self, method, path, *fields, domain=None, body=None):
        asked = {"f": list(fields)} | ({"d": packed(domain)} if domain is not None else {})
        answer = requests.request(method, self._base + path, params=asked, headers=self._headers, json=body, timeout=30)
        assert answer.status_code < 300, (path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def find(self, model, *domain, fields=("id",)):
        return self.ask("GET", model, *fields, domain=list(domain))

    def id_of(self, model, *domain):
        return self.find(model, *domain)[0]["id"]

    def product(self, sku):
        return self.id_of("product.product", ["code", "=", sku])

    def open(self, sku, quantity):
        """A sale that is being rung up; its number."""
        line = {
            "product": self.product(sku),
            "quantity": float(quantity),
            "unit_gross_price": decimal("2.0000"),
            "unit_list_price": decimal("2.0000"),
        }
        payment = {"method": self.id_of("sale.point.payment.method"), "amount": decimal(f"{2 * quantity:.2f}")}
        sale = {"point": self.id_of("sale.point"), "lines": [["create", [line]]], "payments": [["create", [payment]]]}
        return self.ask("POST", "sale.point.sale", "id", body=sale)["id"]

    def press(self, sale, button):
        return self.ask("POST", f"sale.point.sale/{sale}/{button}", "state", body={})["state"]

    def pay(self, sku, quantity):
        sale = self.open(sku, quantity)
        assert self.press(sale, "process") == "done"
        return sale

    def sell(self, sku, quantity):
        sale = self.pay(sku, quantity)
        assert self.press(sale, "post") == "posted"
        return sale

    def template(self, sku):
        return self.find("product.product", ["code", "=", sku], fields=["template"])[0]["template"]

    def change(self, sku, **values):
        """Edits the product's sheet."""
        self.ask("PUT", f"product.template/{self.template(sku)}", "id", body=values)

    def count_shelves(self, sku, quantity):
        """An inventory that finds ``quantity`` of the SKU."""
        location = self.id_of("stock.location", ["code", "=", "STO"])
        line = {"product": self.product(sku), "quantity": float(quantity)}
        inventory = self.ask("POST", "stock.inventory", "id", body={"location": location, "lines": [["create", [line]]]})["id"]
        self.ask("POST", f"stock.inventory/{inventory}/confirm", "state", body={})

    def orders(self, reference):
        return self.find("sale.sale", ["reference", "=", reference], fields=["state", "lines.quantity", "shipments.state"])

    def hire(self, login, *groups):
        """A user with these groups alone; their key."""
        found = self.find("res.group", ["name", "in", list(groups)])
        body = {
            "name": login,
            "login": login,
            "company": 1,
            "companies": [["add", [1]]],
            "groups": [["add", [group["id"] for group in found]]],
        }
        user = self.ask("POST", "res.user", "id", body=body)["id"]
        return self.ask("POST", "res.user.application", "key", body={"user": user, "application": "rest"})["key"]
