"""The JSON API for tills and scripts, below ``/api/v1``."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.routing import PathConverter

from bridge.core.errors import Refusal
from bridge.stock_sync.api import problems
from bridge.stock_sync.api.asking import Door, House
from bridge.stock_sync.api.openapi import ALL_METHODS, document
from bridge.stock_sync.api.problems import Problem
from bridge.stock_sync.api.reading import Reading
from bridge.stock_sync.api.writing import Writing

PREFIX = "/api/v1"
_Handler = Callable[..., dict[str, Any]]


class _Anything(PathConverter):
    """As ``path``, and also what begins with a slash or holds a line break."""

    regex = r"[\s\S]+"
    part_isolating = False


def api(bridge: House) -> Blueprint:
    """The blueprint. Every refusal is a problem document (RFC 9457), also of what is not there."""
    door = Door(bridge)
    reads, writes = Reading(bridge, door), Writing(bridge, door)
    pages = Blueprint("api", __name__, url_prefix=PREFIX)
    pages.record(lambda state: state.app.url_map.converters.update(anything=_Anything))
    one = {"GET": reads.item, "PUT": writes.count}
    many = {"GET": reads.items, "POST": writes.counts}
    _serve(pages, "/", "index", {"GET": reads.index})
    _serve(pages, "/openapi.json", "openapi", {"GET": lambda: document(bridge.settings.base_url + PREFIX)})
    _serve(pages, "/drops", "drops", {"GET": reads.drops})
    _serve(pages, "/drops/<slug>/slots", "slots", {"GET": reads.slots})
    for at, address in (("", "/locations/<location>"), ("_of", "/locations/<organizer>/<location>")):
        _serve(pages, f"{address}/stock", f"items{at}", many)
        # A SKU may hold slashes, also two in a row.
        _serve(pages, f"{address}/stock/<anything:sku>", f"item{at}", one)
        _serve(pages, f"{address}/movements", f"movements{at}", {"POST": writes.movements})
    _serve(pages, "/<anything:_rest>", "elsewhere", {})
    pages.register_error_handler(Problem, problems.answer)
    pages.register_error_handler(Refusal, problems.refused)
    return pages


def _serve(pages: Blueprint, address: str, endpoint: str, handlers: Mapping[str, _Handler]) -> None:
    """One address, all methods of it: Flask itself would answer the others in HTML."""

    def view(**places: str) -> Response:
        places.pop("_rest", None)
        handler = handlers.get("GET" if request.method == "HEAD" else request.method)
        if handler is None:
            raise _nothing(handlers)
        response = Response(json.dumps(handler(**places)), content_type="application/json")
        response.headers["Cache-Control"] = "no-store"
        return response

    pages.add_url_rule(
        address, endpoint, view, methods=ALL_METHODS, provide_automatic_options=False, merge_slashes=False, strict_slashes=False
    )


def _nothing(handlers: Mapping[str, _Handler]) -> Problem:
    if not handlers:
        return Problem(404, "not-found", f"There is nothing at {request.path}; {PREFIX}/openapi.json lists what there is.")
    allowed = ", ".join(sorted(handlers))
    return Problem(405, "method-not-allowed", f"This address takes {allowed}.", headers={"Allow": allowed})
