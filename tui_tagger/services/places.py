"""Where the photos were taken: all places as arrays for the map, read once for each state of the library."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from peewee import fn

from tui_tagger.services.query import WAITING
from tui_tagger.storage import bulk
from tui_tagger.storage.models import Face, Photo

AT_ONCE = 10_000  # photos that are read at a time
ROW = np.dtype([("id", "i8"), ("latitude", "f8"), ("longitude", "f8"), ("year", "i2"), ("place", "i4")])


@dataclass(frozen=True)
class Points:
    """Photos with coordinates, arrays [n]; degrees, north and east positive."""

    ids: NDArray[np.int64]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    waiting: NDArray[np.bool_]  # whether a face of the photo waits to be named
    year: NDArray[np.int16]  # 0 without a date
    place: NDArray[np.int32]  # index into `names`
    names: tuple[str, ...]  # "Lisbon, Portugal"; "" for none

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def years(self) -> tuple[int, ...]:
        """The years there are photos of, ascending."""
        return tuple(np.unique(self.year[self.year > 0]).tolist())

    def only(self, waiting: bool = False, year: int | None = None) -> Points:
        """Those with a waiting face, or of a year."""
        keep = np.ones(len(self), np.bool_)
        if waiting:
            keep &= self.waiting
        if year is not None:
            keep &= self.year == year
        return self if keep.all() else self._part(keep)

    def _part(self, keep: NDArray[np.bool_]) -> Points:
        return Points(
            self.ids[keep],
            self.latitude[keep],
            self.longitude[keep],
            self.waiting[keep],
            self.year[keep],
            self.place[keep],
            self.names,
        )


class PlacesService:
    def __init__(self) -> None:
        self._points: Points | None = None
        self._state: tuple[Any, ...] = ()

    def points(self) -> Points:
        """All photos with coordinates; the same object as before where neither photos nor faces changed."""
        state = _state()
        if self._points is None or state != self._state:
            self._points, self._state = _read(), state
        return self._points


def _state() -> tuple[Any, ...]:
    """What differs when photos came, went or moved, or faces changed; an index answers it."""
    sums = Photo.select(fn.COUNT(Photo.latitude), fn.TOTAL(Photo.latitude), fn.TOTAL(Photo.longitude))
    return (*sums.where(Photo.latitude.is_null(False)).tuples().get(), bulk.newest_change())


def _read() -> Points:
    located = Photo.latitude.is_null(False) & Photo.longitude.is_null(False)
    fields = (Photo.id, Photo.latitude, Photo.longitude, fn.substr(Photo.taken_at, 1, 4), Photo.place)
    found = Photo.select(*fields).where(located).order_by(Photo.id).tuples().iterator()
    numbers: dict[str, int] = {}
    parts = [np.empty(0, ROW)]
    while part := list(islice(found, AT_ONCE)):
        rows = [(*row, _year(taken), numbers.setdefault(place, len(numbers))) for *row, taken, place in part]
        parts.append(np.array(rows, ROW))
    table = np.concatenate(parts)
    faces = Face.select(Face.photo).where(Face.state.in_(WAITING)).distinct().tuples().iterator()
    waiting = np.isin(table["id"], np.fromiter((photo for (photo,) in faces), np.int64))
    ids, north, east, year, place = (np.ascontiguousarray(table[name]) for name in ROW.names or ())
    return Points(ids, north, east, waiting, year, place, tuple(numbers))


def _year(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0
