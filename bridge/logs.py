"""Structured logs without secrets and without people: one JSON object (or line of text) an entry, one entry a request.

Passwords, tokens, secret addresses and e-mail addresses never reach the stream: requests are logged without their headers
and query, and every text, tracebacks included, passes ``redact``.
"""

import json
import logging
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal

logger = logging.getLogger("bridge.web")
request_id: ContextVar[str] = ContextVar("request_id", default="")

OWN = "request"
"""The name of a request's own number, which is made here and no secret: half of them would be looked through for one."""
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
# What opens an order, a hold or a place on a waiting list is 32 random letters (``token_urlsafe(24)``). Where the address around
# them is mistyped, or some are lost, they are known by their shape: small and large letters in one long run.
_RANDOM = r"(?=[a-z0-9_-]*[A-Z])(?=[A-Z0-9_-]*[a-z])[A-Za-z0-9_-]"
# Each with the signs of which one is in every text that it finds something in: to look for these first is ten times as quick.
# Every sign is one of _SUSPECT.
SECRETS = (
    (":=", re.compile(r"(?i)\b(authorization|cookie|set-cookie|x-api-key)(['\"]?\s*[:=]\s*['\"]?)[^'\"\r\n,}]+"), r"\1\2…"),
    ("bB", re.compile(r"(?i)\b(basic|bearer)\s+[\w.~+/=-]{6,}"), r"\1 …"),
    (":=", re.compile(r"(?i)\b(password|passwd|secret|token|api_key)(['\"]?\s*[:=]\s*['\"]?)[^\s'\",&}]+"), r"\1\2…"),
    ("_", re.compile(r"\b(sk|rk|whsec)_\w{6,}"), r"\1_…"),
    (":", re.compile(r"(\w://[^\s:/@]*):[^\s@]+@"), r"\1:…@"),
    ("/", re.compile(r"(?i)/(feeds?|holds?|orders?|setup|waiting)/[\w~-]+"), r"/\1/…"),
    ("/=", re.compile(rf"(?<=[/=]){_RANDOM}{{24,}}|(?<![A-Za-z0-9_-]){_RANDOM}{{32,}}"), "…"),
    ("=", re.compile(r"([?&](?:hold|offer)=)[^\s&'\"]+"), r"\1…"),
    ("@", re.compile(r"[\w.!#$%&'*+=?^`{|}~-]{1,64}@(?:[\w-]{1,63}\.)+[\w-]{2,}"), "…@…"),
)


_SUSPECT = re.compile("[:=bB_/@]")


def redact(text: str) -> str:
    """``text`` with every password, token, secret address and e-mail address in it replaced by ``…``.

    In a text with an address also whatever has the shape of a secret.
    """
    if _SUSPECT.search(text) is None:
        return text
    for signs, pattern, replacement in SECRETS:
        if any(sign in text for sign in signs):
            text = pattern.sub(replacement, text)
    return text


def configure(level: str = "info", style: Literal["json", "text"] = "json", stream: Any = None) -> None:
    """Sends every log of this process to ``stream`` (standard error), at ``level`` and above.

    Radicale and the libraries below are heard from warnings on: their chatter names users and paths. APScheduler is from
    errors on: it warns of every tick that comes while the last is still at work, which is as it should be.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if style == "json" else TextLines())
    # No entry names its line of code, process or thread: to look them up takes a fifth of what it costs.
    logging._srcfile = None  # noqa: SLF001 # the way that the HOWTO of logging names
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in ("radicale", "alembic", "sqlalchemy", "urllib3", "_granian"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


_as_json = json.JSONEncoder(ensure_ascii=False, default=str).encode


class JsonLines(logging.Formatter):
    """One JSON object a line: ``at``, ``level``, ``logger``, ``event``, ``request`` and what was given as ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {"at": _moment(record), "level": record.levelname.lower(), "logger": record.name, **_facts(self, record)}
        return _as_json(entry)


class TextLines(logging.Formatter):
    """The same for people: time, level, what happened, then ``name=value``."""

    def format(self, record: logging.LogRecord) -> str:
        facts = _facts(self, record)
        error = facts.pop("error", "")
        event = facts.pop("event")
        pairs = "".join(f" {name}={value}" for name, value in facts.items())
        return f"{_moment(record)[11:19]} {record.levelname:<7} {event}{pairs}" + (f"\n{error}" if error else "")


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _facts(formatter: logging.Formatter, record: logging.LogRecord) -> dict[str, Any]:
    facts: dict[str, Any] = {"event": redact(record.getMessage())}
    if request_id.get():
        facts["request"] = request_id.get()
    for name, value in vars(record).items():
        if name not in STANDARD:
            facts[name] = redact(value) if isinstance(value, str) and name != OWN else value
    if record.exc_info:
        facts["error"] = redact(formatter.formatException(record.exc_info))
    return facts


StartResponse = Callable[..., Callable[[bytes], object]]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class RequestLog:
    """A WSGI application that writes one entry for each request of the one inside, and gives each an ``X-Request-Id``.

    The entry comes when the answer was handed over. A failure inside is logged with its traceback, and raised on.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        entry = _Entry(environ)

        def started(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            entry.status = int(status[:3])
            return start_response(status, [*headers, ("X-Request-Id", entry.id)], *error)

        token = request_id.set(entry.id)
        try:
            return _Answer(self._application(environ, started), entry)
        except Exception:
            logger.exception("request failed", extra=entry.facts())
            raise
        finally:
            request_id.reset(token)


class _Entry:
    """What is known of one request."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self.id = secrets.token_hex(8)
        self.status = 500
        self.octets = 0
        self._environ = environ
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        self._path = path.encode("latin-1").decode("utf-8", "replace")  # PEP 3333 hands octets over as Latin-1
        self._began = time.perf_counter()

    def facts(self) -> dict[str, Any]:
        return {
            "request": self.id,
            "method": self._environ.get("REQUEST_METHOD", ""),
            "path": self._path,
            "status": self.status,
            "octets": self.octets,
            "milliseconds": round((time.perf_counter() - self._began) * 1000, 1),
            "from": self._environ.get("REMOTE_ADDR", ""),
        }


class _Answer:
    """The body on its way out; ``close``, which every WSGI server calls, writes the entry."""

    def __init__(self, body: Iterable[bytes], entry: _Entry) -> None:
        self._body = body
        self._entry = entry

    def __iter__(self) -> Iterator[bytes]:
        for part in self._body:
            self._entry.octets += len(part)
            yield part

    def close(self) -> None:
        close = getattr(self._body, "close", None)
        if close is not None:
            close()
        if logger.isEnabledFor(logging.INFO):
            logger.info("request", extra=self._entry.facts())
