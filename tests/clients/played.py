"""Plays requests as clients send them: files of them, one after another, with what the server told before put in its place."""

import re
from pathlib import Path

from tests.caldav_plugin.device import Device, Reply

HERE = Path(__file__).parent


def play(device: Device, sample: str, **given: str) -> list[Reply]:
    """Sends every request of a file. ``{etag}`` and ``{token}`` are the last ones told, other names are ``given``."""
    replies: list[Reply] = []
    known = dict(given)
    for text in re.split(r"(?m)^###.*\n", (HERE / sample).read_text(encoding="utf-8")):
        if text.strip():
            replies.append(_send(device, text, known))
            known |= _told(replies[-1])
    return replies


def _send(device: Device, text: str, known: dict[str, str]) -> Reply:
    for name, value in known.items():
        text = text.replace(f"{{{name}}}", value)
    head, _, body = text.partition("\n\n")
    line, *lines = head.strip().splitlines()
    method, path = line.split(" ", 1)
    headers = {name.replace("-", "_"): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("Content_Type", "").startswith("text/calendar"):
        body = body.rstrip("\n").replace("\n", "\r\n") + "\r\n"
    return device(method, path, body.strip() if body.lstrip().startswith("<") else body, **headers)


def _told(reply: Reply) -> dict[str, str]:
    told = {"etag": reply.etag} if reply.etag else {}
    for name, pattern in (("token", rb"<D:sync-token>([^<]+)<"), ("etag", rb"<D:getetag>([^<]+)<")):
        found = re.findall(pattern, reply.octets)
        if found:
            told[name] = found[-1].decode()
    return told
