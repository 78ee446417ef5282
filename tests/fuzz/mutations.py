"""A thousand ways to get a request wrong."""

import copy
import random
import xml.etree.ElementTree as ET
from dataclasses import replace

from tests.fuzz.corpus import CALENDARS, HEADERS, MAKINGS, ODD_PATHS, PATCHES, REPORTS, TOKENS, VALUES, VOCABULARY, Sent


def mutated(sent: Sent, chance: random.Random) -> Sent:
    """The request with some of it gone wrong: mostly its body, at times its path, a header or its method."""
    if chance.random() < 0.9 and sent.body:
        sent = replace(sent, body=_body(sent.body, chance))
    if chance.random() < 0.15:
        sent = replace(sent, path=_path(sent.path, chance))
    if chance.random() < 0.25:
        for name in chance.sample(list(HEADERS), chance.randint(1, 3)):
            sent = replace(sent, environ=sent.environ | {name: chance.choice(HEADERS[name])})
    if chance.random() < 0.03:
        sent = replace(sent, method=chance.choice(["PUT", "REPORT", "PROPFIND", "PROPPATCH", "MKCALENDAR", "MOVE", "get", "", "X\xff"]))
    return sent


def _path(path: str, chance: random.Random) -> str:
    return chance.choice([path + chance.choice(ODD_PATHS).strip("/"), *ODD_PATHS])


def _body(body: bytes, chance: random.Random) -> bytes:
    if body.startswith(b"<?xml") and chance.random() < 0.6:
        return _regrown(body, chance)
    for _ in range(chance.choice([1, 1, 1, 2, 3, 8])):
        body = chance.choice(_MUTATIONS)(body, chance)
    return body[:200_000]


def _spot(body: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randint(0, len(body))
    return start, min(len(body), start + chance.choice([0, 1, 2, 8, 40, 300]))


def _inserted(body: bytes, chance: random.Random) -> bytes:
    start, _ = _spot(body, chance)
    return body[:start] + chance.choice(TOKENS) + body[start:]


def _line_inserted(body: bytes, chance: random.Random) -> bytes:
    lines = body.split(b"\n")
    lines.insert(chance.randint(0, len(lines)), chance.choice(TOKENS).rstrip(b"\r\n"))
    return b"\n".join(lines)


def _replaced(body: bytes, chance: random.Random) -> bytes:
    start, end = _spot(body, chance)
    return body[:start] + chance.choice(TOKENS) + body[end:]


def _removed(body: bytes, chance: random.Random) -> bytes:
    start, end = _spot(body, chance)
    return body[:start] + body[end:]


def _repeated(body: bytes, chance: random.Random) -> bytes:
    start, end = _spot(body, chance)
    return body[:start] + body[start:end] * chance.choice([2, 3, 50, 400]) + body[end:]


def _flipped(body: bytes, chance: random.Random) -> bytes:
    if not body:
        return b"\x00"
    start = chance.randrange(len(body))
    return body[:start] + bytes([body[start] ^ (1 << chance.randrange(8))]) + body[start + 1 :]


def _cut(body: bytes, chance: random.Random) -> bytes:
    return body[: chance.randint(0, len(body))]


def _shuffled(body: bytes, chance: random.Random) -> bytes:
    lines = body.split(b"\n")
    first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    return b"\n".join(lines)


def _spliced(body: bytes, chance: random.Random) -> bytes:
    other = chance.choice([chance.choice(CALENDARS).encode(), chance.choice([*REPORTS, *PATCHES, *MAKINGS])])
    return body[: chance.randint(0, len(body))] + other[chance.randint(0, len(other)) :]


def _renumbered(body: bytes, chance: random.Random) -> bytes:
    digits = [index for index, octet in enumerate(body) if 48 <= octet <= 57]
    if not digits:
        return body
    start = chance.choice(digits)
    return body[:start] + chance.choice([b"9", b"0", b"-", b"00", b"99999"]) + body[start + 1 :]


def _recoded(body: bytes, chance: random.Random) -> bytes:
    text = body.decode("utf-8", "replace")
    return text.encode(chance.choice(["utf-16", "utf-32", "utf-8-sig", "latin-1", "utf-7"]), "replace")


def _regrown(body: bytes, chance: random.Random) -> bytes:
    """Well-formed XML that says something else."""
    root = ET.fromstring(body)
    for _ in range(chance.choice([1, 1, 2, 3, 6])):
        _grown(chance.choice(list(root.iter())), root, chance)
    return ET.tostring(root)


def _grown(element: ET.Element, root: ET.Element, chance: random.Random) -> None:
    match chance.randrange(7):
        case 0:
            element.tag = chance.choice(VOCABULARY)
        case 1:
            element.text = chance.choice([*VALUES, CALENDARS[0], "/dav/ada/bread/0.ics", "http://[", "\u0085", "x" * 5000])
        case 2:
            for child in list(element)[:1]:
                element.remove(child)
        case 3:
            element.append(copy.deepcopy(chance.choice(list(root.iter()))))
        case 4:
            element.set(
                chance.choice([*element.keys(), "name", "start", "end", "collation", "negate-condition", "novalue"]), chance.choice(VALUES)
            )
        case 5:
            element.attrib.clear()
        case _:
            element.append(ET.Element(chance.choice(VOCABULARY), {"name": chance.choice(VALUES)}))


_MUTATIONS = [
    _inserted, _line_inserted, _line_inserted, _replaced, _removed, _repeated, _flipped, _cut, _shuffled, _spliced, _renumbered, _recoded,
]  # fmt: skip
