"""Where and when the demo's photos were taken, and with which camera."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Camera:
    make: str
    model: str
    has_gps: bool
    has_compass: bool


@dataclass(frozen=True)
class Trip:
    """A folder of photos taken on some days around `place`, if known: latitude, longitude, altitude in metres."""

    folder: str
    first_day: date
    days: int
    offset: str  # from UTC
    place: tuple[float, float, float] | None
    camera: Camera
    scenes: tuple[str, ...]
    photos: int


FIRST_PHONE = Camera("Apple", "iPhone 6s", has_gps=True, has_compass=True)
PHONE = Camera("Apple", "iPhone XR", has_gps=True, has_compass=True)
LATER_PHONE = Camera("Google", "Pixel 5", has_gps=True, has_compass=True)
OLD_PHONE = Camera("samsung", "SM-G930F", has_gps=True, has_compass=False)
REFLEX = Camera("NIKON CORPORATION", "NIKON D5300", has_gps=True, has_compass=False)
COMPACT = Camera("Canon", "Canon PowerShot G7 X", has_gps=False, has_compass=False)
MIRRORLESS = Camera("SONY", "ILCE-6400", has_gps=False, has_compass=False)

# fmt: off
TRIPS = (
    Trip("2014 At home", date(2014, 12, 23), 4, "+01:00", None, COMPACT, ("room", "evening"), 6),
    Trip("2016 Kyoto", date(2016, 4, 3), 9, "+09:00", (35.0116, 135.7681, 50),
         FIRST_PHONE, ("garden", "forest", "city"), 8),
    Trip("2017 Reykjavík", date(2017, 2, 11), 5, "+00:00", (64.1466, -21.9426, 15),
         OLD_PHONE, ("snow", "mountains"), 7),
    Trip("2019 Lisbon", date(2019, 6, 8), 7, "+01:00", (38.7139, -9.1394, 45),
         PHONE, ("city", "beach", "evening"), 10),
    Trip("2020 Vienna", date(2020, 7, 18), 2, "+02:00", (48.2082, 16.3738, 180), REFLEX, ("garden", "city"), 6),
    Trip("2021 Cape Town", date(2021, 12, 26), 5, "+02:00", (-33.9249, 18.4241, 25),
         LATER_PHONE, ("beach", "mountains"), 9),
    Trip("2022 New York", date(2022, 10, 14), 6, "-04:00", (40.7580, -73.9855, 12),
         LATER_PHONE, ("city", "evening"), 8),
    Trip("2024 Wedding", date(2024, 5, 25), 1, "+02:00", None, MIRRORLESS, ("garden", "room", "evening"), 10),
)
# fmt: on
