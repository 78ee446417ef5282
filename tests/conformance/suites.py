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

NEEDED = [
    "pytest",
    "pytest-asyncio",
    "hypothesis",
    "aioresponses",
    "pytest-httpserver",
    "trustme",
    "requests",
    "pyyaml",
    "proxy.py",
    "niquests",
    "pyfakefs",
    "manuel",
    "vobject",
    "tzlocal",
]
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
    source = _source(directory, "vdirsyncer")
    fixture = source / "tests/storage/servers/dropbridge"
    fixture.mkdir(parents=True, exist_ok=True)
    (fixture / "__init__.py").write_text(MIXIN.format(url=server.dav, name=ADA.name, password=ADA.password))
    files = ["tests/storage/dav/test_caldav.py", "tests/storage/dav/test_main.py"]
    return _own_tests("vdirsyncer", directory, source, files, DAV_SERVER="dropbridge")


def python_caldav(server: Server, directory: Path) -> Verdict:
    """python-caldav's own integration tests, from its source package; not those of scheduling, which is not there."""
    source = _source(directory, "caldav")
    account = {"type": "external", "enabled": True, "url": server.dav, "username": ADA.name, "password": ADA.password}
    servers = {
        "radicale": {"type": "embedded", "enabled": False},
        "xandikos": {"type": "embedded", "enabled": False},
        "dropbridge": account,
    }
    # JSON is YAML.
    (source / "tests/caldav_test_servers.yaml").write_text(json.dumps({"test-servers": servers}))
    _make_calendar(server, directory)
    chosen = ["tests/test_caldav.py", "-k", "ropbridge and not testSupport and not Scheduling"]
    return _own_tests("caldav", directory, source, chosen, PYTHON_CALDAV_TEST_DOCKER="0")


def _own_tests(package: str, directory: Path, source: Path, chosen: list[str], **environ: str) -> Verdict:
    python = _environment(directory / f"venv-{package}", package)
    quiet = ["-p", "no:cacheprovider", "-W", "default", "-o", "addopts=--tb=short", "-o", "asyncio_default_fixture_loop_scope=function"]
    done = _run([str(python), "-m", "pytest", *quiet, *chosen], source, **environ)
    summary = next((line for line in reversed(done.stdout.splitlines()) if re.search(r"\d+ (passed|failed)", line)), "did not run")
    good = done.returncode == 0
    return Verdict(
        f"{package} {version(package)}, its own CalDAV tests", good, summary.strip("= "), "" if good else done.stdout + done.stderr
    )


def _environment(path: Path, package: str) -> Path:
    python = path / "bin/python"
    if not (path / "ready").exists():
        venv.create(path, with_pip=True)
        needed = [*NEEDED, f"{package}=={version(package)}"]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *needed], check=True, stderr=subprocess.DEVNULL)
        (path / "ready").touch()
    return python


def _source(directory: Path, package: str) -> Path:
    release = f"{package}-{version(package)}"
    path = directory / release
    if not path.exists():
        python = _environment(directory / f"venv-{package}", package)
        command = [str(python), "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", release.replace("-", "==")]
        subprocess.run(command, cwd=directory, check=True, stderr=subprocess.DEVNULL)
        subprocess.run(["tar", "xzf", f"{release}.tar.gz"], cwd=directory, check=True)
    return path


def _make_calendar(server: Server, directory: Path) -> None:
    _run(["curl", "-sf", "-X", "MKCALENDAR", "-u", f"{ADA.name}:{ADA.password}", f"{server.dav}{ADA.name}/Bread/"], directory)


def tsdav(server: Server, directory: Path) -> Verdict:
    """tsdav: its npm package carries no tests, so its client is taken through all it does by a script of ours."""
    script = ROOT / "tests/node/caldav.mjs"
    texts = (slot("ts", 24), slot("ts", 12, "LOCATION:Oven"))
    _make_calendar(server, directory)
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
