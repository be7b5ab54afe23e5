"""Map: where all photos were taken, as clusters on a map that zooms from the world to a town."""

from __future__ import annotations

import re
from typing import ClassVar

import numpy as np
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Static

from tui_tagger.metadata.gazetteer import gazetteer
from tui_tagger.screens.base import ADD_FOLDER, BaseScreen, Empty
from tui_tagger.services.places import Points
from tui_tagger.services.query import area_word
from tui_tagger.text import visible
from tui_tagger.widgets.hints import Hint, looked_up
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.map_clusters import Cluster
from tui_tagger.widgets.map_view import LAST_ZOOM, Place
from tui_tagger.widgets.photo_map import AREA_HINTS, PhotoMap
from tui_tagger.widgets.row_list import RowList
from tui_tagger.widgets.text import cell, counted

TOWN_ZOOM = 9  # about 80 km wide, where a place that was asked for is shown
PHOTO_ZOOM = 6


class MapScreen(BaseScreen):
    """Clusters of photos, coloured by whether faces wait; the cursor's photos open in Library."""

    NAME = "Map"
    HINTS = (
        "map.choose",
        "map.next",
        "map.in",
        "map.out",
        "map.area",
        "map.find",
        "map.untagged",
        "app.help",
        "map.world",
        "map.open",
        "map.later",
        "map.copy",
        "map.photo",
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("g", "find", "map.find", "go to", "Go to a place by its name or coordinates"),
        key("t", "untagged", "map.untagged", "untagged", "Show only photos with faces that wait, or all again"),
        key("right_square_bracket", "year(1)", "map.later", "later", "Show only photos of the next year"),
        key("left_square_bracket", "year(-1)", "map.earlier", "earlier", "Show only photos of the year before"),
        key("y", "copy", "map.copy", "copy place", "Copy the coordinates of the cluster"),
        key("m", "photo", "map.photo", "photo", "Go to the photo"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.points: Points | None = None  # None until they were read
        self.untagged = False
        self.year: int | None = None
        self.wanted: int | None = None  # the photo whose place is to be gone to

    def show_photo(self, photo_id: int) -> None:
        """Says at which photo the map opens."""
        self.wanted = photo_id

    def body(self) -> ComposeResult:
        yield Empty(id="empty")
        with Container(id="map-body"):
            yield PhotoMap()
            with Vertical(id="clusters"):
                yield Static(id="clusters-title")
                rows = RowList(id="cluster-list")
                rows.can_focus = False
                yield rows

    def on_mount(self) -> None:
        self.query_one(PhotoMap).caption = self.caption
        self.query_one(PhotoMap).empty = "Reading where the photos were taken…"
        self.load_names()

    @work(thread=True, group="names", exit_on_error=False)
    def load_names(self) -> None:
        """The places' names come when they are read: the map does not wait for them."""
        self.app.call_from_thread(self.query_one(PhotoMap).name_places, gazetteer())

    def reload(self) -> None:
        self.read_points()

    @work(thread=True, group="points", exclusive=True, exit_on_error=False)
    def read_points(self) -> None:
        points = self.services.places.points()
        self.app.call_from_thread(self.show_points, points)

    def show_points(self, points: Points) -> None:
        if not self.has_widgets:
            return
        first, self.points = self.points is None, points
        self.query_one("#map-body").display = bool(len(points))
        empty = self.query_one("#empty", Empty)
        empty.display = not len(points)
        if not len(points):
            empty.show(*self.nothing())
        self.show_filtered()
        self.call_after_refresh(self.show_marker, first)
        self.focus_body()
        self.bars()

    def nothing(self) -> tuple[str, ...]:
        """What the empty screen says."""
        if self.working:
            return "No photo with coordinates yet.", "The scan goes on; the map fills by itself."
        return (
            "No photo says where it was taken.",
            "Coordinates come from the photos' own GPS data or their sidecars.",
            ADD_FOLDER,
        )

    def show_filtered(self) -> None:
        if self.points is not None:
            self.query_one(PhotoMap).place_photos(self.points.only(self.untagged, self.year))
            self.show_list()

    def show_marker(self, first: bool) -> None:
        """Marks the photo that was looked at last, and goes there if asked to; the first time to where photos are."""
        photo_id, world = self.shell.photo_id, self.query_one(PhotoMap)
        if photo_id is not None:
            photo = self.services.library.photo(photo_id)
            world.mark(photo.latitude, photo.longitude, photo.direction)
        wanted, self.wanted = self.wanted, None
        if world.marker and wanted == photo_id:
            world.go_to(world.marker, max(world.zoom, PHOTO_ZOOM))
        elif first:
            self.begin()
        else:
            world.redraw()

    def begin(self) -> None:
        """Goes to where the settings say, else to where photos are."""
        world, wanted = self.query_one(PhotoMap), self.shell.settings.map
        world.show_all()
        zoom = wanted.zoom if wanted.zoom >= 0 else None
        position = self.position_of(wanted.place)
        if position is not None:
            world.go_to(position, TOWN_ZOOM if zoom is None else zoom)
        elif zoom is not None:
            world.go_to(world.centre, zoom)
        if wanted.place.strip() and position is None:
            self.shell.tell(
                f"map.place in the settings: {visible(wanted.place)!r} is no place that is known", error=True
            )

    def position_of(self, text: str) -> Place | None:
        """Coordinates as they are written, else those of the largest place of a name."""
        if (position := coordinates_in(text)) is not None:
            return position
        found = gazetteer().find(text) if text.strip() else None
        return (found.latitude, found.longitude) if found else None

    def show_list(self) -> None:
        """The clusters in words, where there is room."""
        world = self.query_one(PhotoMap)
        rows = self.query_one("#cluster-list", RowList)
        rows.cursor = world.cursor
        rows.fill(len(world.found.clusters), self.draw_cluster)
        seen = sum(each.count for each in world.found.clusters)
        title = f"{counted(seen, 'photo')} in {counted(len(world.found.clusters), 'place')}"
        self.query_one("#clusters-title", Static).update(Content.styled(title, "bold"))

    def draw_cluster(self, index: int, width: int) -> Content:
        cluster = self.query_one(PhotoMap).found.clusters[index]
        left = f"{cluster.waiting:,} open" if cluster.waiting else "done"
        right = f" {cluster.count:>6,} {left:>10}"
        return Content.assemble(
            (f"{cluster.label[0]} ", "bold"),
            cell(self.place_of(cluster) or "no name", width - len(right) - 2),
            (right, "$foreground-muted"),
        )

    def place_of(self, cluster: Cluster) -> str:
        """The name that most of a cluster's photos have; close up, where all would have one, the nearest place's."""
        world = self.query_one(PhotoMap)
        if world.gazetteer and world.zoom >= TOWN_ZOOM:
            nearest = world.gazetteer.nearest(cluster.latitude, cluster.longitude)
            if nearest:
                return nearest
        positions = world.positions
        if not isinstance(positions, Points):
            return ""
        members = world.members(cluster)
        return positions.names[int(np.bincount(positions.place[members]).argmax())] if len(members) else ""

    def on_photo_map_changed(self) -> None:
        self.show_list()
        self.bars()

    def on_photo_map_moved(self) -> None:
        rows = self.query_one("#cluster-list", RowList)
        rows.cursor = self.query_one(PhotoMap).cursor
        rows.show_cursor()
        self.bars()

    def on_photo_map_chosen(self, event: PhotoMap.Chosen) -> None:
        """Opens the photos in Library, with what the map leaves out left out there too."""
        words = [f"date:{self.year}"] if self.year is not None else []
        words += ["face:waiting"] if self.untagged else []
        self.shell.show_library(" ".join([*words, area_word(*event.area)]))

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        self.query_one(PhotoMap).move_to(event.index)

    def on_row_list_chosen(self) -> None:
        self.query_one(PhotoMap).action_choose()

    def caption(self) -> str:
        """The cluster in words, on the map itself where there is no room for the list."""
        return "" if self.query_one("#clusters").display else self.told_cluster()

    def where(self) -> str:
        return self.told_cluster() if self.query_one("#clusters").display else ""

    def told_cluster(self) -> str:
        cluster = self.query_one(PhotoMap).cluster
        if cluster is None or self.points is None or not len(self.points):
            return ""
        left = f"{cluster.waiting:,} to name" if cluster.waiting else "nothing to name"
        place = visible(self.place_of(cluster)) or self.coordinates(4)
        return " · ".join((place, counted(cluster.count, "photo"), left))

    def state(self) -> str:
        kept = ["only untagged"] if self.untagged else []
        kept += [str(self.year)] if self.year is not None else []
        return " - ".join([*kept, f"zoom {self.query_one(PhotoMap).zoom}/{LAST_ZOOM}"])

    def hints(self) -> list[Hint]:
        if self.query_one(PhotoMap).corners and not self.status.open:
            return looked_up(AREA_HINTS, self.shell.key_names)
        return super().hints()

    def label(self, binding: Binding) -> str:
        if binding.id == "map.untagged" and self.untagged:
            return "all"
        return super().label(binding)

    def coordinates(self, digits: int) -> str:
        cluster = self.query_one(PhotoMap).cluster
        return f"{cluster.latitude:.{digits}f}, {cluster.longitude:.{digits}f}" if cluster else ""

    def copy_text(self) -> str:
        return self.coordinates(6)

    def focus_body(self) -> None:
        if not self.status.open:
            self.query_one(PhotoMap).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("find", "untagged", "year", "copy") and not (self.points and len(self.points)):
            return False
        if action == "copy":
            return self.query_one(PhotoMap).cluster is not None
        if action == "year":
            return bool(self.points and self.points.years)
        if action == "photo":
            return self.shell.photo_id is not None
        return super().check_action(action, parameters)

    def release(self) -> bool:
        if self.query_one(PhotoMap).drop_area():
            return True
        if self.untagged or self.year is not None:
            self.untagged, self.year = False, None
            self.show_filtered()
            return True
        return super().release()

    def action_photo(self) -> None:
        self.shell.go("photo")

    def action_untagged(self) -> None:
        self.untagged = not self.untagged
        self.show_filtered()
        self.bars()

    def action_year(self, by: int) -> None:
        """From all years to the first or last one; beyond either end to all again."""
        assert self.points is not None
        years = (None, *self.points.years)
        at = years.index(self.year) if self.year in years else 0
        self.year = years[(at + by) % len(years)]
        self.show_filtered()
        self.bars()

    def action_find(self) -> None:
        self.status.read("go to a place, or latitude, longitude", self.find)

    def find(self, text: str) -> None:
        """Goes to coordinates or to the largest place of a name."""
        world = self.query_one(PhotoMap)
        if position := coordinates_in(text):
            world.go_to(position, max(world.zoom, TOWN_ZOOM))
        elif found := gazetteer().find(text):
            world.go_to((found.latitude, found.longitude), TOWN_ZOOM)
            self.shell.tell(f"{found.name}: {found.latitude:.4f}, {found.longitude:.4f}")
        elif text.strip():
            self.shell.tell(f"No place of 1,000 people or more begins with {text.strip()!r}", error=True)


def coordinates_in(text: str) -> tuple[float, float] | None:
    """Latitude and longitude as "38.72, -9.14" or "38.72 -9.14"; None for anything else, and beyond the globe."""
    number = r"([+-]?\d+(?:\.\d+)?)"
    match = re.fullmatch(rf"\s*{number}\s*[,;\s]\s*{number}\s*", text)
    if not match:
        return None
    latitude, longitude = float(match[1]), float(match[2])
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None
