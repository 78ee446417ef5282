"""One statement for many rows: the values go to the driver as they are, without a step of SQLAlchemy's for each of them.

A value is given as the column stores it: a moment as microseconds, see ``tables.micro``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection as Db
from sqlalchemy import Table, Update

from bridge.store.dialect import upsert_for


class Bulk:
    """An UPDATE whose values are named by bind parameters, or an upsert of whole rows of a table."""

    def __init__(self, statement: Update | Table) -> None:
        self._statement = statement
        self._compiled: dict[str, Any] = {}

    def run(self, db: Db, values: Sequence[Mapping[str, Any]]) -> None:
        """Executes the statement for each of ``values``; for none of them nothing happens."""
        if not values:
            return
        compiled = self._compiled.get(db.dialect.name) or self._compile(db)
        parameters: list[Any] = list(values)
        if compiled.positional:
            parameters = [tuple(each[name] for name in compiled.positiontup) for each in values]
        db.exec_driver_sql(compiled.string, parameters)

    def _compile(self, db: Db) -> Any:
        statement = self._statement
        made = upsert_for(db.dialect.name, statement) if isinstance(statement, Table) else statement
        self._compiled[db.dialect.name] = made.compile(dialect=db.dialect)
        return self._compiled[db.dialect.name]
