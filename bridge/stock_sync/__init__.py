"""Tills: the push API and the sockets of each vendor."""
