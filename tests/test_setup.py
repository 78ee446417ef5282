"""Setting up on a machine that is not ours: it installs where it may, and else says exactly what to do."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

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


def test_every_command_of_the_makefile_is_listed_by_make_alone():
    listed = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"^make (\w+)", listed, re.MULTILINE)) == set(targets)
