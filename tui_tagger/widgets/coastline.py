"""The world's coasts as dots: Natural Earth's outlines, clipped and scan-converted with numpy alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tui_tagger.config import DATA

FILE = DATA / "coastline.npz"
FINE_BELOW = 0.4  # degrees a dot: above, the 1:110m outline shows all that dots can

Dots = NDArray[np.bool_]


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

    def dots(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Where a place is, in dots from the upper left corner, by the shorter way around the world."""
        offset = (longitude - self.longitude + 180) % 360 - 180
        x = self.x(np.array([self.longitude + offset]))
        return float(x[0]), float(self.y(np.array([latitude]))[0])


@dataclass(frozen=True)
class Outline:
    """Lines in pieces: points [n, 2] (longitude, latitude), the pieces' boxes [m, 4] (west, south, east, north)."""

    points: NDArray[np.float64]
    piece: NDArray[np.int32]  # [n - 1]: the piece that the step from a point to the next belongs to, -1 between pieces
    boxes: NDArray[np.float64]


@cache
def outline(fine: bool) -> Outline:
    """The coasts at 1:50m (fine) or 1:110m; read once from the file that tools/build_coastline.py makes."""
    name = "50m" if fine else "110m"
    with np.load(FILE, allow_pickle=False) as stored:
        data: dict[str, NDArray[Any]] = {part: stored[f"{part}_{name}"] for part in ("points", "ends", "boxes")}
        step = float(stored["steps_per_degree"])
    ends = data["ends"]
    piece = np.repeat(np.arange(len(ends), dtype=np.int32), np.diff(ends, prepend=0))
    steps = np.where(piece[:-1] == piece[1:], piece[:-1], -1)
    return Outline(data["points"] / step, steps, data["boxes"] / step)


def draw_coast(view: View) -> Dots:
    """Dots [height, width] of the coasts in view."""
    canvas = np.zeros((view.height, view.width), np.bool_)
    lines = outline(view.degrees < FINE_BELOW)
    for turn in (-360.0, 0.0, 360.0):  # the world goes on beyond the antimeridian
        _draw_lines(canvas, view, lines, turn)
    return canvas


def _draw_lines(canvas: Dots, view: View, lines: Outline, turn: float) -> None:
    west, east = view.longitude - view.half_width - turn, view.longitude + view.half_width - turn
    south, north = view.latitude - view.half_height, view.latitude + view.half_height
    boxes = lines.boxes
    seen = (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
    starts = np.flatnonzero((lines.piece >= 0) & seen[lines.piece])
    if not len(starts):
        return
    x, y = view.x(lines.points[:, 0] + turn), view.y(lines.points[:, 1])
    left, right = view.x(np.array([west + turn, east + turn]))
    draw_segments(canvas, x[starts], y[starts], x[starts + 1], y[starts + 1], (float(left), float(right)))


def draw_segments(
    canvas: Dots,
    x0: NDArray[np.float64],
    y0: NDArray[np.float64],
    x1: NDArray[np.float64],
    y1: NDArray[np.float64],
    between: tuple[float, float] | None = None,
) -> None:
    """Sets the dots under straight lines, given by their ends in dots; what lies outside is left out.

    `between` narrows the columns that may be drawn on.
    """
    height, width = canvas.shape
    low, high = between or (0.0, float(width))
    near = (np.maximum(x0, x1) >= low) & (np.minimum(x0, x1) < high)
    near &= (np.maximum(y0, y1) >= 0) & (np.minimum(y0, y1) < height)
    x0, y0, x1, y1 = x0[near], y0[near], x1[near], y1[near]
    if not len(x0):
        return
    count = np.ceil(np.maximum(np.abs(x1 - x0), np.abs(y1 - y0))).astype(np.int64) + 1
    first = np.repeat(np.cumsum(count) - count, count)
    share = (np.arange(count.sum()) - first) / np.repeat(np.maximum(count - 1, 1), count)
    x = np.repeat(x0, count) + np.repeat(x1 - x0, count) * share
    y = np.repeat(y0, count) + np.repeat(y1 - y0, count) * share
    inside = (x >= max(low, 0)) & (x < min(high, width)) & (y >= 0) & (y < height)
    canvas[y[inside].astype(np.int64), x[inside].astype(np.int64)] = True
