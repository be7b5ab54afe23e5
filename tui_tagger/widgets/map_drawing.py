"""A map made of characters: coasts and borders in braille dots, marks and words on them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tui_tagger.widgets.coastline import Dots, draw_borders, draw_coast
from tui_tagger.widgets.map_view import Place, View, scale_bar

WEDGE = 22.0  # degrees to each side of the camera's direction: a usual lens sees 40 to 60
WEDGE_LENGTH = (9.0, 18.0)  # dots from the marker
BRAILLE = 0x2800
BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], np.int32)  # Unicode chapter 21.1
# What a cell shows.
SEA, BORDER, COAST, NAME, DIRECTION, MARKER, SCALE, TAGGED, MIXED, UNTAGGED, CURSOR, FRAME, CAPTION = range(13)


@dataclass(frozen=True)
class Cells:
    """Characters and what they show, both [rows, columns]."""

    glyphs: NDArray[np.str_]
    kinds: NDArray[np.int8]

    def copy(self) -> Cells:
        return Cells(self.glyphs.copy(), self.kinds.copy())

    def write(self, row: int, column: int, text: str, kind: int) -> None:
        """Writes narrow characters; what lies outside is left out."""
        rows, columns = self.kinds.shape
        first, last = max(column, 0), min(column + len(text), columns)
        if 0 <= row < rows and first < last:
            self.glyphs[row, first:last] = list(text[first - column : last - column])
            self.kinds[row, first:last] = kind

    def changes(self, other: Cells) -> list[tuple[int, int, int]]:
        """Row, first and last column of what differs from another drawing of this size."""
        different = (self.glyphs != other.glyphs) | (self.kinds != other.kinds)
        rows = np.flatnonzero(different.any(axis=1))
        spans = (np.flatnonzero(different[row]) for row in rows)
        return [(int(row), int(span[0]), int(span[-1])) for row, span in zip(rows, spans, strict=True)]


def cell_of(place: tuple[float, float]) -> tuple[int, int]:
    """Row and column of a dot."""
    return math.floor(place[1] / 4), math.floor(place[0] / 2)


def scale(view: View) -> str:
    """The scale as it stands in the lower left corner, from the second column on."""
    return scale_bar(view, view.width // 8)


@lru_cache(4)
def backdrop(view: View) -> Cells:
    """Coasts, borders and the scale: what stays as long as the window does. To be copied before it is drawn on."""
    coast, borders = draw_coast(view), draw_borders(view)
    borders[~((np.add.outer(np.arange(view.height), np.arange(view.width)) % 2).astype(np.bool_))] = False  # dotted
    kinds = np.where(any_dot(coast), COAST, np.where(any_dot(borders), BORDER, SEA)).astype(np.int8)
    cells = Cells(braille(coast | borders), kinds)
    text = scale(view)
    if kinds.shape[0] >= 4 and len(text) + 2 <= kinds.shape[1]:
        cells.write(kinds.shape[0] - 1, 1, text, SCALE)
    return cells


def draw_marker(cells: Cells, view: View, marker: Place, direction: float | None = None) -> None:
    """Where a photo was taken, and where its camera looked: degrees clockwise from north."""
    place = view.dots(*marker)
    if direction is not None and math.isfinite(direction):
        wedge = _wedge(view, place, direction)
        touched = any_dot(wedge)
        cells.glyphs[touched] = braille(wedge)[touched]  # it replaces what is behind: so it stays readable
        cells.kinds[touched] = DIRECTION
    cells.write(*cell_of(place), "◉", MARKER)


def draw_frame(cells: Cells, corners: tuple[int, int, int, int]) -> None:
    """A frame of lines: top row, left column, bottom row, right column."""
    top, left, bottom, right = corners
    middle = "─" * max(0, right - left - 1)
    cells.write(top, left, f"┌{middle}┐", FRAME)
    cells.write(bottom, left, f"└{middle}┘", FRAME)
    for row in range(top + 1, bottom):
        for column in (left, right):
            cells.write(row, column, "│", FRAME)


def draw_names(cells: Cells, places: Iterable[tuple[str, tuple[float, float]]], most: int) -> int:
    """Writes names beside their places (dots), the first ones first, where nothing but the map is; says how many.

    Tried are right, above, below and left of a place.
    """
    written = 0
    for name, place in places:
        row, column = cell_of(place)
        middle = column - len(name) // 2
        spots = ((row, column + 2), (row - 1, middle), (row + 1, middle), (row, column - len(name) - 1))
        free = next((spot for spot in spots if _free(cells, *spot, len(name))), None)
        if free:
            cells.write(*free, name, NAME)
            written += 1
        if written >= most:
            break
    return written


def _free(cells: Cells, row: int, column: int, length: int) -> bool:
    rows, columns = cells.kinds.shape
    if not (0 <= row < rows and column >= 0 and column + length <= columns):
        return False
    return bool((cells.kinds[row, max(column - 1, 0) : column + length + 1] <= COAST).all())


def _blocks(dots: Dots) -> Dots:
    """Dots as [rows, 4, columns, 2]: one block a character."""
    return dots.reshape(dots.shape[0] // 4, 4, dots.shape[1] // 2, 2)


def any_dot(dots: Dots) -> Dots:
    """Which characters [rows, columns] have a dot."""
    touched: Dots = np.logical_or.reduce(_blocks(dots), axis=(1, 3))
    return touched


def braille(dots: Dots) -> NDArray[np.str_]:
    """Dots as characters [rows, columns]."""
    codes = np.einsum("rycx,yx->rc", _blocks(dots), BITS) + BRAILLE
    codes[codes == BRAILLE] = ord(" ")
    glyphs: NDArray[np.str_] = codes.astype(np.uint32).view("U1")
    return glyphs


def _wedge(view: View, place: tuple[float, float], direction: float) -> Dots:
    """Every second dot of the sector that the camera saw."""
    y, x = np.ogrid[: view.height, : view.width]
    across, up = x + 0.5 - place[0], place[1] - y - 0.5
    distance = np.hypot(across, up)
    length = min(WEDGE_LENGTH[1], max(WEDGE_LENGTH[0], view.height / 3))
    turned = (np.degrees(np.arctan2(across, up)) - direction + 180) % 360 - 180
    inside: Dots = (np.abs(turned) <= WEDGE) & (distance >= 3) & (distance <= length) & ((x + y) % 2 == 0)
    return inside
