"""The web process: what the web server imports."""

import os
import threading
import time
from typing import TYPE_CHECKING

from bridge import logs, settings
from bridge.processes import SETUP_TOKEN, VISITOR_KEY, settle
from bridge.site import web
from bridge.wiring import bridge

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def app() -> "WSGIApplication":
    """The application of this process, as its environment has it."""
    loaded = settings.load()
    logs.configure(loaded.log.level, loaded.log.format)
    _end_with(os.getppid())
    house = bridge(loaded, setup_token=os.environ.get(SETUP_TOKEN, ""), visitor_key=os.environ.get(VISITOR_KEY, ""))
    if loaded.stripe.secret_key:
        # Stripe's library takes a second to load: not while a customer waits.
        house.payments("stripe")
    made = web(house)
    settle()
    return made


def _end_with(parent: int) -> None:
    """A web server that is killed leaves its workers behind, which would go on holding the port."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
