"""Edits of bytes that leave everything else where it is, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class Refused(Exception):
    """A file that cannot be written without risk; the message is a plain reason for the user."""


@dataclass(frozen=True, slots=True)
class Splice:
    """`length` bytes at `offset` give way to `new`."""

    offset: int
    length: int
    new: bytes


def apply_splices(data: bytes, splices: Iterable[Splice]) -> bytes:
    """The data with all splices applied; their offsets are those of `data`. Raises ValueError where they overlap."""
    parts: list[bytes] = []
    position = 0
    for splice in sorted(splices, key=lambda each: (each.offset, each.offset + each.length)):
        if splice.offset < position or splice.offset + splice.length > len(data):
            raise ValueError(f"edits overlap or leave the file at {splice.offset}")
        parts += [data[position : splice.offset], splice.new]
        position = splice.offset + splice.length
    parts.append(data[position:])
    return b"".join(parts)


def narrowed(data: bytes, splice: Splice) -> Splice:
    """The same change without the bytes that it would replace with themselves."""
    old, new = data[splice.offset : splice.offset + splice.length], splice.new
    limit = min(len(old), len(new))
    head = _common(old, new, limit)
    tail = _common(old[::-1], new[::-1], limit - head)
    return Splice(splice.offset + head, len(old) - head - tail, new[head : len(new) - tail])


def _common(first: bytes, second: bytes, limit: int) -> int:
    """How many bytes both begin with, by bisection: comparing slices is far faster than a loop."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if first[:middle] == second[:middle] else (low, middle - 1)
    return low


def reversed_splices(data: bytes, splices: Iterable[Splice]) -> tuple[Splice, ...]:
    """What takes the result of `apply_splices(data, splices)` back to `data`."""
    undo: list[Splice] = []
    shift = 0
    for splice in sorted(splices, key=lambda each: (each.offset, each.offset + each.length)):
        old = data[splice.offset : splice.offset + splice.length]
        undo.append(Splice(splice.offset + shift, len(splice.new), old))
        shift += len(splice.new) - splice.length
    return tuple(undo)
