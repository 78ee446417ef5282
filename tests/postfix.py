"""A private Postfix: its own folder, its own port, its own mailboxes; nothing of the machine's is touched."""

import contextlib
import os
import pwd
import shutil
import smtplib
import socketserver
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.postgres import free_port

MISSING = "These tests need Postfix, run as root: apt-get install postfix (tests/setup/run.sh does it)"
PATIENCE = 30
PROGRAMS = "/usr/sbin"
DAEMONS = "/usr/lib/postfix/sbin"
MAILBOXES = {
    "cleo@customers.example": "cleo",
    "cleo@grey.example": "cleo",
    "jörg@customers.example": "jorg",
    "cleo@xn--mller-kva.example": "cleo",
    "bounces@shop.example": "bounces",
    "shop@shop.example": "shop",
}
GONE = "cleo@gone.example"
"""Taken, and sent back a moment later."""
SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{tls_port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
sendback unix - n n - - pipe user=nobody argv=/bin/sh -c {{echo no such customer any more; exit 67}}
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
CONFIGURATION = """
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = {daemons}
command_directory = {programs}
mail_owner = postfix
setgid_group = postdrop
compatibility_level = 3.6
myhostname = mail.shop.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
recipient_delimiter = +
virtual_mailbox_domains = customers.example, grey.example, shop.example, xn--mller-kva.example
virtual_mailbox_base = {folder}/boxes
virtual_mailbox_maps = texthash:{folder}/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:{policy}, permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
transport_maps = inline:{{ gone.example=sendback: }}
smtputf8_enable = yes
smtpd_peername_lookup = no
notify_classes =
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
smtpd_tls_security_level = may
smtpd_tls_chain_files = {folder}/server.pem
"""


class GreyPolicy(socketserver.StreamRequestHandler):
    """Postfix's policy protocol (SMTPD_POLICY_README): whoever asks for the first time is told to come again."""

    def handle(self):
        asked = {}
        for line in self.rfile:
            name, _, value = line.decode("utf-8", "replace").strip().partition("=")
            if name:
                asked[name] = value
                continue
            triplet = (asked.get("client_address"), asked.get("sender", "").partition("+")[0], asked.get("recipient"))
            known = triplet in self.server.known
            self.server.known.add(triplet)
            grey = asked.get("recipient", "").endswith("@grey.example") and not known
            self.wfile.write(b"action=defer_if_permit greylisted, come again\n\n" if grey else b"action=dunno\n\n")
            self.wfile.flush()
            asked = {}


class Policy(socketserver.ThreadingTCPServer):
    """Listens until closed."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), GreyPolicy)
        self.known = set()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Postfix:
    """One instance, whose ``settings`` are those of ``[mail]``. What it takes for ``MAILBOXES`` it delivers at once."""

    def __init__(self) -> None:
        if shutil.which("postfix", path=f"{PROGRAMS}:{os.environ['PATH']}") is None or os.geteuid() != 0:
            pytest.fail(MISSING)
        self.folder = Path(tempfile.mkdtemp(prefix="postfix-"))
        self.port, self.tls_port, self.policy = free_port(), free_port(), Policy()
        self.running = False
        self.settings = {
            "host": "127.0.0.1",
            "port": self.port,
            "tls": "none",
            "username": "",
            "password": "",
            "from_address": "shop@shop.example",
            "bounce_address": "bounces@shop.example",
            "timeout": 20,
        }
        self._lay_out()

    def _lay_out(self) -> None:
        owner = pwd.getpwnam("postfix")
        self.folder.chmod(0o755)
        for name in ("etc", "queue", "data", "boxes"):
            (self.folder / name).mkdir()
        for name in ("data", "boxes"):
            os.chown(self.folder / name, owner.pw_uid, owner.pw_gid)
        boxes = "".join(f"{address} {box}/\n" for address, box in MAILBOXES.items())
        (self.folder / "mailboxes").write_text(boxes, "utf-8")
        facts = {
            "folder": self.folder,
            "uid": owner.pw_uid,
            "gid": owner.pw_gid,
            "policy": self.policy.server_address[1],
            "daemons": DAEMONS,
            "programs": PROGRAMS,
        }
        (self.folder / "etc" / "main.cf").write_text(CONFIGURATION.format(**facts), "utf-8")
        services = SERVICES.format(port=self.port, tls_port=self.tls_port)
        (self.folder / "etc" / "master.cf").write_text(services, "utf-8")
        self._certify()

    def _certify(self) -> None:
        """A certificate of its own for localhost."""
        pem = str(self.folder / "server.pem")
        asked = "openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
        made = subprocess.run([*asked.split(), "-keyout", pem, "-out", pem + ".crt"], capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr
        self.authority = Path(pem + ".crt")
        with Path(pem).open("a", encoding="utf-8") as both:
            both.write(self.authority.read_text("utf-8"))

    def _run(self, *words: str) -> None:
        done = subprocess.run([f"{PROGRAMS}/postfix", "-c", str(self.folder / "etc"), *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr + self.log()

    def start(self) -> None:
        """Returns when it answers."""
        if not self.running:
            self._run("start")
            self._until(self.answers, "starting")
            self.running = True

    def stop(self) -> None:
        """Returns when it is gone."""
        if self.running:
            self._run("stop")
            self._until(lambda: not self.answers(), "stopping")
            self.running = False

    def close(self) -> None:
        self.stop()
        self.policy.shutdown()
        self.policy.server_close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def empty(self) -> None:
        """Forgets what was delivered, and who was seen before."""
        self._until(self._is_idle, "delivering")
        for box in (self.folder / "boxes").iterdir():
            shutil.rmtree(box)
        self.policy.known.clear()

    def letters(self, box: str, at_least: int = 0) -> list[bytes]:
        """What is in a mailbox once all is delivered, and once there is so much."""
        self._until(lambda: self._is_idle() and len(self._files(box)) >= at_least, "delivering")
        return [path.read_bytes() for path in self._files(box)]

    def log(self) -> str:
        path = self.folder / "mail.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def answers(self) -> bool:
        with contextlib.suppress(OSError, smtplib.SMTPException), smtplib.SMTP("127.0.0.1", self.port, timeout=5):
            return True
        return False

    def _files(self, box: str) -> list[Path]:
        return sorted((self.folder / "boxes" / box / "new").glob("*"))

    def _is_idle(self) -> bool:
        queues = (self.folder / "queue" / name for name in ("maildrop", "incoming", "active", "deferred"))
        return not any(path.is_file() for queue in queues for path in queue.rglob("*"))

    def _until(self, done: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < deadline, f"{what} took too long:\n{self.log()[-3000:]}"
            time.sleep(0.02)
