"""Public CalDAV suites, run against a server of ours: ``python -m tests.conformance``."""
