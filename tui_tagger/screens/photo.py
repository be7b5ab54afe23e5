"""Photo: the picture with its faces, its EXIF table, where and when it was taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Static

from tui_tagger.errors import TaggerError
from tui_tagger.metadata.gazetteer import gazetteer
from tui_tagger.screens.base import ADD_FOLDER, Empty
from tui_tagger.screens.decisions import Decisions
from tui_tagger.services.views import FaceState, FaceView, Outcome, PhotoDetail, PhotoStatus
from tui_tagger.text import visible
from tui_tagger.widgets.box_drawing import BoxDrawing
from tui_tagger.widgets.candidates import Candidates
from tui_tagger.widgets.exif_table import ExifTable
from tui_tagger.widgets.fitted import Fitted
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.name_field import NameField
from tui_tagger.widgets.overlays import drawn_overlay, face_overlays
from tui_tagger.widgets.photo_facts import coordinates, facts
from tui_tagger.widgets.picture import Overlay, Picture
from tui_tagger.widgets.row_list import RowList
from tui_tagger.widgets.text import face_line
from tui_tagger.widgets.world_map import WorldMap

PANELS = ("faces", "exif", "map")
WAITING = (FaceState.UNKNOWN, FaceState.SUGGESTED)


class PhotoScreen(Decisions):
    """One photo of an ordered set; the cursor is on its faces."""

    NAME = "Photo"
    HINTS = (
        "review.enter",
        "photo.next",
        "exif.copy",
        "exif.raw",
        "map.in",
        "map.out",
        "review.name",
        "review.ignore",
        "photo.panel",
        "photo.box",
        "photo.write",
        "photo.present",
        "app.help",
        "review.reject",
        "photo.map",
        "photo.detect",
        "photo.filter",
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *(key(str(n), f"select({n})", f"photo.face{n}", f"face {n}", f"Select face {n}") for n in range(1, 10)),
        key("right_square_bracket", "neighbour(1)", "photo.next", "next", "Go to the next photo"),
        key("left_square_bracket", "neighbour(-1)", "photo.previous", "previous", "Go to the previous photo"),
        key("tab", "panel", "photo.panel", "panel", "Show the next panel: faces, EXIF, map"),
        key("slash", "filter", "photo.filter", "filter", "Filter the EXIF table"),
        key("b", "draw", "photo.box", "box", "Draw a box around a face by hand"),
        key("p", "present", "photo.present", "present", "Name a person who is in the photo without a visible face"),
        key("D", "detect", "photo.detect", "detect", "Detect faces again; decided faces stay"),
        key("r", "reset", "photo.reset", "reset", "Make the face unknown again"),
        key("w", "write", "photo.write", "write", "Write names into this photo"),
        key("e", "describe", "photo.describe", "describe", "Type a description"),
        key("m", "map", "photo.map", "map", "Show the map on the whole screen"),
        key("y", "copy", "photo.copy", "copy path", "Copy the photo's path"),
        key("Y", "copy_place", "photo.copy_place", "copy place", "Copy the photo's coordinates"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.photo: PhotoDetail | None = None
        self.among: Sequence[int] = ()
        self._place = 0  # of the photo there, unless it was changed
        self.panel = "faces"
        self.wanted_face: int | None = None
        self.adding = False  # whether the name that is typed is of somebody without a face
        self.entries_of: tuple[int, float] | None = None  # photo and its file's time, of the EXIF table shown

    def body(self) -> ComposeResult:
        yield Empty(id="empty")
        with Container(id="photo"):
            yield Picture(id="main-picture")
            with Vertical(id="side"):
                yield Fitted(id="facts")
                yield NameField(lambda prefix: self.services.people.complete(prefix))
                yield BoxDrawing()
                yield Static(id="tabs")
                with Vertical(id="faces", classes="panel"):
                    yield RowList(id="face-list", marking=True)
                    yield Candidates()
                with Vertical(id="exif", classes="panel"):
                    yield Static("This file has no EXIF data.", id="no-exif")
                    yield ExifTable()
                with Vertical(id="map", classes="panel"):
                    yield WorldMap()

    def start(self, photo_id: int, among: Sequence[int] = (), face_id: int | None = None) -> None:
        """Says what to show when the screen opens; `[` and `]` go through `among`."""
        self.among, self._place = among or (photo_id,), 0
        self.wanted_face = face_id
        self.marks.clear()
        self.cursor = 0

    def on_mount(self) -> None:
        faces = self.query_one("#face-list", RowList)
        faces.can_focus = False
        faces.marks = self.marks
        self.load_names()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        if self.wanted_face is not None:
            self.select_face(self.wanted_face)
            self.wanted_face = None

    def reload(self) -> None:
        photo_id = self.shell.photo_id
        if photo_id is None:
            photo_id = next(iter(self.services.library.photo_ids()), None)
        self.query_one("#photo").display = photo_id is not None
        self.query_one("#empty").display = photo_id is None
        if photo_id is None:
            self.photo = self.item = None
            self.query_one("#empty", Empty).show("No photo to show yet.", ADD_FOLDER)
            return
        self.load(photo_id)

    def load(self, photo_id: int) -> None:
        self.shell.photo_id = photo_id
        self.photo = self.services.library.photo(photo_id)
        self.among = self.among or self.services.library.photo_ids()
        self.count = len(self.photo.faces)
        self.cursor = min(self.cursor, max(0, self.count - 1))
        self.show_metadata(self.photo)
        self.show_panel()
        self.show_photo()

    def show_metadata(self, photo: PhotoDetail) -> None:
        """Reads the EXIF table when the photo or its file changed: names may have been written into it."""
        path = photo.row.path
        now = photo.row.id, path.stat().st_mtime if path.exists() else 0.0
        if now == self.entries_of:
            return
        self.entries_of = now
        reason = "This file has no EXIF data."
        try:
            entries = self.services.library.entries(photo.row.id)
        except TaggerError as error:
            entries, reason = (), error.message
        self.query_one(ExifTable).show(entries)
        missing = self.query_one("#no-exif", Static)
        missing.update(Content(visible(reason)))
        missing.display = not entries
        world = self.query_one(WorldMap)
        world.show(photo.latitude, photo.longitude, photo.direction)
        self.query_one("#map").set_class(world.blank, "-nowhere")

    def show_photo(self) -> None:
        assert self.photo is not None
        photo = self.photo
        self.query_one("#facts", Fitted).fit(lambda width: facts(photo, width))
        self.query_one("#face-list", RowList).fill(self.count, self.draw_face, self.id_at)
        self.show_face()

    def show_face(self) -> None:
        """Shows the question about the face under the cursor, and marks its box."""
        face = self.face
        self.query_one("#face-list", RowList).cursor = self.cursor if self.count else 0
        self.item = self.services.review.item(face.id) if face and face.state in WAITING else None
        self.query_one(Candidates).show(self.item)
        self.show_picture()

    def show_picture(self) -> None:
        if self.photo is None:
            return
        photo_id, library, pane = self.photo.row.id, self.services.library, self.query_one("#main-picture", Picture)
        if self.query_one(BoxDrawing).display:
            box = self.query_one(BoxDrawing).box
            overlays: tuple[Overlay, ...] = (drawn_overlay(self.photo, box, self.app.theme_variables),)
        else:
            selected = self.face.id if self.face else None
            overlays = face_overlays(self.photo, selected, self.app.theme_variables)
        pane.show(lambda side: library.picture(photo_id, side), ("photo", photo_id), overlays)

    def show_panel(self) -> None:
        for name in PANELS:
            self.query_one(f"#{name}").set_class(name == self.panel, "-current")
        parts = [(f" {name} ", "reverse bold" if name == self.panel else "") for name in PANELS]
        assert self.photo is not None
        count = f"  {self.count} faces" if self.count != 1 else "  1 face"
        self.query_one("#tabs", Static).update(Content.assemble(*parts, (count, "$foreground-muted")))

    @property
    def face(self) -> FaceView | None:
        faces = self.photo.faces if self.photo else ()
        return faces[self.cursor] if self.cursor < len(faces) else None

    @property
    def targets(self) -> tuple[int, ...]:
        if self.marks.ids:
            return tuple(sorted(self.marks.ids))
        return (self.face.id,) if self.face else ()

    @property
    def side_width(self) -> int:
        return max(self.query_one("#side").content_size.width, 24)

    def draw_face(self, index: int, width: int) -> Content:
        assert self.photo is not None
        return face_line(self.photo.faces[index], width)

    def where(self) -> str:
        if self.photo is None:
            return ""
        status = self.photo.row.status
        return self.photo.row.path.name + (f"  ({status})" if status is not PhotoStatus.READY else "")

    def state(self) -> str:
        photo_id = self.shell.photo_id
        at = self._found(photo_id)
        place = "" if at is None else f"{at + 1:,}/{len(self.among):,}"
        return " - ".join(filter(None, [place, f"{len(self.marks)} marked" if self.marks.ids else ""]))

    def label(self, binding: Binding) -> str:
        if binding.id == "photo.panel":
            return PANELS[(PANELS.index(self.panel) + 1) % len(PANELS)]
        return super().label(binding)

    def copy_text(self) -> str:
        return str(self.photo.row.path) if self.photo else ""

    def id_at(self, index: int) -> int:
        assert self.photo is not None
        return self.photo.faces[index].id

    def move_to(self, index: int) -> None:
        self.cursor = index
        self.show_face()
        self.bars()

    def select_face(self, face_id: int | None) -> None:
        for index, face in enumerate(self.photo.faces if self.photo else ()):
            if face.id == face_id:
                self.move_to(index)

    def marks_changed(self) -> None:
        self.query_one("#face-list", RowList).refresh()
        self.bars()

    def done(self, outcome: Outcome) -> None:
        """Goes on to the next face that waits; the last decision of a photo leaves the cursor where it is."""
        self.marks.ids -= set(outcome.face_ids)
        self.fill()
        waiting = [index for index, face in enumerate(self.photo.faces if self.photo else ()) if face.state in WAITING]
        if self.face and self.face.state not in WAITING and waiting:
            self.move_to(next((index for index in waiting if index > self.cursor), waiting[0]))
        self.shell.tell(outcome.message)

    def go_to_faces(self, face_ids: Sequence[int]) -> None:
        self.fill()
        self.select_face(next(iter(face_ids), None))

    def on_resize(self) -> None:
        super().on_resize()
        if self.photo:
            self.call_after_refresh(self.show_photo)

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        if event.rows.id == "face-list" and event.index != self.cursor:
            self.move_to(event.index)

    def focus_body(self) -> None:
        """The panel that is shown takes its keys first; the faces' keys are the screen's own."""
        focus = {"exif": ExifTable, "map": WorldMap}.get(self.panel)
        self.set_focus(self.query_one(focus) if focus else None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.photo is None:
            return action in ("step_back",)
        if action == "select":
            return isinstance(parameters[0], int) and parameters[0] <= self.count
        if action in ("name", "ignore", "not_a_face", "reset", "mark", "mark_range"):
            return self.face is not None
        if action == "ignore_rest":
            return any(face.state in WAITING for face in self.photo.faces)
        if action == "filter":
            return self.panel == "exif" or self.has_class("-high")
        if action in ("draw", "detect"):
            return self.photo.row.status is PhotoStatus.READY
        if action in ("map", "copy_place"):
            return self.photo.latitude is not None
        return super().check_action(action, parameters)

    def action_select(self, number: int) -> None:
        self.move_to(number - 1)

    def _found(self, photo_id: int | None) -> int | None:
        """The place of a photo among the others, looked for only where it is not the one of the last time."""
        if not (self._place < len(self.among) and self.among[self._place] == photo_id):
            if photo_id is None or photo_id not in self.among:
                return None
            self._place = self.among.index(photo_id)
        return self._place

    def action_neighbour(self, by: int) -> None:
        photo_id = self.shell.photo_id
        here = self._found(photo_id)
        at = 0 if here is None else here + by
        if 0 <= at < len(self.among):
            self.marks.clear()
            self.cursor = 0
            self._place = at
            self.load(self.among[at])
            self.bars()

    def action_panel(self) -> None:
        self.panel = PANELS[(PANELS.index(self.panel) + 1) % len(PANELS)]
        self.show_panel()
        self.focus_body()
        self.bars()

    def action_filter(self) -> None:
        table = self.query_one(ExifTable)
        self.status.read("filter EXIF", table.set_filter, "", table.set_filter)

    def action_ignore_rest(self) -> None:
        assert self.photo is not None
        self.done(self.services.review.ignore_rest(self.photo.row.id))

    def action_reset(self) -> None:
        self.done(self.services.review.reset(self.targets))

    def action_draw(self) -> None:
        assert self.photo is not None
        self.add_class("-drawing")
        self.query_one(BoxDrawing).start(self.photo.width, self.photo.height)

    def on_box_drawing_changed(self) -> None:
        self.show_picture()

    def on_box_drawing_done(self, event: BoxDrawing.Done) -> None:
        self.remove_class("-drawing")
        self.focus_body()
        if event.box is not None and self.photo is not None:
            self.services.jobs.add_face(self.photo.row.id, event.box)
            self.shell.tell("Face added; it is being compared with the people you know")
            self.shell.data_changed()
        self.show_picture()

    def action_detect(self) -> None:
        assert self.photo is not None
        self.services.jobs.detect_again(self.photo.row.id)
        self.shell.tell("Detecting faces again; decided faces stay as they are")
        self.shell.data_changed()

    def action_write(self) -> None:
        assert self.photo is not None
        self.shell.show_writes([self.photo.row.id])

    def action_describe(self) -> None:
        assert self.photo is not None
        photo_id = self.photo.row.id
        self.status.read("description", lambda text: self.describe(photo_id, text), self.photo.description)

    def describe(self, photo_id: int, text: str) -> None:
        with self.told():
            self.shell.tell(self.services.tagging.describe(photo_id, text).message)
            self.fill()

    def action_present(self) -> None:
        self.open_names(())
        self.adding = True
        self.query_one(NameField).query_one("#name-title", Static).update("Who is here, without a face?")

    def on_name_field_named(self, event: NameField.Named) -> None:
        if not self.adding or self.photo is None:
            super().on_name_field_named(event)
            return
        self.close_names()
        photo_id = self.photo.row.id
        self.decide(lambda twice: self.services.review.add_present(photo_id, event.name, allow_twice=twice))

    def close_names(self) -> None:
        super().close_names()
        self.adding = False

    def on_exif_table_copied(self, event: ExifTable.Copied) -> None:
        self.shell.tell(f"Copied {event.text}")

    @work(thread=True, group="names", exit_on_error=False)
    def load_names(self) -> None:
        """The map has names once they are read: nothing waits for them."""
        self.app.call_from_thread(self.query_one(WorldMap).name_places, gazetteer())

    def action_map(self) -> None:
        assert self.photo is not None
        self.shell.show_on_map(self.photo.row.id)

    def action_copy_place(self) -> None:
        assert self.photo is not None
        self.shell.copy_to_clipboard(coordinates(self.photo, digits=6))
        self.shell.tell(f"Copied {coordinates(self.photo, digits=6)}")
