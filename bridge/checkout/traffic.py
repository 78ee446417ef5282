"""Who looks at a slot's page: whether it counts as a view, and what they are told of those who booked.

A view is an answer to GET with the page, also the 304 to whoever has it still. HEAD, what a browser fetches in advance, and
programs that say who they are count for nothing. Nothing is kept of who looked, and no cookie is set.
"""

import re
from datetime import datetime
from typing import NamedTuple

from flask import Request

from bridge.checkout.kept import NEVER
from bridge.core.calendars import PublicSlot
from bridge.core.ports import Views
from bridge.core.terms import Terms
from bridge.core.traffic import Lately, is_told, lately
from bridge.wording import Wording

_IN_ADVANCE = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")
# A maker of phones is called Cubot.
_PROGRAM = re.compile(
    r"(?i)(?<!cu)bot(?![a-z])|crawl|spider|slurp|externalhit|externalagent|whatsapp/|preview|scrap|archiver"
    r"|headless|lighthouse|monitor|uptime|pingdom|feedly|curl/|wget/|python|okhttp|go-http|java/|libwww|axios|node-fetch|httpclient"
)
_HOUR, _DAY = 60, 24 * 60


class Booked(NamedTuple):
    """Who booked lately: ``people`` is 0 when nothing is said of them. ``until`` it may be shown."""

    people: int = 0
    lately: Lately | None = None

    @property
    def until(self) -> datetime:
        """When to look again."""
        return self.lately.until if self.lately else NEVER

    def told(self, words: Wording) -> str:
        """The sentence; empty when there is none."""
        if not self.people or self.lately is None:
            return ""
        n, m = self.people, self.lately.minutes
        if m >= 2 * _DAY and m % _DAY == 0:
            return words.plural(
                "{n} person booked this date in the last {m} days.", "{n} people booked this date in the last {m} days.", n, m=m // _DAY
            )
        if m >= 2 * _HOUR and m % _HOUR == 0:
            return words.plural(
                "{n} person booked this date in the last {m} hours.", "{n} people booked this date in the last {m} hours.", n, m=m // _HOUR
            )
        return words.plural(
            "{n} person booked this date in the last {m} minutes.", "{n} people booked this date in the last {m} minutes.", n, m=m
        )


def booked_lately(views: Views, slot: PublicSlot, terms: Terms, now: datetime) -> Booked:
    """What the page of a slot says of those who booked."""
    recent = lately(terms, slot.availability.state, now)
    if recent is None:
        return Booked()
    people = views.people_booked(slot.position, recent.since)
    return Booked(people if is_told(people, terms) else 0, recent)


def is_a_view(request: Request) -> bool:
    """Whether somebody looks at the page that is asked for."""
    sent: dict[str, str] = request.environ
    if request.method != "GET" or any("pre" in sent.get(name, "").lower() for name in _IN_ADVANCE):
        return False
    agent = sent.get("HTTP_USER_AGENT", "")
    return bool(agent) and _PROGRAM.search(agent) is None
