"""CalDAV on Radicale: the face for organizers, and read-only for anyone."""
