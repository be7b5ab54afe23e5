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
from tui_tagger.screens.base import BaseScreen, Command, Empty
from tui_tagger.services.views import FolderRow, PhotoRow
from tui_tagger.text import visible
from tui_tagger.widgets.face_grid import FaceGrid, Thumbnail
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.photo_rows import PhotoPages, photo_line
from tui_tagger.widgets.picture import Picture
from tui_tagger.widgets.row_list import RowList
from tui_tagger.widgets.text import cell, counted, home_path

NOBODY = -1  # no photo's id
SORTS = {"date": "date", "name": "name", "waiting": "unreviewed faces", "people": "people"}


class LibraryScreen(BaseScreen):
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
        key("slash", "filter", "library.filter", "filter", "Filter the photos: text, person:Anna, faces:3, has:gps"),
        key("s", "sort", "library.sort", "sort", "Sort the photos another way"),
        key("tab", "view", "library.view", "grid", "Switch between list and grid"),
        key("h,left", "folders", "library.folders", "folders", "Go to the folders"),
        key("l,right", "photos", "library.photos", "photos", "Go to the photos"),
        key("w", "write", "library.write", "write", "Write names into the marked photos, or all that are shown"),
        key("plus", "add_folder", "library.add", "add folder", "Add a folder to the library and scan it"),
        key("y", "copy", "library.copy", "copy path", "Copy the photo's path"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.query_text = ""
        self.sort = "date"
        self.folder: Path | None = None
        self.folders: tuple[FolderRow, ...] = ()
        self.pages = PhotoPages(self.read_page)
        self.grid_shown = False

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
        self.folders = self.services.library.folders()
        self.query_one("#folders", RowList).fill(len(self.folders) + 1, self.draw_folder)
        self.pages = PhotoPages(self.read_page)
        for shown in (self.query_one("#photo-list", RowList), self.query_one(FaceGrid)):
            shown.display = shown is self.photos and bool(self.pages.total)
        self.fill_photos()
        self.show_empty()
        self.show_preview()
        if self.is_current and self.focused is None and not self.status.open:
            self.focus_body()

    def read_page(self, offset: int, limit: int) -> tuple[tuple[PhotoRow, ...], int]:
        page = self.services.library.page(self.query_text, self.sort, offset, limit, self.folder)
        return page.rows, page.total

    def fill_photos(self) -> None:
        if self.grid_shown:
            self.query_one(FaceGrid).fill(self.pages.total, self.thumbnail, self.id_at)
        else:
            self.query_one("#photo-list", RowList).fill(self.pages.total, self.draw_photo, self.id_at)

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
            name, waiting, chosen = "All photos", 0, self.folder is None
        else:
            row = self.folders[index - 1]
            name, waiting, chosen = home_path(row.path), row.waiting, row.path == self.folder
            name = "…" + name[-(width - 9) :] if len(name) > width - 8 else name
        mark = "▸ " if chosen else "  "
        count = f" {waiting:>4}?" if waiting else ""
        return Content.assemble((mark, "$text-accent"), cell(name, width - 2 - len(count)), (count, "$text-warning"))

    def show_empty(self) -> None:
        empty = self.query_one("#empty", Empty)
        nothing = self.pages.total == 0
        empty.display = nothing
        if nothing and (self.query_text or self.folder):
            empty.show("No photo matches.", "esc  clears the filter", "/    changes it")
        elif nothing and self.working:
            empty.show("The scan has begun.", "Photos appear here as they are read.", "F5   Review: faces found so far")
        elif nothing:
            empty.show(
                "No photos yet.",
                "+    adds a folder: it is searched for photos, and the photos for faces",
                "     or start with:  tui-tagger ~/Pictures",
                "?    all keys",
                "q    quits",
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
        return " · ".join([*filter(None, parts), counted(self.pages.total, "photo"), f"by {SORTS[self.sort]}"])

    def state(self) -> str:
        marks = len(self.photos.marks)
        place = f"{self.photos.cursor + 1:,}/{self.pages.total:,}" if self.pages.total else ""
        return " - ".join(filter(None, [place, f"{marks} marked" if marks else ""]))

    def label(self, binding: Binding) -> str:
        if binding.id == "library.view":
            return "list" if self.grid_shown else "grid"
        if binding.id == "library.write" and self.photos.marks:
            return f"write {len(self.photos.marks)}"
        return binding.description

    def commands(self) -> Iterable[Command]:
        for sort, words in SORTS.items():
            if sort != self.sort:
                yield f"library: Sort by {words}", lambda sort=sort: self.sort_by(sort)  # type: ignore[misc]

    def copy_text(self) -> str:
        row = self.pages.at(self.photos.cursor)
        return str(row.path) if row else ""

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
        if action in ("filter", "sort", "view", "write", "copy"):
            return self.is_mounted and bool(self.pages.total or self.query_text)
        if action == "photos":
            return in_folders
        if action == "folders":
            return not in_folders and (not self.grid_shown or self.photos.cursor == 0)
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
            self.folder = self.folders[event.index - 1].path if event.index else None
            self.fill()
            self.action_photos()
        else:
            self.open_photo(event.index)

    def on_face_grid_moved(self) -> None:
        self.show_preview()
        self.bars()

    def on_face_grid_chosen(self, event: FaceGrid.Chosen) -> None:
        self.open_photo(event.index)

    def open_photo(self, index: int) -> None:
        among = self.services.library.photo_ids(self.query_text, self.sort, self.folder)
        self.shell.show_photo(self.id_at(index), among)

    def action_filter(self) -> None:
        self.status.read("filter", self.typed_filter, self.query_text, self.typed_filter)

    def typed_filter(self, text: str) -> None:
        if text.strip() == self.query_text:
            return
        previous, self.query_text = self.query_text, text.strip()
        self.query_one("#photo-list", RowList).cursor = 0
        try:
            self.reload()
        except UsageError as error:
            self.query_text = previous
            self.fill()
            self.shell.tell_error(error)
        self.bars()

    def action_sort(self) -> None:
        order = list(SORTS)
        self.sort_by(order[(order.index(self.sort) + 1) % len(order)])

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
        self.query_one("#folders").add_class("-open")
        self.query_one("#folders").focus()

    def action_photos(self) -> None:
        self.query_one("#folders").remove_class("-open")
        self.focus_body()

    def action_write(self) -> None:
        marked = sorted(self.photos.marks.ids)
        self.shell.show_writes(marked or self.unwritten())

    def unwritten(self) -> Sequence[int]:
        """The photos that are shown and wait to be written; marked ones are compared with their files instead."""
        return self.services.tagging.queue(self.services.library.photo_ids(self.query_text, self.sort, self.folder))

    def action_add_folder(self) -> None:
        self.status.read("folder to add", self.add_folder, "~/")

    def add_folder(self, text: str) -> None:
        folder = Path(visible(text.strip())).expanduser()
        if not folder.is_dir():
            self.shell.tell(f"There is no folder {folder}", error=True)
            return
        self.services.jobs.scan([folder])
        self.shell.data_changed()
