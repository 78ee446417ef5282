"""The web processes, alone or with the clock in one tree."""

import os
import secrets
import socket
from pathlib import Path
from typing import Any

import click

from bridge import settings
from bridge.cli.common import Context, pass_context
from bridge.core.counting import counted
from bridge.processes import SETUP_TOKEN, VISITOR_KEY
from bridge.supervisor import become
from bridge.wiring import Bridge, tell_address

# glibc keeps what a large answer needed, once for each thread, unless it is told to give large blocks back.
THRIFT = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "262144", "MALLOC_TRIM_THRESHOLD_": "1048576"}


def _listening(command: Any) -> Any:
    command = click.option("--port", type=click.IntRange(1, 65535), help="Instead of the setting server.port.")(command)
    return click.option("--host", help="Instead of the setting server.host.")(command)


@click.command()
@_listening
@click.option("--demo", "with_demo", is_flag=True, help="Load the demo drop, with a simulated till and simulated payments.")
@pass_context
def serve(context: Context, host: str | None, port: int | None, with_demo: bool) -> None:
    """Run web and clock together.

    Example: dropbridge serve --demo --port 8080
    """
    _listen_on(context, host, port)
    if with_demo:
        _keep_letters(context)
    beside = _emulated_payments(context) if with_demo else []
    bridge = context.serving
    click.echo(f"Starting on {bridge.house.base_url}/ …", err=True)
    tell_address(bridge)
    greeting = _demo(bridge) if with_demo else _greeting(context) + _of_letters(context)
    context.close()
    become([*beside, ("bridge", "clock")], greeting)


@click.command()
@_listening
@pass_context
def web(context: Context, host: str | None, port: int | None) -> None:
    """Run a web process. Any number may run beside each other on PostgreSQL.

    Example: dropbridge web --port 8001
    """
    _listen_on(context, host, port)
    tell_address(context.serving)
    context.close()
    become()


def _listen_on(context: Context, host: str | None, port: int | None) -> None:
    """Puts the options into the environment, where the workers look for their settings."""
    for name, value in THRIFT.items():
        os.environ.setdefault(name, value)
    told = {"DROPBRIDGE_SERVER__HOST": host, "DROPBRIDGE_SERVER__PORT": port, settings.CONFIG_VARIABLE: context.config}
    os.environ.update({name: str(value) for name, value in told.items() if value is not None})
    os.environ.setdefault(VISITOR_KEY, secrets.token_urlsafe(24))
    context.__dict__.pop("settings", None)
    _check_address(context.settings.server.host, context.settings.server.port)


def _demo(bridge: Bridge) -> str:
    from bridge import demo

    return demo.prepare(bridge, Path("var"), lambda told: click.echo(told, err=True))


def _keep_letters(context: Context) -> None:
    """The demo writes its letters to files, unless a mail server was set up for it."""
    if not context.settings.mail.host:
        os.environ.setdefault("DROPBRIDGE_MAIL__ADAPTER", "fake")


def _emulated_payments(context: Context) -> list[tuple[str, ...]]:
    """The demo takes cards at an emulator of Stripe, in a process of its own, unless a real one was set up."""
    if context.settings.stripe.secret_key:
        return []
    host = context.settings.server.host
    with socket.socket() as probe:
        probe.bind((host, 0))
        port = str(probe.getsockname()[1])
    base, key, signature = f"http://{host}:{port}", f"sk_test_{secrets.token_hex(12)}", f"whsec_{secrets.token_hex(12)}"
    os.environ |= {
        "DROPBRIDGE_STRIPE__API_BASE": base,
        "DROPBRIDGE_STRIPE__SECRET_KEY": key,
        "DROPBRIDGE_STRIPE__WEBHOOK_SECRET": signature,
    }
    context.__dict__.pop("settings", None)
    hook = f"{context.settings.base_url}/hooks/payments/stripe"
    keys = ("--secret-key", key, "--webhook-secret", signature)
    return [("bridge.payments.emulator", "--host", host, "--port", port, *keys, "--webhook-url", hook)]


def _check_address(host: str, port: int) -> None:
    """The web server shares a port with whoever has it, and each of two would get half of the requests."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        told = f"Cannot serve on {host}, port {port}: {error.strerror}. Choose others with --host and --port."
        raise click.ClickException(told) from None


def _of_letters(context: Context) -> str:
    if context.settings.mail.carries:
        return ""
    return "\nNo mail server is set up: letters to customers wait. Set mail.host and mail.from_address, then start again."


def _greeting(context: Context) -> str:
    with context.serving.read() as views:
        known = views.organizers()
    address = context.serving.house.base_url
    if known:
        return f"dropbridge serves {counted(len(known), 'organizer', 'organizers')} on {address}/ , calendars on {address}/dav/"
    os.environ[SETUP_TOKEN] = secrets.token_urlsafe(24)
    return (
        f"dropbridge serves on {address}/ and has no organizer yet. Open this link once to make the first:\n"
        f"  {address}/setup/{os.environ[SETUP_TOKEN]}\n"
        "or run: dropbridge organizer add NAME"
    )
