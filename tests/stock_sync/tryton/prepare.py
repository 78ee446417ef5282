"""Fills a fresh Tryton with a small shop. Runs inside Tryton's own environment: ``prepare.py CONFIG DATABASE``."""

import datetime
import sys
from decimal import Decimal

from proteus import Model, config
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, get_accounts
from trytond.modules.account_invoice.tests.tools import set_fiscalyear_invoice_sequences
from trytond.modules.company.tests.tools import create_company, get_company

GOODS = [
    # code, name, unit, in stock, price
    ("DROP-SAT", "Sourdough box, Saturday drop", "Unit", 40, "12.00"),
    ("LOAF", "Country loaf", "Unit", 12, "5.50"),
    ("BUN", "Morning bun", "Unit", 30, "2.50"),
    ("FLOUR", "Flour", "Kilogram", Decimal("2.75"), "3.00"),
    ("TOTE", "Tote", "Unit", 0, "18.00"),
    ("", "Nameless sample", "Unit", 5, "1.00"),
]


def first(model, *domain):
    return Model.get(model).find(list(domain), limit=1)[0]


def open_books(configuration):
    create_company(config=configuration)
    company = get_company()
    configuration._context = Model.get("res.user").get_preferences(True, configuration.context)
    create_chart(company)
    set_fiscalyear_invoice_sequences(create_fiscalyear(company)).click("create_period")
    return get_accounts(company)


def stock_shelves(accounts):
    category = Model.get("product.category")(name="Drops", accounting=True)
    category.account_revenue, category.account_expense = accounts["revenue"], accounts["expense"]
    category.save()
    inventory = Model.get("stock.inventory")(location=first("stock.location", ("code", "=", "STO")), date=datetime.date.today())
    for code, name, unit, quantity, price in GOODS:
        template = Model.get("product.template")(name=name, type="goods", salable=True, account_category=category)
        template.code, template.default_uom = code, first("product.uom", ("name", "=", unit))
        template.gross_price = Decimal(price)
        template.save()
        line = inventory.lines.new()
        line.product, line.quantity = template.products[0], float(quantity)
    inventory.save()
    inventory.click("confirm")
    service = Model.get("product.template")(name="Slicing", type="service", salable=True, account_category=category)
    service.code, service.default_uom, service.gross_price = "SLICE", first("product.uom", ("name", "=", "Unit")), Decimal(1)
    service.save()


def open_till(accounts):
    point = Model.get("sale.point")(name="Market stall")
    point.journal = first("account.journal", ("type", "=", "revenue"))
    point.sequence = Model.get("ir.sequence.strict")(name="POS", company=point.company)
    point.sequence.sequence_type = first("ir.sequence.type", ("name", "=", "POS"))
    point.sequence.save()
    point.storage_location = point.return_location = first("stock.location", ("code", "=", "STO"))
    point.customer_location = first("stock.location", ("code", "=", "CUS"))
    point.save()
    Model.get("sale.point.payment.method")(name="Cash", account=accounts["cash"], cash=True).save()


def issue_key():
    """A validated key for machines, printed for the tests."""
    application = Model.get("res.user.application")(user=first("res.user", ("login", "=", "admin")), application="rest")
    application.save()
    return application.key


if __name__ == "__main__":
    accounts = open_books(config.set_trytond(f"sqlite:///{sys.argv[2]}", config_file=sys.argv[1]))
    stock_shelves(accounts)
    open_till(accounts)
    print(issue_key())
