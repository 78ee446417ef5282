"""A drop's calendar as it is kept and read: its members for either audience, and what the public is shown of its slots.

Texts are renderings, made when something changed and handed over as they are: nothing is computed on reading.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from bridge.core.availability import Availability, State
from bridge.core.drops import PreorderWindow

Audience = Literal["organizer", "public"]


class Resource(NamedTuple):
    """A calendar object resource as one audience sees it: what is stored is what is handed over.

    ``edit`` counts the organizer's own edits (a revision of the drop), ``revision`` any change of ``text``.
    ``exact`` is False in a range query when only the bounds of a recurrence are known to touch the range.
    """

    name: str
    uid: str
    component: str
    edit: int
    revision: int
    changed_at: int
    text: str
    exact: bool = True

    @property
    def etag(self) -> str:
        """A strong entity tag, quoted."""
        return f'"{self.edit}.{self.revision}"'


class Listed(NamedTuple):
    """A member of a calendar without its text. ``octets`` is the length of the text in UTF-8."""

    name: str
    component: str
    edit: int
    revision: int
    changed_at: int
    octets: int

    @property
    def etag(self) -> str:
        """As ``Resource.etag``."""
        return f'"{self.edit}.{self.revision}"'


class Change(NamedTuple):
    """A member that changed or went (``gone``). ``position`` orders the changes of one revision."""

    name: str
    component: str
    edit: int
    revision: int
    position: int
    gone: bool

    @property
    def etag(self) -> str:
        """As ``Resource.etag``."""
        return f'"{self.edit}.{self.revision}"'


class Member(NamedTuple):
    """``id`` is the row of this name, live or removed; ``source`` its text if it is live; ``other`` who has the UID."""

    id: int | None = None
    is_live: bool = False
    uid: str = ""
    source: str | None = None
    other: str | None = None


class FeedRow(NamedTuple):
    """One VEVENT of the public feed, as stored: ``BEGIN:VEVENT`` to ``END:VEVENT`` with CRLF, no wrapper.

    ``position`` is stable for the life of the slot; ``available`` says whether anything can be claimed.
    ``preorder_opens`` is in epoch seconds.
    """

    position: int
    revision: int
    timezone: str
    available: bool
    preorder_opens: int | None
    gone: bool
    text: str


@dataclass(frozen=True, slots=True)
class PublicSlot:
    """A slot as customers see it: the public rendering's facts, for pages and live stock. Nothing is computed.

    ``position`` is that of the slot's ``FeedRow``.
    """

    public_id: str
    drop: str
    title: str
    starts_at: datetime
    ends_at: datetime
    all_day: bool
    timezone: str
    availability: Availability
    place: str = ""
    geo: str = ""
    notes: str = ""
    pickup: str = ""
    url: str = ""
    image: str = ""
    color: str = ""
    categories: tuple[str, ...] = ()
    preorder: PreorderWindow = field(default_factory=PreorderWindow)
    limit: int | None = None
    removed: bool = False
    updated_at: datetime | None = None
    sequence: int = 0
    position: int = 0


class Offered(NamedTuple):
    """A product of a drop as customers may ask for it."""

    sku: str
    name: str


class Coming(NamedTuple):
    """A public slot that has not ended, as a sitemap names it. ``position`` is that of its ``FeedRow``."""

    position: int
    public_id: str
    updated_at: datetime


class Shown(NamedTuple):
    """What a slot's public rendering says by now; ``notices`` are sentences for the organizer, a line each.

    ``written`` is its availability as the store writes it, see ``is_shown``; ``gone``: it has left the feed.
    """

    written: str
    state: State
    notices: str
    template: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class PublicText:
    """A public rendering to be stored. ``due_at``: when time alone changes it; ``octets`` as a standalone calendar.

    ``template`` is None when the one that is stored stays.
    """

    slot_id: int
    drop_id: int
    availability: Availability
    notices: str
    due_at: datetime | None
    octets: int
    template: str | None
    text: str
    gone: bool = False
