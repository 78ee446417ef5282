"""Setting up on a machine that is not ours: it installs where it may, and else says exactly what to do."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.journeys.browser import programs

ROOT = Path(__file__).parent.parent
TOOLS = ("bash", "env", "dirname", "grep", "cat", "sed")


@pytest.fixture
def machine(tmp_path):
    """A PATH with nothing but a shell's everyday tools, and programs that write down how they were called."""
    for name in TOOLS:
        (tmp_path / name).symlink_to(shutil.which(name))

    def put(name: str, body: str = "") -> None:
        (tmp_path / name).write_text(f'#!{shutil.which("bash")}\necho "{name} $*" >> {tmp_path}/calls\n{body}\n', encoding="utf-8")
        (tmp_path / name).chmod(0o755)

    put.folder = tmp_path
    put.calls = lambda: (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    return put


def run(machine, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs a script of the repository on that machine, without a terminal."""
    alone = {"PATH": str(machine.folder)}
    return subprocess.run(command, cwd=ROOT, env=alone, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def test_root_installs_with_apt_without_being_asked_anything(machine):
    machine("id", "echo 0")
    machine("apt-get")
    assert run(machine, ".ci/apt", "postgresql").returncode == 0
    assert "apt-get install -qq -y --no-install-recommends postgresql" in machine.calls()


def test_somebody_with_sudo_installs_through_it(machine):
    machine("id", "echo 1000")
    machine("apt-get")
    machine("sudo", '[ "$1" = -n ] || exec "$@"')
    assert run(machine, ".ci/apt", "postgresql").returncode == 0
    assert any(call.startswith("apt-get install") and call.endswith("postgresql") for call in machine.calls())


def test_without_root_and_sudo_it_says_what_to_install(machine):
    machine("id", "echo 1000")
    machine("apt-get")
    refused = run(machine, ".ci/apt", "postgresql", "chromium")
    assert refused.returncode != 0
    assert "apt-get install postgresql chromium" in refused.stderr


def test_without_apt_it_names_the_packages(machine):
    machine("id", "echo 0")
    refused = run(machine, ".ci/apt", "postgresql")
    assert refused.returncode != 0
    assert "postgresql" in refused.stderr


def test_an_old_python_is_refused_with_what_would_do(machine, tmp_path):
    copy = tmp_path / "repository"
    shutil.copytree(ROOT / ".ci", copy / ".ci")
    machine("python3", "exit 1")
    refused = run(machine, copy / ".ci" / "venv", "requirements.lock")
    assert refused.returncode != 0
    assert "Python 3.11 or newer" in refused.stderr


def test_a_missing_venv_module_is_installed_for_the_python_that_is_there(machine, tmp_path):
    copy = tmp_path / "repository"
    shutil.copytree(ROOT / ".ci", copy / ".ci")
    machine("id", "echo 1000")
    machine("apt-get")
    machine("python3", 'case "$2" in *ensurepip*) exit 1 ;; *print*) echo 3.12 ;; esac')
    refused = run(machine, copy / ".ci" / "venv", "requirements.lock")
    assert refused.returncode != 0
    assert "apt-get install python3.12-venv" in refused.stderr


@pytest.fixture
def ubuntu(machine):
    """A machine that says it is Ubuntu, whose snaps are in a folder of their own."""
    (machine.folder / "os-release").write_text('NAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n', encoding="utf-8")
    machine("id", "echo 0")
    machine("apt-get")
    return machine


def browser(machine, **named: str) -> subprocess.CompletedProcess[str]:
    """Sets a browser up."""
    told = {"OS_RELEASE": str(machine.folder / "os-release"), "SNAP_BIN": str(machine.folder / "snaps"), **named}
    return run(machine, "env", *(f"{name}={value}" for name, value in told.items()), "bash", "tests/setup/browser.sh")


def test_debian_has_the_browser_and_its_driver_as_packages(machine):
    (machine.folder / "os-release").write_text('ID=debian\nVERSION_ID="13"\n', encoding="utf-8")
    machine("id", "echo 0")
    machine("apt-get")
    assert browser(machine).returncode == 0
    assert machine.calls()[-1].endswith(" chromium chromium-driver")


def test_ubuntu_has_the_browser_as_a_snap(ubuntu):
    ubuntu("snap")
    assert browser(ubuntu).returncode == 0
    assert "snap install chromium" in ubuntu.calls()
    assert not any("apt-get install" in call for call in ubuntu.calls())


def test_packages_that_only_call_a_snap_that_is_not_there_are_no_browser(ubuntu):
    ubuntu("snap")
    for name in ("chromium-browser", "chromedriver"):
        ubuntu(name, "exit 1")
    assert browser(ubuntu).returncode == 0
    assert "snap install chromium" in ubuntu.calls()


def test_a_snap_that_is_there_is_not_installed_again(ubuntu):
    (ubuntu.folder / "snaps").mkdir()
    ubuntu("snap")
    ubuntu("snaps/chromium.chromedriver")
    assert browser(ubuntu).returncode == 0
    assert not any(call.startswith("snap ") for call in ubuntu.calls())


def test_where_no_snap_can_be_installed_it_says_so_and_what_would_do(ubuntu):
    ubuntu("snap", "exit 1")
    refused = browser(ubuntu)
    assert refused.returncode != 0
    assert "snapd does not run" in refused.stderr
    assert "CHROMIUM=… CHROMEDRIVER=…" in refused.stderr
    assert browser(ubuntu, CHROMIUM="/a", CHROMEDRIVER="/b").returncode == 0


def test_somebody_without_root_is_told_which_snap_to_install(ubuntu):
    ubuntu("snap")
    ubuntu("id", "echo 1000")
    refused = browser(ubuntu)
    assert refused.returncode != 0
    assert "snap install chromium" in refused.stderr


def test_the_snaps_driver_brings_its_own_browser(machine, monkeypatch):
    (machine.folder / "snaps").mkdir()
    machine("snaps/chromium.chromedriver")
    machine("snaps/chromium")
    monkeypatch.setattr("tests.journeys.browser.SNAPS", machine.folder / "snaps")
    for path in (machine.folder, machine.folder / "snaps"):
        machine("chromium-browser")
        machine("chromedriver")
        monkeypatch.setenv("PATH", str(path))
        assert programs() == ("", str(machine.folder / "snaps" / "chromium.chromedriver"))


def test_a_browser_from_a_package_goes_with_the_driver_from_one(machine, monkeypatch):
    for name in ("chromium", "chromedriver"):
        machine(name)
    monkeypatch.setenv("PATH", str(machine.folder))
    monkeypatch.setattr("tests.journeys.browser.SNAPS", machine.folder / "snaps")
    assert programs() == (str(machine.folder / "chromium"), str(machine.folder / "chromedriver"))
    monkeypatch.setenv("CHROMIUM", "/a")
    monkeypatch.setenv("CHROMEDRIVER", "/b")
    assert programs() == ("/a", "/b")


def test_every_command_of_the_makefile_is_listed_by_make_alone():
    listed = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"^make (\w+)", listed, re.MULTILINE)) == set(targets)
