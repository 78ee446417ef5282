"""Letters that are kept as files are those that a mail server would be handed."""

from bridge.core.sockets import Message
from bridge.notify.fake import FakeNotifier


def test_a_kept_letter_has_its_address_as_a_server_would_take_it(tmp_path):
    FakeNotifier({"folder": tmp_path}).send(Message("ü@ü.de", "Zoë", "Hello", "Hello\n"), "k1")
    (kept,) = tmp_path.glob("*.eml")
    assert "\r\nTo: Zoë <ü@xn--tda.de>\r\n" in kept.read_bytes().decode()
