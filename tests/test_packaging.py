"""The package that people install: complete, and nothing in it or in the tree that belongs to one machine."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DATA = {".po", ".html", ".css", ".js", ".svg", ".png", ".ico", ".mako", ".json", ".webmanifest", ".typed", ".woff2"}


def tracked() -> list[Path]:
    """What git knows of, as far as it is there and is text."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    """The wheel, built without reaching for anything: from a copy, since building leaves folders behind."""
    copy, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for path in tracked():
        target = copy / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(out), str(copy)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return zipfile.ZipFile(next(out.glob("*.whl")))


def test_the_wheel_carries_every_module_and_every_data_file(wheel):
    inside = [path for path in tracked() if path.is_relative_to(ROOT / "bridge") and path.suffix in DATA | {".py"}]
    missing = {str(path.relative_to(ROOT)) for path in inside} - set(wheel.namelist())
    assert missing == set()


def test_the_wheel_names_its_command_and_its_licence(wheel):
    info = next(name for name in wheel.namelist() if name.endswith("/METADATA")).rpartition("/")[0]
    assert "dropbridge = bridge.cli:main" in wheel.read(f"{info}/entry_points.txt").decode()
    assert "License-Expression: GPL-3.0-or-later" in wheel.read(f"{info}/METADATA").decode()
    assert "GNU GENERAL PUBLIC LICENSE" in wheel.read(f"{info}/licenses/LICENSE").decode()


def names_in(lock: str) -> dict[str, str]:
    """Every pinned version of a lock file."""
    return dict(re.findall(r"^([a-z0-9.-]+)(?:\[[^]]*\])?==([^ ;\\]+)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))


def test_what_runs_and_what_is_tested_are_the_same_versions():
    run, test = names_in("requirements.lock"), names_in("requirements-test.lock")
    assert run.items() <= test.items()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-test.lock"])
def test_every_pin_carries_hashes(lock):
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text(encoding="utf-8"))
    assert [entry for entry in entries if "--hash=sha256:" not in entry and not entry.startswith("#")] == []


REGISTRIES = (
    "py" + "pi." + "org",
    "files.python" + "hosted",
    "registry.npm" + "js",
    "registry.yarn" + "pkg",
    "crates" + ".io",
    "proxy.golang" + ".org",
)
MACHINES = re.compile(r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)/")


@pytest.mark.parametrize("pattern", [re.compile("|".join(map(re.escape, REGISTRIES))), MACHINES], ids=["registry", "machine"])
def test_no_file_names_the_host_of_a_registry_or_a_path_of_one_machine(pattern):
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in pattern.finditer(text)]
    assert found == []
