"""The map as a widget: zoomed and moved by keys, with the place of one photo."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import ClassVar

import numpy as np
from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, clamp
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui_tagger.metadata.gazetteer import Gazetteer
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.map_drawing import (
    BORDER,
    CAPTION,
    COAST,
    CURSOR,
    DIRECTION,
    FRAME,
    MARKER,
    MIXED,
    NAME,
    SCALE,
    SEA,
    TAGGED,
    UNTAGGED,
    Cells,
    backdrop,
    draw_marker,
    draw_names,
)
from tui_tagger.widgets.map_view import LAST_ZOOM, Place, View, view_of, wrapped

START_ZOOM = 4
PAN = 0.25  # of the view
CELLS_A_NAME = 150  # of the map, for each name on it
CLASSES = {
    SEA: "map--coast",
    BORDER: "map--border",
    COAST: "map--coast",
    NAME: "map--name",
    DIRECTION: "map--direction",
    MARKER: "map--marker",
    SCALE: "map--name",
    TAGGED: "map--tagged",
    MIXED: "map--mixed",
    UNTAGGED: "map--untagged",
    CURSOR: "map--cursor",
    FRAME: "map--frame",
    CAPTION: "map--caption",
}


class WorldMap(Widget, can_focus=True):
    """The map of one place. `show` puts the marker in the middle; the keys zoom and pan."""

    DEFAULT_CSS = """
    WorldMap { width: 1fr; height: 1fr; }
    WorldMap > .map--coast { color: $foreground-muted; }
    WorldMap > .map--border { color: $foreground-disabled; }
    WorldMap > .map--name { color: $foreground-muted; }
    WorldMap > .map--direction { color: $text-warning; }
    WorldMap > .map--marker { color: $text-error; text-style: bold; }
    WorldMap > .map--tagged { color: $text-success; }
    WorldMap > .map--mixed { color: $text-primary; }
    WorldMap > .map--untagged { color: $text-warning; text-style: bold; }
    WorldMap > .map--cursor { text-style: bold reverse; }
    WorldMap > .map--caption { background: $surface; text-style: bold; }
    WorldMap > .map--frame { color: $text-accent; text-style: bold; }
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

    zoom: reactive[int] = reactive(START_ZOOM, repaint=False)

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.centre: Place = (0.0, 0.0)
        self.marker: Place | None = None
        self.direction: float | None = None
        self.gazetteer: Gazetteer | None = None  # for the names on the map; None until it is loaded
        self.empty = "No coordinates in this photo."
        self._cells: Cells | None = None

    def show(self, latitude: float | None, longitude: float | None, direction: float | None = None) -> None:
        """Marks a place (None: no place is known) and the camera's direction in degrees from north.

        The zoom stays as it is.
        """
        self.mark(latitude, longitude, direction)
        if self.marker:
            self.centre = self.marker
        self.redraw()

    def mark(self, latitude: float | None, longitude: float | None, direction: float | None = None) -> None:
        """Takes the place of a photo without going there."""
        self.marker, self.direction = None, direction
        if latitude is not None and longitude is not None and math.isfinite(latitude) and math.isfinite(longitude):
            self.marker = (clamp(latitude, -90.0, 90.0), wrapped(longitude))

    def name_places(self, gazetteer: Gazetteer) -> None:
        """Writes names of places on the map from now on."""
        self.gazetteer = gazetteer
        self.redraw()

    @property
    def view(self) -> View:
        return view_of(max(self.content_size.width, 1), max(self.content_size.height, 1), self.centre, self.zoom)

    @property
    def blank(self) -> bool:
        """Whether there is nothing that a map could be of."""
        return self.marker is None

    def draw(self, view: View) -> Cells:
        """What is to be seen; subclasses add to it."""
        cells = backdrop(view).copy()
        if self.marker:
            draw_marker(cells, view, self.marker, self.direction)
        self.draw_names(cells, view)
        return cells

    def draw_names(self, cells: Cells, view: View) -> None:
        if self.gazetteer:
            most = cells.kinds.size // CELLS_A_NAME
            draw_names(cells, self.gazetteer.within(view.project, view.inside, 5 * most), most)

    def redraw(self) -> None:
        """Draws again, and sends only the parts of lines that changed."""
        if not self.is_mounted or not self.content_size:
            return
        before = self._cells
        self._cells = None if self.blank else self.draw(self.view)
        if before is None or self._cells is None or before.kinds.shape != self._cells.kinds.shape:
            self.refresh()
            return
        regions = [Region(first, row, last - first + 1, 1) for row, first, last in self._cells.changes(before)]
        if regions:
            self.refresh(*regions)

    def validate_zoom(self, zoom: int) -> int:
        return clamp(zoom, 0, LAST_ZOOM)

    def watch_zoom(self) -> None:
        self.redraw()

    def on_resize(self) -> None:
        self.redraw()

    def go_to(self, centre: Place, zoom: int | None = None) -> None:
        """Shows another part of the world."""
        self.centre = clamp(centre[0], -90.0, 90.0), wrapped(centre[1])
        if zoom is None or self.validate_zoom(zoom) == self.zoom:
            self.redraw()
        else:
            self.zoom = zoom

    def action_zoom(self, by: int) -> None:
        self.zoom += by

    def action_pan(self, right: int, up: int) -> None:
        """Moves the window by a quarter of its size."""
        view = self.view
        north = view.latitude + up * 2 * PAN * view.half_height
        self.go_to((north, view.longitude + right * 2 * PAN * view.half_width))

    def action_centre(self) -> None:
        if self.marker:
            self.go_to(self.marker)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.zoom += 1

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.zoom -= 1

    def render_line(self, y: int) -> Strip:
        width, height = self.content_size
        if self._cells is None:
            text = self.empty if y == height // 2 else ""
            return Strip([Segment(text.center(width)[:width], self.rich_style)], width)
        if self._cells.kinds.shape != (height, width):  # a resize is on its way
            return Strip.blank(width, self.rich_style)
        return Strip(self._segments(self._cells, y), width)

    def _segments(self, cells: Cells, y: int) -> list[Segment]:
        kinds = cells.kinds[y]
        edges = [0, *(np.flatnonzero(np.diff(kinds)) + 1).tolist(), len(kinds)]
        line = "".join(cells.glyphs[y])
        return [
            Segment(line[start:end], self.get_component_rich_style(CLASSES[int(kinds[start])]))
            for start, end in pairwise(edges)
            if end > start
        ]
