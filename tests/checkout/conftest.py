"""Ada's bakery with its pages: what a browser sends, and what it gets."""

import re
from dataclasses import replace

import pytest

from bridge.core.drops import OfferDraft
from bridge.core.terms import Product
from bridge.site import site
from tests.house import Bakery, event

LOAF = Product("LOAF", "Country loaf", price=850, tax_rate=7000)
MUG = Product("MUG", "Mug", price=1800, tax_rate=19000, add_on=True)
OURS = {"Sec-Fetch-Site": "same-origin"}


class Shop(Bakery):
    """The bakery, seen from its pages."""

    def open(self, notes: str = "Places: 5", name: str = "a", **values) -> str:
        """A slot of this name, published; its public id."""
        self.put(event(name, notes, **values), f"{name}.ics")
        self.publish()
        with self.house.read() as views:
            found = {slot.starts_at: slot.public_id for slot in views.public_slots(self.drop.id) if not slot.removed}
        return found[max(found)] if name != "a" else found[min(found)]

    def sell(self, **terms) -> None:
        """Describes the drop: loaves and mugs, unless told otherwise."""
        offers = terms.pop("offers", (OfferDraft("LOAF"), OfferDraft("MUG")))
        self.describe(**{"products": (LOAF, MUG), "offers": offers} | terms)

    @property
    def client(self):
        """A browser without a script."""
        if not hasattr(self, "_client"):
            self._client = site(self.house).test_client()
        return self._client

    def with_mail(self):
        """A browser at the same shop with a mail server."""
        mail = {"host": "mail.example", "from_address": "shop@example.org"}
        return site(replace(self.house, settings=self.house.settings.replace(mail=mail))).test_client()

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, (answer.status, path)
        return answer.get_data(as_text=True)

    def post(self, path: str, status: int | None = None, **fields):
        headers = fields.pop("headers", OURS)
        answer = self.client.post(path, data={name.replace("__", ":"): value for name, value in fields.items()}, headers=headers)
        assert status is None or answer.status_code == status, (answer.status, answer.get_data(as_text=True)[:3000])
        return answer

    def order_by(self, public_id: str, status: int = 303, **fields):
        """Sends the form of a slot, as Cleo fills it in."""
        cleo = {"name": "Cleo", "email": "cleo@example.org", "way": "pickup", "method": "at_pickup"}
        return self.post(f"/slots/{public_id}/order", status, **cleo | fields)

    def ordered(self, public_id: str, **fields) -> str:
        """The secret of a new order."""
        place = self.order_by(public_id, **fields).headers["Location"]
        return re.fullmatch(r".*/orders/([\w-]+)(?:\?.*)?", place)[1]

    def json(self, path: str, status: int, **body):
        answer = self.client.post(path, json=body, headers=OURS)
        assert answer.status_code == status, (answer.status, answer.get_data(as_text=True))
        return answer.get_json(silent=True)

    def free(self, public_id: str) -> int:
        with self.house.read() as views:
            slot, _ = views.slot_now(public_id)
        return slot.capacity - slot.claimed

    def later(self, **time) -> None:
        self.clock.turn(**time)


@pytest.fixture
def shop(database_url, clock):
    made = Shop(database_url, clock)
    yield made
    made.house.database.dispose()
