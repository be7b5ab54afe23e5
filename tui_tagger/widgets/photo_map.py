"""The map of all photos: clusters with counts, a cursor on them, and an area that is chosen with the arrows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from textual import events
from textual.binding import BindingType
from textual.message import Message

from tui_tagger.widgets.hints import Offer
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.map_clusters import Cluster, Clusters, Positions, clustered, extent
from tui_tagger.widgets.map_drawing import CAPTION, CURSOR, Cells, backdrop, draw_frame, draw_marker, scale
from tui_tagger.widgets.map_view import LAST_ZOOM, WORLD, Area, View, fitting
from tui_tagger.widgets.world_map import WorldMap

NEAR = 0.002  # degrees: photos that lie closer are of one place, 200 m, and the last zooms would not part them
AREA_HINTS = (
    Offer("map.left map.down map.up map.right", "move the corner"),
    Offer("map.corner_left map.corner_down map.corner_up map.corner_right", "faster"),
    Offer("map.choose", "show photos"),
    Offer("app.escape", "cancel"),
)


class PhotoMap(WorldMap):
    """Takes positions with `place_photos`; `n` and `N` move the cursor through the clusters, the biggest first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("0,home", "world", "map.world", "world", "Show the whole world"),
        key("n", "step(1)", "map.next", "next", "Go to the next smaller cluster"),
        key("N", "step(-1)", "map.previous", "previous", "Go to the next bigger cluster"),
        key("enter", "choose", "map.choose", "open", "Zoom into the cluster, or show its photos in the library"),
        key("o", "open", "map.open", "photos", "Show the cluster's photos in the library"),
        key("v", "frame", "map.area", "area", "Choose an area with the arrows, to show its photos in the library"),
        key("shift+left,H", "corner(-8,0)", "map.corner_left", "left", "Move the corner of the area left, faster"),
        key("shift+right,L", "corner(8,0)", "map.corner_right", "right", "Move the corner of the area right, faster"),
        key("shift+up,K", "corner(0,-4)", "map.corner_up", "up", "Move the corner of the area up, faster"),
        key("shift+down,J", "corner(0,4)", "map.corner_down", "down", "Move the corner of the area down, faster"),
    ]

    class Changed(Message):
        """Other clusters are in view."""

    class Moved(Message):
        """The cursor is on another cluster, or an area is begun or left."""

    @dataclass
    class Chosen(Message):
        """The photos of an area are wanted."""

        area: Area

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.positions: Positions | None = None
        self.found = Clusters((), np.empty(0, np.int32))
        self.cursor = 0  # in `found.clusters`
        self.caption: Callable[[], str] = lambda: ""  # what is said of the cluster under the cursor
        self.corners: tuple[int, int, int, int] | None = None  # of the area: row and column that stays, that moves
        self._counted: tuple[int, View] | None = None

    def place_photos(self, positions: Positions) -> None:
        """Shows these photos; the part of the world that is seen stays."""
        self.positions = positions
        self.redraw()

    def show_all(self) -> None:
        """Zooms to where photos are."""
        if self.positions is not None and len(self.positions.latitude) and self.content_size:
            area = extent(self.positions, np.arange(len(self.positions.latitude)))
            self.go_to(*fitting(self.content_size.width, self.content_size.height, area))

    @property
    def blank(self) -> bool:
        return self.positions is None

    @property
    def cluster(self) -> Cluster | None:
        """The one under the cursor."""
        return self.found.clusters[self.cursor] if self.cursor < len(self.found.clusters) else None

    def members(self, cluster: Cluster) -> NDArray[np.int64]:
        """The photos of a cluster, as rows of the positions."""
        return self.found.members(cluster)

    def draw(self, view: View) -> Cells:
        self.count_photos(view)
        cells = backdrop(view).copy()
        if self.marker:
            draw_marker(cells, view, self.marker, self.direction)
        for cluster in reversed(self.found.clusters):
            cells.write(cluster.row, cluster.column, cluster.label, cluster.kind)
        if self.cluster:
            cells.write(self.cluster.row, self.cluster.column, self.cluster.label, CURSOR)
        self.draw_names(cells, view)
        self.draw_caption(cells, view)
        if self.corners:
            draw_frame(cells, _sorted(self.corners))
        return cells

    def draw_caption(self, cells: Cells, view: View) -> None:
        """What is under the cursor, in the lower right corner: cut, and narrow characters only."""
        rows, columns = cells.kinds.shape
        text = self.caption()
        room = columns - len(scale(view)) - 4  # the scale is on the left
        if text and cell_len(text) == len(text) and room > 0:
            text = f" {text if len(text) <= room else text[: room - 1] + '…'} "
            cells.write(rows - 1, columns - len(text), text, CAPTION)

    def count_photos(self, view: View) -> None:
        """Finds the clusters where the window or the photos changed; the cursor stays where it was, if it can."""
        assert self.positions is not None
        now = id(self.positions), view
        if now == self._counted:
            return
        before = self.cluster
        self.found, self._counted = clustered(self.positions, view), now
        self.cursor = self._nearest(view, before) if before else 0
        self.post_message(self.Changed())

    def _nearest(self, view: View, before: Cluster) -> int:
        """The cluster that lies nearest to where the cursor was; the biggest where that is out of view."""
        x, y = view.dots(before.latitude, before.longitude)
        if not view.inside(np.array([x]), np.array([y]))[0]:
            return 0
        distances = [abs(each.column - x / 2) + 2 * abs(each.row - y / 4) for each in self.found.clusters]
        return int(np.argmin(distances)) if distances else 0

    def move_to(self, index: int) -> None:
        """Puts the cursor on a cluster."""
        if index != self.cursor and 0 <= index < len(self.found.clusters):
            self.cursor = index
            self.redraw()
            self.post_message(self.Moved())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "corner":
            return self.corners is not None
        if action in ("step", "open") and not self.corners:
            return bool(self.found.clusters)
        if action in ("step", "open", "zoom", "world"):
            return self.corners is None
        if action == "choose":
            return bool(self.found.clusters or self.corners)
        return super().check_action(action, parameters)

    def action_step(self, by: int) -> None:
        self.move_to((self.cursor + by) % len(self.found.clusters))

    def action_world(self) -> None:
        self.go_to(WORLD, 0)

    def action_choose(self) -> None:
        """Zooms until the cluster falls apart or its photos lie at one place; then shows the photos."""
        if self.corners:
            self.finish_area()
        elif self.cluster:
            area = extent(self._placed, self.members(self.cluster))
            centre, zoom = fitting(self.content_size.width, self.content_size.height, area)
            if _small(area) or self.zoom == LAST_ZOOM:
                self.post_message(self.Chosen(area))
            else:
                self.go_to(centre, max(zoom, self.zoom + 1))

    def action_open(self) -> None:
        if self.cluster:
            self.post_message(self.Chosen(extent(self._placed, self.members(self.cluster))))

    @property
    def _placed(self) -> Positions:
        assert self.positions is not None
        return self.positions

    def action_frame(self) -> None:
        """Begins an area at the cursor, or in the middle."""
        rows, columns = self.content_size.height, self.content_size.width
        row, column = (self.cluster.row, self.cluster.column) if self.cluster else (rows // 2, columns // 2)
        top, left = max(0, min(row - 2, rows - 6)), max(0, min(column - 4, columns - 12))
        self.corners = top, left, min(top + 5, rows - 1), min(left + 11, columns - 1)
        self.redraw()
        self.post_message(self.Moved())

    def action_pan(self, right: int, up: int) -> None:
        if self.corners:
            self.action_corner(2 * right, -up)
        else:
            super().action_pan(right, up)

    def action_corner(self, right: int, down: int) -> None:
        """Moves the corner of the area by so many columns and rows."""
        assert self.corners
        top, left, row, column = self.corners
        row = max(0, min(row + down, self.content_size.height - 1))
        column = max(0, min(column + right, self.content_size.width - 1))
        self.corners = top, left, row, column
        self.redraw()

    def finish_area(self) -> None:
        assert self.corners
        top, left, bottom, right = _sorted(self.corners)
        self.drop_area()
        self.post_message(self.Chosen(self.view.area(2 * left, 4 * top, 2 * right + 2, 4 * bottom + 4)))

    def drop_area(self) -> bool:
        """Leaves the choice of an area; says whether there was one."""
        was, self.corners = self.corners is not None, None
        if was:
            self.redraw()
            self.post_message(self.Moved())
        return was

    def on_click(self, event: events.Click) -> None:
        """The cluster that is clicked has the cursor; a second click chooses it."""
        for index, cluster in enumerate(self.found.clusters):
            if cluster.row == event.y and cluster.column <= event.x < cluster.column + len(cluster.label):
                self.move_to(index)
                if event.chain > 1:
                    self.action_choose()


def _small(area: Area) -> bool:
    south, west, north, east = area
    return north - south < NEAR and (east - west) % 360 < NEAR


def _sorted(corners: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Top, left, bottom, right."""
    return min(corners[0], corners[2]), min(corners[1], corners[3]), max(corners[0], corners[2]), max(corners[1::2])
