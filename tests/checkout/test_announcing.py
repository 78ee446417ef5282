"""What search engines, social networks and feed readers make of the pages."""

import json
import re
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser

import feedparser
import pytest
from defusedxml.ElementTree import fromstring

from bridge.checkout import announcing
from tests.npm import npm
from tests.window import LOAVES, SATURDAY, Window, left, offer, preorder, slot

SLOT, DROP = "/slots/k3v9q1", "/ada/loaves/"
BASE = "https://drops.example"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
OFFERS = (offer("LOAF", "Country loaf", 5, 1250), offer("BUN", "Morning bun", 0, 320), offer("TOTE", "Tote", None, None, add_on=True))
NASTY = '</script><script>alert(1)</script> & "quotes" \u2028 ]]> <!--'


class Head(HTMLParser):
    """The links, properties and data of a page."""

    def __init__(self, page):
        super().__init__()
        self.links, self.said, self.data, self._in_data = [], {}, [], False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        known = dict(attrs)
        if tag == "link":
            self.links.append(known)
        elif tag == "meta":
            self.said[known.get("property") or known.get("name")] = known.get("content")
        elif tag == "script" and known.get("type") == "application/ld+json":
            self._in_data = True

    def handle_data(self, data):
        if self._in_data:
            self.data.append(json.loads(data))
            self._in_data = False


@pytest.fixture
def window(clock):
    sold = slot(
        1,
        availability=left(7, offers=OFFERS),
        geo="52.5;13.4",
        image="https://pictures.example/loaf.jpg",
        notes=NASTY,
        preorder=preorder(clock() - timedelta(days=1), SATURDAY - timedelta(days=1)),
    )
    return Window(sold, slot(2, all_day=True), slot(3, removed=True), clock=clock)


@pytest.fixture
def client(window):
    return window.app().test_client()


def head(client, path):
    return Head(client.get(path).get_data(as_text=True))


def test_a_slot_is_an_event_with_offers(client):
    [event] = head(client, SLOT).data
    assert event["@type"] == "Event"
    assert (event["startDate"], event["endDate"]) == ("2026-12-05T10:00:00+01:00", "2026-12-05T11:00:00+01:00")
    assert event["eventStatus"] == "https://schema.org/EventScheduled"
    assert event["location"]["name"] == LOAVES.place
    assert event["location"]["geo"] == {"@type": "GeoCoordinates", "latitude": 52.5, "longitude": 13.4}
    assert event["organizer"] == {"@type": "Organization", "name": "Ada's Bakery", "url": f"{BASE}/ada/"}
    assert event["description"] == NASTY
    loaf, bun, tote = event["offers"]
    assert (loaf["price"], loaf["priceCurrency"], loaf["availability"]) == ("12.50", "EUR", "https://schema.org/InStock")
    assert loaf["inventoryLevel"] == {"@type": "QuantitativeValue", "value": 5}
    assert (loaf["validFrom"], loaf["validThrough"]) == ("2026-12-01T09:00:00+00:00", "2026-12-04T09:00:00+00:00")
    assert loaf["itemOffered"] == {"@type": "Product", "name": "Country loaf", "sku": "LOAF"}
    assert loaf["url"] == f"{BASE}{SLOT}"
    assert bun["availability"] == "https://schema.org/SoldOut"
    assert "price" not in tote


@pytest.mark.parametrize(
    ("state", "said"), [("soon", "PreOrder"), ("sold_out", "SoldOut"), ("closed", "SoldOut"), ("cancelled", "SoldOut")]
)
def test_offers_are_as_their_slot_is(client, window, state, said):
    window.put(slot(1, availability=left(0, state=state, offers=OFFERS)))
    [event] = head(client, SLOT).data
    assert {one["availability"] for one in event["offers"]} == {f"https://schema.org/{said}"}
    assert event["eventStatus"].endswith("EventCancelled") == (state == "cancelled")


@pytest.mark.parametrize(
    ("minor", "currency", "said"), [(1250, "JPY", "1250"), (1250, "KWD", "1.250"), (5, "EUR", "0.05"), (0, "EUR", "0.00")]
)
def test_prices_have_the_decimals_of_their_currency(clock, minor, currency, said):
    sold = slot(1, availability=left(offers=(offer("LOAF", "Loaf", 1, minor),)))
    client = Window(sold, drops=(replace(LOAVES, currency=currency),), clock=clock).app().test_client()
    [event] = head(client, SLOT).data
    assert event["offers"][0]["price"] == said


def test_a_drop_lists_its_events(client):
    [listed] = head(client, DROP).data
    assert listed["@type"] == "ItemList"
    assert [one["position"] for one in listed["itemListElement"]] == [1, 2]
    second = listed["itemListElement"][1]["item"]
    assert (second["startDate"], second["url"]) == ("2026-12-05", f"{BASE}/slots/k3v9q2")


def test_no_text_ends_the_data(client):
    page = client.get(SLOT).get_data(as_text=True)
    assert "<script>alert" not in page
    assert page.count("</script>") == page.count("<script")


@pytest.mark.slow
def test_the_vocabulary_of_schema_org_knows_every_word(client, window, tmp_path):
    tsc, packages = npm(".bin/tsc"), npm("schema-dts").parent
    window.put(slot(4, availability=left(7, state="soon", offers=OFFERS)), slot(5, availability=left(0, state="cancelled")))
    kinds = {SLOT: "Event", "/slots/k3v9q2": "Event", "/slots/k3v9q4": "Event", "/slots/k3v9q5": "Event", DROP: "ItemList"}
    lines = ['import type { Event, ItemList, WithContext } from "schema-dts";']
    for number, (path, kind) in enumerate(kinds.items()):
        [data] = head(client, path).data
        lines.append(f"export const page{number}: WithContext<{kind}> = {json.dumps(data)};")
    (tmp_path / "pages.ts").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(packages)

    def check():
        command = [tsc, "--noEmit", "--strict", "--module", "nodenext", "pages.ts"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert check().stdout == ""
    (tmp_path / "pages.ts").write_text("\n".join(lines).replace('"startDate"', '"beginning"'), encoding="utf-8")
    assert "beginning" in check().stdout


def test_a_page_says_what_it_is_in_short(client):
    said = head(client, SLOT).said
    assert said["og:title"] == "Country loaf pickup"
    assert said["og:url"] == f"{BASE}{SLOT}"
    assert said["og:image"] == "https://pictures.example/loaf.jpg"
    assert said["og:site_name"] == "Ada's Bakery"
    assert said["twitter:card"] == "summary_large_image"
    assert said["description"] == "Saturday 5 December 2026 · 10:00 – 11:00 · Ada's Bakery, Hauptstr. 5, Berlin"
    assert head(client, DROP).said["twitter:card"] == "summary"


@pytest.mark.parametrize("path", [SLOT, DROP])
def test_each_language_of_a_page_names_the_others_and_itself(client, path):
    for query, canonical in (("", ""), ("?lang=de", "?lang=de"), ("?lang=tlh", "")):
        links = head(client, path + query).links
        assert [one["href"] for one in links if one["rel"] == "canonical"] == [f"{BASE}{path}{canonical}"]
        others = {one["hreflang"]: one["href"] for one in links if "hreflang" in one}
        assert others == {**{code: f"{BASE}{path}?lang={code}" for code in ("en", "de", "fr", "es")}, "x-default": f"{BASE}{path}"}


def test_the_feed_for_readers_has_the_coming_dates(client):
    response = client.get(f"{DROP}feed.rss")
    assert response.mimetype == "application/rss+xml"
    read = feedparser.parse(response.data)
    assert not read.bozo
    assert read.version == "rss20"
    assert (read.feed.title, read.feed.link, read.feed.language) == ("Saturday loaves", f"{BASE}{DROP}", "en")
    first, second = read.entries
    assert first.title == "Country loaf pickup · Saturday 5 December 2026, 10:00 – 11:00 · 7 left"
    assert first.link == first.id == f"{BASE}{SLOT}"
    assert first.published == "Wed, 02 Dec 2026 08:30:15 GMT"
    assert "alert(1)" in first.summary
    assert "<script" not in first.summary
    assert second.id == f"{BASE}/slots/k3v9q2"
    assert [one["href"] for one in head(client, DROP).links if one.get("type") == "application/rss+xml"] == [f"{BASE}{DROP}feed.rss"]


def test_the_feed_keeps_to_the_letter_of_rss(client):
    rss = fromstring(client.get(f"{DROP}feed.rss?lang=de").data)
    assert (rss.tag, rss.attrib["version"]) == ("rss", "2.0")
    [channel] = rss
    assert all(channel.findtext(name) for name in ("title", "link", "description"))
    assert parsedate_to_datetime(channel.findtext("lastBuildDate")).tzinfo is not None
    own = channel.find("{http://www.w3.org/2005/Atom}link")
    assert own.attrib == {"href": f"{BASE}{DROP}feed.rss?lang=de", "rel": "self", "type": "application/rss+xml"}
    for item in channel.iter("item"):
        assert {child.tag for child in item} == {"title", "link", "guid", "description", "pubDate"}
        assert item.find("guid").attrib == {"isPermaLink": "true"}
        assert item.findtext("link").endswith("?lang=de")


def test_letters_that_xml_cannot_carry_do_not_break_the_feed(client, window):
    window.put(slot(1, title="Bread\x0b \ufffe & <b>", notes="one\x00two"))
    assert not feedparser.parse(client.get(f"{DROP}feed.rss").data).bozo


def urls(data):
    found = fromstring(data)
    assert found.tag == f"{SITEMAP}urlset"
    return {one.findtext(f"{SITEMAP}loc"): one.findtext(f"{SITEMAP}lastmod") for one in found}


def test_the_sitemap_names_public_drops_and_coming_slots(clock):
    hidden = replace(LOAVES, id=2, slug="hidden", is_public=False)
    over = slot(3, starts_at=clock() - timedelta(days=1))
    window = Window(slot(1), over, slot(4, drop="ada/hidden"), slot(5, removed=True), drops=(LOAVES, hidden), clock=clock)
    client = window.app().test_client()
    found = urls(client.get("/sitemap.xml").data)
    assert list(found) == [f"{BASE}/", f"{BASE}{DROP}", f"{BASE}{SLOT}"]
    assert datetime.fromisoformat(found[f"{BASE}{SLOT}"]) == LOAVES.changed_at.replace(microsecond=0)
    assert f"Sitemap: {BASE}/sitemap.xml" in client.get("/robots.txt").get_data(as_text=True).splitlines()


def test_a_sitemap_that_would_be_too_long_is_an_index(clock, monkeypatch):
    monkeypatch.setattr(announcing, "PER_SITEMAP", 10)
    window = Window(*(slot(number) for number in (*range(1, 25), 57)), clock=clock)
    client = window.app().test_client()
    index = fromstring(client.get("/sitemap.xml").data)
    assert index.tag == f"{SITEMAP}sitemapindex"
    names = [one.findtext(f"{SITEMAP}loc").removeprefix(BASE) for one in index]
    assert names == ["/sitemap-drops.xml", "/sitemap-0.xml", "/sitemap-1.xml", "/sitemap-2.xml", "/sitemap-5.xml"]
    found = [address for name in names for address in urls(client.get(name).data)]
    assert len(found) == len(set(found)) == 25 + 2
    for name in ("/sitemap-3.xml", "/sitemap-x.xml", "/sitemap-99999999999999999999.xml", "/sitemap--1.xml", "/sitemap-٣.xml"):
        assert client.get(name).status_code == 404


def test_a_sitemap_of_just_what_fits_is_one(clock, monkeypatch):
    monkeypatch.setattr(announcing, "PER_SITEMAP", 10)
    client = Window(*(slot(number) for number in range(1, 9)), clock=clock).app().test_client()
    assert len(urls(client.get("/sitemap.xml").data)) == 10


def test_only_pages_of_the_web_are_described(client):
    for path in ("/nothing/here/", "/slots/k3v9q3"):
        assert re.search(r"application/ld\+json|canonical", client.get(path).get_data(as_text=True)) is None
