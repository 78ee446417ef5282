"""Every line a live block may hold: said in one place, so that what is written is also recognised when it comes back."""

from bridge.wording import N_

DASHES = "――"
LIVE_STOCK = N_("live stock")
END = N_("end")

PLACES = (N_("{left} of {n} place left"), N_("{left} of {n} places left"))
TAKEN = (N_("{n} place taken"), N_("{n} places taken"))
OFFERED = (N_("{n} place offered to the waiting list"), N_("{n} places offered to the waiting list"))
ORDERS = (N_("{n} order"), N_("{n} orders"))
NO_PLACES = N_("Not on sale: it has no places yet")
NO_GOODS = N_("Not on sale: it is not clear what it sells")
NO_WINDOW = N_("Not on sale: it is not clear when ordering opens")
UNTIL = N_("Preorder until {moment}")
OPENS = N_("Preorder opens {moment}")
CLOSED = N_("Preorder closed")
SOLD_OUT = N_("Sold out")
CANCELLED = N_("Cancelled")
BOOK = N_("Book: {link}")
UPDATED = N_("Updated {moment}")
AT = N_("{moment}: {state}")
MORE = (N_("… and {n} more"), N_("… and {n} more"))

ITEM_LEFT = (N_("{name} {n} left"), N_("{name} {n} left"))
ITEM_SOLD_OUT = N_("{name} sold out")
ITEM_FREE = N_("{name} available")
ADD_ON = N_("(add-on)")
AS_OF = N_("(as of {moment})")

NOT_UNDERSTOOD = N_("⚠ {setting}: “{written}” {reason}")
STILL = N_("⚠ {setting}: “{written}” {reason} – still {value}")
HOLDS = N_("⚠ {setting}: “{written}” {reason} – {value} holds")
DID_YOU_MEAN = N_("⚠ Did you mean “{setting}: {written}”?")
OTHER_IN_HTML = N_("⚠ The formatted notes say “{setting}: {written}”: the plain text holds")
UNKNOWN_ZONE = N_("⚠ The time zone “{written}” is not known here: {zone} was taken")
END_HOLDS = N_("⚠ The app also sent “{written}” as the length, which does not fit the end: the end holds")
TILL_SHORT = (
    N_("⚠ {name}: the till says {n} fewer than promised"),
    N_("⚠ {name}: the till says {n} fewer than promised"),
)
NEVER_COUNTED = N_("{name} was never counted; is it called so at the till?")
TILL = N_("⚠ Till: “{sentence}”")

BADGE_LEFT = (N_("{n} left"), N_("{n} left"))
BADGE_SOLD_OUT = N_("SOLD OUT")
BADGE_CANCELLED = N_("cancelled")
BADGE_CLOSED = N_("closed")
BADGE_SOON = N_("opens soon")
BADGE_OPENS = N_("opens {moment}")

SETTINGS = {
    "Places": N_("Places"),
    "Sells": N_("Sells"),
    "Preorder": N_("Preorder"),
    "Limit": N_("Limit"),
    "Pickup": N_("Pickup"),
}

REASONS = {
    "empty": N_("says nothing"),
    "not-a-whole-number": N_("is not a whole number"),
    "too-small": N_("is too small: write 1 or more"),
    "too-large": N_("is too large"),
    "too-long": N_("is too long"),
    "not-a-date": N_("is not a date"),
    "from-or-until": N_("says neither from nor until"),
    "another-weekday": N_("is another day of the week"),
    "closes-before-it-opens": N_("closes before it opens"),
    "not-an-offer": N_("is not an offer: write a SKU, as in LOAF x20 @ 12.50"),
    "not-a-price": N_("is not a price"),
    "another-currency": N_("is not in this drop’s currency"),
    "sold-twice": N_("is listed twice"),
    "written-twice": N_("contradict each other"),
}

HINTS = {"near-miss": DID_YOU_MEAN, "other-in-html": OTHER_IN_HTML, "end-holds": END_HOLDS}

HEADS = (*PLACES, NO_PLACES, NO_GOODS, NO_WINDOW, SOLD_OUT, CANCELLED, CLOSED)
WARNINGS = (STILL, HOLDS, NOT_UNDERSTOOD, DID_YOU_MEAN, OTHER_IN_HTML, UNKNOWN_ZONE, END_HOLDS, *TILL_SHORT, TILL)
SIMPLE = (*HEADS, *TAKEN, *OFFERED, *ORDERS, UNTIL, OPENS, BOOK, UPDATED, *MORE, *WARNINGS)
PLURALS = (PLACES, TAKEN, OFFERED, ORDERS, MORE, ITEM_LEFT, TILL_SHORT, BADGE_LEFT)
