"""The live block: what it says, and how it comes off again in every shape that clients give it back."""

import re
import textwrap
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.core.availability import Availability, OfferAvailability
from bridge.core.drops import Drop, PreorderWindow, Problem, Slot
from bridge.ical.insertions import HTML, behind
from bridge.ical.lines import unescape, unfold
from bridge.liveblock import (
    attach,
    badge,
    is_html,
    organizer_block,
    problems_block,
    public_block,
    strip,
    strip_html,
    text_of_html,
)
from bridge.liveblock_lines import REASONS
from bridge.wording import LANGUAGES

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 12, 2, 13, 3, tzinfo=UTC)
CLOSES = datetime(2026, 12, 4, 17, 0, tzinfo=UTC)
LINK = "https://example.org/slots/k3v9q2"
LONG = 100_000

LOAF = OfferAvailability("LOAF", "Country loaf", 5, "stock")
BUN = OfferAvailability("BUN", "Morning bun", 0, "stock")
TOTE = OfferAvailability("TOTE", "Tote", 12, "allotment", add_on=True)
OPEN = Availability("open", 7, 24, 7, "places", (LOAF, BUN, TOTE))
SLOT = Slot(
    recurrence_id="",
    starts_at=datetime(2026, 12, 5, 9, 0, tzinfo=UTC),
    ends_at=datetime(2026, 12, 5, 11, 0, tzinfo=UTC),
    all_day=False,
    timezone="Europe/Berlin",
    title="Country loaf pickup",
    capacity=24,
    claimed=17,
    preorder=PreorderWindow(datetime(2026, 11, 30, 8, 0, tzinfo=UTC), CLOSES),
)


def drop(language: str = "en") -> Drop:
    return Drop(1, 1, "ada", "bread", "Bread", timezone="Europe/Berlin", language=language)


UNCLEAR = replace(OPEN, state="soon", left=0, reason="goods", offers=())


def public(seen: Availability = OPEN, slot: Slot = SLOT, language: str = "en") -> list[str]:
    return public_block(slot, seen, drop(language), NOW, LINK).split("\n")


def full(language: str = "en") -> str:
    """An organizer's block with a line of every kind."""
    oversold = replace(LOAF, oversold=3, as_of=NOW - timedelta(hours=1))
    troubled = replace(
        SLOT,
        problems=(
            Problem("Places", "two dozen", "not-a-whole-number"),
            Problem("Preorder", "soon", "not-a-date"),
            Problem("Limit", "2 / 3", "written-twice"),
            Problem("Sells", "LOAF x20 @ 6.50", "near-miss"),
            Problem("Places", "48", "other-in-html"),
            Problem("Sells", "BREAD @ abc", "not-a-price"),
            Problem("Sells", "3x", "not-an-offer"),
            Problem("Zone", "Customized Time Zone 1", "unknown-zone"),
            Problem("Length", "PT2H", "end-holds"),
        ),
        limit=3,
    )
    seen = replace(OPEN, offered=2, offers=(oversold, BUN, TOTE, OfferAvailability("BAG", "Bag", None, "")))
    return organizer_block(troubled, seen, drop(language), NOW, LINK, orders=9, problems=["The till at the shop does not answer."])


def series(language: str = "en", count: int = 52) -> str:
    days = [replace(SLOT, starts_at=SLOT.starts_at + timedelta(days=7 * n), recurrence_id=str(n)) for n in range(count)]
    states = [
        OPEN,
        replace(OPEN, state="cancelled"),
        replace(OPEN, state="sold_out"),
        replace(OPEN, state="soon"),
        replace(OPEN, state="closed"),
        UNCLEAR,
    ]
    return organizer_block(SLOT, OPEN, drop(language), NOW, LINK, occurrences=[(day, states[n % 6]) for n, day in enumerate(days)])


def trouble(language: str = "en") -> str:
    problems = [Problem(setting, "x", reason) for setting, reason in zip(["Places", "Sells", "Preorder"] * 9, REASONS, strict=False)]
    return problems_block(problems, drop(language), NOW, BERLIN)


def unclear(language: str = "en") -> str:
    troubled = replace(SLOT, offers=(), problems=(Problem("Sells", "LOAF @ a few coins", "not-a-price"),))
    return organizer_block(troubled, UNCLEAR, drop(language), NOW, LINK)


def unopened(language: str = "en") -> str:
    troubled = replace(SLOT, preorder=PreorderWindow(), problems=(Problem("Preorder", "gibberish", "not-a-date"),))
    return organizer_block(troubled, replace(UNCLEAR, reason="window"), drop(language), NOW, LINK)


def anyones(language: str = "en") -> str:
    return public_block(SLOT, OPEN, drop(language), NOW, LINK)


MAKERS = (anyones, full, series, trouble, unclear, unopened)
EVERY_BLOCK = [pytest.param(make(language), id=f"{make.__name__}-{language}") for make in MAKERS for language in LANGUAGES]
BLOCKS = st.sampled_from([make(language) for make in MAKERS for language in LANGUAGES])


# What it says


def test_customers_read_what_is_left_until_when_and_where() -> None:
    assert public() == [
        "―― live stock ――",
        "7 of 24 places left",
        "Country loaf 5 left · Morning bun sold out · Tote 12 left (add-on)",
        "Preorder until Fri 4 Dec 18:00",
        "Book: https://example.org/slots/k3v9q2",
        "Updated Wed 2 Dec 14:03",
        "―― end ――",
    ]


def test_goods_that_nobody_can_tell_are_said_not_to_be_on_sale() -> None:
    assert unclear().split("\n")[1:5] == [
        "7 of 24 places left",
        "Not on sale: it is not clear what it sells",
        "17 places taken",
        "⚠ Sells: “LOAF @ a few coins” is not a price",
    ]


def test_an_opening_that_nobody_can_tell_is_said_not_to_be_on_sale() -> None:
    assert unopened().split("\n")[1:5] == [
        "7 of 24 places left",
        "Not on sale: it is not clear when ordering opens",
        "17 places taken",
        "⚠ Preorder: “gibberish” is not a date",
    ]
    assert "Nicht im Verkauf: unklar, ab wann bestellt werden kann" in unopened("de")


def test_the_block_speaks_the_drops_language() -> None:
    assert public(language="de")[1:4] == [
        "Noch 7 von 24 Plätzen frei",
        "Country loaf noch 5 · Morning bun ausverkauft · Tote noch 12 (Zusatz)",
        "Vorbestellen bis Fr. 4. Dez. 18:00",
    ]


def test_a_slot_that_sells_nothing_by_name_has_no_line_of_offers() -> None:
    assert public(replace(OPEN, offers=()))[1:3] == ["7 of 24 places left", "Preorder until Fri 4 Dec 18:00"]


def test_before_the_preorder_opens_its_opening_is_told() -> None:
    assert "Preorder opens Mon 30 Nov 09:00" in public(replace(OPEN, state="soon"))


def test_a_window_of_whole_days_is_told_in_days() -> None:
    days = PreorderWindow(datetime(2026, 12, 1, 23, 0, tzinfo=UTC), datetime(2026, 12, 4, 23, 0, tzinfo=UTC))
    assert "Preorder until Fri 4 Dec" in public(slot=replace(SLOT, preorder=days))
    assert "Preorder opens Wed 2 Dec" in public(replace(OPEN, state="soon"), replace(SLOT, preorder=days))


def test_a_slot_without_a_window_tells_none() -> None:
    assert not [line for line in public(slot=replace(SLOT, preorder=PreorderWindow())) if "Preorder" in line]


@pytest.mark.parametrize(("state", "said"), [("closed", "Preorder closed"), ("sold_out", "Sold out")])
def test_what_cannot_be_ordered_says_why_and_links_nowhere(state: str, said: str) -> None:
    lines = public(replace(OPEN, state=state))  # type: ignore[arg-type]
    assert said in lines
    assert not [line for line in lines if "Book" in line or "until" in line]


def test_a_cancelled_slot_says_that_and_no_more() -> None:
    assert public(replace(OPEN, state="cancelled"))[1:-1] == ["Cancelled", "Updated Wed 2 Dec 14:03"]


def test_a_count_that_is_old_is_told_with_its_time() -> None:
    today, earlier = replace(LOAF, as_of=NOW - timedelta(hours=1)), replace(LOAF, as_of=NOW - timedelta(days=1))
    assert public(replace(OPEN, offers=(today,)))[2] == "Country loaf 5 left (as of 13:03)"
    assert public(replace(OPEN, offers=(earlier,)))[2] == "Country loaf 5 left (as of Tue 1 Dec 14:03)"


def test_the_organizer_also_reads_what_is_wrong() -> None:
    assert full().split("\n") == [
        "―― live stock ――",
        "7 of 24 places left",
        "Country loaf 5 left (as of 13:03) · Morning bun sold out · Tote 12 left (add-on) · Bag available",
        "Preorder until Fri 4 Dec 18:00",
        "15 places taken",
        "2 places offered to the waiting list",
        "9 orders",
        "⚠ Places: “two dozen” is not a whole number – still 24",
        "⚠ Preorder: “soon” is not a date",
        "⚠ Limit: “2 / 3” contradict each other – 3 holds",
        "⚠ Did you mean “Sells: LOAF x20 @ 6.50”?",
        "⚠ The formatted notes say “Places: 48”: the plain text holds",
        "⚠ Sells: “BREAD @ abc” is not a price",
        "⚠ Sells: “3x” is not an offer: write a SKU, as in LOAF x20 @ 12.50",
        "⚠ The time zone “Customized Time Zone 1” is not known here: Europe/Berlin was taken",
        "⚠ The app also sent “PT2H” as the length, which does not fit the end: the end holds",
        "⚠ Country loaf: the till says 3 fewer than promised",
        "⚠ Till: “The till at the shop does not answer.”",
        "Book: https://example.org/slots/k3v9q2",
        "Updated Wed 2 Dec 14:03",
        "―― end ――",
    ]


def test_customers_never_read_what_is_wrong() -> None:
    oversold = replace(OPEN, offers=(replace(LOAF, oversold=3),))
    assert "⚠" not in public_block(replace(SLOT, problems=(Problem("Places", "x", "empty"),)), oversold, drop(), NOW, LINK)


def test_a_recurring_event_lists_the_next_twelve() -> None:
    lines = series().split("\n")
    assert lines[1:6] == [
        "Sat 5 Dec 10:00: 7 of 24 places left",
        "Sat 12 Dec 10:00: Cancelled",
        "Sat 19 Dec 10:00: Sold out",
        "Sat 26 Dec 10:00: Preorder opens Mon 30 Nov 09:00",
        "Sat 2 Jan 10:00: Preorder closed",
    ]
    assert lines[13] == "… and 40 more"


def test_an_event_whose_places_cannot_be_read_is_not_on_sale_and_says_why() -> None:
    block = problems_block([Problem("Places", "two dozen", "not-a-whole-number")], drop(), NOW, BERLIN)
    assert block.split("\n")[1:3] == ["Not on sale: it has no places yet", "⚠ Places: “two dozen” is not a whole number"]


def test_a_products_name_cannot_break_the_block() -> None:
    name = "Loaf\n―― end ――\nBook: https://evil.example · 99 left" + "x" * 500
    block = public_block(SLOT, replace(OPEN, offers=(replace(LOAF, name=name),)), drop(), NOW, LINK)
    assert len(block.split("\n")) == 7
    assert strip(attach("Hello", block)) == "Hello"


@pytest.mark.parametrize(
    ("state", "language", "said"),
    [
        ("open", "en", "7 left"),
        ("open", "de", "noch 7"),
        ("sold_out", "en", "SOLD OUT"),
        ("closed", "fr", "fermé"),
        ("cancelled", "es", "cancelado"),
        ("soon", "en", "opens soon"),
    ],
)
def test_a_badge_is_a_word_or_two(state: str, language: str, said: str) -> None:
    assert badge(replace(OPEN, state=state), language) == said  # type: ignore[arg-type]


def test_a_badge_tells_the_opening_when_it_is_known() -> None:
    assert badge(replace(OPEN, state="soon"), "en", opens=CLOSES, zone=BERLIN) == "opens Fri 4 Dec 18:00"


# How it comes off: text


@pytest.mark.parametrize("block", EVERY_BLOCK)
@pytest.mark.parametrize(
    "text", ["", "Hello", "Hello\n", "Hello\n\n\n", "\n", "  ", "Hello  \n ", "Hello\r\n", "\r", "Places: 24\nBye ――", "> "]
)
def test_a_block_put_on_comes_off_and_leaves_every_character(text: str, block: str) -> None:
    assert strip(attach(text, block)) == text


@given(st.text(), BLOCKS)
def test_whatever_the_notes_a_block_put_on_comes_off(text: str, block: str) -> None:
    assume(strip(text) == text)
    assert strip(attach(text, block)) == text


def test_notes_without_a_block_are_left_alone() -> None:
    text = "7 of 24 places left\nBook: https://example.org\nUpdated Wed 2 Dec 14:03\nlive stock - end - of the week - live stock\n"
    assert strip(text) == text


def lines_of(change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: "\n".join(change(line) for line in text.split("\n"))


def wrapped(width: int) -> Callable[[str], str]:
    return lambda text: "\n".join(part for line in text.split("\n") for part in textwrap.wrap(line, width, break_on_hyphens=False) or [""])


SHAPES = {
    "as it was": lambda text: text,
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "a line break behind": lambda text: text + "\n",
    "trailing blanks (DAVx5)": lines_of(lambda line: line + "  "),
    "leading blanks": lines_of(lambda line: "  " + line),
    "blank lines between (Outlook)": lambda text: text.replace("\n", "\n\n"),
    "no blank line before": lambda text: text.replace("\n\n―", "\n―"),
    "hard spaces": lines_of(lambda line: line.replace(" ", "\u00a0")),
    "hyphens": lambda text: text.replace("――", "--"),
    "one hyphen": lambda text: text.replace("――", "-"),
    "one em dash (iOS)": lambda text: text.replace("――", "—"),
    "en dashes (Word)": lambda text: text.replace("――", "––"),
    "minus signs": lambda text: text.replace("――", "−−−"),
    "box drawing": lambda text: text.replace("――", "──"),
    "marks without blanks": lambda text: re.sub("―― (.*) ――", r"――\1――", text),
    "marks in capitals": lambda text: re.sub("―― .* ――", lambda found: found[0].upper(), text),
    "straight quotes": lambda text: text.translate(str.maketrans("“”„’«»", '"""\'""')),
    "an emoji sign": lambda text: text.replace("⚠", "⚠\ufe0f"),
    "bullets for dots": lambda text: text.replace("·", "•"),
    "decomposed accents (Apple)": lambda text: text.replace("é", "e\u0301").replace("ä", "a\u0308"),
    "reflowed at 72": wrapped(72),
    "reflowed at 60": wrapped(60),
    "quoted": lines_of(lambda line: "> " + line),
    "twice": lambda text: text + text,
    "thrice": lambda text: text + "\n" + text + "\n\n" + text + "\n",
    "a line separator": lambda text: text.replace("\n\n", "\0").replace("\n", "\u2028").replace("\0", "\n\n"),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("block", EVERY_BLOCK)
def test_a_block_comes_off_however_a_client_gives_it_back(block: str, shape: str) -> None:
    assert strip("Hello" + SHAPES[shape]("\n\n" + block)).rstrip(" >\u00a0") == "Hello"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_block_reflowed_into_one_line_comes_off(language: str) -> None:
    flowed = anyones(language).replace("\n", " ")
    assert strip(f"Hello {flowed} Bye") == "Hello Bye"
    assert strip(f"Hello\n{flowed}\nBye") == "Hello\nBye"


@pytest.mark.parametrize("block", EVERY_BLOCK)
def test_what_is_typed_behind_the_block_stays(block: str) -> None:
    assert strip(attach("Hello", block) + "\n\nBring a bag.\n") == "Hello\n\nBring a bag.\n"
    assert strip(block + "\nBring a bag.") == "Bring a bag."


TYPED = [
    "Bring a bag",
    "Only 3 left, hurry!",
    "⚠ no parking",
    "Book: ask Ada",
    "Updated prices next week",
    "- end of the line -",
    "Sorry, no buns",
    "7",
]


@pytest.mark.parametrize("typed", TYPED)
@pytest.mark.parametrize("block", EVERY_BLOCK)
def test_what_is_typed_between_its_lines_stays(block: str, typed: str) -> None:
    lines = block.split("\n")
    for position in range(1, len(lines)):
        changed = "\n".join([*lines[:position], typed, *lines[position:]])
        assert strip(attach("Hello", changed)) == f"Hello\n\n{typed}"
        assert strip(attach("Hello", changed) + "\n\nBye") == f"Hello\n\n{typed}\n\nBye"


@pytest.mark.parametrize("block", EVERY_BLOCK)
def test_what_is_typed_behind_one_of_its_lines_or_marks_stays(block: str) -> None:
    for position, line in enumerate(block.split("\n")):
        changed = [*block.split("\n")]
        changed[position] = f"{line} (ask Ada!)"
        assert "ask Ada!" in strip(attach("Hello", "\n".join(changed)))


@pytest.mark.parametrize("block", EVERY_BLOCK)
def test_of_a_block_without_its_end_only_our_lines_go(block: str) -> None:
    text = attach("Hello", block.rpartition("\n")[0])
    assert strip(text) == "Hello"
    assert strip(text + "\n\nBring a bag.\nBook: https://ada.example") == "Hello\n\nBring a bag.\nBook: https://ada.example"


@pytest.mark.parametrize("block", EVERY_BLOCK)
def test_of_a_block_without_its_start_only_our_lines_go(block: str) -> None:
    rest = block.partition("\n")[2]
    assert strip(f"Hello\nBring a bag.\n\n{rest}") == "Hello\nBring a bag."
    assert strip(f"Hello\n\n{rest}\nBye") == "Hello\nBye"


def test_a_mark_left_alone_goes_and_a_dash_of_the_organizers_stays() -> None:
    assert strip("Hello\n\n―― live stock ――\nBye") == "Hello\nBye"
    assert strip("Hello\n\n―― end ――") == "Hello"
    assert strip("Hello\n\n-- end --\nBye") == "Hello\n\n-- end --\nBye"


@given(BLOCKS, st.data())
def test_however_a_block_is_damaged_the_organizers_words_stay(block: str, data: st.DataObject) -> None:
    lines = block.split("\n")
    kept = data.draw(st.lists(st.sampled_from(range(len(lines))), unique=True).map(sorted))
    marked = [f"<word {n}>" for n in range(len(kept) + 1)]
    damaged = [marked[0], *(part for n, index in enumerate(kept) for part in (lines[index], marked[n + 1]))]
    assert re.findall(r"<word \d+>", strip("\n".join(damaged))) == marked


# How it comes off: HTML


def to_html(block: str) -> str:
    """The block behind HTML notes, as it is written into an event."""
    return unescape(unfold(behind(block, HTML)))


def paragraphs(text: str, tag: str = "p") -> str:
    return "".join(f"<{tag}>{line or '&nbsp;'}</{tag}>" for line in text.split("\n"))


def linked(text: str, attributes: str = "") -> str:
    return re.sub(r"https?://\S+", lambda found: f'<a href="{found[0]}"{attributes}>{found[0]}</a>', text)


HTML_SHAPES = {
    "as we wrote it": lambda block: "<b>Hello</b>" + to_html(block),
    "Google: breaks and links": lambda block: "<b>Hello</b><br><br>" + linked(block, ' target="_blank"').replace("\n", "<br>"),
    "Google: breaks with slashes": lambda block: "<b>Hello</b><br />" + block.replace("\n", "<br />"),
    "Google: inline tags and bare lines": lambda block: "<b>Hello</b>\n\n" + linked(block),
    "Google: wrapped in a span": lambda block: "<b>Hello</b><span><br><br>" + block.replace("\n", "<br>") + "</span>",
    "Google: html-blob": lambda block: "<b>Hello</b><html-blob><br><br>" + block.replace("\n", "<br>") + "</html-blob>",
    "Outlook: a paragraph a line": lambda block: "<b>Hello</b>" + paragraphs("\n" + linked(block), "p"),
    "Outlook: hard spaces": lambda block: "<b>Hello</b>" + paragraphs(block.replace(" ", "&nbsp;"), "div"),
    "Outlook: entities": lambda block: (
        "<b>Hello</b><br>" + block.replace("―", "&#8213;").replace("·", "&middot;").replace("\n", "<br>\r\n")
    ),
    "Thunderbird: lines broken in the source": lambda block: (
        "<b>Hello</b><br>\n<br>\n" + block.replace("\n", "<br>\n").replace(" left", "\n  left")
    ),
    "twice": lambda block: "<b>Hello</b>" + to_html(block) + to_html(block),
}


@pytest.mark.parametrize("shape", HTML_SHAPES)
@pytest.mark.parametrize("block", EVERY_BLOCK)
def test_a_block_comes_off_however_a_client_makes_html_of_it(block: str, shape: str) -> None:
    assert strip_html(HTML_SHAPES[shape](block)) == "<b>Hello</b>"


def test_what_stands_around_and_within_stays_with_its_tags() -> None:
    lines = anyones().split("\n")
    lines.insert(3, "<i>Bring a bag</i>")
    html = "<div><p>Hello</p>" + paragraphs("\n".join(lines)) + "<p>Bye &amp; thanks</p></div>"
    assert strip_html(html) == "<div><p>Hello</p><p><i>Bring a bag</i></p><p>Bye &amp; thanks</p></div>"


OUTLOOK = """<html xmlns:o="urn:office"><head><style><!-- p.MsoNormal {margin:0cm} --></style></head>
<body lang="EN-GB" link="#0563C1"><div class="WordSection1"><p class="MsoNormal">Hello<o:p></o:p></p>{}</div></body></html>"""


def test_an_outlook_document_keeps_its_head_and_its_body() -> None:
    lines = "".join(f'<p class="MsoNormal"><span lang="EN-US">{line}<o:p></o:p></span></p>\r\n' for line in linked(anyones()).split("\n"))
    assert strip_html(OUTLOOK.replace("{}", lines)).replace("\r\n", "") == OUTLOOK.replace("{}", "").replace("\r\n", "")
    assert text_of_html(OUTLOOK.replace("{}", lines)).split("\n")[0] == "Hello"


FRAGMENTS = st.lists(
    st.sampled_from(
        [
            "<p>",
            "</p>",
            "<br>",
            "<b>",
            "</b>",
            "Hello",
            " ",
            "\n",
            "&nbsp;",
            "&lt;",
            "<",
            ">",
            "&",
            "<!--",
            "-->",
            "<a href='",
            "――",
            "<style>",
        ]
    )
)


@given(st.one_of(st.text(), FRAGMENTS.map("".join)), BLOCKS)
def test_whatever_the_html_a_block_put_on_comes_off(html: str, block: str) -> None:
    assert strip_html(html + to_html(block)) == html


@given(st.one_of(st.text(), FRAGMENTS.map("".join)))
def test_html_without_a_block_is_left_alone(html: str) -> None:
    assert strip_html(html) == html


def test_a_block_as_html_is_escaped_and_links_where_it_books() -> None:
    html = to_html('―― live stock ――\nSalt & <pepper> 5 left\nBook: https://example.org/?a=1&b="2"\n―― end ――')
    assert "Salt &amp; &lt;pepper&gt; 5 left<br>" in html
    assert '<a href="https://example.org/?a=1&amp;b=">' in html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Places: 24</p><p>Bring a bag</p>", "Places: 24\nBring a bag"),
        ("Places: 24<br>Limit:&nbsp;2", "Places: 24\nLimit:\u00a02"),
        ("<ul><li>Places: 24</li><li>Limit: 2</li></ul>", "Places: 24\nLimit: 2"),
        ("<div>Places: 24</div><div><br></div><div>Bye</div>", "Places: 24\n\nBye"),
        ("<b>Places:</b> 24\nLimit: 2", "Places: 24\nLimit: 2"),
        ("<p>Places:\r\n   24</p>", "Places: 24"),
        ("<style>p {}</style><p>a &lt; b &amp;amp; c</p>", "a < b &amp; c"),
        ("a < b", "a < b"),
    ],
)
def test_settings_can_be_read_from_html(html: str, text: str) -> None:
    assert text_of_html(html) == text


@pytest.mark.parametrize(
    "text", ["<p>Hello</p>", "Hello<br>Bye", "Hello<BR/>Bye", '<a href="https://example.org">here</a>', "<html-blob>x</html-blob>"]
)
def test_notes_with_tags_are_html(text: str) -> None:
    assert is_html(text)


def test_a_bold_word_among_plain_lines_makes_no_html_of_them() -> None:
    assert not is_html("Fresh <b>bread</b>\nPlaces: 24")
    assert is_html("Fresh <b>bread</b>")
    assert is_html("<p>Fresh</p>\n<p>bread</p>")


def test_a_line_break_typed_into_html_notes_is_one() -> None:
    assert text_of_html("Flour<br>Water\nPlaces: 24", breaks=True) == "Flour\nWater\nPlaces: 24"


@pytest.mark.parametrize(
    "text", ["", "5 < 6 and 7 > 3", "<3 bread", "Ada <ada@example.org>", "<b>", "see <https://example.org>", "a <b and c> d", "</p>"]
)
def test_notes_with_angles_are_not(text: str) -> None:
    assert not is_html(text)


MARK, END = "―― live stock ――", "―― end ――"


@pytest.mark.parametrize(
    "text",
    [
        "―" * LONG,
        "― " * LONG,
        f"{MARK}\n" * (LONG // 20),
        f"{MARK} " * (LONG // 20),
        f"{END}\n" * (LONG // 20),
        f"{MARK}\n{END}\n" * (LONG // 30),
        f"{MARK}\n{'5 left ' * LONG}\n{END}",
        f"{MARK}\n" + ("x " * 1900 + "\n") * 25 + END,
        f"{MARK}\n" + ("a 5 left · " * 300 + "\n") * 25 + END,
        f"{MARK}\n" + ("⚠ Till: " * 400 + "\n") * 25 + END,
        f"{MARK}\n" + ('⚠ a: "' * 500 + "\n") * 25 + END,
        "<" * LONG,
        "<a '" * LONG,
        "<div>" * 10_000 + MARK + "<br>" + END + "</div>" * 10_000,
        "<!--" * LONG,
        "<style>" * LONG,
        "&" * LONG,
    ],
    ids=range(17),
)
def test_no_text_takes_forever(text: str) -> None:
    strip(text)
    strip_html(text)
    is_html(text)
    text_of_html(text)
