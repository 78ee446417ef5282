"""What every way of telling people keeps to, the fake and real mail alike."""

import pytest

from bridge.core.errors import BridgeError, PermanentFault, TransientFault, Unreachable
from bridge.core.sockets import Message
from bridge.notify.fake import FakeNotifier
from bridge.notify.mail import Mail

MAIL = Message("cleo@customers.example", "Cleo", "Your order", "Hello Cleo\n", sender_name="Ada's Bakery", thread="order/1")


class Fake:
    """The fake, and how it is brought into each state."""

    nobody = "nobody@nowhere.example"
    grey = "cleo@grey.example"

    def __init__(self, folder):
        self.notifier = FakeNotifier({"folder": str(folder / "letters"), "from_address": "shop@shop.example"})
        self.folder = folder / "letters"

    def switch(self, *, on):
        self.notifier.away = not on

    def arrived(self):
        return {path.read_bytes() for path in self.folder.glob("*.eml")} if self.folder.exists() else set()


class ByPostfix:
    """Real mail to a real server."""

    nobody = "nobody@customers.example"
    grey = "cleo@grey.example"

    def __init__(self, postfix):
        self.postfix = postfix
        self.notifier = Mail(postfix.settings)

    def switch(self, *, on):
        self.postfix.start() if on else self.postfix.stop()

    def arrived(self):
        return set(self.postfix.letters("cleo"))


@pytest.fixture(params=["fake", "mail"])
def way(request, tmp_path):
    made = Fake(tmp_path) if request.param == "fake" else ByPostfix(request.getfixturevalue("postfix"))
    made.switch(on=True)
    yield made
    made.notifier.close()
    made.switch(on=True)


def test_it_says_what_was_reached(way):
    assert way.notifier.check().endswith(".")


def test_a_message_arrives_with_its_words(way):
    way.notifier.send(MAIL, "mail/1/confirmed/0")
    (arrived,) = way.arrived()
    assert b"Subject: Your order" in arrived
    assert b"Hello Cleo" in arrived


def test_the_same_key_is_the_same_message(way):
    for _ in range(2):
        way.notifier.send(MAIL, "mail/1/confirmed/0")
    ids = {line for octets in way.arrived() for line in octets.splitlines() if line.lower().startswith(b"message-id:")}
    assert len(ids) == 1


def test_an_address_that_does_not_exist_is_a_lasting_fault_that_names_nobody(way):
    with pytest.raises(PermanentFault) as fault:
        way.notifier.send(Message(way.nobody, "No", "Hello", "Hello\n"), "mail/2/confirmed/0")
    assert "550" in str(fault.value)
    assert "@" not in str(fault.value)


def test_an_address_that_is_not_taken_yet_is_a_passing_fault_of_that_address_alone(way):
    with pytest.raises(TransientFault) as fault:
        way.notifier.send(Message(way.grey, "Cleo", "Hello", "Hello\n"), "mail/3/confirmed/0")
    assert not isinstance(fault.value, Unreachable)
    way.notifier.send(MAIL, "mail/1/confirmed/0")
    assert way.arrived()


def test_a_service_that_is_away_is_unreachable_and_used_again_when_it_is_back(way):
    way.notifier.send(MAIL, "mail/1/confirmed/0")
    way.switch(on=False)
    for ask in (way.notifier.check, lambda: way.notifier.send(MAIL, "mail/4/confirmed/0")):
        with pytest.raises(Unreachable):
            ask()
    way.switch(on=True)
    way.notifier.send(MAIL, "mail/4/confirmed/0")


@pytest.mark.parametrize(
    "address", ["", "cleo", "@x.example", "cleo@", "a b@x.example", "cleo@x.example\r\nBcc: dee@x.example", "cleo@.example"]
)
def test_what_is_no_address_is_refused_and_nothing_is_sent(way, address):
    with pytest.raises(PermanentFault):
        way.notifier.send(Message(address, "Cleo", "Hello", "Hello\n"), "mail/5/confirmed/0")
    assert way.arrived() == set()


def test_closing_it_twice_is_no_fault(way):
    way.notifier.close()
    way.notifier.close()


def test_each_fault_is_one_of_ours():
    assert issubclass(Unreachable, TransientFault)
    assert issubclass(TransientFault, BridgeError)
