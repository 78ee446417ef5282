"""Refusals as Stripe words them. https://docs.stripe.com/api/errors."""

from typing import Any


class ApiError(Exception):
    """An answer that is an error. ``kept``: whether a repetition under the same idempotency key is answered the same."""

    def __init__(
        self, message: str, *, status: int = 400, kind: str = "invalid_request_error", code: str = "", param: str = "", kept: bool = False
    ) -> None:
        super().__init__(message)
        self.status, self.kept = status, kept
        optional = {name: value for name, value in (("code", code), ("param", param)) if value}
        self.body: dict[str, Any] = {"error": {"type": kind, "message": message, **optional}}


def missing(kind: str, name: str) -> ApiError:
    """What is asked for is not there."""
    return ApiError(f"No such {kind}: '{name}'", status=404, code="resource_missing", param=kind.rpartition(".")[2], kept=True)
