"""The emulator as a WSGI application: Stripe's API, the page where customers pay, and strings to pull."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from bridge.payments.emulator import page
from bridge.payments.emulator.account import Account
from bridge.payments.emulator.api import Api
from bridge.payments.emulator.delivery import Delivery
from bridge.payments.emulator.problems import ApiError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_OVER = {
    "complete": ("You’re all done here", "Your payment has been processed: this page can be used only once."),
    "expired": ("This page has expired", "Go back to the shop and order again; nothing was paid here."),
}


class Emulator:
    """Fields: ``account`` and ``delivery``, for those who run it within their own process; ``log`` holds each exchange with ``/v1``."""

    def __init__(self, base_url: str, secret_key: str, webhook_secret: str, webhook_url: str = "") -> None:
        self.account = Account(base_url)
        self.delivery = Delivery(webhook_secret, webhook_url, self.account.now)
        self.account.happened = self.delivery.send
        self.log: list[dict[str, Any]] = []
        self._api = Api(self.account, secret_key)
        self._trouble: dict[str, Any] = {}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = self._answer(request)
        except ApiError as error:
            response = Response(json.dumps(error.body), error.status, content_type="application/json")
        except HTTPException as error:
            return error(environ, start_response)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        parts = request.path.strip("/").split("/")
        match parts:
            case ["v1", *_]:
                return self._api_answer(request)
            case ["c", "pay", identity] if identity in self.account.sessions:
                return self._page(request, identity)
            case ["_control", *what]:
                return Response(json.dumps(self._control(what, request)), content_type="application/json")
        raise NotFound

    def _api_answer(self, request: Request) -> Response:
        with self.account.lock:
            trouble = self._trouble if self._trouble.get("times", 0) > 0 else {}
            if trouble:
                trouble["times"] -= 1
        if trouble and not trouble.get("after"):
            return _trouble(trouble["status"])
        response = self._api.answer(request)
        form = list(request.form.items(multi=True))
        query = list(request.args.items(multi=True))
        told = {"method": request.method, "path": request.path, "query": query, "form": form, "status": response.status_code}
        self.log.append({**told, "headers": dict(request.headers), "body": json.loads(response.get_data())})
        return _trouble(trouble["status"]) if trouble else response

    def _page(self, request: Request, identity: str) -> Response:
        with self.account.lock:
            found = self.account.session(identity)
            status = found["status"]
            done = request.form.get("do", "") if request.method == "POST" and status == "open" else ""
            if done in {"pay", "pay_and_leave", "debit"}:
                self.account.pay(identity, slowly=done == "debit")
        if status != "open":
            return _html(page.said(*_OVER[status]))
        if done in {"pay", "debit"}:
            # As Stripe does: the customer is sent on when the shop has taken the news, or after ten seconds.
            self.delivery.quiet()
            return redirect(found["success_url"].replace("{CHECKOUT_SESSION_ID}", identity), 303)
        if done == "pay_and_leave":
            return _html(page.said("Paid", "You have paid, and the connection was lost before you came back to the shop."))
        notice = "Your card was declined. Please try a different card." if done == "decline" else ""
        return _html(page.checkout(found, self.account.items[identity], notice))

    def _control(self, what: list[str], request: Request) -> Any:
        asked = json.loads(request.get_data() or b"{}") if request.method == "POST" else {}
        match what:
            case ["webhooks"]:
                for name in ("url", "hold", "times", "retry"):
                    setattr(self.delivery, name, asked.get(name, getattr(self.delivery, name)))
            case ["deliver"]:
                return {"events": self.delivery.release(asked.get("order", "given"), asked.get("times", 1))}
            case ["quiet"]:
                return {"quiet": self.delivery.quiet(), "attempts": self.delivery.attempts}
            case ["clock"]:
                self.account.ahead = int(asked["ahead"])
            case ["trouble"]:
                self._trouble = asked
            case ["log"]:
                return self.log
            case _:
                with self.account.lock:
                    self._money(what, asked)
        return {}

    def _money(self, what: list[str], asked: dict[str, Any]) -> None:
        match what:
            case ["sessions", identity, "pay"]:
                self.account.pay(identity)
            case ["sessions", identity, "settle"]:
                self.account.settle(identity, paid=bool(asked["paid"]))
            case ["refunds", "next"]:
                self.account.next_refund = asked["status"]
            case ["refunds", identity]:
                self.account.decide_refund(identity, asked["status"])
            case _:
                raise NotFound


def _trouble(status: int) -> Response:
    body = {"error": {"type": "api_error", "message": "The emulator was told to fail."}}
    # Without this header the library of Stripe would wait and ask again.
    return Response(json.dumps(body), status, {"Stripe-Should-Retry": "false"}, content_type="application/json")


def _html(text: str) -> Response:
    response = Response(text, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
