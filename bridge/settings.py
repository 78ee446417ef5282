"""Typed settings: the defaults here ← ``config/bridge.toml`` ← the environment. Unknown names stop the start.

The environment is passed in and read by hand: pydantic alone cannot tell a misspelt variable from somebody else's,
nor name the nearest one.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import available_timezones

from babel.core import get_global
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from bridge.core.errors import BridgeError

PREFIX = "DROPBRIDGE_"
CONFIG_VARIABLE = "DROPBRIDGE_CONFIG"
DEFAULT_FILE = Path("config/bridge.toml")


class SettingsError(BridgeError):
    """The settings cannot be used; the message is one line that names the setting and what to do."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _web_address(value: str) -> str:
    if value and not value.startswith(("http://", "https://")):
        raise ValueError("an address begins with http:// or https://")
    return value.rstrip("/")


def _database(value: str) -> str:
    if value.startswith("postgresql://"):
        return value.replace("postgresql://", "postgresql+psycopg://", 1)
    if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("a database is sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME")
    return value


def _stripe_key(value: str) -> str:
    if value and re.fullmatch(r"(sk|rk)_\w+", value, re.ASCII) is None:
        raise ValueError("a secret key of Stripe begins with sk_ or rk_ and holds letters, digits and _ only")
    return value


def _webhook_secret(value: str) -> str:
    if value and re.fullmatch(r"whsec_[!-~]+", value) is None:
        raise ValueError("a signing secret of Stripe begins with whsec_")
    return value


def _networks(value: tuple[str, ...]) -> tuple[str, ...]:
    for name in value:
        ip_network(name, strict=False)
    return value


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError(f"{value!r} is not a time zone: use an IANA name such as Europe/Berlin")
    return value


def _currency(value: str) -> str:
    tenders = {code for used in get_global("territory_currencies").values() for code, _, _, is_tender in used if is_tender}
    if value not in tenders:
        raise ValueError(f"{value!r} is not a currency: use an ISO 4217 code such as EUR")
    return value


class Server(_Section):
    """The web server."""

    host: str = Field(default="127.0.0.1", description="The address to listen on; 0.0.0.0 for all of the machine's.")
    port: int = Field(default=8000, ge=1, le=65535, description="The port to listen on.")
    base_url: Annotated[str, AfterValidator(_web_address)] = Field(
        default="", description="What links are made from, as customers see it; empty means http://HOST:PORT."
    )
    workers: int = Field(default=1, ge=1, le=64, description="Web processes. More than one pays off on PostgreSQL.")
    threads: int = Field(default=8, ge=1, le=256, description="Requests that one web process answers at the same time.")
    backlog: int = Field(default=1024, ge=128, description="Connections that may wait to be accepted.")
    body_timeout: int = Field(default=30, ge=1, description="How long a request's body may take to arrive, in seconds.")
    trusted_proxies: Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_networks)] = Field(
        default=(),
        description="Addresses or networks of reverse proxies whose X-Forwarded headers are believed; in the environment parted by commas.",
    )


class Database(_Section):
    """Where everything is kept."""

    url: Annotated[str, AfterValidator(_database)] = Field(
        default="sqlite:///var/bridge.db", description="A SQLAlchemy URL: sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME."
    )


class Defaults(_Section):
    """An organizer's first drop, where nobody says otherwise; a later one is as the latest."""

    language: Literal["en", "de", "fr", "es"] = Field(
        default="en", description="The language of an organizer's first drop, unless it or its app names one."
    )
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        default="UTC", description="The time zone of an organizer's first drop, unless it or its app names one: an IANA name."
    )
    currency: Annotated[str, AfterValidator(_currency)] = Field(default="EUR", description="That of an organizer's first drop: ISO 4217.")


class Caldav(_Section):
    """What calendar apps may send."""

    max_resource_size: int = Field(default=1_048_576, ge=10_240, description="The largest event that is taken, in bytes.")
    horizon_days: int = Field(default=400, ge=1, le=3660, description="How far ahead a recurring event makes slots, in days.")
    max_occurrences: int = Field(
        default=500, ge=1, le=5000, description="The most slots that one recurring event may make within the horizon."
    )
    tombstone_days: int = Field(default=180, ge=1, description="How long removed events are remembered for apps that come back, in days.")


class Feeds(_Section):
    """The public feeds."""

    cache_bytes: int = Field(default=67_108_864, ge=0, description="Memory for finished feeds in each web process, in bytes.")
    keep_days: int = Field(default=30, ge=1, description="How long a removed slot stays in the feed as cancelled, in days.")


class Stock(_Section):
    """Tills and counts."""

    sync_interval: int = Field(default=5, ge=1, description="How often a till is asked, in seconds, unless its connection says otherwise.")
    stale_after: int = Field(default=900, ge=1, description="From what age a till's count is shown with its time, in seconds.")


class Signin(_Section):
    """Sign-ins by password."""

    attempts: int = Field(default=10, ge=1, description="Failures within the window after which an account or address has to wait.")
    window: int = Field(default=300, ge=1, description="The length of that window, in seconds.")


def _mail_address(value: str) -> str:
    if value and re.fullmatch(r"[^\s@<>,;:\"()]+@[^\s@<>,;:\"()]+", value) is None:
        raise ValueError("a mail address looks like shop@example.org")
    return value


class Mail(_Section):
    """Letters to customers."""

    host: str = Field(default="", description="The mail server that takes letters; empty: none is set up, and letters wait.")
    port: int = Field(default=587, ge=1, le=65535, description="Its port: 587 for starttls, 465 for tls, 25 within a network.")
    tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the connection is encrypted; the server's certificate is verified."
    )
    username: str = Field(default="", description="Who signs in to it; empty: nobody does.")
    password: str = Field(default="", repr=False, description="The password for that; best given as DROPBRIDGE_MAIL__PASSWORD_FILE.")
    from_address: Annotated[str, AfterValidator(_mail_address)] = Field(
        default="", description="The address that letters come from; needed with a host."
    )
    bounce_address: Annotated[str, AfterValidator(_mail_address)] = Field(
        default="", description="Where reports of failed delivery go, as NAME+something@HOST; empty: to from_address."
    )
    timeout: int = Field(default=20, ge=1, le=300, description="How long an answer of the mail server is waited for, in seconds.")
    adapter: str = Field(
        default="mail", description="What carries letters: mail, fake (writes files, for trying out), or the dotted path of a class."
    )
    folder: str = Field(default="var/mail", description="Where the adapter fake writes its files.")

    @model_validator(mode="after")
    def _can_be_answered(self) -> "Mail":
        if self.host and not self.from_address:
            raise ValueError("mail.from_address is missing: the address that letters come from")
        return self

    @property
    def carries(self) -> bool:
        """Whether anything carries letters; else they wait."""
        return self.adapter != "mail" or bool(self.host)


class Checkout(_Section):
    """Ordering on the pages."""

    hold_minutes: int = Field(
        default=5, ge=3, le=60, description="For how long places are kept for someone who is ordering, where the drop's terms do not say."
    )
    pay_minutes: int = Field(default=15, ge=5, le=1440, description="For how long an order waits for its payment.")
    holds_per_address: int = Field(
        default=20, ge=1, description="Orders that may be under way at the same time from one address (IPv6: from one network of /64)."
    )
    rate: int = Field(default=300, ge=1, description="Holds, orders and turns on waiting lists that one address may ask for in a minute.")


class Api(_Section):
    """The JSON API."""

    rate: int = Field(default=3000, ge=1, description="Requests a minute that one token may make.")
    max_body: int = Field(default=1_048_576, ge=10_240, description="The largest request body that is read, in bytes.")


class Payments(_Section):
    """Ways of paying."""

    fake_state: str = Field(default="", description="The file of the simulated payments of a demo; empty: nobody can choose them.")


class Stripe(_Section):
    """Card payments by Stripe."""

    secret_key: Annotated[str, AfterValidator(_stripe_key)] = Field(
        default="", repr=False, description="The secret or restricted API key; empty: nobody can pay by Stripe. A secret."
    )
    webhook_secret: Annotated[str, AfterValidator(_webhook_secret)] = Field(
        default="", repr=False, description="The signing secret of the webhook endpoint. A secret."
    )
    api_base: Annotated[str, AfterValidator(_web_address)] = Field(
        default="https://api.stripe.com", description="Where Stripe's API is; changed only to try things with an emulator."
    )


class Journal(_Section):
    """Who changed what, and when."""

    keep_days: int = Field(default=730, ge=1, description="How long the journal remembers who changed what, in days.")


class Privacy(_Section):
    """Personal data of customers."""

    keep_days: int = Field(
        default=730, ge=1, description="How long after a slot's end names and addresses of those who ordered are kept, in days."
    )


class Log(_Section):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="The least serious line that is written.")
    format: Literal["json", "text"] = Field(default="json", description="One JSON object a line, or text for people.")


class Settings(BaseModel):
    """All settings, checked. Frozen; safe to share between threads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    server: Server = Server()
    database: Database = Database()
    defaults: Defaults = Defaults()
    caldav: Caldav = Caldav()
    feeds: Feeds = Feeds()
    stock: Stock = Stock()
    signin: Signin = Signin()
    checkout: Checkout = Checkout()
    api: Api = Api()
    payments: Payments = Payments()
    stripe: Stripe = Stripe()
    journal: Journal = Journal()
    privacy: Privacy = Privacy()
    mail: Mail = Mail()
    log: Log = Log()

    @property
    def base_url(self) -> str:
        """What links are made from, without a slash at the end."""
        host = f"[{self.server.host}]" if ":" in self.server.host else self.server.host
        return self.server.base_url or f"http://{host}:{self.server.port}"

    def replace(self, **sections: Mapping[str, Any]) -> "Settings":
        """The same settings with some keys changed: ``settings.replace(server={"port": 8001})``.

        Raises ``SettingsError``.
        """
        return _checked({name: {**dict(getattr(self, name)), **sections.get(name, {})} for name in type(self).model_fields})


class Setting(NamedTuple):
    """One line of the manual. ``name`` is ``section.key``; ``variable`` is its name in the environment."""

    name: str
    variable: str
    type: str
    default: object
    help: str


def table() -> list[Setting]:
    """Every setting there is, in the order of the file."""
    return [
        Setting(f"{section}.{key}", _variable(section, key), _type_name(field.annotation), field.default, field.description or "")
        for section, model in _sections().items()
        for key, field in model.model_fields.items()
    ]


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this start. ``path`` comes before ``DROPBRIDGE_CONFIG``, which comes before ``config/bridge.toml``.

    A file that was named must be there; the usual one may be absent. Raises ``SettingsError``.
    """
    values = _from_file(path or _named_file(environ))
    for section, key, value in _from_environment(environ):
        values.setdefault(section, {})[key] = value
    return _checked(values)


def _sections() -> dict[str, type[_Section]]:
    return {name: type(field.default) for name, field in Settings.model_fields.items()}


def _variable(section: str, key: str) -> str:
    return f"{PREFIX}{section}__{key}".upper()


def _type_name(annotation: Any) -> str:
    choices = getattr(annotation, "__args__", ())
    if choices and all(isinstance(choice, str) for choice in choices):
        return " or ".join(choices)
    return {str: "text", int: "whole number", bool: "true or false"}.get(annotation, "list of text")


def _named_file(environ: Mapping[str, str]) -> Path | None:
    if environ.get(CONFIG_VARIABLE):
        return Path(environ[CONFIG_VARIABLE])
    return DEFAULT_FILE if DEFAULT_FILE.exists() else None


def _from_file(path: Path | None) -> dict[str, dict[str, Any]]:
    if path is None:
        return {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from None
    for section, keys in values.items():
        _check_section(section, keys, path)
    return values


def _check_section(section: str, keys: object, path: Path) -> None:
    known = _sections()
    if section not in known:
        raise SettingsError(f"{path}: there is no section [{section}]{_nearest(section, known)}")
    if not isinstance(keys, dict):
        raise SettingsError(f"{path}: [{section}] is a section, not a value")
    for key in keys:
        if key not in known[section].model_fields:
            raise SettingsError(f"{path}: [{section}] has no setting {key!r}{_nearest(key, known[section].model_fields)}")


def _from_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    known = {_variable(section, key): (section, key) for section, model in _sections().items() for key in model.model_fields}
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX) or name == CONFIG_VARIABLE:
            continue
        if name in known:
            yield *known[name], value
        elif name.removesuffix("_FILE") in known:
            yield *known[name.removesuffix("_FILE")], _secret(name, value, environ)
        else:
            raise SettingsError(f"the environment sets {name}, which is no setting{_nearest(name, [*known, CONFIG_VARIABLE])}")


def _secret(name: str, file: str, environ: Mapping[str, str]) -> str:
    if name.removesuffix("_FILE") in environ:
        raise SettingsError(f"the environment sets both {name} and {name.removesuffix('_FILE')}; keep one of them")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name} names {file}, which cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _nearest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else f"; there are {', '.join(names)}"


def _checked(values: Mapping[str, Any]) -> Settings:
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"][:2])
        raise SettingsError(f"{name}: {first['msg'].removeprefix('Value error, ')}") from None
