"""Which part of the world a map of characters shows: projection, zoom and scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from textual.geometry import clamp

Place = tuple[float, float]  # latitude, longitude in degrees
Area = tuple[float, float, float, float]  # south, west, north, east in degrees; west > east across the antimeridian

LAST_ZOOM = 12  # each step halves what is seen: the last shows 1/4096 of the world's width, about 10 km
WORLD: Place = (0.0, 0.0)
KM_PER_DEGREE = 111.2
EDGE = 1e-6  # dots: the south pole lies on the lower edge, and is drawn inside of it


@dataclass(frozen=True)
class View:
    """A window on the map, `width` x `height` square dots, equirectangular around its centre (degrees).

    Longitudes are shortened by the cosine of the centre's latitude, so that shapes there are true.
    """

    latitude: float
    longitude: float
    degrees: float  # of latitude, per dot
    width: int
    height: int

    @property
    def shortening(self) -> float:
        return max(0.05, float(np.cos(np.radians(self.latitude))))

    @property
    def half_width(self) -> float:
        """Half of the width in degrees of longitude, at most half of the world."""
        return min(180.0, self.width * self.degrees / self.shortening / 2)

    @property
    def half_height(self) -> float:
        return self.height * self.degrees / 2

    def x(self, longitude: NDArray[np.float64]) -> NDArray[np.float64]:
        """Dots from the left edge. Longitudes are taken as they are, not wrapped."""
        return (longitude - self.longitude) * self.shortening / self.degrees + self.width / 2

    def y(self, latitude: NDArray[np.float64]) -> NDArray[np.float64]:
        """Dots from the upper edge."""
        return (self.latitude - latitude) / self.degrees + self.height / 2

    def project(
        self, latitude: NDArray[np.float64], longitude: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Dots [n] from the upper left corner, each place by the shorter way around the world; see `inside`."""
        x, y = self.x(self.longitude + wrapped(longitude - self.longitude)), self.y(latitude)
        return x, np.where(np.abs(y - self.height) < EDGE, self.height - EDGE, y)

    def inside(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which dots [n] are in the window."""
        return np.asarray((x >= 0) & (x < self.width) & (y >= 0) & (y < self.height))

    def dots(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Like `project`, of one place."""
        x, y = self.project(np.array([latitude]), np.array([longitude]))
        return float(x[0]), float(y[0])

    def place(self, x: float, y: float) -> Place:
        """The place under a dot; what is above the pole, or beyond half of the world, is its edge."""
        east = clamp((x - self.width / 2) * self.degrees / self.shortening, -180.0, 180.0)
        north = clamp(self.latitude - (y - self.height / 2) * self.degrees, -90.0, 90.0)
        return north, wrapped(self.longitude + east)

    def area(self, left: float, top: float, right: float, bottom: float) -> Area:
        """The area between dots; the whole way around the world is (-180, 180)."""
        north, south = self.place(0, top)[0], self.place(0, bottom)[0]
        if (right - left) * self.degrees / self.shortening >= 360:
            return south, -180.0, north, 180.0
        return south, self.place(left, 0)[1], north, self.place(right, 0)[1]


Longitudes = TypeVar("Longitudes", float, NDArray[np.float64])


def wrapped(longitude: Longitudes) -> Longitudes:
    """Longitudes as -180 (included) to 180."""
    return (longitude + 180.0) % 360.0 - 180.0


def view_of(columns: int, rows: int, centre: Place, zoom: int) -> View:
    """The window for a pane: the whole world at zoom 0, a town at the last; it does not reach beyond the poles."""
    width, height = columns * 2, rows * 4
    degrees = max(360 / width, 180 / height) / 2**zoom
    reach = max(0.0, 90 - height * degrees / 2)
    return View(clamp(centre[0], -reach, reach), centre[1], degrees, width, height)


def fitting(columns: int, rows: int, area: Area) -> tuple[Place, int]:
    """The centre and the closest zoom that show a whole area with a margin around it."""
    south, west, north, east = area
    across = (east - west) % 360 if (east - west) != 360 else 360.0
    centre = (south + north) / 2, wrapped(west + across / 2)
    for zoom in range(LAST_ZOOM, 0, -1):
        view = view_of(columns, rows, centre, zoom)
        if across <= 1.7 * view.half_width and north - south <= 1.7 * view.half_height:
            return centre, zoom
    return centre, 0


def scale_bar(view: View, longest: int) -> str:
    """A bar and its length, "├────┤ 500 km": 1, 2 or 5 times a power of ten within `longest` characters (3 or more)."""
    km_per_column = 2 * view.degrees * KM_PER_DEGREE
    limit = max(longest, 3) * km_per_column
    power = 10.0 ** math.floor(math.log10(limit))
    length = max(factor * power for factor in (1, 2, 5) if factor * power <= limit)
    bar = "├" + "─" * max(0, round(length / km_per_column) - 2) + "┤"
    return f"{bar} {length:,.0f} km" if length >= 1 else f"{bar} {length * 1000:.0f} m"
