"""Where payment providers bring their news: ``/hooks/payments/<provider>``, verified by the provider's own scheme."""

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from flask import Blueprint, Response, request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from bridge.core.errors import Fault, InvalidInput, NotPermitted, Refusal
from bridge.core.ports import UnitOfWork
from bridge.core.sockets import PaymentNews, Payments, RefundNews
from bridge.flows.payments import WorkFactory, record_news

LARGEST = 512 * 1024
AGAIN_AFTER = 10
ALL_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

_TITLES = {
    400: "This message cannot be verified",
    404: "There is no such payment provider here",
    405: "This address does not take this method",
    413: "The body is too large",
    503: "This cannot be taken at the moment",
}

Record = Callable[[WorkFactory, str, Sequence[PaymentNews | RefundNews], datetime], None]


class Paid(Protocol):
    """What this face asks of the house."""

    def now(self) -> datetime: ...
    def work(self) -> AbstractContextManager[UnitOfWork]:
        """One transaction."""

    def payments(self, name: str) -> Payments:
        """The payment socket of this name. Raises ``InvalidInput``."""


def hooks(bridge: Paid, record: Record = record_news) -> Blueprint:
    """The blueprint: 204 once ``record`` has taken the news, else a problem document (RFC 9457); providers then try again."""
    face = Blueprint("hooks", __name__, url_prefix="/hooks")

    @face.route("/payments/<provider>", methods=ALL_METHODS, provide_automatic_options=False)
    def payments(provider: str) -> Response:
        if request.method != "POST":
            return _problem(405, "method-not-allowed", "This address takes POST.", Allow="POST")
        try:
            socket = bridge.payments(provider)
        except InvalidInput:
            return _problem(404, "not-found", "No payment provider of this name is set up on this server.")
        news = socket.parse(dict(request.headers), _body(), bridge.now())
        if news:
            record(bridge.work, provider, news, bridge.now())
        return Response(status=204)

    _answer_faults(face)
    return face


def _body() -> bytes:
    # A body of unannounced length is cut off at the limit without a word: one octet more tells that it was.
    request.max_content_length = LARGEST + 1
    body = request.get_data(cache=False)
    if len(body) > LARGEST:
        raise RequestEntityTooLarge
    return body


def _answer_faults(face: Blueprint) -> None:
    @face.errorhandler(RequestEntityTooLarge)
    def too_large(_error: RequestEntityTooLarge) -> Response:
        return _problem(413, "too-large", f"A message may have up to {LARGEST} octets.")

    @face.errorhandler(ClientDisconnected)
    def cut_off(_error: ClientDisconnected) -> Response:
        return _problem(400, "malformed", "The body ended before its announced length.")

    @face.errorhandler(NotPermitted)
    def forged(refusal: NotPermitted) -> Response:
        return _problem(400, refusal.kind, refusal.sentence)

    # Whatever else stands in the way stands here, not in the message: the provider is to bring it again.
    @face.errorhandler(Refusal)
    @face.errorhandler(Fault)
    def later(_fault: Exception) -> Response:
        return _problem(503, "unavailable", "This server cannot take the message at the moment.", **{"Retry-After": str(AGAIN_AFTER)})


def _problem(status: int, kind: str, detail: str, **headers: str) -> Response:
    body = {"type": f"urn:dropbridge:problem:{kind}", "title": _TITLES[status], "status": status, "detail": detail}
    response = Response(json.dumps(body), status, content_type="application/problem+json")
    response.headers.update(headers)
    response.headers["Cache-Control"] = "no-store"
    return response
