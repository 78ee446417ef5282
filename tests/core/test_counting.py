"""Things are counted as people say it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bridge.core.counting import counted
from bridge.core.drops import DropDefaults, OccurrenceDraft, Offer, OfferDraft, Slot, SlotSettings
from bridge.core.editing import applied, check_removal
from bridge.core.errors import CapacityBelowClaimed, SlotHasOrders

AT = datetime(2026, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(("n", "said"), [(0, "0 orders"), (1, "1 order"), (2, "2 orders")])
def test_one_thing_is_told_from_many(n, said):
    assert counted(n, "order", "orders") == said


def test_a_refusal_of_an_edit_counts_so_too():
    slot = Slot("", AT, AT, all_day=False, timezone="UTC", title="Bread", capacity=2, claimed=1)
    with pytest.raises(SlotHasOrders, match="has 1 place taken by customers"):
        check_removal([slot])
    with pytest.raises(SlotHasOrders, match="has 2 places taken by customers"):
        check_removal([replace(slot, claimed=2)])


@pytest.mark.parametrize(("claimed", "said"), [(1, "1 place of .* is"), (2, "2 places of .* are")])
def test_who_takes_the_places_that_cannot_be_taken_away_is_said_and_what_helps(claimed, said):
    slot = Slot("", AT, AT, all_day=False, timezone="UTC", title="Bread", capacity=9, claimed=claimed)
    draft = OccurrenceDraft("", AT, AT, all_day=False, timezone="UTC", title="Bread", settings=SlotSettings(places=0))
    with pytest.raises(CapacityBelowClaimed, match=f"{said} already taken, by orders or .* from the waiting list") as refused:
        applied(draft, DropDefaults(), slot)
    assert f"Places: {claimed}," in str(refused.value)
    assert "comes free by itself" in str(refused.value)


@pytest.mark.parametrize(("claimed", "said"), [(1, "1 of LOAF is"), (2, "2 of LOAF are")])
def test_goods_that_are_sold_are_counted_so_too(claimed, said):
    sold = (Offer("LOAF", claimed=claimed),)
    slot = Slot("", AT, AT, all_day=False, timezone="UTC", title="Bread", capacity=9, claimed=claimed, offers=sold)
    wanted = {(OfferDraft("LOAF", allotment=0),): CapacityBelowClaimed, (): SlotHasOrders}
    for offers, refusal in wanted.items():
        draft = OccurrenceDraft("", AT, AT, all_day=False, timezone="UTC", title="Bread", settings=SlotSettings(places=9, offers=offers))
        with pytest.raises(refusal, match=said):
            applied(draft, DropDefaults(), slot)
