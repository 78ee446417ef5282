"""Where everything is put together: settings in, a ``Bridge`` of filled ports out. Only the processes and the site import it."""

import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from bridge import ical
from bridge.core.errors import InvalidInput
from bridge.core.ports import Pos, UnitOfWork, Views
from bridge.core.sockets import Notifier, Payments
from bridge.core.tills import Connection
from bridge.core.traffic import Tally
from bridge.flows.deliveries import money_handlers, till_handlers
from bridge.flows.house import House
from bridge.flows.rehearsal import look_at, rehearse, to_rehearse
from bridge.flows.relay import Handler
from bridge.flows.tell import MAIL, Telling
from bridge.settings import Mail, Settings
from bridge.store.engine import Database
from bridge.store.views import SqlViews
from bridge.store.waking import announce, announced
from bridge.store.work import SqlWork
from bridge.wording import minor_digits

ADDRESS, WAYS, LETTERS = "address", "payments", "letters"
ADAPTERS: dict[str, dict[str, str]] = {
    "pos": {
        "tryton": "bridge.stock_sync.tryton.Tryton",
        "fake": "bridge.stock_sync.fake.FakeTill",
    },
    "payments": {
        "at_pickup": "bridge.payments.at_pickup.AtPickup",
        "stripe": "bridge.payments.stripe.Stripe",
        "fake": "bridge.payments.fake.FakePayments",
    },
    "notify": {
        "mail": "bridge.notify.mail.Mail",
        "fake": "bridge.notify.fake.FakeNotifier",
    },
}

_GIVEN: dict[str, Callable[[Settings], tuple[Any, ...]]] = {
    "at_pickup": lambda _settings: (),
    "stripe": lambda settings: (settings.stripe, minor_digits),
    "fake": lambda settings: (Path(settings.payments.fake_state),),
}
"""What each way of paying is made of."""


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def pos_for(connection: Connection) -> Pos:
    """The adapter of a till: a name of the table, or a dotted path of one's own. Raises ``InvalidInput``."""
    known = ADAPTERS["pos"]
    module, _, name = known.get(connection.kind, connection.kind).rpartition(".")
    if not module:
        raise InvalidInput(f"There is no till of the kind {connection.kind!r}; known are {', '.join(sorted(known))}.")
    try:
        made: Pos = getattr(import_module(module), name)(connection.config)
    except (ImportError, AttributeError) as error:
        raise InvalidInput(f"The till {connection.kind!r} cannot be loaded: {error}") from error
    return made


def payments_for(name: str, settings: Settings) -> Payments:
    """The adapter of a way of paying. Raises ``InvalidInput`` when there is none of this name, or it is not set up."""
    known = ADAPTERS["payments"]
    if name not in known or (name == "fake" and not settings.payments.fake_state):
        raise InvalidInput(f"There is no way of paying {name!r} here; known are {', '.join(sorted(known))}.")
    module, _, adapter = known[name].rpartition(".")
    made: Payments = getattr(import_module(module), adapter)(*_GIVEN[name](settings))
    return made


def notifier_for(mail: Mail) -> Notifier | None:
    """What carries letters; None while no mail server is set up. Raises ``InvalidInput``."""
    if not mail.carries:
        return None
    known = ADAPTERS["notify"]
    module, _, name = known.get(mail.adapter, mail.adapter).rpartition(".")
    if not module:
        raise InvalidInput(f"mail.adapter names {mail.adapter!r}; known are {', '.join(sorted(known))}.")
    try:
        made: Notifier = getattr(import_module(module), name)(mail.model_dump())
    except (ImportError, AttributeError) as error:
        raise InvalidInput(f"mail.adapter {mail.adapter!r} cannot be loaded: {error}") from error
    return made


@dataclass(frozen=True)
class Bridge:
    """Settings, a clock, and the ports filled. Shared by all threads of a process."""

    settings: Settings
    database: Database
    house: House
    now: Callable[[], datetime] = utc_now
    pos: Callable[[Connection], Pos] = field(default=pos_for)
    notifier: Callable[[Mail], Notifier | None] = field(default=notifier_for)
    setup_token: str = ""
    tally: Tally = field(default_factory=Tally, repr=False, compare=False)
    visitor_key: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    _payments: dict[str, Payments] = field(default_factory=dict, init=False, repr=False, compare=False)

    def payments(self, name: str) -> Payments:
        """The payment socket of this name, made once a process. Raises ``InvalidInput``."""
        if name not in self._payments:
            self._payments[name] = payments_for(name, self.settings)
        return self._payments[name]

    @property
    def ready_to_pay(self) -> Collection[str]:
        """The ways of paying that are set up here."""
        return {name for name, lacking in _lacking(self.settings).items() if not lacking} | self._payments.keys()

    @contextmanager
    def read(self) -> Iterator[Views]:
        """One consistent snapshot."""
        with self.database.read() as connection:
            yield SqlViews(connection, ical.wrap_public)

    @contextmanager
    def glance(self) -> Iterator[Views]:
        """What is committed by now, anew for each question: cheaper than a snapshot, for answers that may differ in age."""
        with self.database.glance() as connection:
            yield SqlViews(connection, ical.wrap_public)

    @contextmanager
    def handlers(self) -> Iterator[dict[str, Handler]]:
        """What delivers the outbox, by the beginning of its topics; what they keep open is closed in the end."""
        notifier = self.notifier(self.settings.mail)
        told: dict[str, Handler] = {} if notifier is None else {MAIL: Telling(self.read, notifier, self.house)}
        try:
            yield {**money_handlers(self.work, self.payments), **till_handlers(self.work, self.pos), **told}
        finally:
            if notifier is not None:
                notifier.close()

    @contextmanager
    def look(self) -> Iterator[UnitOfWork]:
        """What a transaction would see, in one snapshot that keeps no writer waiting. Nothing can be written in it."""
        with self.database.read() as connection:
            yield SqlWork(connection, ical.wrap_public)

    def make_ready(self, connections: int) -> None:
        """Has so many customers at a time be served at once who come first, on connections on which an order was gone through before.

        Raises ``TransientFault``.
        """
        with self.read() as views:
            slot = to_rehearse(views, self.now())
        wrap = ical.wrap_public
        self.database.make_ready(
            connections,
            (lambda db: rehearse(SqlWork(db, wrap), slot, self.now())) if slot else None,
            (lambda db: look_at(SqlViews(db, wrap), slot, self.now())) if slot else None,
        )

    @contextmanager
    def work(self, *, durable: bool = True) -> Iterator[UnitOfWork]:
        """One transaction: committed on clean exit, else rolled back. What it leaves dirty wakes the clock.

        One that is not ``durable`` may be undone by a power failure; what was promised to somebody must not.
        """
        with self.database.write(durable=durable) as connection:
            work = SqlWork(connection, ical.wrap_public)
            yield work
            if work.leaves_dirty:
                announce(self.database, connection)
        if work.leaves_dirty:
            announced(self.database)


def bridge(settings: Settings, *, now: Callable[[], datetime] = utc_now, setup_token: str = "", visitor_key: str = "") -> Bridge:
    """The house, as the settings have it. Nothing is opened yet. ``setup_token`` opens the page for the first organizer.

    ``visitor_key`` is what the processes of one start share to tell visitors apart; each has one of its own without it.
    """
    house = House(
        base_url=settings.base_url,
        horizon=timedelta(days=settings.caldav.horizon_days),
        max_occurrences=settings.caldav.max_occurrences,
        max_octets=settings.caldav.max_resource_size,
        keep=timedelta(days=settings.feeds.keep_days),
        language=settings.defaults.language,
        timezone=settings.defaults.timezone,
        currency=settings.defaults.currency,
        address=settings.mail.from_address,
    )
    made = Bridge(settings, Database(settings.database.url), house, now, setup_token=setup_token)
    return replace(made, visitor_key=visitor_key) if visitor_key else made


def tell_address(server: Bridge) -> None:
    """Lets the commands and clocks of this installation know a server's address, its ways of paying, and what carries its letters."""
    with server.work() as work:
        work.tell(ADDRESS, server.house.base_url, server.now())
        work.tell(WAYS, " ".join(sorted(server.ready_to_pay)), server.now())
        work.tell(LETTERS, server.settings.mail.adapter if server.settings.mail.carries else "", server.now())


def ways_to_pay(made: Bridge) -> dict[str, str]:
    """Every way of paying with the settings that it lacks; none (``""``) where it is set up here or at the server that runs."""
    with made.read() as views:
        ready = views.told(WAYS).split()
    return {name: "" if name in ready else lacking for name, lacking in _lacking(made.settings).items()}


def letters_leave(made: Bridge) -> bool:
    """Whether letters are carried, by these settings or by those of the server that runs."""
    with made.read() as views:
        return made.settings.mail.carries or bool(views.told(LETTERS))


def _lacking(settings: Settings) -> dict[str, str]:
    return {
        "at_pickup": "",
        "stripe": "" if settings.stripe.secret_key else "stripe.secret_key and stripe.webhook_secret",
        "fake": "" if settings.payments.fake_state else "payments.fake_state",
    }


def informed(made: Bridge) -> Bridge:
    """The same house with the links of the server that started last, unless its own settings name an address."""
    if made.settings.server.base_url:
        return made
    with made.read() as views:
        told = views.told(ADDRESS)
    return replace(made, house=replace(made.house, base_url=told)) if told else made
