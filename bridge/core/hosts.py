"""Names of hosts, as people write them and as the DNS has them."""

import re

_DOTS = re.compile("[.\u3002]")
_DEVIATING = frozenset("ßς")
_ENCODED = "xn--"


def is_host(name: str) -> bool:
    """Whether the DNS can hold the name: no label begins or ends with a hyphen (RFC 1123 section 2.1), and all have an ASCII form."""
    try:
        labels = name.encode("idna").split(b".")
    except UnicodeError:
        return False
    return not any(label.startswith(b"-") or label.endswith(b"-") for label in labels)


def in_ascii(host: str) -> str:
    """The host as browsers send it (RFC 5891 section 4.4), in small letters; in its own ones where it has no such form."""
    try:
        return ".".join(map(_label_in_ascii, _DOTS.split(host)))
    except UnicodeError:
        return host.casefold()


def _label_in_ascii(label: str) -> str:
    folded = "".join(sign if sign in _DEVIATING else sign.casefold() for sign in label)
    encoded = folded if folded.isascii() else folded.encode("idna").decode("ascii")
    # The codec folds these (RFC 3490), browsers do not: straße.example and strasse.example are two hosts.
    return f"{_ENCODED}{folded.encode('punycode').decode('ascii')}" if _DEVIATING & set(folded) else encoded
