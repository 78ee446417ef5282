"""What every process that stays does once it is up."""

import gc

_YOUNG, _MIDDLE, _OLD = 50_000, 20, 50


def settle() -> None:
    """Lets the garbage collector leave alone what was loaded at the start.

    A look at all of it takes a tenth of a second, which fell into the middle of a publication or an answer.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
