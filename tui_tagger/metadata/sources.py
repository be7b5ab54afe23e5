"""The XMP packets that say something of a photo: its own and its sidecar's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tui_tagger.errors import PhotoError
from tui_tagger.formats import read_bytes
from tui_tagger.metadata import container, iptc, jpeg, sidecar
from tui_tagger.metadata.iptc import Iptc
from tui_tagger.metadata.packet import Packet, parse
from tui_tagger.metadata.splice import Refused

_WIDE = (
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_DECLARATION = re.compile(r"^\s*<\?xml [^>]*\?>")


@dataclass(frozen=True, slots=True)
class Source:
    """A packet and the name of the file that it stands in."""

    name: str
    packet: Packet


def read_sources(path: Path) -> tuple[list[Source], Iptc]:
    """The packets that say something of a photo, its sidecar's first, and its IPTC.

    Raises PhotoError only if the file cannot be read.
    """
    try:
        data = read_bytes(path)
    except OSError as error:
        raise PhotoError(f"{path}: cannot be read ({error.strerror})", "Is its disk connected?") from error
    beside = sidecar_packet(path)
    inside = [Source(path.name, packet) for packet in embedded(data)]
    return ([] if beside is None else [beside]) + inside, iptc.read(data)


def sidecar_packet(path: Path) -> Source | None:
    """The sidecar's packet, where there is a sidecar that can be parsed."""
    beside = sidecar.find(path.resolve())
    try:
        packet = None if beside is None else parsed(read_bytes(beside))
    except (OSError, PhotoError):
        packet = None
    return None if beside is None or packet is None else Source(beside.name, packet)


def embedded(data: bytes) -> list[Packet]:
    """The packets inside of a photo that can be parsed, a JPEG's Extended XMP among them."""
    try:
        found = container.packets(data)
        if container.sniff(data) == "jpeg":
            found = [*found, _extended(data)]
    except Refused:
        try:
            found = [sidecar.seed(data)]
        except Refused:
            found = []
    return [packet for each in found if each and (packet := parsed(each)) is not None]


def _extended(data: bytes) -> bytes:
    try:
        return jpeg.extended(data)
    except Refused:  # the file breaks off after its main packet
        return b""


def parsed(data: bytes) -> Packet | None:
    """The packet, also where it is in UTF-16 or UTF-32; None for what cannot be parsed."""
    try:
        return parse(_in_utf8(data))
    except (Refused, UnicodeError):
        return None


def _in_utf8(data: bytes) -> bytes:
    """XMP may be in any of Unicode's encodings (ISO 16684-1, 7.3.2); how it begins tells which."""
    for mark, encoding in _WIDE:
        if data.startswith(mark):
            text = data.decode(encoding, "replace").lstrip("\ufeff")
            return _DECLARATION.sub("", text, count=1).encode("utf-8", "replace")
    return data
