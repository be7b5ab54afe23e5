"""Place names for coordinates, offline: GeoNames' places by the package reverse_geocode (CC BY)."""

from __future__ import annotations

from math import cos, hypot, radians
from typing import Any

# A quarter of a city is named by its city: (least population, greatest distance in km), first match wins.
LEVELS = ((100_000, 15.0), (15_000, 8.0))
KM_A_DEGREE = 111.2


def place_name(latitude: float | None, longitude: float | None) -> str:
    """The city or village and its country, "Lisbon, Portugal"; empty without coordinates.

    The first call loads the table of places, about a second.
    """
    if latitude is None or longitude is None:
        return ""
    import reverse_geocode

    here = (latitude, longitude)
    for population, distance in LEVELS:
        found = reverse_geocode.get(here, min_population=population)
        if _kilometres(here, found) <= distance:
            return _words(found)
    return _words(reverse_geocode.get(here))


def _kilometres(here: tuple[float, float], place: dict[str, Any]) -> float:
    north = here[0] - place["latitude"]
    east = (here[1] - place["longitude"] + 180) % 360 - 180
    return hypot(north, east * cos(radians(here[0]))) * KM_A_DEGREE


def _words(place: dict[str, Any]) -> str:
    return ", ".join(part for part in (place.get("city", ""), place.get("country", "")) if part)
