"""A letter that came back counts as given up, so that the organizer sees it."""

from collections.abc import Collection

from bridge.core.ports import UnitOfWork
from bridge.core.sockets import message_token
from bridge.flows.tell import MAIL

BATCH = 1000


def bounced(work: UnitOfWork, tokens: Collection[str], reason: str) -> str | None:
    """Marks the letter that one of ``tokens`` stands for. Returns its key; None when no letter is known by them, or it came back before."""
    after = 0
    while rows := work.views.outbox_keys(MAIL, after, BATCH):
        for row_id, key in rows:
            if message_token(key) in tokens:
                return key if work.bounced(row_id, reason) else None
        after = rows[-1][0]
    return None
