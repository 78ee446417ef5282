"""The web process: what the web server imports."""

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from bridge import logs, settings
from bridge.core.errors import BridgeError, TransientFault
from bridge.flows.traffic import write_views
from bridge.processes import SETUP_TOKEN, VISITOR_KEY, settle
from bridge.site import make_ready, site, web
from bridge.wiring import Bridge, bridge

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger(__name__)
WRITE_VIEWS_EVERY = 5.0
# Of a PostgreSQL that lets in a hundred, several processes would else take most before anybody came.
READY = 8


def app() -> "WSGIApplication":
    """The application of this process, as its environment has it."""
    loaded = settings.load()
    logs.configure(loaded.log.level, loaded.log.format)
    _end_with(os.getppid())
    house = bridge(loaded, setup_token=os.environ.get(SETUP_TOKEN, ""), visitor_key=os.environ.get(VISITOR_KEY, ""))
    _write_views(house)
    pages = site(house)
    made = web(house, pages)
    threading.Thread(target=_get_ready, args=(house, partial(make_ready, pages)), name="ready", daemon=True).start()
    return made


def _get_ready(house: Bridge, compile_templates: Callable[[], None]) -> None:
    """What customers would else wait for once: while the first are answered already, since after a crash they are there.

    The first purchases take a process and its database twice as long as later ones; Stripe's library takes a second to load,
    templates most of one to be compiled, connections and statements a tenth or more.
    """
    with suppress(TransientFault):
        house.make_ready(min(house.settings.server.threads, READY))
    compile_templates()
    if house.settings.stripe.secret_key:
        house.payments("stripe")
    settle()


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
