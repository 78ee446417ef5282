"""Statements built once and then asked of the driver itself: what an order is made of costs more in the layers above than in the database.

The statement stays SQLAlchemy's own, so that both databases and all types are served; errors are those of ``Connection.execute``.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection as Db
from sqlalchemy import Delete, Dialect, Insert, Select, Update
from sqlalchemy.exc import DBAPIError

Statement = Select[Any] | Insert | Update | Delete
Values = Mapping[str, Any]
Convert = Callable[[Any], Any]


class _Built(NamedTuple):
    """A statement as one driver takes it: its text, the names of its parameters in order, and how values go in and come out."""

    text: str
    positions: Sequence[str] | None
    fixed: dict[str, Any]
    binds: list[tuple[str, Convert]]
    row: Callable[[Iterable[Any]], Any]
    loads: list[tuple[int, Convert]]


class Prepared:
    """A statement, or how it is built for a dialect, whose values are named by bind parameters.

    Of an INSERT, ``columns`` are those that it fills. What is among many keys is so by ``among``, which takes them as one parameter.
    """

    def __init__(self, statement: Statement | Callable[[str], Statement], columns: Iterable[str] = ()) -> None:
        self._statement = statement
        self._columns = list(columns) or None
        self._built: dict[str, _Built] = {}
        _known.append(self)

    def all(self, db: Db, values: Values) -> list[Any]:
        """Every row, its columns by their names."""
        built = self._for(db)
        return _rows(built, self._ask(db, built, self._given(built, values)).fetchall())

    def first(self, db: Db, values: Values) -> Any | None:
        """The first row; None when there is none."""
        built = self._for(db)
        found = self._ask(db, built, self._given(built, values)).fetchone()
        return None if found is None else _rows(built, [found])[0]

    def run(self, db: Db, values: Values) -> int:
        """How many rows were touched."""
        built = self._for(db)
        return int(self._ask(db, built, self._given(built, values)).rowcount)

    def one(self, db: Db, values: Values) -> Any:
        """The row that there must be."""
        found = self.first(db, values)
        assert found is not None
        return found

    def _for(self, db: Db) -> _Built:
        return self._built.get(db.dialect.name) or self.build(db.dialect)

    def build(self, dialect: Dialect) -> _Built:
        """Makes it ready for a database, which else the first does who needs it."""
        statement = self._statement(dialect.name) if callable(self._statement) else self._statement
        compiled: Any = statement.compile(dialect=dialect, column_keys=self._columns)
        kinds = {name: bind.type.dialect_impl(dialect) for name, bind in compiled.binds.items()}
        columns = list(getattr(statement, "exported_columns", ()))
        loads = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        make: Any = namedtuple  # noqa: PYI024 # the columns are known here alone
        self._built[dialect.name] = _Built(
            text=compiled.string,
            positions=compiled.positiontup if compiled.positional else None,
            fixed={name: value for name, value in compiled.params.items() if value is not None},
            binds=[(name, convert) for name, kind in kinds.items() if (convert := kind.bind_processor(dialect))],
            row=make("row", [column.key for column in columns], rename=True)._make,
            loads=[(at, load) for at, load in enumerate(loads) if load],
        )
        return self._built[dialect.name]

    @staticmethod
    def _given(built: _Built, values: Values) -> Any:
        everything = {**built.fixed, **values}
        for name, convert in built.binds:
            everything[name] = convert(everything[name])
        return everything if built.positions is None else [everything[name] for name in built.positions]

    @staticmethod
    def _ask(db: Db, built: _Built, given: Any) -> Any:
        driver: Any = db.connection.driver_connection
        try:
            return driver.execute(built.text, given)
        except db.dialect.loaded_dbapi.Error as error:
            raise _told(db, driver, error) from error


_known: list[Prepared] = []


def build_all(db: Db) -> None:
    """Makes every statement ready for this database."""
    for each in _known:
        each.build(db.dialect)


def _rows(built: _Built, found: list[Any]) -> list[Any]:
    if not built.loads:
        return [built.row(row) for row in found]
    rows = []
    for each in found:
        values = list(each)
        for at, load in built.loads:
            values[at] = load(values[at])
        rows.append(built.row(values))
    return rows


def _told(db: Db, driver: Any, error: Any) -> Exception:
    """The driver's error as SQLAlchemy tells it. After a restart of the database all connections that it cut are let go of."""
    lost = db.dialect.is_disconnect(error, driver, None)
    if lost:
        db.invalidate(error)
        db.engine.dispose()
    base = db.dialect.loaded_dbapi.Error
    told: Exception = DBAPIError.instance(None, None, error, base, hide_parameters=True, connection_invalidated=lost, dialect=db.dialect)
    return told
