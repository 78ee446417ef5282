"""Tryton's REST interface: one request, one answer, and every way in which it fails told as a sentence."""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from html import escape, unescape
from typing import Any, NoReturn

import requests
from requests.auth import AuthBase

from bridge.core.errors import PermanentFault, TransientFault

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 20.0
MAX_ANSWER = 32 * 1024 * 1024
_PAGE = 1000
_GROUPS = "The key's user needs the groups Stock and POS, and Sales for preorders to be booked."

Row = dict[str, Any]


class _Bearer(AuthBase):
    """Set as ``auth`` since requests would otherwise let a ``.netrc`` of this machine replace the header."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request


class Rest:
    """The models of one database. Every verb raises ``TransientFault`` or ``PermanentFault``, with what to do.

    ``date`` is the till's own clock as the last answer told it, with the moment of ``time.monotonic`` it was heard at.
    """

    def __init__(self, url: str, database: str, key: str, *, timeout: float = READ_TIMEOUT) -> None:
        self.where = url.rstrip("/")
        self._base = f"{self.where}/{database}/rest/model/"
        self._database = database
        self._timeout = timeout
        self._session = requests.Session()
        self._session.auth = _Bearer(key)
        self.date: tuple[datetime, float] | None = None

    def close(self) -> None:
        """Lets go of its connections; the next request makes new ones."""
        self._session.close()

    def search(self, model: str, domain: Sequence[Any], fields: Sequence[str], context: Mapping[str, Any] | None = None) -> list[Row]:
        """All rows of ``model`` in ``domain``, by id."""
        found: list[Row] = []
        while True:
            # Paged by id, not by offset: a row that leaves the domain between two pages must not hide another.
            after = [domain, ["id", ">", found[-1]["id"]]] if found else domain
            asked = {"d": _packed(after), "f": list(fields), "o": _packed([["id", "ASC"]]), "s": _PAGE}
            rows = _rows(self._call("GET", model, model, asked, context))
            found += rows
            if len(rows) < _PAGE:
                return found

    def latest(self, model: str, domain: Sequence[Any], fields: Sequence[str], context: Mapping[str, Any]) -> Row | None:
        """The row of the highest id."""
        asked = {"d": _packed(domain), "f": list(fields), "o": _packed([["id", "DESC"]]), "s": 1}
        return next(iter(_rows(self._call("GET", model, model, asked, context))), None)

    def create(self, model: str, values: Mapping[str, Any], fields: Sequence[str], context: Mapping[str, Any]) -> Row:
        """A new record."""
        rows = _rows([self._call("POST", model, model, {"f": list(fields)}, context, values)])
        return rows[0]

    def press(self, model: str, record: int, button: str, context: Mapping[str, Any]) -> None:
        """A button of a record's form."""
        self._call("POST", f"{model}/{record}/{button}", model, {}, context, {})

    def _call(self, verb: str, path: str, model: str, asked: Mapping[str, Any], context: Mapping[str, Any] | None, body: Any = None) -> Any:
        headers = {"Accept": "application/json", "X-Tryton-Context": _packed(dict(context or {}))}
        status, text = self._answer(verb, path, asked, headers, body)
        if status == 204:
            return {}
        if status != 200:
            self._refused(status, text, model)
        try:
            return json.loads(text, parse_constant=_no_number)
        except (ValueError, RecursionError) as broken:
            raise TransientFault(
                f"{self.where} answered with something that is not Tryton's JSON. Is another program (a proxy, a sign-in page) in between?"
            ) from broken

    def _answer(self, verb: str, path: str, asked: Mapping[str, Any], headers: Mapping[str, str], body: Any) -> tuple[int, str]:
        give_up = time.monotonic() + self._timeout
        try:
            with self._session.request(
                verb,
                self._base + path,
                params=asked,
                headers=dict(headers),
                json=body,
                timeout=(CONNECT_TIMEOUT, self._timeout),
                allow_redirects=False,
                stream=True,
            ) as response:
                self._heard(response.headers.get("Date"))
                if response.is_redirect:
                    raise PermanentFault(
                        f"{self.where} sends us on to {response.headers.get('Location', '')[:200]}: enter that address as the till's url."
                    )
                return response.status_code, self._read(response, give_up)
        except requests.exceptions.SSLError as untrusted:
            raise PermanentFault(f"The certificate of {self.where} is not trusted: renew it, or use its own name.") from untrusted
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.MissingSchema) as wrong:
            raise PermanentFault(f"{self.where} is not an address: enter the till's url as https://HOST[:PORT].") from wrong
        except requests.exceptions.Timeout as slow:
            raise self._slow() from slow
        except requests.exceptions.RequestException as unreachable:
            raise TransientFault(f"{self.where} cannot be reached: is Tryton running, and is the address right?") from unreachable

    def _read(self, response: requests.Response, give_up: float) -> str:
        # The timeout of requests starts anew with each byte: a till that drips is stopped by the clock here.
        parts: list[bytes] = []
        size = 0
        for part in response.iter_content(65_536):
            parts.append(part)
            size += len(part)
            if size > MAX_ANSWER:
                raise TransientFault(f"{self.where} answered with more than {MAX_ANSWER >> 20} MB: is it a Tryton server?")
            if time.monotonic() > give_up:
                raise self._slow()
        return b"".join(parts).decode("utf-8", "replace")

    def _slow(self) -> TransientFault:
        return TransientFault(f"{self.where} did not answer within {self._timeout:g} s: is Tryton busy, or the network slow?")

    def _heard(self, date: str | None) -> None:
        try:
            told = parsedate_to_datetime(date or "")
        except ValueError:
            return
        if told.tzinfo is not None:
            # The header counts whole seconds: on average it is half a second behind.
            self.date = told + timedelta(milliseconds=500), time.monotonic()

    def _refused(self, status: int, text: str, model: str) -> NoReturn:
        if status == 401:
            raise PermanentFault(
                f"{self.where} does not accept the key: make a new user application key in Tryton (Preferences, Applications) and enter it."
            )
        if status == 403:
            raise PermanentFault(f"The key's user may not read or write {model}. {_GROUPS}")
        if status == 404:
            raise PermanentFault(f"{self.where} has no database {self._database!r}, or no such record: check url and database.")
        if status == 500 and f"&#39;{escape(model)}&#39;" in text:
            raise PermanentFault(f"This Tryton knows no {model}: activate its modules stock, sale and sale_point.")
        if status in {409, 423, 429} or status >= 500:
            raise TransientFault(f"{self.where} answered {status}: Tryton has trouble of its own; its log says which.")
        raise PermanentFault(f"Tryton refused ({status}): {_said(text)} {_GROUPS}")


def _packed(value: Any) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode()


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _rows(answer: Any) -> list[Row]:
    if isinstance(answer, list) and all(isinstance(row, dict) and type(row.get("id")) is int for row in answer):
        return answer
    raise TransientFault("Tryton's answer is not a list of records. Is another program (a proxy, an emulator) in between?")


def _said(text: str) -> str:
    """What an error says, on one line, without markup."""
    try:
        told = json.loads(text)
        text = f"{told['message']} {told['description']}"
    except (ValueError, TypeError, KeyError, RecursionError):
        text = unescape(text)
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:200]
