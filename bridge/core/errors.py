"""What can be refused, and what can fail: plain facts, each with a stable name.

A ``Refusal`` is an answer to whoever asked: nothing was changed, and its sentence says what to do.
None of these derives from ``ValueError``: Radicale swallows those and would commit.
"""

from typing import ClassVar


class BridgeError(Exception):
    """The root of everything dropbridge raises on purpose."""


class Refusal(BridgeError):
    """The request was understood and is not granted; nothing was changed.

    ``kind`` is stable and may be relied on by machines; ``str(refusal)`` is one sentence for a person: ``form`` with its
    blanks filled in from ``facts``, which is how it is said in another language.
    """

    kind: ClassVar[str] = "refused"

    def __init__(self, form: str, **facts: object) -> None:
        self.form, self.facts = form, facts
        self.sentence = form.format(**facts) if facts else form
        super().__init__(self.sentence)


class NotFound(Refusal):
    """The thing named does not exist, or not for the one who asks."""

    kind = "not-found"


class AlreadyExists(Refusal):
    """A thing of this name is there already."""

    kind = "already-exists"


class NotPermitted(Refusal):
    """The one who asks lacks the role or scope."""

    kind = "not-permitted"


class StaleEdit(Refusal):
    """The organizer's copy is older than their own latest edit (If-Match did not hold)."""

    kind = "stale-edit"


class InvalidCalendarData(Refusal):
    """The body is not an iCalendar object (RFC 4791 section 5.3.2.1, valid-calendar-data)."""

    kind = "invalid-calendar-data"


class InvalidCalendarObject(Refusal):
    """The iCalendar object breaks a rule for calendar resources (RFC 4791 section 4.1)."""

    kind = "invalid-calendar-object"


class UnsupportedComponent(Refusal):
    """The calendar does not take this kind of component (supported-calendar-component)."""

    kind = "unsupported-component"


class UidConflict(Refusal):
    """Another resource of the calendar has this UID (no-uid-conflict)."""

    kind = "uid-conflict"

    def __init__(self, sentence: str, name: str) -> None:
        super().__init__(sentence)
        self.name = name


class TooLarge(Refusal):
    """The body is larger than the limit (max-resource-size)."""

    kind = "too-large"


class TooManyOccurrences(Refusal):
    """The recurrence makes more slots than the limit, or repeats too often (max-instances)."""

    kind = "too-many-occurrences"


class CapacityBelowClaimed(Refusal):
    """The edit asks for fewer places than are claimed."""

    kind = "capacity-below-claimed"


class SlotHasOrders(Refusal):
    """The edit would remove a slot that customers hold claims on."""

    kind = "slot-has-orders"


class DropHasOrders(Refusal):
    """The drop cannot be removed while customers hold claims on its slots."""

    kind = "drop-has-orders"


class SoldOut(Refusal):
    """Fewer places or units are free than were asked for."""

    kind = "sold-out"


class WindowClosed(Refusal):
    """The preorder has not opened yet, or has closed."""

    kind = "window-closed"


class LimitReached(Refusal):
    """More units than one customer may have."""

    kind = "limit-reached"


class TooManyHolds(Refusal):
    """One visitor keeps as many places for later as anyone may."""

    kind = "too-many-holds"


class TooLate(Refusal):
    """The time in which a customer may change or cancel an order by themselves is over."""

    kind = "too-late"


class NotPossible(Refusal):
    """The order is in a state in which this cannot be done."""

    kind = "not-possible"


class HoldExpired(Refusal):
    """The hold is no longer there; its places were given back."""

    kind = "hold-expired"


class InvalidInput(Refusal):
    """A value cannot be used; the sentence names it and says what would do."""

    kind = "invalid-input"


class Fault(BridgeError):
    """Something outside failed."""


class TransientFault(Fault):
    """Trying again later makes sense."""


class Unreachable(TransientFault):
    """The whole service cannot be used now, whatever it is asked: away, or it refuses us. The sentence is for the operator."""


class PermanentFault(Fault):
    """Trying again does not help; the sentence is for the organizer."""
