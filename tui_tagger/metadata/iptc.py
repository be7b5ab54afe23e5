"""IPTC of older programs (IIM 4.2, in Photoshop's image resource 0x0404 or in a TIFF tag); read only."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from PIL import Image, IptcImagePlugin

from tui_tagger.metadata import gps

_SIGNATURE = b"Photoshop 3.0\0"
_APP13, _SOS = 0xED, 0xDA
_RESOURCE = 0x0404
_CHARACTER_SET = (1, 90)
_ENCODINGS = {  # escape sequences of ISO 2022 that cameras and programs write into 1:90
    b"\x1b%G": "utf-8",
    b"\x1b%/I": "utf-8",
    b"\x1b.A": "latin-1",
    b"\x1b-A": "latin-1",
    b"\x1b-B": "iso8859-2",
    b"\x1b-F": "iso8859-7",
    b"\x1b-L": "iso8859-5",
    b"\x1b-M": "iso8859-9",
    b"\x1b.b": "iso8859-15",
}
NAMES = {
    (2, 5): "ObjectName",
    (2, 25): "Keywords",
    (2, 40): "SpecialInstructions",
    (2, 55): "DateCreated",
    (2, 60): "TimeCreated",
    (2, 62): "DigitalCreationDate",
    (2, 63): "DigitalCreationTime",
    (2, 80): "By-line",
    (2, 85): "By-lineTitle",
    (2, 90): "City",
    (2, 92): "Sub-location",
    (2, 95): "Province-State",
    (2, 101): "Country",
    (2, 105): "Headline",
    (2, 110): "Credit",
    (2, 115): "Source",
    (2, 116): "CopyrightNotice",
    (2, 118): "Contact",
    (2, 120): "Caption-Abstract",
    (2, 122): "Writer-Editor",
}

Record = tuple[tuple[int, int], bytes]

_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})$")
_TIME = re.compile(r"(\d{2})(\d{2})(\d{2})([+-]\d{4})?$")


@dataclass(frozen=True, slots=True)
class Iptc:
    """Named records in file order; `date` is local wall time ("2019-07-12T14:03:22"), `offset` "+02:00" if known."""

    entries: tuple[tuple[str, str], ...] = ()
    date: str | None = None
    offset: str | None = None

    @property
    def keywords(self) -> tuple[str, ...]:
        """Each once."""
        return tuple(dict.fromkeys(value for name, value in self.entries if name == "Keywords"))

    def text(self, name: str) -> str:
        return next((value for each, value in self.entries if each == name), "")


def read(data: bytes) -> Iptc:
    """The records of a JPEG, as far as the file can be walked, or of a TIFF; empty for others."""
    if data.startswith((b"II*\0", b"MM\0*")):
        return _assembled(_of_tiff(data))
    block = b"".join(each[len(_SIGNATURE) :] for each in _segments(data) if each.startswith(_SIGNATURE))
    return parse(b"".join(_resources(block)))


def parse(block: bytes) -> Iptc:
    """The records of an IIM block; what is broken ends it."""
    return _assembled(list(_records(block)))


def _of_tiff(data: bytes) -> list[Record]:
    try:
        with Image.open(io.BytesIO(data)) as image:
            found = IptcImagePlugin.getiptcinfo(image) or {}
    except Exception:  # decoders raise nearly anything on damaged files
        return []
    values = ((tag, each if isinstance(each, list) else [each]) for tag, each in found.items())
    return [(tag, value) for tag, each in values for value in each if isinstance(value, bytes)]


def _assembled(records: Sequence[Record]) -> Iptc:
    declared = next((value for tag, value in records if tag == _CHARACTER_SET), b"")
    encoding = _ENCODINGS.get(declared, "")
    entries = tuple((NAMES[tag], _decoded(value, encoding)) for tag, value in records if tag in NAMES and value)
    date, offset = _moment(dict(reversed(entries)))
    return Iptc(entries, date, offset)


def _segments(data: bytes) -> Iterator[bytes]:
    """The payloads of APP13 up to where the image begins or the structure breaks."""
    position = 2 if data.startswith(b"\xff\xd8") else len(data)
    while position + 4 <= len(data) and data[position] == 0xFF and data[position + 1] != _SOS:
        if data[position + 1] == 0xFF:  # a fill byte
            position += 1
            continue
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        if data[position + 1] == _APP13:
            yield data[position + 4 : end]
        position = max(end, position + 4)


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


def _records(block: bytes) -> Iterator[Record]:
    position = 0
    while block[position : position + 1] == b"\x1c" and position + 5 <= len(block):
        size = int.from_bytes(block[position + 3 : position + 5], "big")
        if size & 0x8000:  # extended data sets are for objects, not for text
            return
        yield (block[position + 1], block[position + 2]), block[position + 5 : position + 5 + size]
        position += 5 + size


def _decoded(value: bytes, encoding: str) -> str:
    """As declared; else UTF-8 if it is that, else Windows' western set."""
    try:
        return value.decode(encoding or "utf-8")
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace")


def _moment(entries: Mapping[str, str]) -> tuple[str | None, str | None]:
    for day, clock in (("DateCreated", "TimeCreated"), ("DigitalCreationDate", "DigitalCreationTime")):
        date, time = _DATE.match(entries.get(day, "").strip()), _TIME.match(entries.get(clock, "").strip())
        if date is not None:
            hour = f" {time[1]}:{time[2]}:{time[3]}" if time is not None else ""
            offset = gps.parse_offset(time[4]) if time is not None and time[4] else None
            return gps.parse_date(f"{date[1]}:{date[2]}:{date[3]}{hour}"), offset
    return None, None
