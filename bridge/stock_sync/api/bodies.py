"""What may be sent: strict JSON, and the shapes of counts and movements."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from flask import Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema, field_validator
from pydantic_core import PydanticCustomError
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from bridge.core.errors import InvalidInput
from bridge.core.stock import MAX_QUANTITY, SKU_PATTERN
from bridge.stock_sync.api.problems import Problem

MAX_ITEMS = 1000
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)
_LONGEST_NUMBER = 25


def moment(written: str) -> datetime:
    """A moment in UTC; what lies beyond any till's clock is brought to the edge of it, so that sums cannot overflow.

    Raises ``InvalidInput`` when it is none of RFC 3339.
    """
    parts = _MOMENT.fullmatch(written)
    if parts is None:
        raise InvalidInput("Write a time as 2026-12-05T09:00:00Z")
    day, minute, second, fraction, zone = parts.groups()
    if zone is None:
        raise InvalidInput("The time has no zone: end it with Z or with an offset such as +01:00")
    # RFC 3339 knows leap seconds, which Python's times do not.
    text = f"{day}T{minute}:{'59' if second == '60' else second}.{(fraction or '0')[:6]:0<6}{'+00:00' if zone in 'Zz' else zone}"
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput("There is no such time; write it as 2026-12-05T09:00:00Z") from None
    if told.replace(tzinfo=UTC) < EARLIEST:
        return EARLIEST
    return LATEST if told.replace(tzinfo=UTC) > LATEST else told.astimezone(UTC)


def _moment(value: Any) -> datetime:
    try:
        return moment(value if isinstance(value, str) else "")
    except InvalidInput as refusal:
        raise PydanticCustomError("moment", "{why}", {"why": refusal.sentence}) from None


def _whole(value: Any) -> Any:
    # Many tills' JSON writes 12 as 12.0, which JSON Schema calls an integer too.
    return int(value) if isinstance(value, float) and value.is_integer() else value


Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
Quantity = Annotated[int, Field(ge=-MAX_QUANTITY, le=MAX_QUANTITY), BeforeValidator(_whole)]
Sku = Annotated[str, Field(pattern=SKU_PATTERN, min_length=1, max_length=64, examples=["LOAF"])]
MessageId = Annotated[str, Field(pattern=r"^[ -~]+$", min_length=1, max_length=200)]
Name = Annotated[str, Field(pattern=r"^[^\u0000-\u001f\u007f-\u009f]*$", max_length=200)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


_COUNT = Field(description="Units there. Below zero when the till has sold more than it had.")
_COUNTED_AT = Field(default=None, description="When they were counted, with a zone; now when absent. A time ahead of ours is taken as now.")
_MESSAGE_ID = Field(default=None, description="The message's id at its source: the same one twice changes nothing.")
_NAME = Field(default=None, description="What the till calls the product.")
_SENT_AT = Field(
    default=None,
    description="The till's own clock as the message left. When it is more than a minute off, the difference is taken off all its times.",
)


class CountBody(_Body):
    """How many units of one SKU are there."""

    count: Quantity = _COUNT
    counted_at: Moment | None = _COUNTED_AT
    message_id: MessageId | None = _MESSAGE_ID
    name: Name | None = _NAME
    sent_at: Moment | None = _SENT_AT


class NamedCount(_Body):
    """One of several counts."""

    sku: Sku
    count: Quantity = _COUNT
    counted_at: Moment | None = _COUNTED_AT
    message_id: MessageId | None = _MESSAGE_ID
    name: Name | None = _NAME


class CountsBody(_Body):
    """Counts of several SKUs: all of them are taken, or none."""

    counts: Annotated[list[NamedCount], Field(min_length=1, max_length=MAX_ITEMS)]
    sent_at: Moment | None = _SENT_AT

    @field_validator("counts")
    @classmethod
    def _once_each(cls, counts: list[NamedCount]) -> list[NamedCount]:
        """Two counts of one SKU at one moment: nobody could say which of them is right."""
        twice = [key for key, times in Counter((one.sku, one.counted_at) for one in counts).items() if times > 1]
        if twice:
            raise PydanticCustomError("twice", "{sku} is counted twice at the same moment", {"sku": twice[0][0]})
        return counts


class OneMovement(_Body):
    """Units that were sold (negative) or came back or in (positive)."""

    sku: Sku
    quantity: Quantity
    happened_at: Moment = Field(description="When, with a zone. A time ahead of ours is taken as now.")
    message_id: MessageId = Field(description="The message's id at its source: the same one twice changes nothing.")


class MovementBody(OneMovement):
    """One movement."""

    sent_at: Moment | None = _SENT_AT


class MovementsBody(_Body):
    """Several movements: all of them are taken, or none."""

    movements: Annotated[list[OneMovement], Field(min_length=1, max_length=MAX_ITEMS)]
    sent_at: Moment | None = _SENT_AT


_Model = TypeVar("_Model", bound=_Body)


def read(request: Request, limit: int) -> dict[str, Any]:
    """The JSON object in the body of at most ``limit`` bytes. Raises ``Problem``."""
    if request.mimetype != "application/json":
        raise Problem(
            415, "unsupported-media-type", "Send JSON, with Content-Type: application/json.", headers={"Accept": "application/json"}
        )
    request.max_content_length = limit
    try:
        data = request.get_data()
    except RequestEntityTooLarge:
        raise Problem(413, "too-large", f"The body is larger than {limit} bytes: send fewer counts at once.") from None
    except ClientDisconnected:
        raise Problem(400, "malformed", "The body ended before the length that was announced.") from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Problem(400, "malformed", "The body is not UTF-8.") from None
    return _parsed(text)


def _parsed(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number, parse_int=_integer)
    except json.JSONDecodeError as broken:
        raise Problem(400, "malformed", f"The body is not JSON: {broken.msg} at line {broken.lineno}, column {broken.colno}.") from None
    except RecursionError:
        raise Problem(400, "malformed", "The JSON is nested too deeply.") from None
    if not isinstance(value, dict):
        raise Problem(422, "invalid-input", "The body is a JSON object, in braces.")
    return value


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Problem(400, "malformed", f"The JSON has the key {key[:40]!r} twice.")
        found[key] = value
    return found


def _no_number(name: str) -> Any:
    raise Problem(400, "malformed", f"{name} is not JSON.")


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise Problem(422, "invalid-input", f"{digits[:10]}… is not a believable number.")
    return int(digits)


def validated(model: type[_Model], value: dict[str, Any]) -> _Model:
    """``value`` as ``model``. Raises ``Problem`` that lists every field that will not do."""
    try:
        return model.model_validate(value)
    except ValidationError as invalid:
        found = [
            {"pointer": _pointer(error["loc"]), "detail": _sentence(error["type"], error["msg"], error["loc"])}
            for error in invalid.errors(include_url=False, include_context=False)
        ]
        first = found[0]
        detail = f"{first['pointer'] or 'The body'}: {first['detail']}."
        raise Problem(422, "invalid-input", detail, errors=found[:100]) from None


_SIGNS = {
    "sku": "Write 1 to 64 signs that can be seen, with blanks only between them",
    "message_id": "Write letters without accents, digits, blanks and the other signs of ASCII only; no control characters",
    "name": "Leave out control characters, such as tabs and line breaks",
}


def _sentence(kind: str, told: str, location: Sequence[int | str]) -> str:
    """What is wrong, in words: where a text has to match a pattern, which signs it may hold."""
    return _SIGNS.get(str(location[-1]), told) if kind == "string_pattern_mismatch" else told


def _pointer(location: Iterable[int | str]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1")[:80] for part in location)
