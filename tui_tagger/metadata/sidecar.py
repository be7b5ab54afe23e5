"""XMP sidecars: which file belongs to a photo, and what a new one starts with."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image

from tui_tagger.imaging import EXTENSIONS
from tui_tagger.metadata import container, jpeg
from tui_tagger.metadata.merge import new_packet
from tui_tagger.metadata.packet import parse
from tui_tagger.metadata.splice import Refused

RAW = frozenset({".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2", ".pef", ".srw"})
IMAGES = RAW | EXTENSIONS | {".heic", ".heif", ".avif", ".jxl", ".gif", ".bmp", ".mpo"}

_MARKS = (b"<x:xmpmeta", b"<x:xapmeta", b"<?xpacket begin", b"<rdf:RDF", b"brobxml ")


def new_path(photo: Path) -> Path:
    """photo.jpg.xmp: the full name, so that a JPEG and its RAW cannot collide."""
    return photo.with_name(photo.name + ".xmp")


def find(photo: Path) -> Path | None:
    """The photo's existing sidecar: photo.jpg.xmp before photo.xmp; the latter only if it can belong to no other."""
    for candidate in (new_path(photo), photo.with_name(photo.name + ".XMP")):
        if _is_file(candidate):
            return candidate
    for candidate in (photo.with_suffix(".xmp"), photo.with_suffix(".XMP")):
        if _is_file(candidate) and (photo.suffix.lower() in RAW or not _has_sibling(photo)):
            return candidate
    return None


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113  Path.is_file raises where the name is too long


def _has_sibling(photo: Path) -> bool:
    """Whether another image shares the stem."""
    try:
        siblings = [each for each in photo.parent.iterdir() if each.stem == photo.stem and each.name != photo.name]
    except OSError:
        return True
    return any(each.suffix.lower() in IMAGES for each in siblings)


def seed(data: bytes) -> bytes:
    """What a new sidecar starts with: the photo's own XMP, or an empty packet.

    digiKam reads a sidecar instead of the photo's XMP, so leaving it out would lose ratings and titles there. Raises
    Refused where the photo's XMP cannot be read for sure.
    """
    packets = _embedded(data)
    if packets and container.sniff(data) == "jpeg" and jpeg.EXTENDED_XMP in data:
        raise Refused("the photo has Extended XMP, which a sidecar would hide")
    if len(packets) > 1:
        raise Refused("the photo has more than one XMP packet, so a sidecar could hide one of them")
    if not packets:
        return new_packet(padding=0)
    try:
        parse(packets[0]).properties()
    except Refused as refusal:
        raise Refused(f"the photo's own XMP cannot be carried over into a sidecar: {refusal}") from refusal
    return packets[0].rstrip(b"\0")


def _embedded(data: bytes) -> list[bytes]:
    kind = container.sniff(data)
    if kind == "other":
        return _elsewhere(data)
    try:
        found = container.packets(data)
    except Refused:
        return _scanned(data)
    if kind == "jpeg" and not found:  # also beyond a break in its structure
        return [] if jpeg.XMP not in data else _scanned(data)
    return found


def _elsewhere(data: bytes) -> list[bytes]:
    """TIFF's tag 700 and what Pillow's plugins find; else a search through the bytes."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            found = image.info.get("xmp")
    except Exception:  # no decoder for it, or a broken file: the bytes are searched
        found = None
    if isinstance(found, bytes) and found.strip(b"\0 \t\r\n"):
        return [found]
    return _scanned(data)


def _scanned(data: bytes) -> list[bytes]:
    """The one packet that stands in the bytes as plain text. Raises Refused where there may be one that does not."""
    if not any(mark in data for mark in _MARKS):
        return []
    if sum(data.count(mark) for mark in (b"<x:xmpmeta", b"<x:xapmeta")) == 1:
        start = max(data.find(b"<x:xmpmeta"), data.find(b"<x:xapmeta"))
        end = max(data.find(b"</x:xmpmeta>", start), data.find(b"</x:xapmeta>", start))
        if end > 0:
            return [data[start : end + len(b"</x:xmpmeta>")]]
    raise Refused("the photo's own XMP cannot be read for sure, and a sidecar would hide it")
