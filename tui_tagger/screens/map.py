"""Map: where the current photo was taken, on the whole screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from tui_tagger.screens.base import BaseScreen, Empty
from tui_tagger.services.views import PhotoDetail
from tui_tagger.text import visible
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.photo_facts import coordinates, direction
from tui_tagger.widgets.text import when
from tui_tagger.widgets.world_map import WorldMap


class MapScreen(BaseScreen):
    """A character map with the photo's place and the camera's direction."""

    NAME = "Map"
    HINTS = ("map.in", "map.out", "map.centre", "map.copy", "map.photo", "app.back", "app.help")
    BINDINGS: ClassVar[list[BindingType]] = [
        key("m,enter", "photo", "map.photo", "photo", "Go to the photo"),
        key("y", "copy", "map.copy", "copy place", "Copy the coordinates"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.photo: PhotoDetail | None = None

    def body(self) -> ComposeResult:
        yield Empty(id="empty")
        with Container(id="map-body"):
            yield WorldMap()

    @property
    def located(self) -> bool:
        return self.photo is not None and self.photo.latitude is not None and self.photo.longitude is not None

    def reload(self) -> None:
        photo_id = self.shell.photo_id
        self.photo = self.services.library.photo(photo_id) if photo_id is not None else None
        self.query_one("#map-body").display = self.located
        empty = self.query_one("#empty", Empty)
        empty.display = not self.located
        if self.photo and self.photo.latitude is not None and self.photo.longitude is not None:
            self.query_one(WorldMap).show(self.photo.latitude, self.photo.longitude, self.photo.direction)
            self.focus_body()
        elif self.photo:
            empty.show("This photo does not say where it was taken.", "F2  Library: filter with has:gps", "F3  Photo")
        else:
            empty.show("No photo is chosen.", "F2  Library: enter opens a photo, then m shows its map")

    def where(self) -> str:
        if self.photo is None:
            return ""
        row = self.photo.row
        parts = [row.path.name, visible(row.place), when(row.taken_at, seconds=False)]
        return " · ".join(filter(None, parts))

    def state(self) -> str:
        return f"{coordinates(self.photo)}{direction(self.photo)}" if self.photo and self.located else ""

    def copy_text(self) -> str:
        return coordinates(self.photo, digits=6) if self.photo and self.located else ""

    def focus_body(self) -> None:
        self.query_one(WorldMap).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "copy":
            return self.located
        if action == "photo":
            return self.photo is not None
        return super().check_action(action, parameters)

    def action_photo(self) -> None:
        self.shell.go("photo")
