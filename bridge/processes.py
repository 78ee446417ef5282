"""What the processes that stay have in common: the names they tell each other by, and what each does once it is up."""

import gc

SETUP_TOKEN = "BRIDGE_SETUP_TOKEN"  # noqa: S105 # the name of the variable
VISITOR_KEY = "BRIDGE_VISITOR_KEY"
PARENT = "BRIDGE_PARENT_PID"
_YOUNG, _MIDDLE, _OLD = 50_000, 20, 50


def settle() -> None:
    """Lets the garbage collector leave alone what was loaded at the start.

    A look at all of it takes a tenth of a second, which fell into the middle of a publication or an answer.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
