"""IPTC keywords of JPEGs (IIM 4.2 in Photoshop's image resource 0x0404); read only."""

from __future__ import annotations

from collections.abc import Iterator

from tui_tagger.metadata import jpeg
from tui_tagger.metadata.splice import Refused

_SIGNATURE = b"Photoshop 3.0\0"
_RESOURCE = 0x0404
_KEYWORDS, _CHARACTER_SET = (2, 25), (1, 90)
_UTF8 = b"\x1b%G"


def keywords(data: bytes) -> tuple[str, ...]:
    """Each keyword once; empty where there are none or the file is no JPEG or broken."""
    try:
        payloads = [each.payload(data) for each in jpeg.segments(data) if each.marker == jpeg.APP13]
    except Refused:
        return ()
    block = b"".join(each[len(_SIGNATURE) :] for each in payloads if each.startswith(_SIGNATURE))
    records = [record for resource in _resources(block) for record in _records(resource)]
    utf8 = any(tag == _CHARACTER_SET and value == _UTF8 for tag, value in records)
    return tuple(dict.fromkeys(_decoded(value, utf8) for tag, value in records if tag == _KEYWORDS and value))


def _resources(block: bytes) -> Iterator[bytes]:
    position = 0
    while block[position : position + 4] == b"8BIM" and position + 12 <= len(block):
        kind = int.from_bytes(block[position + 4 : position + 6], "big")
        name = block[position + 6] + 1
        start = position + 6 + name + name % 2
        size = int.from_bytes(block[start : start + 4], "big")
        if kind == _RESOURCE:
            yield block[start + 4 : start + 4 + size]
        position = start + 4 + size + size % 2


def _records(resource: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    position = 0
    while resource[position : position + 1] == b"\x1c" and position + 5 <= len(resource):
        size = int.from_bytes(resource[position + 3 : position + 5], "big")
        if size & 0x8000:  # extended data sets are for objects, not for keywords
            return
        yield (resource[position + 1], resource[position + 2]), resource[position + 5 : position + 5 + size]
        position += 5 + size


def _decoded(value: bytes, utf8: bool) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("utf-8" if utf8 else "cp1252", "replace")
