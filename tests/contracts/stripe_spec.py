"""Stripe's own description of its API as a judge: what is sent and answered fits it, or ``Misfit`` says where not.

Stricter than the description in one thing: a field that it does not name is a misfit everywhere.
"""

import gzip
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema_rs import Draft202012Validator

SPEC = json.loads(gzip.decompress((Path(__file__).parent / "stripe" / "openapi.json.gz").read_bytes()))
FORM = "application/x-www-form-urlencoded"


class Misfit(AssertionError):
    """Something is not as Stripe describes it."""


def check_exchange(seen: dict[str, Any]) -> None:
    """One entry of the emulator's log: parameters, status and answer."""
    path, operation = _operation(seen["method"].lower(), seen["path"])
    names = {parameter["name"]: parameter["schema"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"}
    query = {"type": "object", "properties": names, "additionalProperties": False}
    _fit(nested(seen["query"]), query, f"query of {path}", typed=True)
    if seen["method"] == "POST":
        _fit(nested(seen["form"]), operation["requestBody"]["content"][FORM]["schema"], f"form of {path}", typed=True)
    status = str(seen["status"]) if str(seen["status"]) in operation["responses"] else "default"
    _fit(seen["body"], operation["responses"][status]["content"]["application/json"]["schema"], f"answer {status} of {path}")


def check_event(event: dict[str, Any]) -> None:
    """The body of a webhook, and the object in it."""
    _fit({**event, "data": {"object": {}}}, {"$ref": "#/components/schemas/event"}, "event")
    told = event["data"]["object"]
    _fit(told, {"$ref": f"#/components/schemas/{told['object']}"}, event["type"])


def nested(pairs: list[Any]) -> dict[str, Any]:
    """``a[b][0]=c`` as ``{"a": {"b": ["c"]}}``."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        path = re.findall(r"[^\[\]]+", key)
        place = found
        for part in path[:-1]:
            place = place.setdefault(part, {})
        place[path[-1]] = value
    return _listed(found)


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inside = {key: _listed(one) for key, one in value.items()}
    return list(inside.values()) if inside and list(inside) == [str(n) for n in range(len(inside))] else inside


def _operation(method: str, path: str) -> tuple[str, dict[str, Any]]:
    for template, methods in SPEC["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method in methods:
            return template, methods[method]
    raise Misfit(f"{method} {path} is not described")


def _fit(value: Any, schema: dict[str, Any], where: str, *, typed: bool = False) -> None:
    if typed:
        value = _typed(value, schema)
    error = next(iter(_judge(json.dumps(schema)).iter_errors(value)), None)
    if error is not None:
        raise Misfit(f"{where}: {error.message[:500]} at {list(error.instance_path)}")


@cache
def _judge(schema: str) -> Draft202012Validator:
    return Draft202012Validator({**_strict(json.loads(schema)), "components": {"schemas": STRICT}})


def _typed(value: Any, schema: dict[str, Any]) -> Any:
    """Forms hold texts alone; the schema says what each stands for."""
    for choice in schema.get("anyOf", []):
        made = _typed(value, choice)
        if Draft202012Validator(_strict(choice)).is_valid(made):
            return made
    kind = schema.get("type")
    if kind == "object" and isinstance(value, dict):
        fields = schema.get("properties", {})
        return {key: _typed(one, fields.get(key, {})) for key, one in value.items()}
    if kind == "array" and isinstance(value, list):
        return [_typed(one, schema["items"]) for one in value]
    if kind == "integer" and isinstance(value, str) and re.fullmatch(r"-?\d+", value):
        return int(value)
    return {"true": True, "false": False}.get(value, value) if kind == "boolean" else value


def _strict(schema: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: ``nullable`` spelt out, and no field that is not named."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {}
    for key, value in schema.items():
        made[key] = {name: _strict(one) for name, one in value.items()} if key == "properties" else _strict(value)
    if "properties" in made and made.get("type") == "object":
        made.setdefault("additionalProperties", False)
    nullable = made.pop("nullable", False)
    return {"anyOf": [made, {"type": "null"}]} if nullable else made


STRICT = {name: _strict(schema) for name, schema in SPEC["components"]["schemas"].items()}
