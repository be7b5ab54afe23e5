"""A map made of characters: the coast in braille dots, where the photo was taken, where the camera looked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.geometry import clamp
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui_tagger.widgets.coastline import Dots, View, draw_coast
from tui_tagger.widgets.keys import key

Place = tuple[float, float]  # latitude, longitude in degrees

LAST_ZOOM = 8
START_ZOOM = 3
ZOOM_STEP = 2000 ** (1 / LAST_ZOOM)  # the last step shows 1/2000 of the world's width: about 20 km
KM_PER_DEGREE = 111.2
WEDGE = 22.0  # degrees to each side of the camera's direction: a usual lens sees 40 to 60
WEDGE_LENGTH = (9.0, 18.0)  # dots from the marker
PAN = 0.25  # of the view
BRAILLE = 0x2800
BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], np.int32)  # Unicode chapter 21.1
SEA, COAST, OTHER, DIRECTION, MARKER, SCALE = range(6)  # what a cell shows
CLASSES = {
    SEA: "map--coast",
    COAST: "map--coast",
    OTHER: "map--other",
    DIRECTION: "map--direction",
    MARKER: "map--marker",
    SCALE: "map--scale",
}


@dataclass(frozen=True)
class Cells:
    """Characters and what they show, both [rows, columns]."""

    glyphs: NDArray[np.str_]
    kinds: NDArray[np.int8]


def view_of(columns: int, rows: int, centre: Place, zoom: int) -> View:
    """The window for a pane: the whole world at zoom 0, a town at 8; it does not reach beyond the poles."""
    width, height = columns * 2, rows * 4
    degrees = max(360 / width, 180 / height) / ZOOM_STEP**zoom
    reach = max(0.0, 90 - height * degrees / 2)
    return View(clamp(centre[0], -reach, reach), centre[1], degrees, width, height)


def draw(
    columns: int,
    rows: int,
    centre: Place,
    zoom: int,
    marker: Place | None = None,
    direction: float | None = None,
    others: Sequence[Place] = (),
) -> list[str]:
    """The map as `rows` lines of `columns` characters. `direction` is in degrees clockwise from north."""
    cells = draw_cells(columns, rows, centre, zoom, marker, direction, tuple(others))
    return ["".join(line) for line in cells.glyphs]


@lru_cache(8)
def draw_cells(
    columns: int,
    rows: int,
    centre: Place,
    zoom: int,
    marker: Place | None = None,
    direction: float | None = None,
    others: tuple[Place, ...] = (),
) -> Cells:
    """Like `draw`, with what each character shows."""
    if columns < 1 or rows < 1:
        return Cells(np.empty((0, 0), "U1"), np.empty((0, 0), np.int8))
    view = view_of(columns, rows, centre, zoom)
    coast = draw_coast(view)
    kinds = np.where(_any_dot(coast), COAST, SEA).astype(np.int8)
    place = view.dots(*marker) if marker else None
    if place and direction is not None and math.isfinite(direction):
        wedge = _wedge(view, place, direction)
        touched = _any_dot(wedge)
        coast[touched.repeat(4, axis=0).repeat(2, axis=1)] = False
        coast[wedge] = True  # the wedge replaces what is behind: it stays readable
        kinds[touched] = DIRECTION
    cells = Cells(_braille(coast), kinds)
    _put_scale(cells, view)
    for other in others:
        _put(cells, view.dots(*other), "•", OTHER)
    if place:
        _put(cells, place, "◉", MARKER)
    return cells


def _blocks(dots: Dots) -> Dots:
    """Dots as [rows, 4, columns, 2]: one block a character."""
    return dots.reshape(dots.shape[0] // 4, 4, dots.shape[1] // 2, 2)


def _any_dot(dots: Dots) -> Dots:
    touched: Dots = np.logical_or.reduce(_blocks(dots), axis=(1, 3))
    return touched


def _braille(dots: Dots) -> NDArray[np.str_]:
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


def _put(cells: Cells, place: tuple[float, float], glyph: str, kind: int) -> None:
    column, row = math.floor(place[0] / 2), math.floor(place[1] / 4)
    rows, columns = cells.kinds.shape
    if 0 <= row < rows and 0 <= column < columns:
        cells.glyphs[row, column], cells.kinds[row, column] = glyph, kind


def _put_scale(cells: Cells, view: View) -> None:
    """A bar in the lower left corner: a round length, at the latitude of the centre."""
    rows, columns = cells.kinds.shape
    text = scale_bar(view, columns // 4)
    if rows >= 4 and len(text) + 2 <= columns:
        cells.glyphs[-1, 1 : len(text) + 1] = list(text)
        cells.kinds[-1, 1 : len(text) + 1] = SCALE


def scale_bar(view: View, longest: int) -> str:
    """A bar and its length, "├────┤ 500 km": 1, 2 or 5 times a power of ten within `longest` characters (3 or more)."""
    km_per_column = 2 * view.degrees * KM_PER_DEGREE
    limit = max(longest, 3) * km_per_column
    power = 10.0 ** math.floor(math.log10(limit))
    length = max(factor * power for factor in (1, 2, 5) if factor * power <= limit)
    bar = "├" + "─" * max(0, round(length / km_per_column) - 2) + "┤"
    return f"{bar} {length:,.0f} km" if length >= 1 else f"{bar} {length * 1000:.0f} m"


class WorldMap(Widget, can_focus=True):
    """The map as a widget. `show` puts the marker in the middle; the keys zoom and pan."""

    DEFAULT_CSS = """
    WorldMap { width: 1fr; height: 1fr; }
    WorldMap > .map--coast { color: $foreground-muted; }
    WorldMap > .map--other { color: $accent; }
    WorldMap > .map--direction { color: $warning; }
    WorldMap > .map--marker { color: $error; text-style: bold; }
    WorldMap > .map--scale { color: $foreground-muted; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = set(CLASSES.values())
    BINDINGS: ClassVar[list[BindingType]] = [
        key("plus,equals_sign", "zoom(1)", "map.in", "in", "Zoom in"),
        key("minus", "zoom(-1)", "map.out", "out", "Zoom out"),
        key("h,left", "pan(-1,0)", "map.left", "left", "Move the map left"),
        key("l,right", "pan(1,0)", "map.right", "right", "Move the map right"),
        key("k,up", "pan(0,1)", "map.up", "up", "Move the map up"),
        key("j,down", "pan(0,-1)", "map.down", "down", "Move the map down"),
        key("0,home", "centre", "map.centre", "centre", "Centre the map on the photo"),
    ]

    zoom: reactive[int] = reactive(START_ZOOM)

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.centre: Place = (0.0, 0.0)
        self.marker: Place | None = None
        self.direction: float | None = None
        self.others: tuple[Place, ...] = ()
        self.empty = "No position."

    def show(
        self,
        latitude: float | None,
        longitude: float | None,
        direction: float | None = None,
        others: Sequence[Place] = (),
    ) -> None:
        """Marks a place (None: no place is known) and the camera's direction in degrees from north.

        `others` are places of other photos. The zoom stays as it is.
        """
        self.marker = None
        if latitude is not None and longitude is not None and math.isfinite(latitude) and math.isfinite(longitude):
            self.marker = (clamp(latitude, -90.0, 90.0), (longitude + 180) % 360 - 180)
            self.centre = self.marker
        self.direction, self.others = direction, tuple(others)
        self.refresh()

    def validate_zoom(self, zoom: int) -> int:
        return clamp(zoom, 0, LAST_ZOOM)

    def action_zoom(self, by: int) -> None:
        self.zoom += by

    def action_pan(self, right: int, up: int) -> None:
        """Moves the window by a quarter of its size."""
        view = view_of(self.size.width or 1, self.size.height or 1, self.centre, self.zoom)
        latitude = clamp(view.latitude + up * 2 * PAN * view.half_height, -90.0, 90.0)
        longitude = view.longitude + right * 2 * PAN * view.half_width
        self.centre = (latitude, (longitude + 180) % 360 - 180)
        self.refresh()

    def action_centre(self) -> None:
        if self.marker:
            self.centre = self.marker
            self.refresh()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.zoom += 1

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.zoom -= 1

    def render_line(self, y: int) -> Strip:
        width, height = self.content_size
        if self.marker is None and not self.others:
            text = self.empty if y == height // 2 else ""
            return Strip([Segment(text.center(width)[:width], self.rich_style)], width)
        cells = draw_cells(width, height, self.centre, self.zoom, self.marker, self.direction, self.others)
        return Strip(self._segments(cells, y), width)

    def _segments(self, cells: Cells, y: int) -> list[Segment]:
        kinds = cells.kinds[y]
        edges = [0, *(np.flatnonzero(np.diff(kinds)) + 1).tolist(), len(kinds)]
        line = "".join(cells.glyphs[y])
        return [
            Segment(line[start:end], self.get_component_rich_style(CLASSES[int(kinds[start])]))
            for start, end in pairwise(edges)
            if end > start
        ]
