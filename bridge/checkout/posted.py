"""Bodies that pages send, read no further than a form can be long."""

import json
import re
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.exceptions import BadRequest, ClientDisconnected, RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.formparser import MultiPartParser

LARGEST = 16 * 1024
MOST_FIELDS = 300
MOST_DIGITS = 9
FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
_SECRET = re.compile(r"[A-Za-z0-9_-]{8,64}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def form(request: Request) -> dict[str, str]:
    """The fields of a form, the first of each name, read as UTF-8, without control characters and files. Raises 400, 413, 415."""
    if request.mimetype not in {FORM, PARTS}:
        raise UnsupportedMediaType
    fields: dict[str, str] = {}
    for name, value in _pairs(_body(request)) if request.mimetype == FORM else _parts(request):
        fields.setdefault(name, _CONTROL.sub("", value))
    return fields


def _pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise RequestEntityTooLarge from None


def _parts(request: Request) -> list[tuple[str, str]]:
    """The fields of RFC 7578. A file is passed over: no form here has one."""
    boundary = request.mimetype_params.get("boundary", "").encode("ascii", "replace")
    body = _body(request)
    parser = MultiPartParser(lambda *_, **__: BytesIO(), max_form_memory_size=LARGEST, max_form_parts=MOST_FIELDS)
    if not boundary:
        raise BadRequest
    try:
        fields, _ = parser.parse(BytesIO(body), boundary, len(body))
    except ValueError:
        raise BadRequest from None
    # A part may have no name, whatever the types say.
    return [(name, value) for name, value in fields.items(multi=True) if name]


def json_object(request: Request) -> dict[str, Any]:
    """The JSON object that a script of ours sends; numbers may be cut off behind ten digits. Raises 400, 413, 415."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    try:
        value = json.loads(_body(request), parse_int=_whole, parse_constant=_nothing)
    except (ValueError, RecursionError):
        raise BadRequest from None
    if not isinstance(value, dict):
        raise BadRequest
    return value


def secret(text: str) -> str:
    """``text`` if it may be one of our secrets, else empty."""
    return text if _SECRET.fullmatch(text) else ""


def _body(request: Request) -> bytes:
    request.max_content_length = LARGEST
    try:
        body = request.get_data(cache=False)
    except ClientDisconnected:
        raise BadRequest from None
    if len(body) > LARGEST:
        raise RequestEntityTooLarge
    return body


def _whole(digits: str) -> int:
    """The number; of one with more digits than anything here has, some number that is too large as well."""
    return int(digits[: MOST_DIGITS + 1])


def _nothing(_name: str) -> None:
    raise BadRequest
