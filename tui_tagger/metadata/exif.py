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
from tui_tagger.formats import RAW, open_image, read_bytes
from tui_tagger.metadata import gps, iptc, tags
from tui_tagger.metadata.dates import Moment, date_of
from tui_tagger.metadata.frame import frame_of
from tui_tagger.metadata.listing import flattened
from tui_tagger.metadata.packet import DC, EXIF, Packet, texts_of
from tui_tagger.metadata.sources import embedded, parsed, sidecar_packet
from tui_tagger.metadata.text import decoded, visible

logging.getLogger("exifread").setLevel(logging.CRITICAL)  # its warnings would be printed over the screen

MAX_RAW = 200  # characters
MAX_READS = 300_000  # a maker note of 64 KB takes 66,000
BINARY = 32  # bytes from which a value without text is shown as its length

Result = TypeVar("Result")

# What cameras write into ImageDescription by themselves: no description of anything.
_CAMERA_TEXTS = frozenset({
    "olympus digital camera", "konica minolta digital camera", "minolta digital camera", "digital camera",
    "sony dsc", "samsung digimax", "samsung camera pictures", "kodak digital still camera", "exif_jpeg_picture",
    "exif jpeg", "default", "dcim", "jpeg",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class PhotoInfo:
    """What a scan keeps of a photo.

    `width` and `height` are those of the upright photo; `orientation` is EXIF's, 1 to 8. `taken_at` is local wall time
    ("2019-07-12T14:03:22", with ".120" where thousandths are known), `offset` its distance from UTC ("+02:00") where
    known, `date_source` the tag it is from, never shifted; dates.py says in which order they are looked for.
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
    """Reads what a scan needs, the sidecar included. Broken metadata gives what can be read.

    Raises PhotoError only if the file cannot be opened or is no image.
    """
    return _with_image(path, lambda file, image: _info(path, file, image))


def read_entries(path: Path) -> tuple[ExifEntry, ...]:
    """Everything for the EXIF table: EXIF with maker notes, GPS, XMP properties, IPTC, the sidecar's properties.

    Broken metadata gives what can be read, also where the picture cannot be opened. Raises PhotoError only where
    neither the picture nor anything about it can be read.
    """
    try:
        found = _with_image(path, _entries)
    except PhotoError:
        found = _entries_without_image(path)
        if not found:
            raise
    beside = sidecar_packet(path)
    return found if beside is None else found + _listed(beside.packet, f"XMP in {beside.name}")


def _with_image(path: Path, read: Callable[[BinaryIO, Image.Image], Result]) -> Result:
    try:
        with open_image(path) as image, path.open("rb") as file:
            return read(file, image)
    except FileNotFoundError:
        raise PhotoError(f"{path}: the file is not there", "Was it moved? Scan its folder again.") from None
    except PhotoError:
        raise
    except Exception as error:  # decoders raise nearly anything on damaged files
        raise PhotoError(f"{path}: is not a photo that can be read ({type(error).__name__})") from error


def _info(path: Path, file: BinaryIO, image: Image.Image) -> PhotoInfo:
    frame = frame_of(image)
    found = _tags(path, file, image)
    packet, beside = _packet(image), sidecar_packet(path)
    override = None if beside is None else beside.packet
    older = _iptc(file)
    date = date_of(found, packet, override, older) or Moment("", None, "")
    position = _position(found, packet, override)
    width, height = frame.upright_size
    return PhotoInfo(
        width,
        height,
        frame.orientation,
        date.taken_at or None,
        date.offset,
        date.source,
        _camera(found),
        None if position is None else position[0],
        None if position is None else position[1],
        _altitude(found),
        gps.sane_direction(tags.number(found, "GPSImgDirection")),
        visible(" ".join(_description(found, packet, override, older).split())),
    )


def _tags(path: Path, file: BinaryIO, image: Image.Image) -> tags.Tags:
    """Tags by name from exifread for what it reads best, else from Pillow."""
    if image.format in ("JPEG", "MPO", "TIFF") or path.suffix.lower() in RAW:
        found = {
            name.partition(" ")[2]: tag.values for name, tag in _exifread(file, details=False).items() if _main(name)
        }
        if found:
            return _plain(found)
    groups = tags.pillow_groups(image)
    return _plain({**groups["Image"], **groups["EXIF"], **groups["GPS"]})


def _iptc(file: BinaryIO) -> iptc.Iptc:
    file.seek(0)
    return iptc.read(file.read())


def _plain(found: dict[str, Any]) -> dict[str, tags.Value]:
    return {name: value for name, each in found.items() if (value := tags.plain(each)) is not None}


def _main(name: str) -> bool:
    return name.startswith(("Image ", "EXIF ", "GPS "))


def _exifread(file: BinaryIO, details: bool) -> dict[str, Any]:
    """Tags by "Group Name"; none where exifread gives up."""
    bounded: Any = _Bounded(file)
    try:
        found: dict[str, Any] = exifread.process_file(bounded, details=details, extract_thumbnail=False)
    except Exception:  # it raises nearly anything on broken files
        return {}
    return {name: tag for name, tag in found.items() if hasattr(tag, "values") and hasattr(tag, "printable")}


class _Bounded:
    """A file that can be read so many times: exifread reads each number by itself, however many a file says it has."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = MAX_READS

    def read(self, size: int = -1) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise ValueError("the tags have more values than a photo's have")
        return self._file.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _packet(image: Image.Image) -> Packet | None:
    data = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if isinstance(data, str):
        data = data.encode("utf-8", "replace")
    if not isinstance(data, bytes):
        return None
    return parsed(data)


def _position(found: tags.Tags, packet: Packet | None, override: Packet | None) -> tuple[float, float] | None:
    """The sidecar's where it says another than the photo's own XMP, else EXIF's, else the photo's XMP's."""
    inside, beside = _xmp_position(packet), _xmp_position(override)
    if beside is not None and beside != inside:
        return beside
    sides = [
        gps.to_degrees(tags.numbers(found, name), tags.text(found, f"{name}Ref"))
        for name in ("GPSLatitude", "GPSLongitude")
    ]
    return gps.sane_position(sides[0], sides[1]) or inside


def _xmp_position(packet: Packet | None) -> tuple[float, float] | None:
    if packet is None:
        return None
    sides = [gps.from_xmp(packet.simple(EXIF, name)) for name in ("GPSLatitude", "GPSLongitude")]
    return gps.sane_position(sides[0], sides[1])


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


def _description(found: tags.Tags, packet: Packet | None, override: Packet | None, older: iptc.Iptc) -> str:
    typed = tags.text(found, "ImageDescription")
    texts = [text for each in (override, packet) if each is not None for text in texts_of(each.find(DC, "description"))]
    if override is None or not texts:
        texts.insert(0, "" if typed.casefold() in _CAMERA_TEXTS else typed)
    return next(filter(None, (*texts, tags.comment(found), older.text("Caption-Abstract"))), "")


def _entries(file: BinaryIO, image: Image.Image) -> tuple[ExifEntry, ...]:
    found = _exif_entries(file)
    if not found:
        groups = tags.pillow_groups(image)
        found = [
            _entry(group, name, _readable(value, str(value)), _raw(value))
            for group, values in groups.items()
            for name, value in values.items()
        ]
    packet = _packet(image)
    listed = () if packet is None else _listed(packet, "XMP")
    return (*found, *listed, *_iptc_entries(_iptc(file)))


def _entries_without_image(path: Path) -> tuple[ExifEntry, ...]:
    try:
        data = read_bytes(path)
        with path.open("rb") as file:
            found = _exif_entries(file)
    except (OSError, PhotoError):
        return ()
    listed = [entry for packet in embedded(data) for entry in _listed(packet, "XMP")]
    return (*found, *listed, *_iptc_entries(iptc.read(data)))


def _exif_entries(file: BinaryIO) -> list[ExifEntry]:
    tagged = _exifread(file, details=True) or _exifread(file, details=False)
    return [
        _entry(*_split(name), _readable(tag.values, tag.printable), _raw(tag.values)) for name, tag in tagged.items()
    ]


def _iptc_entries(found: iptc.Iptc) -> tuple[ExifEntry, ...]:
    return tuple(_entry("IPTC", name, value, value) for name, value in found.entries)


def _listed(packet: Packet, group: str) -> tuple[ExifEntry, ...]:
    return tuple(_entry(group, name, value, value) for name, value in flattened(packet))


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
