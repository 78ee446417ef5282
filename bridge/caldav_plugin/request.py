"""What a verb is asked, and the frame around every verb: refusals become DAV errors, and change nothing."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from http import client
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from bridge.caldav_plugin import bodies, rights
from bridge.caldav_plugin.refusals import DavError, refused
from bridge.caldav_plugin.visit import Sight, Visit, visiting
from bridge.caldav_plugin.wire import CONTENT_TYPE, Chunks, multistatus
from bridge.core.drops import Drop
from bridge.core.errors import Fault, NotFound, Refusal
from bridge.core.ports import Views

WHOLE = 1_000_000
_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s"';]+)""", re.IGNORECASE)


class Answer(NamedTuple):
    """Status, headers and body of an answer."""

    status: int
    headers: Mapping[str, str] = {}
    body: bytes | Chunks | None = None


def multi(parts: Iterable[str], tail: str = "") -> Answer:
    """A 207 of responses."""
    body = multistatus(parts, tail)
    return Answer(207, {"Content-Type": CONTENT_TYPE}, body if body.length > WHOLE else b"".join(body))


@dataclass(frozen=True)
class Request:
    """One request below a mount. ``prefix`` is the mount's own path; ``path`` is sanitized and below it."""

    visit: Visit
    environ: Mapping[str, Any]
    prefix: str
    path: str

    @property
    def bridge(self) -> Sight:
        """The house."""
        return self.visit.bridge

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The path's names: organizer, drop, member."""
        return tuple(part for part in self.path.split("/") if part)

    def header(self, name: str) -> str | None:
        """A header by its name, None when it is absent."""
        return self.environ.get("HTTP_" + name.upper().replace("-", "_"))

    @cached_property
    def body(self) -> bytes:
        """The body's octets."""
        octets: bytes = self.environ["wsgi.input"].read()
        return octets

    @property
    def charset(self) -> str:
        """The charset that the content type names, else an empty string."""
        found = _CHARSET.search(self.environ.get("CONTENT_TYPE") or "")
        return found[1] if found else ""

    def xml(self) -> ET.Element | None:
        """The body as XML, None when there is none.

        Raises ``DavError`` (400) for anything that is not plain, well-formed XML of a bearable depth.
        """
        return bodies.xml(self.body, self.charset)

    def allow(
        self, letters: str, privilege: str, parts: tuple[str, ...] | None = None, sentence: str = "This sign-in may not do that here."
    ) -> None:
        """Raises ``DavError`` (403, need-privileges) unless one of ``letters`` is granted here, or on ``parts``."""
        where = self.parts if parts is None else parts
        granted = rights.letters(self.visit.audience, self.visit.organizer, self.visit.role, where)
        if not set(letters) & set(granted):
            address = f"<D:href>{quote(self.prefix + '/' + '/'.join(where))}</D:href>"
            needed = f"<D:resource>{address}<D:privilege><D:{privilege}/></D:privilege></D:resource>"
            raise DavError(403, f"<D:need-privileges>{needed}</D:need-privileges>", sentence)

    def drop(self, views: Views, parts: tuple[str, ...] | None = None) -> Drop:
        """The drop of the path. Raises ``NotFound`` when it does not exist for the one who asks."""
        organizer, slug = (parts or self.parts)[:2]
        drop = views.drop(organizer, slug)
        if drop is None or (self.visit.audience == "public" and not drop.is_public):
            raise NotFound("There is no such calendar.")
        return drop


def verb(answer: Callable[[Request], Answer]) -> Callable[..., Any]:
    """``answer`` as one of Radicale's ``do_…`` methods."""

    def do(_app: Any, environ: Mapping[str, Any], base_prefix: str, path: str, *_: Any) -> Any:
        request = Request(visiting.get(), environ, base_prefix, unquote(path))
        return framed(request, lambda: (*_handed_over(request, answer(request)), None))

    do.__doc__ = answer.__doc__
    return do


def _handed_over(request: Request, answer: Answer) -> Answer:
    if isinstance(answer.body, Chunks):
        request.visit.stream = answer.body
        return answer._replace(body=None)
    return answer


def framed(request: Request, do: Callable[[], Any]) -> Any:
    """What ``do`` returns, or its refusal as Radicale wants a response.

    Radicale logs every status of the 500s as critical, also one that is the client's fault: it is answered behind Radicale's back.
    """
    try:
        return do()
    except (Refusal, DavError) as refusal:
        if isinstance(refusal, DavError) and refusal.status >= 500:
            request.visit.refused = refusal
            return client.FORBIDDEN, {}, None, None
        calendar = quote(f"{request.prefix}/{'/'.join(request.parts[:2])}/")
        return (*refused(refusal, calendar), None)
    except Fault as fault:
        return (*refused(DavError(503, "", str(fault)), ""), None)
