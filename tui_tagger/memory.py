"""Giving memory back to the system after work that needed much of it for a moment."""

from __future__ import annotations

import ctypes
import gc
import sys


def give_back() -> None:
    """Returns what is free to the system, where the C library keeps it otherwise (glibc does, for each thread)."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none, and returns it by itself
        if trim is not None:
            trim(0)
