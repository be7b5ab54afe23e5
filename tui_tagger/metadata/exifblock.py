"""EXIF blocks by piexif: those of photos that the program draws, and descriptions in blocks of others.

What piexif makes of a block of others is not to be trusted: metadata/exiftext.py decides and checks.
"""

from __future__ import annotations

from fractions import Fraction

import piexif
import piexif.helper

IMAGE_DESCRIPTION, USER_COMMENT = piexif.ImageIFD.ImageDescription, piexif.ExifIFD.UserComment


def dumped(block: bytes, text: str | None = None) -> bytes:
    """The block loaded and dumped again; with ImageDescription and UserComment set to `text`, or without them for "".

    Raises nearly anything on blocks that piexif does not understand.
    """
    loaded = piexif.load(block)
    if text is not None:
        _set(loaded, text)
    result: bytes = piexif.dump(loaded)
    return result


def _set(loaded: dict[str, dict[int, object]], text: str) -> None:
    if not text:
        loaded["0th"].pop(IMAGE_DESCRIPTION, None)
        loaded["Exif"].pop(USER_COMMENT, None)
        return
    loaded["0th"][IMAGE_DESCRIPTION] = _even(text.encode() + b"\0")[:-1]  # piexif adds the last NUL
    loaded["Exif"][USER_COMMENT] = comment(text)


def comment(text: str) -> bytes:
    """A UserComment: eight bytes that name the encoding, and the text."""
    value: bytes = piexif.helper.UserComment.dump(text, "ascii" if text.isascii() else "unicode")
    return _even(value)


def _even(value: bytes) -> bytes:
    """Values of even length keep those that follow at even offsets, as TIFF asks."""
    return value + b"\0" * (len(value) % 2)


def exif_bytes(
    *,
    taken_at: str | None = None,
    offset: str | None = None,
    make: str = "",
    model: str = "",
    lens: str = "",
    latitude: float | None = None,
    longitude: float | None = None,
    altitude: float | None = None,
    direction: float | None = None,
    orientation: int = 1,
    description: str = "",
) -> bytes:
    """An EXIF block for a photo that the program itself draws, as Pillow's `exif=` takes it.

    `taken_at` is local wall time ("2019-07-12T14:03:22"), `offset` its distance from UTC ("+02:00"); degrees are north
    and east positive, `altitude` is metres above the sea, `direction` degrees clockwise from north.
    """
    image: dict[int, object] = {
        piexif.ImageIFD.Make: make,
        piexif.ImageIFD.Model: model,
        piexif.ImageIFD.ImageDescription: description,
        piexif.ImageIFD.Orientation: orientation,
    }
    stamp = (taken_at or "").replace("-", ":").replace("T", " ")
    exif: dict[int, object] = {
        piexif.ExifIFD.DateTimeOriginal: stamp,
        piexif.ExifIFD.OffsetTimeOriginal: offset if stamp else None,
        piexif.ExifIFD.LensModel: lens,
    }
    blocks = {
        "0th": image,
        "Exif": exif,
        "GPS": _gps_block(latitude, longitude, altitude, direction),
    }
    block: bytes = piexif.dump({name: _filled(values) for name, values in blocks.items()})
    return block


def _filled(values: dict[int, object]) -> dict[int, object]:
    """Without empty values, and with texts as UTF-8."""
    filled = {tag: value for tag, value in values.items() if value not in ("", None)}
    return {tag: value.encode() if isinstance(value, str) else value for tag, value in filled.items()}


def _gps_block(
    latitude: float | None, longitude: float | None, altitude: float | None, direction: float | None
) -> dict[int, object]:
    values: dict[int, object] = {}
    if latitude is not None and longitude is not None:
        values[piexif.GPSIFD.GPSLatitudeRef] = "N" if latitude >= 0 else "S"
        values[piexif.GPSIFD.GPSLatitude] = _sexagesimal(abs(latitude))
        values[piexif.GPSIFD.GPSLongitudeRef] = "E" if longitude >= 0 else "W"
        values[piexif.GPSIFD.GPSLongitude] = _sexagesimal(abs(longitude))
    if altitude is not None:
        values[piexif.GPSIFD.GPSAltitudeRef] = 0 if altitude >= 0 else 1
        values[piexif.GPSIFD.GPSAltitude] = _rational(abs(altitude))
    if direction is not None:
        values[piexif.GPSIFD.GPSImgDirectionRef] = "T"
        values[piexif.GPSIFD.GPSImgDirection] = _rational(direction % 360)
    return values


def _sexagesimal(degrees: float) -> tuple[tuple[int, int], ...]:
    """Degrees, minutes and seconds to 1/10000 of a second (3 mm)."""
    units = round(degrees * 36_000_000)
    whole, rest = divmod(units, 36_000_000)
    minutes, seconds = divmod(rest, 600_000)
    return (whole, 1), (minutes, 1), (seconds, 10_000)


def _rational(value: float) -> tuple[int, int]:
    fraction = Fraction(value).limit_denominator(1000)
    return fraction.numerator, fraction.denominator
