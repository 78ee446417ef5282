"""The picture of docs/architecture.md, section 3, as a table: who may import whom."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "bridge").rglob("*.py"))

CORE = "core"
SMALL = {"bodies", "settings", "logs", "processes", "proxies"}
"""Known to everyone above the core, knowing nobody but the core."""
TRANSLATORS = {"bounces", "ical", "letters", "notes", "ticket", "wording", "liveblock", "written", "description", "pictures"}
FLOWS = "flows"
SOCKETS = {"store", "payments", "notify", "mirrors", "stock_sync.sockets"}
FACES = {"caldav_plugin", "ics_feeds", "checkout", "pickup", "console", "health", "stock_sync.faces"}
PROCESSES = {"wsgi", "scheduler", "cli", "supervisor", "children", "greeting", "__main__"}

STOCK_SYNC_FACES = {"hooks", "api", "openapi"}
"""Modules of ``stock_sync`` that are a way in; each other one there is a till or helps one."""
TILLS = ("tryton", "csvfile", "fake", "square", "shopify")


def layer_of(name: str) -> str:
    """The layer of a module below ``bridge``: its first part without what follows ``_`` when that is a translator's
    (``liveblock_lines``), and for tills and their faces which of the two."""
    parts = name.split(".")
    if parts[0].split("_")[0] in TRANSLATORS:
        return parts[0].split("_")[0]
    if parts[0] == "stock_sync" and len(parts) > 1:
        return "stock_sync.faces" if parts[1] in STOCK_SYNC_FACES else "stock_sync.sockets"
    return parts[0]


ALLOWED: dict[str, set[str]] = {
    CORE: set(),
    **{name: {CORE} for name in SMALL},
    **{name: {CORE} | TRANSLATORS for name in TRANSLATORS},
    FLOWS: {CORE} | TRANSLATORS,
    **{name: {CORE} for name in SOCKETS},
    **{name: {CORE, FLOWS} | TRANSLATORS | SMALL for name in FACES},
    "wiring": {CORE, FLOWS, "store"} | TRANSLATORS | SMALL | SOCKETS,
    "site": {"wiring"} | SMALL | FACES,
    "demo": {CORE, FLOWS, "wiring"} | TRANSLATORS,
    **{
        name: {CORE, FLOWS, "wiring", "site", "demo", "store", "stock_sync.sockets"} | TRANSLATORS | SMALL | PROCESSES
        for name in PROCESSES
    },
}

ONLY: dict[str, set[str]] = {
    "radicale": {"caldav_plugin"},
    "vobject": {"caldav_plugin"},
    "icalendar": {"ical"},
    "recurring_ical_events": {"ical"},
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "psycopg": {"store"},
    "apscheduler": {"scheduler"},
    "granian": {"supervisor"},
    "PIL": {"pictures"},
    "tomli_w": {"description"},
    "flask": FACES | {"site"},
    "stripe": {"payments"},
    "pydantic": {"settings", "stock_sync.sockets", "stock_sync.faces"},
}
"""A foreign package, and who alone may import it."""


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT / "bridge").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> Iterator[str]:
    """Every module that a file imports, dotted, also those inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are written in full"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def wrong_arrows(path: Path) -> Iterator[str]:
    layer = layer_of(name_of(path))
    for imported in imports_of(path):
        first, _, rest = imported.partition(".")
        if first == "bridge" and _is_module(rest) and rest != "stock_sync":
            target = layer_of(rest)
            if target != layer and target not in ALLOWED[layer]:
                yield f"{layer} may not import {imported}"
        elif layer not in ONLY.get(first, {layer}):
            yield f"{layer} may not import {first}"


def _is_module(name: str) -> bool:
    top = ROOT / "bridge" / name.split(".", maxsplit=1)[0]
    return bool(name) and (top.is_dir() or top.with_suffix(".py").exists())


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_arrow_points_down_to_the_core(path):
    assert sorted(set(wrong_arrows(path))) == []


@pytest.mark.parametrize("path", sorted((ROOT / "bridge" / "core").glob("*.py")), ids=name_of)
def test_the_core_needs_only_the_standard_library(path):
    foreign = {name for name in imports_of(path) if name.split(".")[0] not in sys.stdlib_module_names | {"bridge"}}
    assert foreign == set()


def test_every_module_has_a_place_in_the_picture():
    unknown = {layer_of(name_of(path)) for path in MODULES} - set(ALLOWED) - {"", "stock_sync"}
    assert unknown == set()


@pytest.mark.parametrize("path", sorted((ROOT / "bridge" / "stock_sync").glob("*.py")), ids=name_of)
def test_a_till_does_not_know_another(path):
    others = {f"bridge.stock_sync.{till}" for till in TILLS if not path.stem.startswith(till)}
    if path.stem.startswith(TILLS):
        assert not [name for name in imports_of(path) if name.startswith(tuple(others))]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_error_of_ours_is_a_value_error(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
            assert "ValueError" not in bases, f"{node.name}: Radicale would swallow it and commit"
