"""One person's faces, least likely first: an audit, in which wrong ones float to the top."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from tui_tagger.errors import UsageError
from tui_tagger.screens.base import BACK, NAME_FACES, Empty
from tui_tagger.screens.person_actions import PersonActions
from tui_tagger.screens.previewed import Preview
from tui_tagger.screens.split import SplitScreen, divide_in_thread
from tui_tagger.services.review import TwiceInPhoto
from tui_tagger.services.splitting import DividedFace
from tui_tagger.services.views import FaceState, PersonFace, PersonRow
from tui_tagger.text import percent, visible
from tui_tagger.widgets.face_grid import FaceGrid, Thumbnail
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.name_field import NameField
from tui_tagger.widgets.people_rows import face_facts, summary
from tui_tagger.widgets.picture import Picture
from tui_tagger.widgets.text import STATES, counted

MANY = 500  # faces that are compared with each other in a thread: more take over a tenth of a second
COMPARING = "comparison"


class PersonScreen(PersonActions):
    """A grid of the confirmed faces, or of the suggested ones."""

    NAME = "Person"
    HINTS = (
        "list.open",
        "person.reject",
        "person.move",
        "person.reset",
        "marks.mark",
        "person.split",
        "app.undo",
        "app.help",
        "person.accept",
        "person.suggested",
        "person.times",
        "app.back",
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("a", "accept", "person.accept", "accept", "Confirm the suggested faces"),
        key("x", "reject", "person.reject", "not them", "Remember that it is not this person"),
        key("n", "move", "person.move", "name", "Name the faces as somebody else"),
        key("r", "reset", "person.reset", "reset", "Make the faces unknown again"),
        key("i", "ignore", "person.ignore", "ignore", "Ignore these strangers"),
        key("d", "not_a_face", "person.not_a_face", "no face", "Say that they are not faces"),
        key("K", "keyface", "person.keyface", "keyface", "Let this face show the person"),
        key("s", "split", "person.split", "split", "Split off the person on the marked faces"),
        key("tab", "suggested", "person.suggested", "suggested", "Show the suggested faces, or the confirmed ones"),
        key("y", "copy", "person.copy", "copy path", "Copy the photo's path"),
    ]

    def __init__(self, person_id: int) -> None:
        super().__init__()
        self.person_id = person_id
        self.row: PersonRow | None = None
        self.shows = FaceState.CONFIRMED
        self.faces: tuple[PersonFace, ...] = ()
        self.fits: dict[int, float] | None = None  # compared once: what is decided here moves nothing else

    def body(self) -> ComposeResult:
        yield Empty(id="empty")
        with Horizontal(id="person"):
            yield FaceGrid(id="face-grid", marking=True)
            with Vertical(id="side"):
                yield Static(id="facts")
                yield NameField(lambda prefix: self.services.people.complete(prefix))
                yield Picture()
        yield Static(id="face-facts")
        yield Preview()

    @property
    def grid(self) -> FaceGrid:
        return self.query_one(FaceGrid)

    @property
    def person(self) -> PersonRow | None:
        return self.row

    def reload(self) -> None:
        try:
            self.row = self.services.people.row(self.person_id)
        except UsageError:
            self.row, self.faces = None, ()
            self.show_faces()
            raise
        self.compare()
        self.faces = self.services.people.faces(self.person_id, self.shows, self.fits or {})
        self.show_faces()

    def compare(self) -> None:
        """Compares the faces with each other, many of them in a thread."""
        if self.fits is not None or self.row is None or self.comparing or self.services.recognition.reading:
            return
        work = self.services.people.comparison(self.person_id)
        if self.row.confirmed < MANY:
            self.fits = work()
        else:
            self.run_worker(work, name=COMPARING, thread=True, exit_on_error=False)

    @property
    def comparing(self) -> bool:
        return any(worker.name == COMPARING and not worker.is_finished for worker in self.workers)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.name != COMPARING or event.state not in (WorkerState.SUCCESS, WorkerState.ERROR):
            return
        # A decision taken meanwhile may have pulled a gallery from under the comparison.
        failed = event.state is WorkerState.ERROR
        self.fits = self.services.people.fits(self.person_id) if failed else event.worker.result
        self.fill()

    def show_faces(self) -> None:
        waits = self.fits is None and self.row is not None
        shown = () if waits else self.faces
        self.grid.marks.ids &= {face.id for face in shown}
        self.grid.fill(len(shown), self.thumbnail, lambda index: self.faces[index].id)
        self.query_one("#person").display = bool(shown) or self.has_class("-naming")
        self.show_empty(not shown, waits)
        self.show_face()
        if self.is_current and self.focused is None and not self.status.open:
            self.focus_body()

    def show_empty(self, nothing: bool, waits: bool) -> None:
        empty = self.query_one("#empty", Empty)
        empty.display = nothing and not self.has_class("-naming")
        if self.row is None:
            empty.show("This person is no longer there.", "<app.undo>  takes back what removed them", BACK)
        elif waits:
            empty.show(f"Comparing {counted(self.row.confirmed, 'face')} with each other ...", BACK)
        elif self.shows is FaceState.SUGGESTED:
            empty.show("No face is suggested to be this person.", "<person.suggested>  the confirmed faces", BACK)
        else:
            suggested = (
                f"<person.suggested>  {counted(self.row.suggested, 'suggested face')}" if self.row.suggested else ""
            )
            lines = filter(None, [suggested, NAME_FACES, BACK])
            empty.show("No face of this person yet.", *lines)

    def thumbnail(self, index: int) -> Thumbnail:
        face = self.faces[index]
        library, mark = self.services.library, STATES[face.state]
        note = percent(face.chance) if face.state is FaceState.SUGGESTED else age_note(face)
        taken = (face.taken_at or "no date")[:10]
        caption = "? suspicious" if face.suspicious else f"{mark.glyph} {taken}"
        return Thumbnail(("face", face.id), lambda side: library.face_picture(face.id, side), caption, note)

    def show_face(self) -> None:
        """The face under the cursor: large where there is room, its facts in a line."""
        face, picture = self.face, self.query_one(Picture)
        self.query_one("#facts", Static).update(summary(self.row) if self.row else Content())
        doubt = self.services.people.doubt(face.id, self.person_id) if face and face.suspicious else ""
        self.query_one("#face-facts", Static).update(face_facts(face, doubt) if face else Content())
        if face is None:
            picture.show(None, None, ())
            return
        face_id, library = face.id, self.services.library
        picture.show(lambda side: library.face_picture(face_id, side), ("face", face_id), ())

    @property
    def face(self) -> PersonFace | None:
        return self.faces[self.grid.cursor] if self.grid.count else None

    @property
    def targets(self) -> tuple[int, ...]:
        """The marked faces, else the one under the cursor."""
        if self.grid.marks.ids:
            return tuple(sorted(self.grid.marks.ids))
        return (self.face.id,) if self.face else ()

    def where(self) -> str:
        if self.row is None:
            return ""
        order = "least likely first" if self.shows is FaceState.CONFIRMED else "suggested"
        return f"{visible(self.row.name)} · {len(self.faces):,} {order}"

    def state(self) -> str:
        place = f"{self.grid.cursor + 1:,}/{len(self.faces):,}" if self.faces else ""
        marks = len(self.grid.marks)
        return " - ".join(filter(None, [place, f"{marks} marked" if marks else ""]))

    def copy_text(self) -> str:
        return str(self.face.path) if self.face else ""

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
        confirmed = self.shows is FaceState.CONFIRMED
        if action == "accept":
            return bool(self.faces) and not confirmed
        if action in ("keyface", "split"):
            return bool(self.faces) and confirmed
        if action in ("reject", "move", "reset", "ignore", "not_a_face", "copy"):
            return bool(self.faces)
        return super().check_action(action, parameters)

    def on_face_grid_moved(self) -> None:
        self.show_face()
        self.bars()

    def on_face_grid_chosen(self) -> None:
        if self.face:
            among = tuple(dict.fromkeys(face.photo_id for face in self.faces))
            self.shell.show_photo(self.face.photo_id, among, self.face.id)

    def action_accept(self) -> None:
        faces, person = self.targets, self.person_id
        self._once(lambda twice: self.services.review.accept(faces, person, allow_twice=twice).message)

    def action_move(self) -> None:
        faces = self.targets
        title = "Who is this?" if len(faces) == 1 else f"Who are these {counted(len(faces), 'face')}?"
        self.ask_name(title, partial(self._move, faces), creating=True)

    def _move(self, faces: Sequence[int], name: str) -> None:
        self._once(lambda twice: self.services.review.name(faces, name, allow_twice=twice).message)

    def action_reject(self) -> None:
        self.finish(self.services.people.reject(self.targets, self.person_id).message)

    def action_reset(self) -> None:
        self.finish(self.services.review.reset(self.targets).message)

    def action_ignore(self) -> None:
        self.finish(self.services.review.ignore(self.targets).message)

    def action_not_a_face(self) -> None:
        self.finish(self.services.review.not_a_face(self.targets).message)

    def action_keyface(self) -> None:
        if self.face:
            self.finish(self.services.people.set_keyface(self.person_id, self.face.id).message)

    def action_split(self) -> None:
        if self.row:
            divide_in_thread(self, self.row, self.grid.marks.ids, partial(self._look_at_split, self.row))

    def _look_at_split(self, row: PersonRow, plan: Sequence[DividedFace]) -> None:
        if self.is_current:  # else the human went on to something else
            self.grid.marks.clear()
            self.app.push_screen(SplitScreen(row, plan))

    def action_suggested(self) -> None:
        confirmed = self.shows is FaceState.CONFIRMED
        self.shows = FaceState.SUGGESTED if confirmed else FaceState.CONFIRMED
        self.grid.marks.clear()
        self.grid.cursor = 0
        self.fill()

    def _once(self, act: Callable[[bool], str], twice: bool = False) -> None:
        """Names faces; a person twice in one photo needs an explicit yes."""
        with self.told():
            try:
                self.finish(act(twice))
            except TwiceInPhoto as error:
                question = f"{error.message}  Name this so too?"
                self.status.ask(question, lambda yes: self._once(act, twice=True) if yes else None)

    def finish(self, message: str) -> None:
        self.grid.marks.clear()
        self.fill()
        self.shell.tell(message)

    def gone(self) -> None:
        if self.is_current:
            self.app.pop_screen()

    def go_to_faces(self, face_ids: Sequence[int]) -> None:
        self.fill()
        index = next((index for index, face in enumerate(self.faces) if face.id in face_ids), None)
        if index is not None:
            self.grid.move_to(index)


def age_note(face: PersonFace) -> str:
    return "" if face.age is None else f"{face.age} y"
