"""The manual is complete and true: whatever a person can set, type, open or be refused is in it, and links lead somewhere."""

import ast
import inspect
import re
from datetime import datetime
from inspect import isclass
from pathlib import Path

import pytest
from werkzeug.exceptions import HTTPException

from bridge import settings
from bridge.checkout import guard, posted
from bridge.core import errors
from bridge.payments.stripe_news import REFUNDS, SESSIONS
from bridge.site import site
from bridge.stock_sync.api.problems import STATUS, URN
from bridge.wiring import ADAPTERS, bridge
from tests.manual import DESCRIBING, PAGE, commands_page, described_page, each_command, help_of, key_tables

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.glob("*.md"))]


def text_of(name: str) -> str:
    """A page of the manual."""
    return (DOCS / name).read_text(encoding="utf-8")


def anchors_of(page: Path) -> set[str]:
    """The anchors that a page's headings make, as the usual hosts make them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.replace("⁵", "").lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in plain}


def shown(default: object) -> str:
    """A default as TOML has it."""
    if isinstance(default, bool):
        return str(default).lower()
    return f'"{default}"' if isinstance(default, str) else str(default).replace("()", "[]")


@pytest.mark.parametrize("setting", settings.table(), ids=lambda setting: setting.name)
def test_the_manual_has_every_setting_with_its_default(setting):
    assert f"| `{setting.name}` | {setting.type} | `{shown(setting.default)}` | {setting.help} |" in text_of("operators.md")


def refusals(kind: type[errors.Refusal] = errors.Refusal) -> list[str]:
    """Every kind of refusal there is, below the root."""
    found = [name for below in kind.__subclasses__() if below.__module__.startswith("bridge.") for name in (below.kind, *refusals(below))]
    return sorted(set(found))


@pytest.mark.parametrize("kind", refusals())
def test_the_manual_has_every_refusal(kind):
    assert f"| `{kind}` |" in text_of("refusals.md")


def test_every_refusal_has_a_name_of_its_own():
    classes = [value for _, value in inspect.getmembers(errors, inspect.isclass) if issubclass(value, errors.Refusal)]
    assert len({value.kind for value in classes}) == len(classes)


@pytest.mark.parametrize("till", sorted(ADAPTERS["pos"]))
def test_the_manual_has_every_till(till):
    assert re.search(rf"\b{till}\b", text_of("shops.md"), re.IGNORECASE)


@pytest.mark.parametrize("way", sorted(ADAPTERS["payments"]))
def test_the_manual_has_every_way_of_paying(way):
    assert f"| `{way}` |" in text_of("payments.md")


@pytest.mark.parametrize("event", sorted(SESSIONS | REFUNDS))
def test_the_manual_has_every_event_to_subscribe_to(event):
    assert f"`{event}`" in text_of("payments.md").split("## Try it")[0]


def test_the_page_of_commands_is_what_they_say_themselves():
    assert PAGE.read_text(encoding="utf-8") == commands_page(), "python -m tests.manual writes it anew"


def test_the_page_of_descriptions_has_every_key_with_what_it_means():
    page = DESCRIBING.read_text(encoding="utf-8")
    assert page == described_page(), "python -m tests.manual writes it anew"
    for name, rows in key_tables().items():
        assert f"<!-- keys of {name} -->\n{rows}\n" in page


@pytest.mark.parametrize(("name", "command"), list(each_command()), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_shows_an_example_of_itself(name, command):
    assert f"Example: {name}" in " ".join(help_of(name, command).split())


def test_the_manual_has_every_address(tmp_path):
    pages = text_of("addresses.md")
    house = bridge(settings.load(environ={"DROPBRIDGE_DATABASE__URL": f"sqlite:///{tmp_path / 'bridge.db'}"}))
    rules = {rule.rule for rule in site(house).url_map.iter_rules()} | {"/dav/", "/dav-public/<organizer>/<drop>/"}
    house.database.dispose()
    for rule in sorted(rules):
        plain = (
            re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", rule).replace("<public_id>", "<slot id>").replace("<organizer>/<location>", "<location>")
        )
        assert "<_" in plain or plain.rstrip("/") in pages, rule


def problem_types() -> set[tuple[int, str]]:
    """Every type a problem of the API may have, with its status: those written where one is raised, and the refusals'."""
    raised = {
        (node.args[0].value, node.args[1].value)
        for path in (ROOT / "bridge" / "stock_sync" / "api").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem" and isinstance(node.args[0], ast.Constant)
    }
    return raised | {(status, refusal.kind) for refusal, status in STATUS.items() if refusal is not errors.Refusal}


def problems_of_holds() -> set[tuple[int, str]]:
    """The types that the addresses of holds add: of the errors that reading and guarding a request raise, and those written there."""
    raised = {one for module in (guard, posted) for one in vars(module).values() if isclass(one) and issubclass(one, HTTPException)}
    told = {(one.code or 0, one().name.lower().replace(" ", "-")) for one in raised}
    tree = ast.parse((ROOT / "bridge" / "checkout" / "holding.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_problem"]
    return told | {(node.args[0].value, node.args[1].value) for node in calls if isinstance(node.args[1], ast.Constant)}


@pytest.mark.parametrize(("status", "kind"), sorted(problem_types() | problems_of_holds()))
def test_the_page_of_addresses_has_every_problem(status, kind):
    rows = [line for line in text_of("addresses.md").splitlines() if f"`{URN}{kind}`" in line]
    assert [row.split("|")[1].strip() for row in rows] == [str(status)]


def test_the_page_of_addresses_has_no_problem_that_is_none():
    assert set(re.findall(rf"`{URN}([a-z-]+)`", text_of("addresses.md"))) == {kind for _, kind in problem_types() | problems_of_holds()}


def test_the_dates_of_the_manual_fall_on_the_days_it_says():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for day, date in re.findall(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\d{1,2} Dec)\b", text):
            assert f"{datetime.strptime(f'{date} 2026', '%d %b %Y'):%a}" == day, f"{page.name}: {day} {date}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_manual_leads_somewhere(page):
    for target in re.findall(r"\]\((?!https?:|mailto:|webcal:)([^)\s]+)\)", page.read_text(encoding="utf-8")):
        name, _, anchor = target.partition("#")
        linked = (page.parent / name).resolve() if name else page
        assert linked.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors_of(linked), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_command_of_the_manual_exists(page):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:^|`)(?:\w+=\S+ )*make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target}"


def test_the_architecture_shows_every_part_of_the_house():
    layout = text_of("architecture.md").split("## 2.")[1].split("## 3.")[0]
    for path in (ROOT / "bridge").iterdir():
        if path.name.startswith("__") or path.name in {"py.typed", "locale"}:
            continue
        family = path.stem.split("_")[0] if path.stem.startswith(("liveblock", "written")) else path.stem
        assert re.search(rf"\b{family}\b", layout), path.name


def test_the_architecture_names_only_modules_that_are_there():
    layout = text_of("architecture.md")
    for name in re.findall(r"`((?:core|flows|store|caldav_plugin|ics_feeds|stock_sync)/\w+)(?:\.\w+)?`", layout):
        path = ROOT / "bridge" / name
        assert path.with_suffix(".py").exists() or path.is_dir(), name
