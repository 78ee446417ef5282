"""Statements built once and then asked of the driver itself: what an order is made of costs more in the layers above than in the database.

The statement stays SQLAlchemy's own, so that both databases and all types are served; errors are those of ``Connection.execute``.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import CompoundSelect, Delete, Dialect, Insert, Select, Update
from sqlalchemy import Connection as Db

from bridge.store import libpq
from bridge.store.told import told

Statement = Select[Any] | CompoundSelect[Any] | Insert | Update | Delete
Values = Mapping[str, Any]
Convert = Callable[[Any], Any]


@dataclass
class _Built:
    """A statement as one driver takes it: its text, the names of its parameters in order, and how values go in and come out."""

    text: str
    positions: Sequence[str]
    fixed: dict[str, Any]
    binds: list[tuple[str, Convert]]
    row: Callable[[Iterable[Any]], Any]
    loads: list[tuple[int, Convert]]
    loaders: list[Callable[[bytes], Any]] = field(default_factory=list)

    def given(self, values: Values) -> list[Any]:
        everything = {**self.fixed, **values}
        for name, convert in self.binds:
            everything[name] = convert(everything[name])
        return [everything[name] for name in self.positions]

    def rows(self, found: Iterable[Sequence[Any]]) -> list[Any]:
        if not self.loads:
            return [self.row(row) for row in found]
        made = []
        for each in found:
            values = list(each)
            for at, load in self.loads:
                values[at] = load(values[at])
            made.append(self.row(values))
        return made


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
        built = self.built(db)
        return built.rows(self.ask(db, built, values)[0])

    def first(self, db: Db, values: Values) -> Any | None:
        """The first row; None when there is none."""
        found = self.all(db, values)
        return found[0] if found else None

    def one(self, db: Db, values: Values) -> Any:
        """The row that there must be."""
        found = self.first(db, values)
        assert found is not None
        return found

    def run(self, db: Db, values: Values) -> int:
        """How many rows were touched."""
        return self.ask(db, self.built(db), values)[1]

    def later(self, db: Db, values: Values) -> None:
        """As ``run``, of which nobody waits to hear: a failure is raised by what is asked next, at the latest by the commit."""
        if db.dialect.name == "sqlite":
            self.run(db, values)
            return
        built = self.built(db)
        try:
            libpq.later(db, self, built.text, [libpq.octets(value) for value in built.given(values)])
        except db.dialect.loaded_dbapi.Error as error:
            raise told(db, error) from error

    def built(self, db: Db) -> _Built:
        """The statement as this database's driver takes it."""
        return self._built.get(db.dialect.name) or self.build(db.dialect)

    def build(self, dialect: Dialect) -> _Built:
        """Makes it ready for a database, which else the first does who needs it."""
        speaks = libpq.NUMBERED if dialect.name == "postgresql" else dialect
        statement = self._statement(dialect.name) if callable(self._statement) else self._statement
        compiled: Any = statement.compile(dialect=speaks, column_keys=self._columns)
        kinds = {name: bind.type.dialect_impl(speaks) for name, bind in compiled.binds.items()}
        columns = list(getattr(statement, "exported_columns", ()))
        loads = [column.type.dialect_impl(speaks).result_processor(speaks, None) for column in columns]
        make: Any = namedtuple  # noqa: PYI024 # the columns are known here alone
        self._built[dialect.name] = _Built(
            text=compiled.string,
            positions=compiled.positiontup,
            fixed={name: value for name, value in compiled.params.items() if value is not None},
            binds=[(name, convert) for name, kind in kinds.items() if (convert := kind.bind_processor(speaks))],
            row=make("row", [column.key for column in columns], rename=True)._make,
            loads=[(at, load) for at, load in enumerate(loads) if load],
        )
        return self._built[dialect.name]

    def ask(self, db: Db, built: _Built, values: Values) -> tuple[Iterable[Sequence[Any]], int]:
        """The rows as the driver gives them, and how many were touched."""
        given = built.given(values)
        if db.dialect.name != "sqlite":
            return _read(db, built, lambda: libpq.ask(db, self, built.text, [libpq.octets(value) for value in given]))
        driver: Any = db.connection.driver_connection
        try:
            cursor = driver.execute(built.text, given)
            return cursor.fetchall(), cursor.rowcount
        except db.dialect.loaded_dbapi.Error as error:
            raise told(db, error) from error


def _read(db: Db, built: _Built, ask: Callable[[], Any]) -> tuple[Iterable[Sequence[Any]], int]:
    try:
        return _taken(db, built, ask())
    except db.dialect.loaded_dbapi.Error as error:
        raise told(db, error) from error


def _taken(db: Db, built: _Built, result: Any) -> tuple[Iterable[Sequence[Any]], int]:
    built.loaders = built.loaders or libpq.loaders_of(result)
    return libpq.rows(db, result, built.loaders), result.command_tuples or 0


class Found(NamedTuple):
    """What a statement returned, and how many rows it touched."""

    rows: list[Any]
    touched: int


def at_once(db: Db, asked: Sequence[tuple[Prepared, Values]]) -> list[Found]:
    """What became of each of these, carried out in their order; PostgreSQL is gone to but once. One that fails raises for all."""
    all_built = [(each, each.built(db), values) for each, values in asked]
    if db.dialect.name == "sqlite":
        done = [each.ask(db, built, values) for each, built, values in all_built]
    else:
        try:
            sent = [(each, built.text, [libpq.octets(value) for value in built.given(values)]) for each, built, values in all_built]
            results = libpq.ask_all(db, sent)
            done = [_taken(db, built, result) for (_, built, _), result in zip(all_built, results, strict=True)]
        except db.dialect.loaded_dbapi.Error as error:
            raise told(db, error) from error
    return [Found(built.rows(rows), touched) for (_, built, _), (rows, touched) in zip(all_built, done, strict=True)]


_known: list[Prepared] = []


def in_turn(db: Db, values: Values, *statements: Prepared) -> Iterator[list[Any]]:
    """The rows of each statement, all asked with the same values: PostgreSQL looks for the later ones while the earlier are read.

    All of them are to be taken before anything else is asked.
    """
    if db.dialect.name == "sqlite":
        yield from (each.all(db, values) for each in statements)
        return
    all_built = [(each, each.built(db)) for each in statements]
    try:
        libpq.begin_to_ask(db, [(each, built.text, [libpq.octets(value) for value in built.given(values)]) for each, built in all_built])
    except db.dialect.loaded_dbapi.Error as error:
        raise told(db, error) from error
    for _, built in all_built:
        yield built.rows(_read(db, built, lambda: libpq.answer(db))[0])


def make_ready(db: Db) -> None:
    """Has every statement ready on a connection, which else the first customers wait for who come by it."""
    texts = {each: each.built(db).text for each in _known}
    if db.dialect.name == "postgresql":
        libpq.prepare(db, texts)
