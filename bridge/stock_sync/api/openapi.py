"""The OpenAPI 3.1 document: schemas from the models that check and answer, paths by hand."""

from typing import Any

from pydantic.json_schema import models_json_schema

from bridge import __version__
from bridge.core.stock import SKU_PATTERN
from bridge.stock_sync.api import answers, bodies
from bridge.stock_sync.api.problems import CONTENT_TYPE, TITLES, URN
from bridge.stock_sync.api.reading import MAX_OFFSET, MAX_PAGE, PAGE

ALL_METHODS = ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "TRACE"]
SENT = (bodies.CountBody, bodies.CountsBody, bodies.MovementBody, bodies.MovementsBody)
ANSWERED = (answers.Item, answers.Items, answers.Outcome, answers.Outcomes, answers.Drops, answers.Slots, answers.Index)
_REF = "#/components/schemas/"

_LOCATION = {
    "name": "location",
    "in": "path",
    "required": True,
    "description": "The location's name; each organizer starts with main. <organizer>/<location> does as well.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[A-Za-z0-9._-]+$"},
    "example": "main",
}
_SKU = {
    "name": "sku",
    "in": "path",
    "required": True,
    "description": "The SKU, percent-encoded.",
    "schema": {"type": "string", "pattern": SKU_PATTERN, "minLength": 1, "maxLength": 64},
    "example": "LOAF",
}
_SLUG = _LOCATION | {"name": "slug", "description": "The drop's name in its addresses.", "example": "saturday"}


def document(base_url: str) -> dict[str, Any]:
    """The document; ``base_url`` is where the API is reached."""
    _, schemas = models_json_schema([*((model, "validation") for model in (*SENT, *ANSWERED))], ref_template=_REF + "{model}")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "dropbridge",
            "version": __version__,
            "summary": "Stock from tills and scripts, and what can still be booked",
            "license": {"name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"},
        },
        "servers": [{"url": base_url}],
        "security": [{"token": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "A token, drb_…, with the scopes it needs."}},
            "schemas": schemas["$defs"] | {"Problem": _problem()},
            "responses": {kind: _refused(kind) for kind in TITLES},
        },
    }


def _paths() -> dict[str, Any]:
    stock = "/locations/{location}/stock"
    movements = {"oneOf": [{"$ref": _REF + "MovementBody"}, {"$ref": _REF + "MovementsBody"}]}
    outcomes = {"oneOf": [{"$ref": _REF + "Outcome"}, {"$ref": _REF + "Outcomes"}]}
    page = [
        _query("start", {"type": "string", "format": "date-time"}, "Only slots that end after this."),
        _query("end", {"type": "string", "format": "date-time"}, "Only slots that start before this."),
        _query("offset", {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET, "default": 0}, "How many to pass over."),
        _query("limit", {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": PAGE}, "How many at most."),
    ]
    return {
        "/": {"get": _open("index", "Where to go from here", "Index")},
        "/openapi.json": {"get": _open("openapi", "This document", None)},
        stock: {
            "parameters": [_LOCATION],
            "get": _read("items", "The stock of a location", "stock:read", "Items"),
            "post": _write("counts", "Several counts, all or nothing", _ref("CountsBody"), _ref("Outcomes")),
        },
        f"{stock}/{{sku}}": {
            "parameters": [_LOCATION, _SKU],
            "get": _read("item", "One SKU", "stock:read", "Item"),
            "put": _write(
                "count", "One SKU's count; a SKU seen for the first time becomes a stock item", _ref("CountBody"), _ref("Outcome")
            ),
        },
        "/locations/{location}/movements": {
            "parameters": [_LOCATION],
            "post": _write("movements", "A sale or return, or several, all or nothing", movements, outcomes),
        },
        "/drops": {"get": _read("drops", "The organizer's drops", "drops:read", "Drops")},
        "/drops/{slug}/slots": {
            "parameters": [_SLUG],
            "get": _read("slots", "Slots with what is left, the soonest first", "drops:read", "Slots", "invalid-input")
            | {"parameters": page},
        },
    }


def _open(name: str, summary: str, model: str | None) -> dict[str, Any]:
    schema = _ref(model) if model else {"type": "object"}
    return {"operationId": name, "summary": summary, "security": [], "responses": {"200": _done(schema)}}


def _read(name: str, summary: str, scope: str, model: str, *kinds: str) -> dict[str, Any]:
    responses = {"200": _done(_ref(model))} | _problems("unauthenticated", "not-permitted", "not-found", "too-many-requests", *kinds)
    return {"operationId": name, "summary": summary, "description": f"Needs the scope {scope}.", "responses": responses}


def _write(name: str, summary: str, body: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "description": "Needs the scope stock:write. An older or repeated message changes nothing, and the answer says so.",
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"200": _done(answer)} | _problems(*(kind for kind in TITLES if kind != "method-not-allowed")),
    }


def _problems(*kinds: str) -> dict[str, Any]:
    return {str(_STATUS[kind]): {"$ref": f"#/components/responses/{kind}"} for kind in kinds}


_STATUS = {
    "malformed": 400,
    "unauthenticated": 401,
    "not-permitted": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "too-large": 413,
    "unsupported-media-type": 415,
    "invalid-input": 422,
    "too-many-requests": 429,
}
_HEADERS: dict[str, dict[str, Any]] = {
    "unauthenticated": {"WWW-Authenticate": {"schema": {"type": "string"}}},
    "not-permitted": {"WWW-Authenticate": {"schema": {"type": "string"}}},
    "method-not-allowed": {"Allow": {"schema": {"type": "string"}}},
    "too-many-requests": {"Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "In seconds."}},
}


def _refused(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {"description": TITLES[kind], "content": {CONTENT_TYPE: {"schema": _ref("Problem")}}}
    return found | ({"headers": _HEADERS[kind]} if kind in _HEADERS else {})


def _problem() -> dict[str, Any]:
    field = {
        "type": "object",
        "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
        "required": ["pointer", "detail"],
    }
    return {
        "type": "object",
        "description": "RFC 9457.",
        "properties": {
            "type": {"type": "string", "format": "uri", "examples": [URN + kind for kind in TITLES]},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "One sentence that says what to do."},
            "errors": {"type": "array", "items": field, "description": "Each value that will not do, by JSON pointer (RFC 6901)."},
        },
        "required": ["type", "title", "status", "detail"],
    }


def _done(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "Done.", "content": {"application/json": {"schema": schema}}}


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def _ref(model: str) -> dict[str, Any]:
    return {"$ref": _REF + model}
