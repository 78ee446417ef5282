"""The web process: what the web server imports."""

import logging
import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from bridge import logs, settings
from bridge.core.errors import BridgeError, TransientFault
from bridge.flows.traffic import write_views
from bridge.processes import SETUP_TOKEN, VISITOR_KEY, settle
from bridge.site import web
from bridge.wiring import Bridge, bridge

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger(__name__)
WRITE_VIEWS_EVERY = 5.0


def app() -> "WSGIApplication":
    """The application of this process, as its environment has it."""
    loaded = settings.load()
    logs.configure(loaded.log.level, loaded.log.format)
    _end_with(os.getppid())
    house = bridge(loaded, setup_token=os.environ.get(SETUP_TOKEN, ""), visitor_key=os.environ.get(VISITOR_KEY, ""))
    if loaded.stripe.secret_key:
        # Stripe's library takes a second to load: not while a customer waits.
        house.payments("stripe")
    _write_views(house)
    # Templates take most of a second to be made ready, statements a twentieth: not while the first customers wait either.
    made = web(house, at_hand=True)
    with suppress(TransientFault):
        house.database.make_ready(loaded.server.threads)
    settle()
    return made


def _write_views(house: Bridge) -> None:
    """Has views written down every few seconds, and once more when the process ends, which waits for that."""
    main = threading.main_thread()

    def keep_writing() -> None:
        while main.is_alive():
            main.join(WRITE_VIEWS_EVERY)
            try:
                write_views(house.work, house.tally)
            except BridgeError as error:
                log.warning("views: %s", error)

    threading.Thread(target=keep_writing, name="views").start()


def _end_with(parent: int) -> None:
    """A web server that is killed leaves its workers behind, which would go on holding the port."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
