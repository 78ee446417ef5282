"""Every face behind one address: what a web process serves."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, redirect
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from bridge.bodies import Bodies
from bridge.caldav_plugin.admission import LARGEST
from bridge.caldav_plugin.application import Application
from bridge.checkout.buying import buying
from bridge.checkout.hooks import hooks
from bridge.checkout.pages import pages
from bridge.checkout.pictures import served_pictures
from bridge.console.setup import setup
from bridge.health import health
from bridge.ics_feeds.feed import feeds
from bridge.ics_feeds.live import live
from bridge.logs import RequestLog
from bridge.proxies import behind_proxies
from bridge.stock_sync.api import api
from bridge.wiring import Bridge

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from werkzeug.wrappers import Response

# Clients look for the server at the host itself before they know of any path (RFC 6764 section 6).
AT_ROOT = frozenset({"PROPFIND", "OPTIONS"})
DISCOVERY = ["GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT"]


def site(bridge: Bridge) -> Flask:
    """All that is not CalDAV: health, feeds, live stock, the API and the pages."""
    flask = Flask("bridge", static_folder=None)
    for face in (health, feeds, live, api, setup, hooks, served_pictures, pages, buying):
        flask.register_blueprint(face(bridge))
    flask.add_url_rule("/.well-known/caldav", view_func=_to_caldav, methods=DISCOVERY, provide_automatic_options=False)
    return flask


def make_ready(flask: Flask) -> None:
    """Has all templates of the ``site`` compiled, each of which would else be when it is first needed. Safe while the site answers."""
    for template in flask.jinja_env.list_templates():
        flask.jinja_env.get_template(template)


def web(bridge: Bridge, flask: Flask | None = None) -> "WSGIApplication":
    """The WSGI application: Flask at ``/``, Radicale at ``/dav`` for organizers and at ``/dav-public`` for anyone.

    ``flask`` is the ``site`` where its maker needs it as well.
    """
    organizers, anyone = Application(bridge, "organizer"), Application(bridge, "public")
    mounted = DispatcherMiddleware((flask or site(bridge)).wsgi_app, {"/dav": organizers, "/dav-public": anyone})

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in AT_ROOT and environ.get("PATH_INFO", "") in {"", "/"}:
            return organizers({**environ, "SCRIPT_NAME": environ.get("SCRIPT_NAME", "") + "/dav", "PATH_INFO": "/"}, start_response)
        return mounted(environ, start_response)

    settings = bridge.settings
    reading = Bodies(application, settings.server.threads, max(LARGEST, settings.api.max_body), settings.server.body_timeout)
    return RequestLog(behind_proxies(reading, settings.server.trusted_proxies))


def _to_caldav() -> "Response":
    return redirect("/dav/", 301)
