"""Coasts and borders as dots: Natural Earth's outlines, clipped and scan-converted with numpy alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tui_tagger.config import DATA
from tui_tagger.widgets.map_view import View

FILE = DATA / "coastline.npz"
# Degrees a dot, below which the next scale shows more than dots of the scale before can.
FINE_BELOW, FINEST_BELOW = 0.4, 0.04

Dots = NDArray[np.bool_]


@dataclass(frozen=True)
class Outline:
    """Lines in pieces: points [n, 2] (longitude, latitude), the pieces' boxes [m, 4] (west, south, east, north)."""

    points: NDArray[np.float64]
    piece: NDArray[np.int32]  # [n - 1]: the piece that the step from a point to the next belongs to, -1 between pieces
    boxes: NDArray[np.float64]


@cache
def outline(name: str) -> Outline:
    """Coasts ("110m", "50m", "10m") or borders ("borders_110m", "borders_50m"), by Natural Earth's scale.

    Each is read once from the file that tools/build_coastline.py makes.
    """
    with np.load(FILE, allow_pickle=False) as stored:
        data: dict[str, NDArray[Any]] = {part: stored[f"{part}_{name}"] for part in ("steps", "ends", "boxes")}
        step = float(stored["steps_per_degree"])
    points = np.cumsum(data["steps"], axis=0, dtype=np.int16)
    ends = data["ends"]
    piece = np.repeat(np.arange(len(ends), dtype=np.int32), np.diff(ends, prepend=0))
    steps = np.where(piece[:-1] == piece[1:], piece[:-1], -1).astype(np.int32)
    return Outline(points / step, steps, data["boxes"] / step)


def draw_coast(view: View) -> Dots:
    """Dots [height, width] of the coasts in view."""
    scale = "110m" if view.degrees >= FINE_BELOW else "50m" if view.degrees >= FINEST_BELOW else "10m"
    return _draw(view, outline(scale))


def draw_borders(view: View) -> Dots:
    """Dots [height, width] of the borders between countries in view."""
    return _draw(view, outline("borders_110m" if view.degrees >= FINE_BELOW else "borders_50m"))


def _draw(view: View, lines: Outline) -> Dots:
    canvas = np.zeros((view.height, view.width), np.bool_)
    for turn in (-360.0, 0.0, 360.0):  # the world goes on beyond the antimeridian
        _draw_lines(canvas, view, lines, turn)
    return canvas


def _draw_lines(canvas: Dots, view: View, lines: Outline, turn: float) -> None:
    west, east = view.longitude - view.half_width - turn, view.longitude + view.half_width - turn
    south, north = view.latitude - view.half_height, view.latitude + view.half_height
    boxes = lines.boxes
    seen = (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
    if not seen.any():
        return
    starts = np.flatnonzero((lines.piece >= 0) & seen[lines.piece])
    begin, end = lines.points[starts], lines.points[starts + 1]
    left, right = view.x(np.array([west + turn, east + turn]))
    x0, x1 = view.x(begin[:, 0] + turn), view.x(end[:, 0] + turn)
    draw_segments(canvas, x0, view.y(begin[:, 1]), x1, view.y(end[:, 1]), (float(left), float(right)))


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
