"""One person's faces, least likely first: an audit, in which wrong ones float to the top."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal

from tui_tagger.screens.base import BaseScreen, Command, Empty
from tui_tagger.services.views import FaceState, PersonFace
from tui_tagger.text import percent, visible
from tui_tagger.widgets.face_grid import FaceGrid, Thumbnail
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.picture import Picture
from tui_tagger.widgets.text import STATES, counted


class PersonScreen(BaseScreen):
    """A grid of the confirmed and suggested faces."""

    NAME = "Person"
    HINTS = (
        "list.open",
        "person.accept",
        "person.reject",
        "person.reset",
        "marks.mark",
        "marks.range",
        "app.undo",
        "app.help",
        "app.back",
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("a", "accept", "person.accept", "accept", "Confirm the suggested faces"),
        key("x", "reject", "person.reject", "not them", "Remember that it is not this person"),
        key("r", "reset", "person.reset", "reset", "Make the faces unknown again"),
        key("y", "copy", "person.copy", "copy path", "Copy the photo's path"),
    ]

    def __init__(self, person_id: int) -> None:
        super().__init__()
        self.person_id = person_id
        self.name_shown = ""
        self.faces: tuple[PersonFace, ...] = ()
        self.doubts: dict[int, str] = {}  # face -> why it may be somebody else's

    def body(self) -> ComposeResult:
        yield Empty(id="empty")
        with Horizontal(id="person"):
            yield FaceGrid(id="face-grid", marking=True)
            with Container(id="preview"):
                yield Picture()

    @property
    def grid(self) -> FaceGrid:
        return self.query_one(FaceGrid)

    def reload(self) -> None:
        self.faces = self.services.people.faces(self.person_id)
        suspicious = (face.id for face in self.faces if face.suspicious)
        self.doubts = {face: self.services.people.doubt(face, self.person_id) for face in suspicious}
        people = {person.id: person.name for person in self.services.people.list()}
        self.name_shown = people.get(self.person_id, "")
        self.grid.fill(len(self.faces), self.thumbnail, lambda index: self.faces[index].id)
        empty = self.query_one("#empty", Empty)
        empty.display = not self.faces
        self.query_one("#person").display = bool(self.faces)
        if not self.faces:
            empty.show("No face of this person yet.", "F5  Review: name the faces that were found", "esc  back")
        self.show_preview()
        if self.is_current and self.focused is None and not self.status.open:
            self.focus_body()

    def thumbnail(self, index: int) -> Thumbnail:
        face = self.faces[index]
        library, mark = self.services.library, STATES[face.state]
        note = percent(face.chance) if face.state is FaceState.SUGGESTED else ""
        caption = "? suspicious" if face.id in self.doubts else f"{mark.glyph} {face.path.stem}"
        return Thumbnail(("face", face.id), lambda side: library.face_picture(face.id, side), caption, note)

    def show_preview(self) -> None:
        face, picture = self.face, self.query_one(Picture)
        if face is None:
            picture.show(None, None, ())
            return
        face_id, library = face.id, self.services.library
        picture.show(lambda side: library.face_picture(face_id, side), ("face", face_id), ())

    @property
    def face(self) -> PersonFace | None:
        return self.faces[self.grid.cursor] if self.faces else None

    @property
    def targets(self) -> tuple[int, ...]:
        if self.grid.marks.ids:
            return tuple(sorted(self.grid.marks.ids))
        return (self.face.id,) if self.face else ()

    def where(self) -> str:
        doubt = self.doubts.get(self.face.id) if self.face else None
        if doubt:
            return f"{visible(self.name_shown)} · this face: {visible(doubt)}"
        return f"{visible(self.name_shown)} · {counted(len(self.faces), 'face')}, least likely first"

    def state(self) -> str:
        place = f"{self.grid.cursor + 1:,}/{len(self.faces):,}" if self.faces else ""
        marks = len(self.grid.marks)
        return " - ".join(filter(None, [place, f"{marks} marked" if marks else ""]))

    def copy_text(self) -> str:
        return str(self.face.path) if self.face else ""

    def commands(self) -> Iterable[Command]:
        yield "person: Set birth date", self.ask_birth_date

    def ask_birth_date(self) -> None:
        people = {person.id: person.birth_date for person in self.services.people.list()}
        label = "born (1978, 1978-03 or 1978-03-05; empty: not known)"
        self.status.read(label, self.set_birth_date, people.get(self.person_id) or "")

    def set_birth_date(self, text: str) -> None:
        with self.told():
            self.finish(self.services.people.set_birth_date(self.person_id, text.strip() or None).message)

    def current_photo(self) -> int | None:
        return self.face.photo_id if self.face else None

    def focus_body(self) -> None:
        self.grid.focus()

    def release(self) -> bool:
        if self.grid.marks.clear():
            self.grid.marks_changed()
            return True
        return False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "accept":
            return any(face.state is FaceState.SUGGESTED and face.id in self.targets for face in self.faces)
        if action in ("reject", "reset", "copy"):
            return bool(self.faces)
        return super().check_action(action, parameters)

    def on_face_grid_moved(self) -> None:
        self.show_preview()
        self.bars()

    def on_face_grid_chosen(self) -> None:
        if self.face:
            among = tuple(dict.fromkeys(face.photo_id for face in self.faces))
            self.shell.show_photo(self.face.photo_id, among, self.face.id)

    def action_accept(self) -> None:
        suggested = {face.id for face in self.faces if face.state is FaceState.SUGGESTED}
        faces = [face_id for face_id in self.targets if face_id in suggested]
        outcome = self.services.review.accept(faces, self.person_id, allow_twice=False)
        self.finish(outcome.message)

    def action_reject(self) -> None:
        messages = [self.services.review.reject(face_id, self.person_id).message for face_id in self.targets]
        self.finish(messages[-1] if len(messages) == 1 else f"{len(messages)} faces are not {self.name_shown}")

    def action_reset(self) -> None:
        self.finish(self.services.review.reset(self.targets).message)

    def finish(self, message: str) -> None:
        self.grid.marks.clear()
        self.fill()
        self.shell.tell(message)

    def go_to_faces(self, face_ids: Sequence[int]) -> None:
        self.fill()
        index = next((index for index, face in enumerate(self.faces) if face.id in face_ids), None)
        if index is not None:
            self.grid.move_to(index)
