"""The npm packages of ``tests/node``, which read what dropbridge writes."""

import shutil
from pathlib import Path

import pytest

NODE = Path(__file__).parent / "node"
_ADVICE = "run tests/setup/run.sh, as make test does, or npm ci in tests/node"


def npm(path: str) -> Path:
    """A file or folder of ``node_modules``. While no packages are installed the test is skipped; when just this one is missing it fails."""
    if shutil.which("node") is None or not (NODE / "node_modules").is_dir():
        pytest.skip(f"the npm packages of the tests are not installed: {_ADVICE}")
    found = NODE / "node_modules" / path
    if not found.exists():
        pytest.fail(f"{path} is missing beside the other npm packages: {_ADVICE}", pytrace=False)
    return found
