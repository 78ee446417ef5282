"""The suites themselves. Each says what it found in one line, and whether that is as it should be."""

import json
import os
import re
import subprocess
import sys
import venv
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from tests.caldav_plugin.device import slot
from tests.cast import ADA, DEE
from tests.conformance.server import Server

ROOT = Path(__file__).parents[2]
# What caldav-server-tester finds and docs/caldav.md explains. Anything else is new, and wants a look.
EXPLAINED = {
    "create-calendar.auto",
    "scheduling",
    "search.text.comp-type-optional",
    "search.time-range.comp-type-optional",
    "url.encode-at.identity",
    "url.encode-at.literal.principal",
}


_LEVEL = re.compile(r"^## (\S+)\nFeature support level found: (\S+)$", re.MULTILINE)


class Verdict(NamedTuple):
    """What a suite found."""

    suite: str
    good: bool
    summary: str
    details: str = ""


def server_tester(server: Server, directory: Path) -> Verdict:
    """caldav-server-tester: every feature it knows, with two users."""
    config = directory / "calendar.json"
    config.write_text(json.dumps({"default": _account(server, ADA.name, ADA.password), "second": _account(server, DEE.name, DEE.password)}))
    command = [str(Path(sys.executable).parent / "caldav-server-tester"), "--config-section", "default", "--config-section", "second"]
    done = _run([*command, "--format", "text", "--verbose"], directory, CALDAV_CONFIG_FILE=str(config))
    levels = dict(_LEVEL.findall(done.stdout))
    # One of them is a question with the answer "yes", and has no level.
    levels = {name: "full" if level == "?" else level for name, level in levels.items()}
    nots = {name: level for name, level in levels.items() if level != "full"}
    summary = ", ".join(f"{count} {level}" for level, count in Counter(levels.values()).most_common())
    new = {name: level for name, level in nots.items() if name not in EXPLAINED}
    told = "\n".join(
        f"  {level}: {name}{' (not explained in docs/caldav.md)' if name in new else ''}" for name, level in sorted(nots.items())
    )
    return Verdict(f"caldav-server-tester {version('caldav-server-tester')}", not new, summary, told)


def _account(server: Server, name: str, password: str) -> dict[str, str]:
    return {"caldav_url": server.dav, "caldav_username": name, "caldav_password": password}


def vdirsyncer(server: Server, directory: Path) -> Verdict:
    """vdirsyncer's own tests of its CalDAV storage, from its source package."""
    release = version("vdirsyncer")
    python = _environment(directory / "venv", release)
    source = _source(directory, release)
    fixture = source / "tests/storage/servers/dropbridge"
    fixture.mkdir(parents=True, exist_ok=True)
    (fixture / "__init__.py").write_text(MIXIN.format(url=server.dav, name=ADA.name, password=ADA.password))
    command = [
        str(python),
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-o",
        "addopts=--tb=short",
        "tests/storage/dav/test_caldav.py",
        "tests/storage/dav/test_main.py",
    ]
    done = _run(command, source, DAV_SERVER="dropbridge")
    summary = next((line for line in reversed(done.stdout.splitlines()) if re.search(r"\d+ (passed|failed)", line)), "did not run")
    return Verdict(
        f"vdirsyncer {release}, its own CalDAV tests",
        done.returncode == 0,
        summary.strip("= "),
        "" if done.returncode == 0 else done.stdout,
    )


def _environment(path: Path, release: str) -> Path:
    python = path / "bin/python"
    if not (path / "ready").exists():
        venv.create(path, with_pip=True)
        needed = [
            "pytest",
            "pytest-asyncio",
            "hypothesis",
            "aioresponses",
            "pytest-httpserver",
            "trustme",
            "requests",
            f"vdirsyncer=={release}",
        ]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *needed], check=True, stderr=subprocess.DEVNULL)
        (path / "ready").touch()
    return python


def _source(directory: Path, release: str) -> Path:
    path = directory / f"vdirsyncer-{release}"
    if not path.exists():
        pip = [str(directory / "venv/bin/python"), "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*pip, f"vdirsyncer=={release}"], cwd=directory, check=True, stderr=subprocess.DEVNULL)
        subprocess.run(["tar", "xzf", f"vdirsyncer-{release}.tar.gz"], cwd=directory, check=True)
    return path


def tsdav(server: Server, directory: Path) -> Verdict:
    """tsdav: its npm package carries no tests, so its client is taken through all it does by a script of ours."""
    script = ROOT / "tests/node/caldav.mjs"
    texts = (slot("ts", 24), slot("ts", 12, "LOCATION:Oven"))
    _run(["curl", "-sf", "-X", "MKCALENDAR", "-u", f"{ADA.name}:{ADA.password}", f"{server.dav}{ADA.name}/Bread/"], directory)
    done = _run(["node", str(script), server.dav, ADA.name, ADA.password, *texts], directory)
    told = json.loads(done.stdout) if done.returncode == 0 else {}
    wanted = {"made": 201, "updated": 204, "stale": 412, "removed": 204, "synced": 1, "left": 0}
    wrong = {name: told.get(name) for name, value in wanted.items() if told.get(name) != value}
    found = json.loads((ROOT / "tests/node/node_modules/tsdav/package.json").read_text())["version"]
    return Verdict(
        f"tsdav {found}",
        not wrong,
        "discovery, create, query, update, stale update, sync, delete",
        f"{wrong}\n{done.stderr}" if wrong else "",
    )


def _run(command: list[str], where: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=where, env={**os.environ, **environ}, capture_output=True, text=True, timeout=1200, check=False)


MIXIN = """
import uuid

import pytest


class ServerMixin:
    @pytest.fixture
    def get_storage_args(self, aio_connector, slow_create_collection):
        async def inner(collection="test"):
            args = {{"url": "{url}", "username": "{name}", "password": "{password}", "connector": aio_connector}}
            if collection is not None:
                args = await slow_create_collection(self.storage_class, args, collection)
            return args

        return inner
"""
