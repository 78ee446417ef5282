"""The page on which customers pay: plain HTML, without a script."""

from html import escape

from bridge.payments.emulator.objects import Object

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem}}button{{font:inherit;padding:.6rem 1rem;
margin:.2rem 0;width:100%}}table{{width:100%}}td:last-child{{text-align:right}}</style></head>
<body><p><strong>Emulated payment page. No money moves.</strong></p><main><h1>{title}</h1>{body}</main></body></html>
"""
_FORM = """{notice}<table>{rows}</table><p>Total: <strong id="total">{total}</strong></p><p>{email}</p>
<form method="post">
<button name="do" value="pay">Pay</button>
<button name="do" value="pay_and_leave">Pay, but never come back</button>
<button name="do" value="debit">Pay by bank debit (takes days)</button>
<button name="do" value="decline">Pay with a card that is declined</button>
</form><p><a id="back" href="{back}">Go back</a></p>"""


def checkout(session: Object, items: list[Object], notice: str = "") -> str:
    """The page of an open session."""
    code = session["currency"].upper()
    rows = "".join(_row(line, code) for line in items)
    told = f'<p role="alert">{escape(notice)}</p>' if notice else ""
    total = f"{session['amount_total']} {code} (minor units)"
    back = escape(session["cancel_url"] or "#")
    form = _FORM.format(notice=told, rows=rows, total=total, email=escape(session["customer_email"] or ""), back=back)
    return _PAGE.format(title="Pay", body=form)


def said(title: str, sentence: str) -> str:
    """A page with nothing to do on it."""
    return _PAGE.format(title=escape(title), body=f"<p>{escape(sentence)}</p>")


def _row(line: Object, code: str) -> str:
    price = line["price_data"]
    name = escape(price["product_data"]["name"])
    return f"<tr><td>{line['quantity']} × {name}</td><td>{line['quantity'] * price['unit_amount']} {code}</td></tr>"
