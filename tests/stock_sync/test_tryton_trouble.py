"""A Tryton that fails in every way a server can: each is told as a sentence, and nothing else ever comes out."""

import json
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.errors import Fault, PermanentFault, TransientFault
from bridge.core.stock import Movement
from bridge.stock_sync import tryton_rest
from bridge.stock_sync.tryton import Tryton

NOW = datetime(2026, 12, 2, 9, tzinfo=UTC)
MOMENT = {"__class__": "datetime", "year": 2026, "month": 12, "day": 2, "hour": 8, "minute": 0, "second": 0, "microsecond": 0}


class Impostor(ThreadingHTTPServer):
    """Answers every request with what ``answer(model)`` gives: (status, headers, body)."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = lambda _model: (200, {}, "[]")
        self.url = f"http://127.0.0.1:{self.server_port}"

    def till(self, **config):
        return Tryton({"url": self.url, "database": "shop", "key": "k"} | config)

    def says(self, status=200, body="[]", **headers):
        self.answer = lambda _model: (status, headers, body)

    def shows(self, **models):
        """A tiny healthy shop, but for the models named."""
        shop = {
            "company.company": [{"id": 1, "rec_name": "Ada's"}],
            "stock.location": [{"id": 3, "type": "storage", "rec_name": "STO"}],
            "product.product": [{"id": 7, "code": "LOAF", "name": "Loaf", "quantity": 5.0}],
        }
        shop |= {name.replace("_", "."): rows for name, rows in models.items()}
        self.answer = lambda model: (200, {}, json.dumps(shop.get(model, [])))


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        status, headers, body = self.server.answer(self.path.split("?")[0].split("/")[4])
        self.send_response_only(status)
        for name, value in ({"Date": self.date_time_string()} | headers).items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        for part in [body] if isinstance(body, str) else body:
            try:
                self.wfile.write(part.encode() if isinstance(part, str) else part)
                self.wfile.flush()
            except OSError:
                return

    def do_POST(self):
        self.do_GET()

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def impostor():
    server = Impostor()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "fault", "said"),
    [
        (401, PermanentFault, "key"),
        (403, PermanentFault, "may not read"),
        (404, PermanentFault, "database"),
        (400, PermanentFault, "refused .400."),
        (429, TransientFault, "429"),
        (500, TransientFault, "500"),
        (502, TransientFault, "502"),
        (503, TransientFault, "503"),
    ],
)
def test_each_status_says_what_to_do(impostor, status, fault, said):
    impostor.says(status, "<h1>No</h1>\n\x1b[31m")
    for ask in (lambda till: till.check(), lambda till: till.counts("", NOW), lambda till: till.adjust(Movement("X", -1, NOW, "m"), "k")):
        with pytest.raises(fault, match=said) as told:
            ask(impostor.till())
        assert "\x1b" not in str(told.value)
        assert "\n" not in str(told.value)


def test_a_tryton_without_a_point_of_sale_is_told_which_module_it_lacks(impostor):
    impostor.shows()
    healthy = impostor.answer
    missing = (500, {}, "<h1>Internal Server Error</h1><p>&#39;sale.point.sale.line&#39;</p>")
    impostor.answer = lambda model: missing if model == "sale.point.sale.line" else healthy(model)
    with pytest.raises(PermanentFault, match="sale_point"):
        impostor.till().check()


def test_a_redirect_is_not_followed_with_the_key(impostor):
    impostor.says(301, "", Location="https://elsewhere.example/")
    with pytest.raises(PermanentFault, match="https://elsewhere"):
        impostor.till().check()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>Welcome to the hotel's network</html>",
        "{",
        "[NaN]",
        "null",
        '"ok"',
        "{}",
        "[1]",
        '[{"id": "7"}]',
        '[{"id": true}]',
        "[" * 100_000,
        "\xff",
    ],
)
def test_what_is_not_trytons_json_is_a_fault_that_may_pass(impostor, body):
    impostor.says(200, body)
    with pytest.raises(TransientFault):
        impostor.till().counts("", NOW)


def test_an_answer_without_end_is_given_up(impostor, monkeypatch):
    monkeypatch.setattr(tryton_rest, "MAX_ANSWER", 100_000)
    impostor.says(200, ["[" + " " * 60_000] * 10)
    with pytest.raises(TransientFault, match="more than"):
        impostor.till().check()


def drip():
    while True:
        yield " "
        time.sleep(0.02)


def test_a_till_that_drips_is_given_up(impostor):
    impostor.says(200, drip())
    with pytest.raises(TransientFault, match="did not answer within"):
        impostor.till(timeout=0.2).check()


def test_a_till_that_says_nothing_is_given_up(impostor):
    silent = threading.Event()
    impostor.answer = lambda _model: (silent.wait(5), (200, {}, "[]"))[1]
    with pytest.raises(TransientFault, match="did not answer within"):
        impostor.till(timeout=0.1).check()
    silent.set()


def test_an_address_where_nobody_listens_is_a_fault_that_may_pass():
    with pytest.raises(TransientFault, match="cannot be reached"):
        Tryton({"url": "http://127.0.0.1:9", "database": "shop", "key": "k"}).check()


@pytest.mark.parametrize("url", ["http://", "http://[::1", "https://exa mple.org", "http://127.0.0.1:99999"])
def test_what_is_no_address_is_a_fault(url):
    with pytest.raises(Fault):
        Tryton({"url": url, "database": "shop", "key": "k"}).check()


@pytest.mark.parametrize("off", [timedelta(hours=3), timedelta(hours=-3), timedelta(seconds=10), timedelta()])
def test_a_till_whose_clock_is_off_is_dated_so_that_the_count_is_of_now(impostor, off):
    from email.utils import format_datetime

    from bridge.core.stock import settled

    impostor.shows()
    healthy = impostor.answer
    impostor.answer = lambda model: (200, {"Date": format_datetime(NOW + off, usegmt=True)}, healthy(model)[2])
    polled = impostor.till().counts("", NOW)
    assert abs(polled.till_now - NOW - off) < timedelta(seconds=5)
    assert settled(polled.counts[0].counted_at, NOW, polled.till_now) == NOW


@pytest.mark.parametrize("date", ["", "yesterday", "Wed, 02 Dec 2026 09:00:00", "Wed, 99 Dec 2026 09:00:00 GMT"])
def test_a_till_that_tells_no_time_is_believed_to_be_right(impostor, date):
    impostor.shows()
    healthy = impostor.answer
    impostor.answer = lambda model: (200, {"Date": date}, healthy(model)[2])
    polled = impostor.till().counts("", NOW)
    assert [(count.sku, count.quantity, count.counted_at) for count in polled.counts] == [("LOAF", 5, NOW)]


def test_two_products_of_one_code_are_told_as_the_smaller_count(impostor):
    impostor.shows(
        product_product=[{"id": 7, "code": "LOAF", "name": "A", "quantity": 5.0}, {"id": 8, "code": "LOAF", "name": "B", "quantity": 3.0}]
    )
    assert [(count.sku, count.quantity) for count in impostor.till().counts("", NOW).counts] == [("LOAF", 3)]


def test_quantities_are_exact_where_binary_floats_are_not(impostor):
    line = {"id": 1, "quantity": 0.1, "unit": {"factor": 1.0}, "product": {"id": 7, "default_uom": {"factor": 1.0}}}
    product = {"id": 7, "code": "LOAF", "name": "Loaf", "quantity": 1.2}
    impostor.shows(sale_point_sale_line=[line, line | {"id": 2}], product_product=[product])
    assert [count.quantity for count in impostor.till().counts("", NOW).counts] == [1]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "product", "unit", "factor", "quantity", "year"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def row(**fields):
    return st.fixed_dictionaries({"id": st.integers(1, 9)}, optional=fields)


rows = st.lists(
    row(
        code=st.text(max_size=5) | json_values,
        name=st.text(max_size=5) | json_values,
        quantity=st.floats(allow_nan=False) | json_values,
        state=st.sampled_from(["done", "draft"]) | json_values,
        product=st.integers(1, 9) | st.just({"id": 7, "default_uom": {"factor": 0.0}}) | json_values,
        unit=st.just({"factor": -1}) | json_values,
        internal_quantity=st.floats(allow_nan=False) | json_values,
        write_date=st.just(MOMENT) | json_values,
        create_date=st.just(MOMENT) | json_values,
    ),
    max_size=3,
)


@settings(max_examples=60)
@given(lines=rows, moves=rows, products=rows, cursor=st.text(max_size=5) | json_values.map(json.dumps))
def test_whatever_comes_a_poll_answers_or_says_what_is_wrong(impostor, lines, moves, products, cursor):
    impostor.shows(sale_point_sale_line=lines, stock_move=moves, product_product=products)
    till = impostor.till()
    with suppress(Fault):
        polled = till.counts(cursor, NOW)
        till.counts(polled.cursor, NOW + timedelta(seconds=5))
