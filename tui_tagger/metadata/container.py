"""The formats that carry XMP inside, behind one set of functions."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Literal

from tui_tagger.metadata import jpeg, png, webp
from tui_tagger.metadata.splice import Refused, Splice

Kind = Literal["jpeg", "png", "webp", "other"]

EXTENSIONS: dict[str, Kind] = {
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".jpe": "jpeg",
    ".jfif": "jpeg",
    ".png": "png",
    ".webp": "webp",
}
_MODULES: dict[str, ModuleType] = {"jpeg": jpeg, "png": png, "webp": webp}


def sniff(data: bytes) -> Kind:
    """The format by content."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(png.SIGNATURE):
        return "png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return "other"


def writable_kind(path: Path, data: bytes) -> Kind:
    """The format, where names can be written into it. Raises Refused, also where extension and content disagree."""
    by_name, by_content = EXTENSIONS.get(path.suffix.lower(), "other"), sniff(data)
    if by_content == "other" and by_name == "other":
        raise Refused("names are not written into files of this format")
    if by_name != by_content:
        raise Refused("its extension does not say what it contains")
    return by_content


def packets(data: bytes) -> list[bytes]:
    """Every XMP packet of a JPEG, PNG or WebP. Raises Refused where the file cannot be walked."""
    kind = sniff(data)
    if kind == "other":
        raise Refused("names are not written into files of this format")
    found: list[bytes] = _MODULES[kind].packets(data)
    return found


def embed(kind: Kind, data: bytes, packet: bytes) -> tuple[Splice, ...]:
    """The splices that make `packet` the file's XMP. Raises Refused."""
    splices: tuple[Splice, ...] = _MODULES[kind].embed(data, packet)
    return splices


def check_unsigned(kind: Kind, data: bytes) -> None:
    """Raises Refused for a file with a signature that any change would break."""
    if _MODULES[kind].is_signed(data):
        raise Refused("its Content Credentials sign every byte, so a change would break them")


def remainder(kind: Kind, data: bytes) -> bytes:
    """Everything but the XMP packet. Raises Refused."""
    rest: bytes = _MODULES[kind].remainder(data)
    return rest


def image_data(data: bytes) -> bytes:
    """What makes up the picture, without metadata. Raises Refused for other formats and for broken files."""
    kind = sniff(data)
    if kind == "other":
        raise Refused("only whole files of this format are compared")
    picture: bytes = _MODULES[kind].image_data(data)
    return picture
