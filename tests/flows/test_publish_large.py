"""A change on many slots is published some at a time; what is shown in the end is the same."""

from bridge.flows import publish
from tests.house import event


def test_a_count_on_many_slots_reaches_all_of_them_a_part_at_a_time(shop, monkeypatch):
    monkeypatch.setattr(publish, "AT_ONCE", 2)
    for number in range(5):
        shop.put(event(f"slot-{number}", "Places: 24\nSells: LOAF"), f"slot-{number}.ics")
    shop.publish()
    before = shop.revision
    shop.count("LOAF", 7)
    assert shop.publish() == 5
    assert all("LOAF 7 left" in shop.text(f"slot-{number}.ics") for number in range(5))
    assert shop.revision == before + 3
    assert shop.publish() == 0
