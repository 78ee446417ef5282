"""Parameters as Stripe takes them: forms with brackets, checked name by name."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from bridge.payments.emulator.problems import ApiError

Shape = Any
"""A check for one value, a dict of shapes, a list of one shape, or ``ANY`` for a dict of texts."""

ANY: Shape = object()
_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


def text(value: str, name: str) -> str:
    """Any text but an empty one."""
    if not value:
        raise ApiError(
            f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; however "
            f"'{name}' cannot be unset.",
            code="parameter_invalid_empty",
            param=name,
        )
    return value


def integer(value: str, name: str) -> int:
    """A whole number."""
    if re.fullmatch(r"-?\d{1,18}", value, re.ASCII) is None:
        raise ApiError(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
    return int(value)


def boolean(value: str, name: str) -> bool:
    """``true`` or ``false``."""
    if value not in {"true", "false"}:
        raise ApiError(f"Invalid boolean: {value}", param=name)
    return value == "true"


def address(value: str, name: str) -> str:
    """A web address."""
    if re.fullmatch(r"https?://[^\s/]+.*", value) is None:
        raise ApiError("Not a valid URL", code="url_invalid", param=name)
    return value


def email(value: str, name: str) -> str:
    """A mail address."""
    if re.fullmatch(r"[!-?A-~]+@[\w.-]+\.[\w-]+", value, re.ASCII) is None:
        raise ApiError(f"Invalid email address: {value}", code="email_invalid", param=name)
    return value


def currency(value: str, name: str) -> str:
    """An ISO 4217 code, in lower case."""
    if re.fullmatch("[a-z]{3}", value) is None:
        raise ApiError(f"Invalid currency: {value}. Stripe takes three-letter ISO codes in lower case.", param=name)
    return value


def one_of(*choices: str) -> Callable[[str, str], str]:
    """One of some words."""

    def check(value: str, name: str) -> str:
        if value not in choices:
            raise ApiError(f"Invalid {name}: must be one of {', '.join(choices)}", param=name)
        return value

    return check


def read(pairs: Iterable[tuple[str, str]], shape: dict[str, Shape], required: Iterable[str] = ()) -> dict[str, Any]:
    """The parameters, nested and typed. Raises ``ApiError`` for what is unknown, missing or of the wrong kind."""
    nested: dict[str, Any] = {}
    for key, value in pairs:
        found = _KEY.fullmatch(key)
        if found is None:
            raise ApiError(f"Received unknown parameter: {key}", code="parameter_unknown", param=key)
        _put(nested, [found[1], *re.findall(r"\[([^\[\]]*)\]", found[2])], value, key)
    checked: dict[str, Any] = _checked(nested, shape, "")
    for name in required:
        if name not in checked:
            raise ApiError(f"Missing required param: {name}.", code="parameter_missing", param=name)
    return checked


def _put(nested: dict[str, Any], path: list[str], value: str, key: str) -> None:
    for part in path[:-1]:
        nested = nested.setdefault(part, {})
        if not isinstance(nested, dict):
            raise ApiError(f"Invalid parameter: {key}", param=key)
    nested[path[-1] or str(len(nested))] = value


def _checked(value: Any, shape: Shape, name: str) -> Any:
    if callable(shape):
        if not isinstance(value, str):
            raise ApiError(f"Invalid string: {name}", param=name)
        return shape(value, name)
    if not isinstance(value, dict):
        raise ApiError(f"Invalid {'array' if isinstance(shape, list) else 'object'}", param=name)
    if shape is ANY:
        return {key: text(one, f"{name}[{key}]") for key, one in value.items()}
    if isinstance(shape, list):
        if sorted(value) != sorted(str(n) for n in range(len(value))):
            raise ApiError("Invalid array", param=name)
        return [_checked(value[str(n)], shape[0], f"{name}[{n}]") for n in range(len(value))]
    for key in value:
        if key not in shape:
            full = f"{name}[{key}]" if name else key
            raise ApiError(f"Received unknown parameter: {full}", code="parameter_unknown", param=full)
    return {key: _checked(one, shape[key], f"{name}[{key}]" if name else key) for key, one in value.items()}
