"""Runs the emulator."""

import argparse
import os
import threading
import time

from werkzeug.serving import BaseWSGIServer, make_server

from bridge.payments.emulator.server import Emulator

_ABOUT = """Stripe Checkout, emulated: for demos and tests. No money moves.

Example: python -m bridge.payments.emulator --port 12111 --webhook-url http://127.0.0.1:8000/hooks/payments/stripe

Then start dropbridge with DROPBRIDGE_STRIPE__API_BASE=http://127.0.0.1:12111 and the same two secrets."""


def main() -> None:
    """Serves until it is stopped."""
    parser = argparse.ArgumentParser(
        prog="python -m bridge.payments.emulator", description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=12111, help="the port (12111; 0 takes a free one)")
    parser.add_argument("--public-url", default="", help="where browsers reach it (http://HOST:PORT)")
    parser.add_argument("--secret-key", default="sk_test_emulator", help="the API key that it accepts (sk_test_emulator)")
    parser.add_argument("--webhook-secret", default="whsec_emulator", help="what it signs webhooks with (whsec_emulator)")
    parser.add_argument("--webhook-url", default="", help="where it sends webhooks; without one it sends none")
    asked = parser.parse_args()
    emulator = Emulator("", asked.secret_key, asked.webhook_secret, asked.webhook_url)
    server = make_server(asked.host, asked.port, emulator, threaded=True)
    emulator.account.base_url = asked.public_url or f"http://{asked.host}:{server.server_port}"
    print(f"Stripe is emulated at {emulator.account.base_url}", flush=True)  # noqa: T201 # whoever starts it waits for this line
    threading.Thread(target=_end_with_parent, args=(server,), daemon=True).start()
    server.serve_forever()


def _end_with_parent(server: BaseWSGIServer) -> None:
    """Whoever started it may be killed without a chance to end it."""
    parent = os.environ.get("BRIDGE_PARENT_PID", "")
    while not parent or parent == str(os.getppid()):
        time.sleep(1)
    server.shutdown()


if __name__ == "__main__":
    main()
