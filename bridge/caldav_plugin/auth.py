"""Signing in by HTTP Basic (RFC 7617) with an app password, and Radicale's view of who signed in."""

import base64
import binascii
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from radicale.auth import BaseAuth

from bridge.caldav_plugin.visit import Bridge, Visit, visiting
from bridge.flows.access import SignedIn, SignInFailed, SignIns

CHALLENGE = 'Basic realm="dropbridge", charset="UTF-8"'


def sign_ins(bridge: Bridge) -> SignIns:
    """What verifies sign-ins; one for each process."""
    signin = bridge.settings.signin
    return SignIns(bridge.read, bridge.work, signin.attempts, timedelta(seconds=signin.window))


def signed_in(visit: Visit, environ: Mapping[str, Any], verifier: SignIns) -> SignInFailed | None:
    """Puts organizer and role into ``visit``, or says why not; a wrong password is answered slowly."""
    given = credentials(environ.get("HTTP_AUTHORIZATION", ""))
    if given is None:
        return SignInFailed()
    outcome = verifier.sign_in(*given, environ.get("REMOTE_ADDR") or "", visit.bridge.now(), visit.bridge.read)
    if isinstance(outcome, SignedIn):
        visit.organizer, visit.role = outcome.organizer, outcome.role
        return None
    if outcome.delay:
        time.sleep(outcome.delay)
    return outcome


def credentials(header: str) -> tuple[str, str] | None:
    """Name and password of an Authorization header; None when there are none, or they cannot be read.

    Phones begin what is typed with a capital letter, and organizers' names have none.
    """
    scheme, _, value = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        octets = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        text = octets.decode("latin-1")
    name, colon, password = text.partition(":")
    return (name.strip().lower(), password) if colon else None


class Auth(BaseAuth):
    """Tells Radicale who the visit is from; the password was verified before Radicale was asked anything."""

    def get_external_login(self, environ: Mapping[str, Any]) -> tuple[()] | tuple[str, str]:
        """The organizer who signed in."""
        name = visiting.get().organizer
        return (name, "") if name else ()

    def _login(self, login: str, password: str) -> str:
        return visiting.get().organizer
