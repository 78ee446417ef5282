"""dropbridge: a calendar-first commerce server."""

__version__ = "0.1.0"
