"""``python -m bridge`` is ``dropbridge``."""

from bridge.cli import main

main()
