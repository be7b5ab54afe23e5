"""What the interpreter and the C library do with memory, where their habits cost time or room."""

from __future__ import annotations

import ctypes
import gc
import sys


def hold() -> None:
    """No search for garbage until `let_go`: a start makes objects that stay, a tenth of its time would go to that."""
    gc.disable()


def let_go() -> None:
    """Searches for garbage again, but not among what there is by now."""
    gc.freeze()
    gc.enable()


def give_back() -> None:
    """Returns what is free to the system, where the C library keeps it otherwise (glibc does, for each thread)."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none, and returns it by itself
        if trim is not None:
            trim(0)
