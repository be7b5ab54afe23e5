"""Faces that Picasa keeps beside photos: `.picasa.ini`, one a folder, with the names of its contacts.

The format was never published; exiftool's config_files/picasa_faces.config is the reference for its coordinates.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tui_tagger.formats import RAW
from tui_tagger.geometry import Box
from tui_tagger.metadata.people import PICASA_UNNAMED
from tui_tagger.metadata.regions import Area, Frame, to_box
from tui_tagger.metadata.text import decoded

NAMES = (".picasa.ini", "Picasa.ini", "picasa.ini")  # Picasa 3, and before
MAX_BYTES = 16_000_000
WHOLE = 65_535  # a coordinate at the right or lower edge

_FACE = re.compile(r"rect64\(([0-9a-fA-F]{1,16})\),([0-9a-fA-F]{1,16})(?![0-9a-fA-F])")
_SECTION = re.compile(r"\s*\[(.+)\]\s*$")

Sections = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class PicasaFace:
    """A face with the name of its contact; `area` as Picasa keeps it."""

    name: str
    area: Area


def faces_of(photo: Path) -> tuple[PicasaFace, ...]:
    """The named faces of a photo; none where there is no such file or it says nothing of this photo."""
    sections = _sections_beside(photo)
    entry = sections.get(photo.name) or sections.get(photo.name.casefold(), {})
    contacts = sections.get("contacts2", {})
    found = []
    for corners, contact in _FACE.findall(entry.get("faces", "")):
        name = contacts.get(contact.lower().lstrip("0"), "").partition(";")[0].strip()
        area = _area(corners)
        if name and area is not None and contact.lower() != PICASA_UNNAMED:
            found.append(PicasaFace(name, area))
    return tuple(found)


def located(face: PicasaFace, photo: Path, frame: Frame) -> Box:
    """The face in upright pixels: Picasa measures on the stored image, but in RAW photos on the upright one.

    So has exiftool's picasa_faces.config, whose author found it out ("Picasa writes region data for rotated NEF and
    CR2 images as if the orientation is not rotated") and gives all others' coordinates to MWG regions unturned.
    """
    if photo.suffix.lower() not in RAW:
        return to_box(face.area, frame)
    width, height = frame.upright_size
    return to_box(face.area, Frame(width, height))


def _area(corners: str) -> Area | None:
    """From 64 bits: left, top, right and bottom, 16 bits each; Picasa leaves leading zeros out."""
    digits = corners.zfill(16)
    left, top, right, bottom = (int(digits[at : at + 4], 16) / WHOLE for at in range(0, 16, 4))
    return Area(left, top, right - left, bottom - top) if right > left and bottom > top else None


def _sections_beside(photo: Path) -> Sections:
    for name in NAMES:
        path = photo.with_name(name)
        try:
            status = path.stat()
            if stat.S_ISREG(status.st_mode) and status.st_size <= MAX_BYTES:
                return _read(path, status.st_mtime_ns, status.st_size)
        except OSError:
            continue
    return {}


@lru_cache(maxsize=4)
def _read(path: Path, _mtime_ns: int, _size: int) -> Sections:
    """The file's sections; a folder's photos are asked about one after the other."""
    return parse(decoded(path.read_bytes().replace(b"\0", b"")))


def parse(text: str) -> Sections:
    """Sections by name, and by name without case; in the contacts' section ids lose their leading zeros."""
    sections: dict[str, dict[str, str]] = {}
    entries: dict[str, str] = {}
    contacts = False
    for line in text.splitlines():
        if match := _SECTION.match(line):
            contacts = match[1].casefold() == "contacts2"
            entries = sections.setdefault(match[1].casefold() if contacts else match[1], {})
            continue
        key, separator, value = line.partition("=")
        if separator:
            key = key.strip().lower()
            entries[key.lstrip("0") if contacts else key] = value.strip()
    return {**{name.casefold(): entries for name, entries in sections.items()}, **sections}
