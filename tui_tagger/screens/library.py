"""Library: folders, and the photos of one of them as a list or a grid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.content import Content

from tui_tagger.errors import UsageError
from tui_tagger.screens.base import Command, Empty
from tui_tagger.screens.library_actions import LibraryActions
from tui_tagger.services.query import KEYS
from tui_tagger.services.views import PhotoRow
from tui_tagger.widgets.face_grid import FaceGrid, Thumbnail
from tui_tagger.widgets.folder_tree import FolderTree
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.photo_rows import PhotoPages, photo_line
from tui_tagger.widgets.picture import Picture
from tui_tagger.widgets.row_list import RowList
from tui_tagger.widgets.text import cell, counted, home_path

NOBODY = -1  # no photo's id
SORTS = {"date": "date", "name": "name", "waiting": "unreviewed faces", "people": "people"}


class LibraryScreen(LibraryActions):
    """The root screen."""

    NAME = "Library"
    HINTS = (
        "list.open",
        "library.filter",
        "library.write",
        "go.review",
        "app.help",
        "library.sort",
        "library.view",
        "marks.mark",
        "library.folders",
        "library.add",
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("slash", "filter", "library.filter", "filter", "Filter the photos: text, person:Anna, faces:3, -has:gps"),
        key("s", "sort", "library.sort", "sort", "Sort the photos another way"),
        key("S", "reverse", "library.reverse", "reverse", "Turn the order round"),
        key("tab", "view", "library.view", "grid", "Switch between list and grid"),
        key("h,left", "folders", "library.folders", "folders", "Go to the folders; there, close one or go up"),
        key("l,right", "photos", "library.photos", "photos", "Open the folder; where it has none, go to the photos"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.query_text = ""
        self.sort = "date"
        self.folder: Path | None = None
        self.reversed = False
        self.branches = FolderTree()
        self.pages = PhotoPages(self.read_page)
        self.grid_shown = False

    def on_mount(self) -> None:
        wanted = self.shell.settings.library
        self.sort, self.reversed, self.grid_shown = wanted.sort, wanted.reversed, wanted.view == "grid"

    def body(self) -> ComposeResult:
        with Horizontal(id="library"):
            yield RowList(id="folders")
            with Container(id="photos"):
                yield Empty(id="empty")
                yield RowList(id="photo-list", marking=True)
                yield FaceGrid(id="photo-grid", marking=True)
            with Container(id="preview"):
                yield Picture()

    @property
    def photos(self) -> RowList | FaceGrid:
        """The list or the grid, whichever is shown."""
        return self.query_one(FaceGrid) if self.grid_shown else self.query_one("#photo-list", RowList)

    def reload(self) -> None:
        self.branches.fill(self.services.library.folders())
        self.list_folders()
        self.list_photos()
        if self.is_current and self.focused is None and not self.status.open:
            self.focus_body()

    def list_folders(self) -> None:
        self.query_one("#folders", RowList).fill(len(self.branches.lines) + 1, self.draw_folder)

    def list_photos(self) -> None:
        """Reads the photos again. Raises UsageError for a filter that is not understood."""
        pages = PhotoPages(self.read_page)
        total = pages.total
        self.pages = pages
        for shown in (self.query_one("#photo-list", RowList), self.query_one(FaceGrid)):
            shown.display = shown is self.photos and bool(total)
        self.fill_photos()
        self.show_empty()
        self.show_preview()

    def read_page(self, offset: int, limit: int) -> tuple[tuple[PhotoRow, ...], int]:
        page = self.services.library.page(self.query_text, self.sort, offset, limit, self.folder, self.reversed)
        return page.rows, page.total

    def shown_ids(self) -> Sequence[int]:
        return self.services.library.photo_ids(self.query_text, self.sort, self.folder, self.reversed)

    def marked(self) -> Sequence[int]:
        return [*self.photos.marks.ids]

    def forget_marks(self) -> None:
        self.photos.marks.clear()

    def fill_photos(self) -> None:
        if self.grid_shown:
            self.query_one(FaceGrid).fill(self.pages.total, self.thumbnail, self.id_at, self.shown_ids)
        else:
            rows = self.query_one("#photo-list", RowList)
            rows.fill(self.pages.total, self.draw_photo, self.id_at, self.shown_ids)

    def draw_photo(self, index: int, width: int) -> Content:
        row = self.pages.at(index)
        return photo_line(row, width, marked=row.id in self.photos.marks) if row else Content()

    def thumbnail(self, index: int) -> Thumbnail | None:
        row = self.pages.at(index)
        if row is None:
            return None
        library, photo_id = self.services.library, row.id
        note = f"? {row.waiting}" if row.waiting else ""
        return Thumbnail(("photo", photo_id), lambda side: library.picture(photo_id, side), row.path.name, note)

    def id_at(self, index: int) -> int:
        row = self.pages.at(index)
        return row.id if row else NOBODY

    def draw_folder(self, index: int, width: int) -> Content:
        if index == 0:
            name, glyph, waiting, chosen = "All photos", "  ", 0, self.folder is None
        else:
            line = self.branches.lines[index - 1]
            glyph = ("▾ " if self.branches.is_open(line) else "▸ ") if line.inner else "  "
            name = line.name if line.depth else home_path(Path(line.name))
            glyph, waiting, chosen = "  " * line.depth + glyph, line.waiting, line.path == self.folder
        count = f" {waiting:>5,}?" if waiting else ""
        room = width - len(glyph) - len(count)
        name = "…" + name[1 - room :] if len(name) > room > 1 else name
        style = "bold $text-accent" if chosen else ""
        return Content.assemble(glyph, cell(name, room, style), (count, "$text-warning"))

    def show_empty(self) -> None:
        empty = self.query_one("#empty", Empty)
        nothing = self.pages.total == 0
        empty.display = nothing
        if nothing and (self.query_text or self.folder):
            ways = "<app.escape>  clears the filter", "<library.filter>  changes it"
            empty.show("No photo matches.", *ways, "", *filter_lines())
        elif nothing and self.working:
            found = "<go.review>  Review: faces found so far"
            empty.show("The scan has begun.", "Photos appear here as they are read.", found)
        elif nothing:
            empty.show(
                "No photos yet.",
                "<library.add>  adds a folder: it is searched for photos, and the photos for faces",
                "or start with:  tui-tagger ~/Pictures",
                "<app.help>  all keys",
                "<app.back>  quits",
            )

    def show_preview(self) -> None:
        picture = self.query_one(Picture)
        photo_id = self.current_photo()
        if photo_id is not None and self.query_one("#preview").display:
            library = self.services.library
            picture.show(lambda side: library.picture(photo_id, side), ("photo", photo_id), ())
        else:
            picture.show(None, None, ())

    def on_resize(self) -> None:
        super().on_resize()
        self.call_after_refresh(self.show_preview)

    def where(self) -> str:
        parts = [home_path(self.folder) if self.folder else "", f"“{self.query_text}”" if self.query_text else ""]
        return " · ".join([*filter(None, parts), counted(self.pages.total, "photo"), self.order])

    @property
    def order(self) -> str:
        return f"by {SORTS[self.sort]}{', reversed' if self.reversed else ''}"

    def state(self) -> str:
        marks = len(self.photos.marks)
        place = f"{self.photos.cursor + 1:,}/{self.pages.total:,}" if self.pages.total else ""
        return " - ".join(filter(None, [place, f"{marks:,} marked" if marks else ""]))

    def label(self, binding: Binding) -> str:
        if binding.id == "library.view":
            return "list" if self.grid_shown else "grid"
        if binding.id == "library.write" and self.photos.marks:
            return f"write {len(self.photos.marks):,}"
        return binding.description

    def commands(self) -> Iterable[Command]:
        for sort, words in SORTS.items():
            if sort != self.sort:
                yield f"library: Sort by {words}", lambda sort=sort: self.sort_by(sort)  # type: ignore[misc]
        yield from super().commands()

    def current_photo(self) -> int | None:
        row = self.pages.at(self.photos.cursor)
        return row.id if row else None

    def focus_body(self) -> None:
        self.photos.focus()

    def release(self) -> bool:
        if self.photos.marks.clear():
            self.photos.marks_changed()
            return True
        if not self.query_text and self.folder is None:
            return False
        self.query_text, self.folder = "", None
        self.fill()
        return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        in_folders = self.focused is not None and self.focused.id == "folders"
        if action in ("filter", "sort", "reverse", "view", "write"):
            return self.has_widgets and bool(self.pages.total or self.query_text)
        if action in ("copy", "detect", "ignore", "remove"):
            return self.has_widgets and bool(self.pages.total or self.photos.marks)
        if action == "photos":
            return in_folders
        if action == "folders":
            return in_folders or not self.grid_shown or self.photos.cursor == 0
        return super().check_action(action, parameters)

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        if event.rows.id == "folders":
            return
        self.show_preview()
        self.bars()

    def on_row_list_marked(self) -> None:
        self.bars()

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        if event.rows.id == "folders":
            self.folder = self.branches.lines[event.index - 1].path if event.index else None
            self.fill()
            self.leave_folders()
        else:
            self.open_photo(event.index)

    def on_face_grid_moved(self) -> None:
        self.show_preview()
        self.bars()

    def on_face_grid_chosen(self, event: FaceGrid.Chosen) -> None:
        self.open_photo(event.index)

    def open_photo(self, index: int) -> None:
        self.shell.show_photo(self.id_at(index), self.shown_ids())

    def action_filter(self) -> None:
        self.status.read("filter", self.typed_filter, self.query_text, self.typed_filter)

    def typed_filter(self, text: str) -> None:
        if text.strip() == self.query_text:
            return
        previous, self.query_text = self.query_text, text.strip()
        self.query_one("#photo-list", RowList).cursor = 0
        try:
            self.list_photos()
        except UsageError as error:  # the list stays as it is
            self.query_text = previous
            self.shell.tell_error(error)
        self.bars()

    def action_sort(self) -> None:
        order = list(SORTS)
        self.sort_by(order[(order.index(self.sort) + 1) % len(order)])

    def action_reverse(self) -> None:
        self.reversed = not self.reversed
        self.fill()

    def sort_by(self, sort: str) -> None:
        self.sort = sort
        self.fill()

    def action_view(self) -> None:
        old = self.photos
        self.grid_shown = not self.grid_shown
        self.photos.marks, self.photos.cursor = old.marks, old.cursor
        self.fill()
        self.focus_body()

    def action_folders(self) -> None:
        rows = self.query_one("#folders", RowList)
        if not rows.has_focus:
            rows.add_class("-open")
            rows.focus()
        elif rows.cursor:
            self.close_folder(rows)

    def close_folder(self, rows: RowList) -> None:
        """Closes the branch under the cursor; goes up from one that is closed."""
        line = self.branches.lines[rows.cursor - 1]
        if self.branches.is_open(line):
            self.branches.close(line)
            self.list_folders()
        elif (above := self.branches.parent(rows.cursor - 1)) is not None:
            rows.move_to(above + 1)

    def action_photos(self) -> None:
        rows = self.query_one("#folders", RowList)
        line = self.branches.lines[rows.cursor - 1] if rows.cursor else None
        if line is None or not line.inner or self.branches.is_open(line):
            self.leave_folders()
            return
        self.branches.open(line)
        self.list_folders()

    def leave_folders(self) -> None:
        self.query_one("#folders").remove_class("-open")
        self.focus_body()


def filter_lines() -> list[str]:
    """What can be typed into the filter."""
    return [f"{known.example:<22} {known.finds}" for known in KEYS.values()] + ["-word                  not so"]
