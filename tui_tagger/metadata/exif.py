"""EXIF of a photo: the few facts that a scan needs, and the whole table for one photo."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import exifread
from PIL import Image

from tui_tagger.errors import PhotoError
from tui_tagger.metadata import gps, iptc, tags
from tui_tagger.metadata.frame import frame_of
from tui_tagger.metadata.listing import flattened
from tui_tagger.metadata.packet import DC, EXIF, PHOTOSHOP, XMP, Packet, parse, texts_of
from tui_tagger.metadata.splice import Refused
from tui_tagger.metadata.text import decoded, visible

logging.getLogger("exifread").setLevel(logging.CRITICAL)  # its warnings would be printed over the screen

MAX_RAW = 200  # characters
BINARY = 32  # bytes from which a value without text is shown as its length

Result = TypeVar("Result")

_DATE_TAGS = (("DateTimeOriginal", "OffsetTimeOriginal"), ("DateTimeDigitized", "OffsetTimeDigitized"))
_XMP_DATES = ((EXIF, "DateTimeOriginal"), (PHOTOSHOP, "DateCreated"), (XMP, "CreateDate"))


@dataclass(frozen=True, slots=True)
class PhotoInfo:
    """What a scan keeps of a photo.

    `width` and `height` are those of the upright photo; `orientation` is EXIF's, 1 to 8. `taken_at` is local wall time
    ("2019-07-12T14:03:22"), `offset` its distance from UTC ("+02:00") where known, `date_source` the tag it is from.
    Degrees are north and east positive; `direction` is degrees clockwise from north; `altitude` is metres.
    """

    width: int
    height: int
    orientation: int
    taken_at: str | None
    offset: str | None
    date_source: str
    camera: str
    latitude: float | None
    longitude: float | None
    altitude: float | None
    direction: float | None
    description: str


@dataclass(frozen=True, slots=True)
class ExifEntry:
    """One line of the EXIF table; control characters are visible and both texts bounded."""

    group: str
    name: str
    value: str
    raw: str


def read_info(path: Path) -> PhotoInfo:
    """Reads what a scan needs. Broken metadata gives what can be read.

    Raises PhotoError only if the file cannot be opened or is no image.
    """
    return _with_image(path, _info)


def read_entries(path: Path) -> tuple[ExifEntry, ...]:
    """Everything for the EXIF table: EXIF with maker notes, GPS, XMP properties, IPTC keywords.

    Broken metadata gives what can be read. Raises PhotoError only if the file cannot be opened or is no image.
    """
    found = _with_image(path, _entries)
    keywords = iptc.keywords(path.read_bytes())
    return found + tuple(_entry("IPTC", "Keywords", each, each) for each in keywords)


def _with_image(path: Path, read: Callable[[BinaryIO, Image.Image], Result]) -> Result:
    try:
        with path.open("rb") as file, Image.open(file) as image:
            return read(file, image)
    except FileNotFoundError:
        raise PhotoError(f"{path}: the file is not there", "Was it moved? Scan its folder again.") from None
    except Exception as error:  # decoders raise nearly anything on damaged files
        raise PhotoError(f"{path}: is not a photo that can be read ({type(error).__name__})") from error


def _info(file: BinaryIO, image: Image.Image) -> PhotoInfo:
    frame = frame_of(image)
    found = _tags(file, image)
    packet = _packet(image)
    taken_at, offset, source = _date(found, packet)
    position = _position(found, packet)
    width, height = frame.upright_size
    return PhotoInfo(
        width,
        height,
        frame.orientation,
        taken_at,
        offset,
        source,
        _camera(found),
        None if position is None else position[0],
        None if position is None else position[1],
        _altitude(found),
        gps.sane_direction(tags.number(found, "GPSImgDirection")),
        visible(" ".join(_description(found, packet).split())),
    )


def _tags(file: BinaryIO, image: Image.Image) -> tags.Tags:
    """Tags by name from exifread for what it reads best, else from Pillow."""
    if image.format in ("JPEG", "MPO", "TIFF"):
        found = {
            name.partition(" ")[2]: tag.values for name, tag in _exifread(file, details=False).items() if _main(name)
        }
        if found:
            return _plain(found)
    groups = tags.pillow_groups(image)
    return _plain({**groups["Image"], **groups["EXIF"], **groups["GPS"]})


def _plain(found: dict[str, Any]) -> dict[str, tags.Value]:
    return {name: value for name, each in found.items() if (value := tags.plain(each)) is not None}


def _main(name: str) -> bool:
    return name.startswith(("Image ", "EXIF ", "GPS "))


def _exifread(file: BinaryIO, details: bool) -> dict[str, Any]:
    """Tags by "Group Name"; none where exifread gives up."""
    try:
        found: dict[str, Any] = exifread.process_file(file, details=details, extract_thumbnail=False)
    except Exception:  # it raises nearly anything on broken files
        return {}
    return {name: tag for name, tag in found.items() if hasattr(tag, "values") and hasattr(tag, "printable")}


def _packet(image: Image.Image) -> Packet | None:
    data = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if isinstance(data, str):
        data = data.encode("utf-8", "replace")
    if not isinstance(data, bytes):
        return None
    try:
        return parse(data)
    except Refused:
        return None


def _date(found: tags.Tags, packet: Packet | None) -> tuple[str | None, str | None, str]:
    """Date, offset and the tag they are from: when the photo was taken before when the file was changed."""
    for name, offset_name in _DATE_TAGS:
        if (date := gps.parse_date(tags.text(found, name))) is not None:
            return date, gps.parse_offset(tags.text(found, offset_name)), name
    for namespace, local in _XMP_DATES if packet is not None else ():
        assert packet is not None
        text = packet.simple(namespace, local)
        if (date := gps.parse_date(text)) is not None:
            return date, gps.parse_offset(text) if "T" in text else None, f"XMP {local}"
    if (date := gps.parse_date(tags.text(found, "DateTime"))) is not None:
        return date, gps.parse_offset(tags.text(found, "OffsetTime")), "DateTime"
    return None, None, ""


def _position(found: tags.Tags, packet: Packet | None) -> tuple[float, float] | None:
    sides = [
        gps.to_degrees(tags.numbers(found, name), tags.text(found, f"{name}Ref"))
        for name in ("GPSLatitude", "GPSLongitude")
    ]
    position = gps.sane_position(sides[0], sides[1])
    if position is None and packet is not None:
        sides = [gps.from_xmp(packet.simple(EXIF, name)) for name in ("GPSLatitude", "GPSLongitude")]
        position = gps.sane_position(sides[0], sides[1])
    return position


def _altitude(found: tags.Tags) -> float | None:
    metres = gps.sane_altitude(tags.number(found, "GPSAltitude"))
    reference = found.get("GPSAltitudeRef")
    below = reference in (b"\x01", (1.0,))
    return -metres if metres is not None and below else metres


def _camera(found: tags.Tags) -> str:
    """Make and model, with the make once."""
    make, model = tags.text(found, "Make"), tags.text(found, "Model")
    first = make.split(" ", 1)[0]
    together = model if first and model.casefold().startswith(first.casefold()) else f"{make} {model}"
    return visible(together.strip(), 100)


def _description(found: tags.Tags, packet: Packet | None) -> str:
    texts = [] if packet is None else texts_of(packet.find(DC, "description"))
    return next(filter(None, (tags.text(found, "ImageDescription"), *texts, tags.comment(found))), "")


def _entries(file: BinaryIO, image: Image.Image) -> tuple[ExifEntry, ...]:
    found = [
        _entry(*_split(name), _readable(tag.values, tag.printable), _raw(tag.values))
        for name, tag in _exifread(file, details=True).items()
    ]
    if not found:
        groups = tags.pillow_groups(image)
        found = [
            _entry(group, name, _readable(value, str(value)), _raw(value))
            for group, values in groups.items()
            for name, value in values.items()
        ]
    packet = _packet(image)
    listed = [] if packet is None else flattened(packet)
    return (*found, *(_entry("XMP", name, value, value) for name, value in listed))


def _split(name: str) -> tuple[str, str]:
    group, _, rest = name.rpartition(" ") if name.startswith("EXIF SubIFD") else name.partition(" ")
    return group, rest


def _entry(group: str, name: str, value: str, raw: str) -> ExifEntry:
    return ExifEntry(visible(group, 100), visible(name, 200), visible(value), visible(raw, MAX_RAW))


def _readable(values: object, printable: str) -> str:
    if isinstance(values, bytes):
        text = decoded(values)
        return text if text.isprintable() and len(values) - len(text) < 2 else _binary(values)
    return printable.rstrip("\0 ")


def _binary(value: bytes) -> str:
    return value.hex(" ") if len(value) <= BINARY else f"{len(value):,} bytes"


def _raw(values: object) -> str:
    """The value as Python shows it; only its beginning is worked out."""
    if isinstance(values, str | bytes | list | tuple):
        return repr(values[: MAX_RAW + 1])
    return repr(values)
