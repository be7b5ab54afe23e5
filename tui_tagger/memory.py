"""What the interpreter and the C library do with memory, where their habits cost time or room."""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import Any

TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8  # malloc.h
LARGE = 4_194_304  # bytes; the blocks that scoring uses again and again are smaller


def hold() -> None:
    """No search for garbage until `let_go`: a start makes objects that stay, a tenth of its time would go to that."""
    gc.disable()


def let_go() -> None:
    """Searches for garbage again; of what is there at the first start of a process, no more is made."""
    if not gc.get_freeze_count():
        gc.freeze()
    gc.enable()


def give_back() -> None:
    """Returns what is free to the system, where the C library keeps it otherwise (glibc does, for each thread)."""
    gc.collect()
    if trim := _of_libc("malloc_trim"):
        trim(0)


def be_frugal() -> None:
    """Large arrays go back to the system when they are freed, and threads share heaps: less is kept for next time."""
    if option := _of_libc("mallopt"):
        for name, value in ((MMAP_THRESHOLD, LARGE), (TRIM_THRESHOLD, 4 * LARGE), (ARENA_MAX, 2)):
            option(name, value)


def _of_libc(function: str) -> Any:
    """A function that only some C libraries have; None elsewhere."""
    return getattr(ctypes.CDLL(None), function, None) if sys.platform == "linux" else None
