"""Who uses a server while it is killed: an organizer's app that edits, a till that counts and sells, an app that keeps in step.

Each remembers what was acknowledged and what was merely sent; a lost connection is waited out, as apps do.
"""

import base64
import http.client
import json
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

CALENDAR = "/dav/ada/bread/"
FEED = "/ada/bread/calendar.ics"
SKUS = tuple(f"LOAF-{n}" for n in range(5))
FIRST_DAY = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=2)
LOST = (OSError, http.client.HTTPException)

_RESPONSE = re.compile(r"<(?:\w+:)?response[ >].*?</(?:\w+:)?response>", re.DOTALL)
_HREF = re.compile(r"<(?:\w+:)?href[^>]*>([^<]+)<")
_ETAG = re.compile(r"<(?:\w+:)?getetag[^>]*>([^<]+)<")
_TOKEN = re.compile(r"<(?:\w+:)?sync-token[^>]*>([^<]+)<")


def event(number: int, edition: int, sells: str = "") -> str:
    """Slot ``number`` in its ``edition``th wording, which is said in two places so that half an edit would be seen."""
    start = FIRST_DAY + timedelta(hours=number)
    sold = f"\\nSells: {sells}" if sells else ""
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Ada//EN",
        "BEGIN:VEVENT",
        f"UID:slot-{number}",
        "DTSTAMP:20261101T090000Z",
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
        f"DTEND:{start + timedelta(minutes=30):%Y%m%dT%H%M%SZ}",
        f"SUMMARY:Bread edition {edition}",
        f"DESCRIPTION:Places: 24{sold}\\n\\nWords of edition {edition}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
    return "\r\n".join(lines)


def name_of(number: int) -> str:
    """The name of the resource of slot ``number``."""
    return f"slot-{number}.ics"


class Device:
    """One kept-alive connection, signed in. Raises one of ``LOST`` when the server goes away."""

    def __init__(self, port: int, authorization: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Authorization": authorization}

    def close(self) -> None:
        """Hangs up."""
        self._connection.close()

    def ask(self, method: str, path: str, body: str = "", headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Status and body."""
        try:
            self._connection.request(method, path, body.encode(), {**self._headers, **(headers or {})})
            answer = self._connection.getresponse()
            return answer.status, answer.read().decode()
        except LOST:
            self._connection.close()
            raise


def signed(password: str) -> str:
    """Ada's sign-in for CalDAV."""
    return "Basic " + base64.b64encode(f"ada:{password}".encode()).decode()


class Person:
    """Who holds devices."""

    def __init__(self, *devices: Device) -> None:
        self._devices = devices
        self._device = devices[0]

    def leave(self) -> None:
        """Puts the devices away."""
        for device in self._devices:
            device.close()


class Editor(Person):
    """Edits, adds and deletes slots ``begin … begin + 99``.

    ``acknowledged`` is the last edition of each, ``unsure`` those sent since without an answer, ``history`` all that were
    sent; -1 is deleted.
    """

    def __init__(self, port: int, password: str, begin: int, seed: int) -> None:
        super().__init__(Device(port, signed(password)))
        self._begin = begin
        self._random = random.Random(seed)
        self._edition = 0
        self.acknowledged: dict[int, int] = {}
        self.unsure: dict[int, set[int]] = {}
        self.history: dict[int, list[int]] = {}

    def act(self) -> None:
        """One change of one slot."""
        number = self._begin + self._random.randrange(100)
        known = self.acknowledged.get(number, -1) >= 0 and not self.unsure[number]
        if known and self._random.random() < 0.1:
            self._send(number, -1, "DELETE", "")
            return
        self._edition += 1
        self._send(number, self._edition, "PUT", event(number, self._edition, f"{SKUS[number % len(SKUS)]}, CAKE"))

    def _send(self, number: int, edition: int, method: str, body: str) -> None:
        self.unsure.setdefault(number, set()).add(edition)
        self.history.setdefault(number, []).append(edition)
        status, told = self._device.ask(method, CALENDAR + name_of(number), body, {"Content-Type": "text/calendar"})
        assert status in {200, 201, 204}, f"{method} of slot {number}: {status} {told}"
        self.acknowledged[number] = edition
        self.unsure[number].clear()


class Till(Person):
    """Counts SKUs anew, and sells a cake at a time. A sale that was not acknowledged is told again, as tills do."""

    CAKES = 1_000_000

    def __init__(self, port: int, token: str, name: str) -> None:
        super().__init__(Device(port, f"Bearer {token}"))
        self._name = name
        self.told = 0
        self._unsure = False
        self.sold = 0
        self.acknowledged: dict[str, int] = {}
        self.unsure: dict[str, set[int]] = {}

    def act(self) -> None:
        """A count, then a sale."""
        self.told += 1
        sku = SKUS[self.told % len(SKUS)]
        self.unsure.setdefault(sku, set()).add(self.told)
        self._post("PUT", f"stock/{sku}", {"count": self.told})
        self.acknowledged[sku] = self.told
        self.unsure[sku].clear()
        self.sell()

    def sell(self) -> None:
        """One cake goes, told once more if it is not known whether the last one was heard."""
        if not self._unsure:
            self.sold += 1
        self._unsure = True
        happened, message = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}", f"{self._name}-{self.sold}"
        self._post("POST", "movements", {"sku": "CAKE", "quantity": -1, "happened_at": happened, "message_id": message})
        self._unsure = False

    def settle(self) -> None:
        """Tells the last sale again when it is not known whether it was heard."""
        if self._unsure:
            self.sell()

    def open(self) -> None:
        """Counts the cakes before the first is sold."""
        self._post("PUT", "stock/CAKE", {"count": self.CAKES})

    def _post(self, method: str, path: str, told: object) -> None:
        status, answer = self._device.ask(method, f"/api/v1/locations/main/{path}", json.dumps(told), {"Content-Type": "application/json"})
        assert status == 200, f"{method} {path}: {status} {answer}"


class App(Person):
    """Keeps a copy of the calendar by sync-collection (RFC 6578), and never begins anew. ``heard`` counts every member told of."""

    def __init__(self, *ports: int, password: str) -> None:
        super().__init__(*(Device(port, signed(password)) for port in ports))
        self._turn = 0
        self._token = ""
        self.copy: dict[str, str] = {}
        self.heard: dict[str, int] = {}

    def act(self) -> None:
        """Asks the next server for what changed."""
        self._turn += 1
        device = self._devices[self._turn % len(self._devices)]
        body = (
            f'<d:sync-collection xmlns:d="DAV:"><d:sync-token>{self._token}</d:sync-token><d:sync-level>1</d:sync-level>'
            "<d:prop><d:getetag/></d:prop></d:sync-collection>"
        )
        status, told = device.ask("REPORT", CALENDAR, body, {"Content-Type": "application/xml"})
        assert status == 207, f"{self._token}: {status} {told}"
        for response in _RESPONSE.findall(told):
            name = _HREF.search(response)[1].rpartition("/")[2]
            self.heard[name] = self.heard.get(name, 0) + 1
            if etag := _ETAG.search(response):
                self.copy[name] = etag[1]
            else:
                self.copy.pop(name, None)
        self._token = _TOKEN.search(told)[1]

    @property
    def revision(self) -> int:
        """The revision that the copy is of."""
        return int(re.findall(r"\d+", self._token)[-1])

    def listing(self) -> dict[str, str]:
        """What the server lists now, all of it: name → ETag."""
        body = '<d:propfind xmlns:d="DAV:"><d:prop><d:getetag/></d:prop></d:propfind>'
        status, told = self._device.ask("PROPFIND", CALENDAR, body, {"Depth": "1", "Content-Type": "application/xml"})
        assert status == 207, told
        listed = {_HREF.search(found)[1].rpartition("/")[2]: _ETAG.search(found) for found in _RESPONSE.findall(told)}
        return {name: etag[1] for name, etag in listed.items() if name and etag}

    def text(self, number: int) -> str | None:
        """The whole text of a slot, unfolded; None when there is none."""
        status, told = self._device.ask("GET", CALENDAR + name_of(number))
        assert status in {200, 404}, told
        return told.replace("\r\n ", "") if status == 200 else None


class Subscriber(Person):
    """Polls the public feed."""

    def __init__(self, port: int) -> None:
        super().__init__(Device(port, ""))

    def act(self) -> None:
        """The whole feed, which is never cut short."""
        status, told = self._device.ask("GET", FEED)
        assert status == 200, told
        assert told.endswith("END:VCALENDAR\r\n")
        assert told.count("BEGIN:VEVENT") == told.count("END:VEVENT")


class Crowd:
    """Acts of many at once, each in a thread of its own, until told to rest. What fails is raised then."""

    def __init__(self, *people: "Editor | Till | App | Subscriber") -> None:
        self._people = people
        self._rest = threading.Event()
        self._failures: list[BaseException] = []
        self._threads: list[threading.Thread] = []

    def begin(self) -> None:
        """Sets everyone to work."""
        self._rest.clear()
        self._threads = [threading.Thread(target=self._work, args=(person.act,)) for person in self._people]
        for thread in self._threads:
            thread.start()

    def rest(self) -> None:
        """Returns when everyone stopped. Raises the first failure."""
        self._rest.set()
        for thread in self._threads:
            thread.join()
        if self._failures:
            raise self._failures[0]

    def leave(self) -> None:
        """Rests for good."""
        self._rest.set()
        for thread in self._threads:
            thread.join()
        for person in self._people:
            person.leave()

    def _work(self, act: Callable[[], None]) -> None:
        while not self._rest.is_set():
            try:
                act()
            except LOST:
                time.sleep(0.1)
            except BaseException as failure:  # noqa: BLE001 - raised where the test sees it
                self._failures.append(failure)
                return
