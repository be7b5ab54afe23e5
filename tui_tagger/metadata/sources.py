"""The XMP packets that say something of a photo: its own and its sidecar's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tui_tagger.errors import PhotoError
from tui_tagger.metadata import container, jpeg, sidecar
from tui_tagger.metadata.packet import Packet, parse
from tui_tagger.metadata.splice import Refused


@dataclass(frozen=True, slots=True)
class Source:
    """A packet and the name of the file that it stands in."""

    name: str
    packet: Packet


def read_sources(path: Path) -> tuple[list[Source], bytes]:
    """The packets that say something of a photo, its sidecar's first, and the photo's bytes. Raises PhotoError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PhotoError(f"{path}: cannot be read ({error.strerror})", "Is its disk connected?") from error
    beside = sidecar_packet(path)
    inside = [Source(path.name, packet) for packet in embedded(data)]
    return ([] if beside is None else [beside]) + inside, data


def sidecar_packet(path: Path) -> Source | None:
    """The sidecar's packet, where there is a sidecar that can be parsed."""
    beside = sidecar.find(path.resolve())
    try:
        packet = None if beside is None else _parsed(beside.read_bytes())
    except OSError:
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
    return [packet for each in found if each and (packet := _parsed(each)) is not None]


def _extended(data: bytes) -> bytes:
    try:
        return jpeg.extended(data)
    except Refused:  # the file breaks off after its main packet
        return b""


def _parsed(data: bytes) -> Packet | None:
    try:
        return parse(data)
    except Refused:
        return None
