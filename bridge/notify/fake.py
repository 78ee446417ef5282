"""Letters for trying out: kept in memory, and as .eml files that any mail app opens."""

from collections.abc import Mapping
from email.policy import SMTP, SMTPUTF8
from pathlib import Path
from typing import Any

from bridge.core.errors import PermanentFault, TransientFault, Unreachable
from bridge.core.sockets import Message, message_token
from bridge.notify.mime import ascii_domain, mail

NOWHERE = "nowhere.example"
GREY = "grey.example"


class FakeNotifier:
    """Fills ``Notifier``. With a ``folder`` each key becomes one file there; ``sent`` holds what it was handed by key.

    Addresses at ``nowhere.example`` do not take mail, those at ``grey.example`` only when asked a second time; while
    it is ``away`` nothing is taken.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._folder = Path(config["folder"]) if config.get("folder") else None
        self._sender = str(config.get("from_address") or "shop@localhost")
        self._seen: set[str] = set()
        self.sent: dict[str, Message] = {}
        self.away = False

    def check(self) -> str:
        """Where the letters are. Raises ``Unreachable`` when it is away."""
        self._answer()
        where = f"written to {self._folder}" if self._folder else "kept in memory"
        return f"Letters are {where}; nobody gets them."

    def send(self, message: Message, key: str) -> None:
        """Keeps it. Raises as the address says."""
        self._answer()
        # As a server that takes it would get it: no encoded word stands in an address (RFC 2047 section 5, RFC 6532).
        wire = SMTP if ascii_domain(message.to).isascii() else SMTPUTF8
        octets = mail(message, key, self._sender).as_bytes(policy=wire)
        host = message.to.rpartition("@")[2].lower()
        if host == NOWHERE:
            raise PermanentFault("The customer's address does not take mail: 550 5.1.1 no such user")
        if host == GREY and key not in self._seen:
            self._seen.add(key)
            raise TransientFault("The mail server does not take mail for the address yet: 450 4.2.0 greylisted")
        self.sent[key] = message
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / f"{message_token(key)}.eml").write_bytes(octets)

    def close(self) -> None:
        """Nothing is open."""

    def _answer(self) -> None:
        if self.away:
            raise Unreachable("The mail server cannot be reached: it is switched off.")
