"""The ways to subscribe to a drop's calendar, and the address as a QR code."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlencode

import segno
from markupsafe import Markup

from bridge.core.drops import Drop


@dataclass(frozen=True, slots=True)
class Ways:
    """Addresses of one drop: ``page`` and ``feed`` by HTTP, the others for the apps they are named after."""

    page: str
    feed: str
    webcal: str
    google: str
    outlook: str
    office: str
    caldav: str

    @property
    def qr(self) -> Markup:
        """The page as a QR code, an SVG: phones differ in what they do with webcal addresses, a page opens on all."""
        return _qr(self.page)


def ways(drop: Drop, base_url: str) -> Ways:
    """How to subscribe to ``drop`` on the server at ``base_url``."""
    path = quote(drop.path)
    feed = f"{base_url}/{path}/calendar.ics"
    webcal = f"webcal:{feed.partition(':')[2]}"
    added = urlencode({"url": feed, "name": drop.title}, quote_via=quote)
    return Ways(
        page=f"{base_url}/{path}/",
        feed=feed,
        webcal=webcal,
        google=f"https://calendar.google.com/calendar/r?{urlencode({'cid': webcal})}",
        outlook=f"https://outlook.live.com/calendar/0/addfromweb?{added}",
        office=f"https://outlook.office.com/calendar/0/addfromweb?{added}",
        caldav=f"{base_url}/dav-public/{path}/",
    )


@lru_cache(maxsize=512)
def _qr(address: str) -> Markup:
    code = segno.make(address, micro=False, error="m")
    return Markup(code.svg_inline(omitsize=True, border=2, svgclass="qr", lineclass=None, svgversion=None))  # noqa: S704 paths and numbers only
