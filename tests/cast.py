"""The people of every test: Ada organizes, Ben helps her, Cleo buys, Dee may see nothing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """``name`` signs in, ``title`` is what others read."""

    name: str
    title: str
    email: str
    password: str


ADA = Person("ada", "Ada's Bakery", "ada@example.org", "correct horse battery staple")
BEN = Person("ben", "Ben", "ben@example.org", "a helper's own password")
CLEO = Person("cleo", "Cleo", "cleo@example.org", "bread on saturdays")
DEE = Person("dee", "Dee's Deli", "dee@example.org", "another organizer entirely")
EVERYONE = (ADA, BEN, CLEO, DEE)
