"""``column`` is one of many keys, given as one parameter: however many there are, it is the same statement, compiled once."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, ColumnElement, Dialect, Integer, Text, TypeDecorator, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine


class _Keys(TypeDecorator[Sequence[Any]]):
    """Integers or texts: an array on PostgreSQL, the text of a JSON array on SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[Integer | Text] = BigInteger) -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(self.kind))

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        keys = list(value or ())
        return json.dumps(keys) if dialect.name == "sqlite" else keys


class _Among(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> "_Among":
        """As it is: SQLAlchemy would write ``= 1`` behind it for SQLite, which then scans."""
        return self


def _parts(element: _Among, compiler: Any, given: Mapping[str, Any]) -> list[str]:
    return [compiler.process(each, **given) for each in element.clauses]


@compiles(_Among, "sqlite")
def _on_sqlite(element: _Among, compiler: Any, **given: Any) -> str:
    column, keys = _parts(element, compiler, given)
    return f"{column} IN (SELECT value FROM json_each({keys}))"  # noqa: S608 # names and bind parameters


@compiles(_Among, "postgresql")
def _on_postgresql(element: _Among, compiler: Any, **given: Any) -> str:
    column, keys = _parts(element, compiler, given)
    return f"{column} = ANY ({keys})"


def among(column: ColumnElement[Any], name: str = "keys", kind: type[Integer | Text] = BigInteger) -> ColumnElement[bool]:
    """``column`` is in the sequence of values of ``kind`` that the parameter ``name`` will hold."""
    return _Among(column, bindparam(name, type_=_Keys(kind)))
