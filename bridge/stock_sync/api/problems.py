"""Every refusal as an RFC 9457 problem document with a stable type."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response

from bridge.core import errors
from bridge.core.errors import BridgeError, Refusal

URN = "urn:dropbridge:problem:"
CONTENT_TYPE = "application/problem+json"

STATUS: dict[type[Refusal], int] = {
    Refusal: 400,
    errors.NotFound: 404,
    errors.AlreadyExists: 409,
    errors.NotPermitted: 403,
    errors.StaleEdit: 412,
    errors.InvalidCalendarData: 422,
    errors.InvalidCalendarObject: 422,
    errors.UnsupportedComponent: 422,
    errors.UidConflict: 409,
    errors.TooLarge: 413,
    errors.TooManyOccurrences: 422,
    errors.CapacityBelowClaimed: 409,
    errors.SlotHasOrders: 409,
    errors.DropHasOrders: 409,
    errors.SoldOut: 409,
    errors.WindowClosed: 409,
    errors.LimitReached: 409,
    errors.TooManyHolds: 429,
    errors.TooLate: 409,
    errors.NotPossible: 409,
    errors.HoldExpired: 410,
    errors.InvalidInput: 422,
}
"""What each refusal is answered with; its type is ``urn:dropbridge:problem:`` and its kind."""

TITLES: dict[str, str] = {
    "malformed": "The body cannot be read",
    "unauthenticated": "A valid bearer token is needed",
    "not-permitted": "The token does not allow this",
    "not-found": "There is no such thing",
    "method-not-allowed": "This address does not take this method",
    "too-large": "The body is too large",
    "unsupported-media-type": "The body has to be JSON",
    "invalid-input": "A value cannot be used",
    "too-many-requests": "Too many requests",
}
"""The kinds a client of the API meets, as the OpenAPI document lists them."""


class Problem(BridgeError):
    """A request that goes no further, told in HTTP's own terms."""

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, str]] = (),
    ) -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail = status, kind, detail
        self.headers, self.errors = dict(headers or {}), list(errors)


def answer(problem: Problem) -> Response:
    """The problem document of a ``Problem``."""
    body: dict[str, Any] = {
        "type": URN + problem.kind,
        "title": TITLES.get(problem.kind, problem.kind.replace("-", " ").capitalize()),
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.errors:
        body["errors"] = problem.errors
    response = Response(json.dumps(body), problem.status, content_type=CONTENT_TYPE)
    response.headers.update(problem.headers)
    response.headers["Cache-Control"] = "no-store"
    return response


def refused(refusal: Refusal) -> Response:
    """The problem document of a ``Refusal``."""
    return answer(Problem(STATUS[type(refusal)], refusal.kind, refusal.sentence))
