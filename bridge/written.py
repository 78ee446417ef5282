"""What the readers of settings lines share: calm text, and the reason why one will not do."""

_SPACES = dict.fromkeys(map(ord, "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t"), " ")
_NOTHING = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u00ad"))
_CALM = {**_SPACES, **_NOTHING, ord("\uff0c"): ",", ord("\uff1b"): ";"}


class Unreadable(Exception):
    """A setting was not understood: ``reason`` is a key of the wording's reasons, ``written`` what it is about.

    ``others`` are what else the same line says that will not do.
    """

    def __init__(self, reason: str, written: str, others: "tuple[Unreadable, ...]" = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.written = written
        self.others = others


def plain(text: str) -> str:
    """``text`` with every kind of blank as a plain one, and nothing that cannot be seen."""
    return text.translate(_CALM)


def shortened(text: str, longest: int = 60) -> str:
    """``text`` to be quoted in a line."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
