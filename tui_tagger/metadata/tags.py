"""EXIF tags as plain values, whichever library read them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping

from PIL import ExifTags, Image

from tui_tagger.metadata.text import decoded

Value = str | tuple[float, ...] | bytes
Tags = Mapping[str, Value]  # by the tag's name in the EXIF standard

GROUPS = {0x8769: ExifTags.TAGS, 0x8825: ExifTags.GPSTAGS}


def text(tags: Tags, name: str) -> str:
    """A tag's text without outer white space; empty where it is absent or no text."""
    value = tags.get(name, "")
    if isinstance(value, bytes):
        value = decoded(value)
    return value.split("\0", 1)[0].strip() if isinstance(value, str) else ""


def numbers(tags: Tags, name: str) -> tuple[float, ...]:
    """A tag's numbers; empty where it is absent or not numeric."""
    value = tags.get(name, ())
    return value if isinstance(value, tuple) else ()


def number(tags: Tags, name: str) -> float | None:
    found = numbers(tags, name)
    return found[0] if found else None


def comment(tags: Tags) -> str:
    """UserComment, whose first eight bytes name its encoding."""
    value = tags.get("UserComment", b"")
    if isinstance(value, tuple):
        value = bytes(int(each) & 0xFF for each in value)
    if not isinstance(value, bytes) or len(value) <= 8:
        return ""
    code, body = value[:8], value[8:]
    if code == b"UNICODE\0":
        return body.decode("utf-16-be" if body[:1] == b"\0" else "utf-16-le", "replace").replace("\0", "").strip()
    return decoded(body).strip() if code in (b"ASCII\0\0\0", b"\0" * 8) else ""


def plain(value: object) -> Value | None:
    """A library's value as text, bytes or a tuple of floats; None for what is none of these."""
    if isinstance(value, str | bytes):
        return value
    values: Iterable[object] = value if isinstance(value, tuple | list) else (value,)
    found: list[float] = []
    for each in values:
        try:
            found.append(float(each))  # type: ignore[arg-type]
        except ZeroDivisionError:
            found.append(float("nan"))
        except (TypeError, ValueError, OverflowError):
            return None
    return tuple(found)


def pillow_groups(image: Image.Image) -> dict[str, dict[str, object]]:
    """Tags by group as Pillow reads them: "Image", "EXIF", "GPS"; what is broken is left out."""
    groups: dict[str, dict[str, object]] = {"Image": {}, "EXIF": {}, "GPS": {}}
    with contextlib.suppress(Exception):  # Pillow raises nearly anything on broken EXIF
        exif = image.getexif()
        groups["Image"] = {ExifTags.TAGS.get(tag, f"Tag 0x{tag:04X}"): value for tag, value in exif.items()}
        for label, pointer in (("EXIF", 0x8769), ("GPS", 0x8825)):
            names = GROUPS[pointer]
            found = exif.get_ifd(pointer)
            groups[label] = {names.get(tag, f"Tag 0x{tag:04X}"): value for tag, value in found.items()}
    return groups
