"""Coordinates and dates as metadata writes them: parsing with sanity checks, and formatting."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime

_DATE = re.compile(r"\s*(\d{4})[:\-/.](\d{1,2})[:\-/.](\d{1,2})(?:[ T]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?)?")
_FRACTION = re.compile(r"T\d{1,2}:\d{2}:\d{2}\.(\d{1,9})")
_OFFSET = re.compile(r"(Z|[+-]\d{2}:?\d{2})\s*$")
_XMP_COORDINATE = re.compile(r"(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?(?:,(\d+(?:\.\d+)?))?\s*([NSEW])$")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def format_coordinates(latitude: float, longitude: float) -> str:
    """Such as "38.7223 N, 9.1393 W": four decimals are about 11 metres."""
    north, east = round(latitude, 4), round(longitude, 4)
    return f"{abs(north):.4f} {'S' if north < 0 else 'N'}, {abs(east):.4f} {'W' if east < 0 else 'E'}"


def to_degrees(parts: Sequence[float], reference: str) -> float | None:
    """Degrees from degrees, minutes and seconds (later ones may be left out); south and west negative.

    None for what is empty or not finite.
    """
    if not parts or not all(math.isfinite(part) for part in parts):
        return None
    value = sum(part / float(60**power) for power, part in enumerate(parts[:3]))
    return -value if reference.strip().upper()[:1] in ("S", "W") else value


def from_xmp(text: str) -> float | None:
    """Degrees from XMP's "38,43.338N", "38,43,20N", or a plain number as some writers have it."""
    match = _XMP_COORDINATE.match(text.strip())
    if match is not None:
        return to_degrees([float(part) for part in match.groups()[:3] if part], match[4])
    return float(text) if _NUMBER.fullmatch(text.strip()) else None


def sane_position(latitude: float | None, longitude: float | None) -> tuple[float, float] | None:
    """Both, where they lie on the globe and are not 0/0, which devices write when they do not know."""
    if latitude is None or longitude is None or not math.isfinite(latitude + longitude):
        return None
    if abs(latitude) > 90 or abs(longitude) > 180 or (latitude == 0 and longitude == 0):
        return None
    return latitude, longitude


def sane_direction(degrees: float | None) -> float | None:
    """0 to 360, clockwise from north; None for anything else."""
    if degrees is None or not math.isfinite(degrees) or not 0 <= degrees <= 360:
        return None
    return degrees % 360


def sane_altitude(metres: float | None) -> float | None:
    """Metres above the sea between the deepest trench and low orbit; None for anything else."""
    if metres is None or not math.isfinite(metres) or not -11_000 <= metres <= 500_000:
        return None
    return metres


def parse_date(text: str) -> str | None:
    """The form "2019-07-12T14:03:22" from EXIF's or XMP's; midnight where the time is left out, None if no date."""
    match = _DATE.match(text)
    if match is None:
        return None
    numbers = [int(part or 0) for part in match.groups()]
    try:
        return datetime(*numbers).isoformat() if numbers[0] >= 1800 else None  # type: ignore[arg-type]
    except ValueError:
        return None


def parse_fraction(text: str) -> str:
    """The digits after the seconds of an XMP date; empty where there are none."""
    match = _FRACTION.search(text)
    return match[1] if match is not None else ""


def parse_offset(text: str) -> str | None:
    """The form "+02:00" from the end of a text; "Z" is "+00:00"; None where there is none or it is beyond 14 hours."""
    match = _OFFSET.search(text)
    if match is None:
        return None
    if match[1] == "Z":
        return "+00:00"
    digits = match[1].replace(":", "")
    hours, minutes = int(digits[1:3]), int(digits[3:5])
    return f"{digits[0]}{hours:02}:{minutes:02}" if hours <= 14 and minutes < 60 else None
