"""Inputs made wrong: bits turned, lengths lied about, blocks doubled, lost or taken from another input."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Sequence

MOST = 4_000_000  # bytes of what is made; blocks are not doubled beyond
LENGTHS = (0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
FORMS = (">H", "<H", ">I", "<I")
HEAD = 600  # bytes in which headers stand, where half of the changes are made

Change = Callable[[random.Random, bytearray, Sequence[bytes], Sequence[bytes]], None]


def mutated(draw: random.Random, data: bytes, others: Sequence[bytes] = (), tokens: Sequence[bytes] = ()) -> bytes:
    """`data` with one to five changes. `others`: inputs to splice in; `tokens`: words of the format."""
    made = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 5))):
        draw.choice(CHANGES)(draw, made, others, tokens)
        del made[MOST:]
    return bytes(made)


def _place(draw: random.Random, data: bytearray) -> int:
    end = len(data) if draw.random() < 0.5 else min(len(data), HEAD)
    return draw.randrange(end) if end else 0


def _block(draw: random.Random, data: bytes | bytearray) -> bytes:
    start = draw.randrange(len(data)) if data else 0
    return bytes(data[start : start + draw.choice((1, 4, 16, 64, 512, 4096, 65536))])


def _flip_bits(draw: random.Random, data: bytearray, _others: Sequence[bytes], _tokens: Sequence[bytes]) -> None:
    for _ in range(draw.choice((1, 1, 2, 8, 64))):
        if data:
            data[_place(draw, data)] ^= 1 << draw.randrange(8)


def _overwrite(draw: random.Random, data: bytearray, _others: Sequence[bytes], _tokens: Sequence[bytes]) -> None:
    start, fresh = _place(draw, data), draw.randbytes(draw.choice((1, 2, 4, 16, 256)))
    data[start : start + len(fresh)] = fresh


def _truncate(draw: random.Random, data: bytearray, _others: Sequence[bytes], _tokens: Sequence[bytes]) -> None:
    del data[_place(draw, data) :]


def _remove(draw: random.Random, data: bytearray, _others: Sequence[bytes], _tokens: Sequence[bytes]) -> None:
    start = _place(draw, data)
    del data[start : start + draw.choice((1, 2, 4, 16, 256, 4096))]


def _double(draw: random.Random, data: bytearray, _others: Sequence[bytes], _tokens: Sequence[bytes]) -> None:
    block = _block(draw, data)
    at = _place(draw, data)
    data[at:at] = block * draw.choice((1, 1, 2, 30, max(1, 200_000 // max(1, len(block)))))


def _lie(draw: random.Random, data: bytearray, _others: Sequence[bytes], _tokens: Sequence[bytes]) -> None:
    """Where a length, a count or an offset may stand, another."""
    form, start = draw.choice(FORMS), _place(draw, data)
    size = struct.calcsize(form)
    value = draw.choice((*LENGTHS, len(data), max(0, start - 1), start + 1))
    data[start : start + size] = struct.pack(form, value & (256**size - 1))


def _insert_token(draw: random.Random, data: bytearray, _others: Sequence[bytes], tokens: Sequence[bytes]) -> None:
    if tokens:
        token, at = draw.choice(tokens), _place(draw, data)
        data[at : at + draw.choice((0, len(token)))] = token


def _splice(draw: random.Random, data: bytearray, others: Sequence[bytes], _tokens: Sequence[bytes]) -> None:
    """The beginning of one input and the end of another, or a block of it in the middle."""
    if others:
        other, at = draw.choice(others), _place(draw, data)
        if draw.random() < 0.5:
            data[at:] = other[draw.randrange(len(other) or 1) :]
        else:
            block = _block(draw, other)
            data[at : at + draw.choice((0, len(block)))] = block


CHANGES: tuple[Change, ...] = (
    _flip_bits,
    _overwrite,
    _truncate,
    _remove,
    _double,
    _lie,
    _lie,
    _insert_token,
    _insert_token,
    _splice,
)
