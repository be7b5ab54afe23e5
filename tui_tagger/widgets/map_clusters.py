"""Photos that lie so close together on the map that one mark stands for them, counted on a grid of characters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tui_tagger.widgets.map_drawing import MIXED, TAGGED, UNTAGGED
from tui_tagger.widgets.map_view import Area, View, wrapped

GRID = (14, 12)  # dots of the grid across and down: 7 columns and 3 rows hold a mark with its count
GLYPHS = {TAGGED: "●", MIXED: "◐", UNTAGGED: "○"}


class Positions(Protocol):
    """Photos with coordinates, arrays [n]."""

    @property
    def latitude(self) -> NDArray[np.float64]: ...
    @property
    def longitude(self) -> NDArray[np.float64]: ...
    @property
    def waiting(self) -> NDArray[np.bool_]: ...


@dataclass(frozen=True)
class Cluster:
    """Photos that share a mark at a row and column of the map."""

    row: int
    column: int
    latitude: float  # of their middle
    longitude: float
    count: int
    waiting: int  # photos with a face that waits to be named
    number: int  # in `Clusters.member`

    @property
    def kind(self) -> int:
        return TAGGED if not self.waiting else UNTAGGED if self.waiting == self.count else MIXED

    @property
    def label(self) -> str:
        """A glyph for what is left to do, and how many photos they are if more than one."""
        return GLYPHS[self.kind] + (short_count(self.count) if self.count > 1 else "")


@dataclass(frozen=True)
class Clusters:
    """The clusters in view, the biggest first, and to which one each photo belongs: `member` [n], -1 outside."""

    clusters: tuple[Cluster, ...]
    member: NDArray[np.int32]

    def members(self, cluster: Cluster) -> NDArray[np.int64]:
        """The photos of a cluster, as rows of the positions."""
        return np.flatnonzero(self.member == cluster.number)


def short_count(count: int) -> str:
    """In at most four characters: "999", "1.2k", "37k", "1.2M"."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count // size}{unit}" if count >= 10 * size else f"{count // (size // 10) / 10:g}{unit}"
    return str(count)


def clustered(positions: Positions, view: View) -> Clusters:
    """Counts photos on a grid that is fixed to the world, and joins marks that would cover each other."""
    x, y = view.project(positions.latitude, positions.longitude)
    inside = np.flatnonzero(view.inside(x, y))
    member = np.full(len(x), -1, np.int32)
    if not len(inside):
        return Clusters((), member)
    x, y, waiting = x[inside], y[inside], positions.waiting[inside]
    cell = _grid(view, x, y)
    count = np.bincount(cell)
    joined, marks = _joined(count, np.bincount(cell, x) / count, np.bincount(cell, y) / count, view.width // 2)
    member[inside] = number = joined[cell]
    totals, open_ones = np.bincount(number), np.bincount(number, waiting)
    middle = np.bincount(number, x) / totals, np.bincount(number, y) / totals
    columns = zip(middle[0].tolist(), middle[1].tolist(), totals.tolist(), open_ones.tolist(), strict=True)
    made = [
        Cluster(*marks[index], *view.place(across, down), total, int(left), index)
        for index, (across, down, total, left) in enumerate(columns)
    ]
    return Clusters(tuple(sorted(made, key=lambda each: (-each.count, each.row, each.column))), member)


def _grid(view: View, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each dot [n] the number of its cell, from 0 on, among those that hold any."""
    width, height = GRID
    east, south = float(view.x(np.zeros(1))[0]) % width, float(view.y(np.zeros(1))[0]) % height
    column, row = ((x - east) // width + 1).astype(np.int64), ((y - south) // height + 1).astype(np.int64)
    key = row * (view.width // width + 3) + column
    used = np.bincount(key) > 0
    numbers = np.cumsum(used) - 1
    return np.asarray(numbers[key])


def _joined(
    count: NDArray[np.int64], x: NDArray[np.float64], y: NDArray[np.float64], width: int
) -> tuple[NDArray[np.int32], list[tuple[int, int]]]:
    """For each cell its cluster, and each cluster's mark (row, column).

    A mark stays within `width` columns. A cell whose mark would touch that of a bigger one becomes part of it.
    """
    rows, columns = (y // 4).astype(int).tolist(), (x // 2).astype(int).tolist()
    taken: dict[int, list[tuple[int, int, int]]] = {}  # row -> first and last column of a mark, and its cluster
    marks: list[tuple[int, int]] = []
    joined = np.empty(len(count), np.int32)
    for cell in np.lexsort((x, y, -count)).tolist():
        length = 1 + (len(short_count(int(count[cell]))) if count[cell] > 1 else 0)
        row, left = rows[cell], max(0, min(columns[cell], width - length))
        right = left + length
        found = next((n for first, last, n in taken.get(row, ()) if left <= last and right >= first), len(marks))
        if found == len(marks):
            taken.setdefault(row, []).append((left, right, found))
            marks.append((row, left))
        joined[cell] = found
    return joined, marks


def extent(positions: Positions, rows: NDArray[np.int64]) -> Area:
    """The smallest area that holds these photos; across the antimeridian where that is the shorter way."""
    latitude, longitude = positions.latitude[rows], np.sort(np.asarray(wrapped(positions.longitude[rows])))
    gaps = np.diff(longitude, append=longitude[0] + 360)
    widest = int(np.argmax(gaps))
    west, east = longitude[(widest + 1) % len(longitude)], longitude[widest]
    return float(latitude.min()), float(west), float(latitude.max()), float(east)
