"""Translator: reports of failed delivery (RFC 3464) as they come back by mail. Never raises: what is no report is None."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message

LARGEST = 4_194_304
_TOKEN = re.compile(r"(?<![a-z0-9])[a-z2-7]{26}(?![a-z0-9])")
_ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@:;,]+>?")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_NAMING = ("to", "delivered-to", "x-original-to", "envelope-to")
_LONGEST = 240


@dataclass(frozen=True, slots=True)
class Report:
    """``tokens`` may name our message, see ``message_token``; ``failed``: it will not arrive; ``reason`` holds no address."""

    tokens: frozenset[str]
    failed: bool
    reason: str


def read_report(octets: bytes) -> Report | None:
    """The report that a mail is; None when it is none."""
    try:
        return _read(message_from_bytes(octets[:LARGEST]))
    except Exception:  # noqa: BLE001 # anyone may send anything, and the library has its own ways to fail
        return None


def _read(mail: Message) -> Report | None:
    parts = list(mail.walk())
    blocks = [block for part in parts if part.get_content_type() == "message/delivery-status" for block in _blocks(part)]
    if not blocks:
        return None
    gone = [block for block in blocks if _field(block, "action") == "failed"]
    return Report(frozenset(_tokens(mail, blocks, parts)), bool(gone), _reason(gone[0]) if gone else "")


def _blocks(part: Message) -> Iterator[Message]:
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (block for block in payload if isinstance(block, Message))


def _tokens(mail: Message, blocks: list[Message], parts: list[Message]) -> Iterator[str]:
    for name in _NAMING:
        for value in mail.get_all(name, []):
            yield from _TOKEN.findall(str(value).lower())
    for block in blocks:
        yield from _TOKEN.findall(_field(block, "original-envelope-id"))
    for part in parts:
        yield from _TOKEN.findall(str(part.get("message-id", "")).lower() if part is not mail else "")
        if part.get_content_type() == "text/rfc822-headers":
            returned = message_from_bytes(_octets(part))
            yield from _TOKEN.findall(str(returned.get("message-id", "")).lower())


def _octets(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _field(block: Message, name: str) -> str:
    return " ".join(str(block.get(name, "")).split()).lower()


def _reason(block: Message) -> str:
    status = _STATUS.search(_field(block, "status"))
    said = " ".join(str(block.get("diagnostic-code", "")).split()).partition(";")[2].strip()
    words = _ADDRESS.sub("…", said)[:_LONGEST]
    return " ".join(part for part in ("It came back:", status[0] if status else "", words) if part)
