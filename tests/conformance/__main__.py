"""Runs the suites, prints what they found, and ends with 1 when something is not as it should be."""

import sys
import tempfile
from pathlib import Path

from tests.conformance.server import serving
from tests.conformance.suites import ROOT, Verdict, python_caldav, server_tester, tsdav, vdirsyncer

SUITES = {"caldav-server-tester": server_tester, "vdirsyncer": vdirsyncer, "python-caldav": python_caldav, "tsdav": tsdav}


def main(names: list[str]) -> int:
    """Runs the named suites, or all. What they need is kept under ``var/conformance``."""
    kept = ROOT / "var/conformance"
    kept.mkdir(parents=True, exist_ok=True)
    verdicts = []
    for name in names or list(SUITES):
        with tempfile.TemporaryDirectory() as fresh, serving(Path(fresh)) as server:
            verdicts.append(SUITES[name](server, kept))
            _print(verdicts[-1])
    return 0 if all(verdict.good for verdict in verdicts) else 1


def _print(verdict: Verdict) -> None:
    print(f"{'ok  ' if verdict.good else 'LOOK'} {verdict.suite}: {verdict.summary}")
    if verdict.details:
        print(verdict.details)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
