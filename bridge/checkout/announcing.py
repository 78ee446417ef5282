"""What search engines and feed readers follow: the sitemap (sitemaps.org, protocol 0.9) and a drop's RSS 2.0."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import islice, takewhile
from urllib.parse import quote
from xml.sax.saxutils import escape

from bridge.checkout.shown import SlotShown, span_of_days
from bridge.checkout.subscribe import Ways
from bridge.core.calendars import Coming
from bridge.core.drops import Drop
from bridge.core.ports import Views
from bridge.wording import Wording

PER_SITEMAP = 50_000
"""What the protocol allows in one file."""
_BATCH = 2_000
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)])


def sitemap(views: Views, base_url: str, now: datetime) -> str:
    """The map of all public drops and coming dates; an index of several where they are too many for one."""
    drops = _pages(views.drops(public=True), base_url)
    room = PER_SITEMAP - len(drops)
    slots = list(islice(_coming(views, now, -1), room + 1)) if room >= 0 else []
    if 0 <= room >= len(slots):
        return _urls([*drops, *(_slot(one, base_url) for one in slots)])
    maps = ["drops", *map(str, _spans(views, now))]
    listed = "".join(f"<sitemap><loc>{escape(base_url)}/sitemap-{name}.xml</loc></sitemap>" for name in maps)
    return f"{_HEAD}<sitemapindex {_SPACE}>{listed}</sitemapindex>\n"


def part_of_sitemap(views: Views, base_url: str, name: str, now: datetime) -> str:
    """One of the maps that the index names: ``drops``, or the number of a span of positions; empty when there is nothing in it."""
    if name == "drops":
        return _urls(_pages(views.drops(public=True), base_url)[:PER_SITEMAP])
    first, last = int(name) * PER_SITEMAP, (int(name) + 1) * PER_SITEMAP - 1
    lines = [_slot(one, base_url) for one in takewhile(lambda one: one.position <= last, _coming(views, now, first - 1))]
    return _urls(lines) if lines else ""


def _spans(views: Views, now: datetime) -> Iterator[int]:
    """The numbers of the spans of positions, each as long as one map may be, that have coming dates."""
    after = -1
    while found := views.coming(now, after=after, limit=1):
        span = found[0].position // PER_SITEMAP
        yield span
        after = (span + 1) * PER_SITEMAP - 1


def _coming(views: Views, now: datetime, after: int) -> Iterator[Coming]:
    while found := views.coming(now, after=after, limit=_BATCH):
        yield from found
        after = found[-1].position


def _pages(drops: list[Drop], base_url: str) -> list[str]:
    home = f"<url><loc>{escape(base_url)}/</loc></url>"
    return [home, *(_url(f"{base_url}/{quote(drop.path)}/", drop.changed_at) for drop in drops)]


def _slot(one: Coming, base_url: str) -> str:
    return _url(f"{base_url}/slots/{one.public_id}", one.updated_at)


def _url(address: str, changed_at: datetime | None) -> str:
    changed = f"<lastmod>{changed_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</lastmod>" if changed_at else ""
    return f"<url><loc>{escape(address)}</loc>{changed}</url>"


def _urls(lines: Iterable[str]) -> str:
    return f"{_HEAD}<urlset {_SPACE}>" + "\n".join(lines) + "</urlset>\n"


def rss(drop: Drop, rows: list[SlotShown], there: Ways, description: str, words: Wording, query: str) -> str:
    """The coming dates of a drop, the soonest first; ``query`` keeps the language in the links."""
    base = there.page.removesuffix(f"/{quote(drop.path)}/")
    lines = [
        f'{_HEAD}<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>',
        _element("title", drop.title or drop.slug),
        _element("link", there.page + query),
        _element("description", description or drop.title or drop.slug),
        _element("language", words.language),
        f'<atom:link href="{escape(there.page)}feed.rss{query}" rel="self" type="application/rss+xml"/>',
        _element("ttl", "15"),
    ]
    if drop.changed_at:
        lines.append(_element("lastBuildDate", format_datetime(drop.changed_at.astimezone(UTC), usegmt=True)))
    lines += (_item(row, drop, f"{base}/slots/{row.slot.public_id}", words, query) for row in rows)
    return "\n".join([*lines, "</channel></rss>\n"])


def _item(row: SlotShown, drop: Drop, address: str, words: Wording, query: str) -> str:
    when, slot = f"{span_of_days(row, words)}, {row.times}", row.slot
    facts = [when, slot.place or drop.place, row.badge.text, slot.notes]
    published = slot.updated_at.astimezone(UTC) if slot.updated_at else None
    return "".join(
        [
            "<item>",
            _element("title", f"{slot.title or drop.title} · {when} · {row.badge.text}"),
            _element("link", address + query),
            f'<guid isPermaLink="true">{escape(_clean(address))}</guid>',
            _element("description", "<br>".join(escape(fact).replace("\n", "<br>") for fact in facts if fact)),
            _element("pubDate", format_datetime(published, usegmt=True)) if published else "",
            "</item>",
        ]
    )


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(_clean(text))}</{name}>"


def _clean(text: str) -> str:
    """``text`` without what XML 1.0 cannot carry."""
    return text.translate(_CONTROL)
