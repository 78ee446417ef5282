"""dropbridge: a calendar-first commerce server."""
