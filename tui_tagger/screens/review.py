"""Review: one question after the other, one key a face."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Static
from textual.worker import get_current_worker

from tui_tagger.screens.base import Command, Empty
from tui_tagger.screens.decisions import Decisions
from tui_tagger.services.views import FaceView, Outcome, PhotoDetail
from tui_tagger.text import visible
from tui_tagger.widgets.candidates import Candidates
from tui_tagger.widgets.contact_sheet import contact_sheet
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.name_field import NameField
from tui_tagger.widgets.overlays import face_overlays
from tui_tagger.widgets.picture import Picture, Source
from tui_tagger.widgets.prefetch import Pictures
from tui_tagger.widgets.text import STATES, counted, short_path, when

AHEAD = 3  # faces fetched while the human looks


class ReviewScreen(Decisions):
    """The queue of waiting faces. The cursor moves by keys, and one step after a decision, never by itself."""

    NAME = "Review"
    HINTS = (
        "review.enter",
        "review.name",
        "review.reject",
        "review.ignore",
        "review.not_a_face",
        "review.skip",
        "app.undo",
        "app.help",
        "review.accept_marked",
        "marks.mark",
        "review.swap",
        "review.open",
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            key(str(n), f"accept({n})", f"review.candidate{n}", f"candidate {n}", f"Accept candidate {n}")
            for n in range(1, 10)
        ),
        key("s", "skip", "review.skip", "skip", "Skip this face to the end"),
        key("z", "zoom", "review.zoom", "zoom", "Zoom the picture over the whole screen"),
        key("tab", "swap", "review.swap", "photo", "Swap the face and its photo"),
        key("o", "open", "review.open", "open photo", "Open the photo"),
        key("y", "copy", "review.copy", "copy path", "Copy the photo's path"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.queue: tuple[int, ...] = ()
        self.photo: PhotoDetail | None = None
        self.photo_first = False
        self.pictures = Pictures()

    def body(self) -> ComposeResult:
        yield Empty(id="empty")
        with Container(id="review"):
            yield Picture(id="main-picture")
            yield Picture(id="second-picture")
            with Vertical(id="side"):
                yield Static(id="facts")
                yield NameField(lambda prefix: self.services.people.complete(prefix))
                yield Candidates()
                yield Static(id="strip-title")
                yield Picture(id="strip")

    def reload(self) -> None:
        """Keeps the face that is being asked about, even where the queue around it changed."""
        face_id = self.shown_id
        self.read_queue()
        index = self.queue.index(face_id) if face_id in self.queue else min(self.cursor, max(0, self.count - 1))
        if self.item is None or face_id not in self.queue:
            self.show_at(index)
        else:
            self.cursor = index
        self.show_empty()

    def arrive(self) -> None:
        self.services.review.replan()

    def read_queue(self) -> None:
        self.queue = self.services.review.queue()
        self.count = len(self.queue)

    def show_empty(self) -> None:
        empty = self.query_one("#empty", Empty)
        empty.display = not self.queue
        self.query_one("#review").display = bool(self.queue)
        if self.queue:
            return
        counts = self.shell.counts(fresh=True)
        if self.working:
            empty.show("No face is waiting yet.", "The scan goes on: faces it finds are asked about here.")
        elif not counts.photos:
            empty.show("Nothing to review: no photos yet.", "F2  Library: add a folder with +")
        else:
            writing = f"F2  Library: w writes the names into {counted(counts.unwritten, 'photo')}"
            lines = [writing] if counts.unwritten else []
            empty.show("No face is waiting.", *lines, "F4  People: look through who was found", "u   undoes")

    def show_at(self, index: int) -> None:
        """Asks about the face at a place of the queue."""
        self.cursor = index
        self.item = self.services.review.item(self.queue[index]) if self.queue else None
        self.photo = self.services.library.photo(self.item.face.photo_id) if self.item else None
        self.show_item()
        self.fetch_ahead()

    def show_item(self) -> None:
        self.show_facts()
        self.query_one(Candidates).show(self.item)
        self.show_pictures()
        self.show_strip()

    def show_facts(self) -> None:
        if not self.item:
            return
        face, side = self.item.face, self.query_one("#facts", Static)
        width = max(side.size.width, 24)
        mark = STATES[face.state]
        marked = Content.styled("▪ marked  ", "bold $text-accent") if face.id in self.marks else Content()
        where = visible(self.item.place) or "no place"
        side.update(
            Content.assemble(
                Content(short_path(face.photo_path, width)).truncate(width, ellipsis=True),
                f"\n{when(self.item.taken_at)}\n",
                Content(where).truncate(width, ellipsis=True),
                "\n",
                marked,
                (f"{mark.glyph} {mark.word}", f"${mark.colour}"),
                (f"  face {face.number} of {len(self.photo.faces) if self.photo else 1}", "$foreground-muted"),
            )
        )

    def show_pictures(self) -> None:
        panes = [self.query_one("#main-picture", Picture), self.query_one("#second-picture", Picture)]
        if not self.item or not self.photo:
            return
        face_pane, photo_pane = reversed(panes) if self.photo_first else panes
        face_id = self.item.face.id
        face_pane.show(self.pictures.source(("face", face_id), self.face_source(face_id)), ("face", face_id), ())
        overlays = face_overlays(self.photo, face_id, self.app.theme_variables)
        photo_id = self.photo.row.id
        library = self.services.library
        photo_pane.show(lambda side: library.picture(photo_id, side), ("photo", photo_id), overlays)

    def face_source(self, face_id: int) -> Source:
        library = self.services.library
        return lambda side: library.face_picture(face_id, side)

    def show_strip(self) -> None:
        strip, title = self.query_one("#strip", Picture), self.query_one("#strip-title", Static)
        top = self.item.candidates[0] if self.item and self.item.candidates else None
        if top is None or not top.nearest:
            title.update("")
            strip.show(None, None, ())
            return
        title.update(Content.assemble("confirmed: ", (visible(top.person), "bold")))
        sources = [self.face_source(face_id) for face_id in top.nearest]
        strip.show(lambda side: contact_sheet(sources, side), ("strip", *top.nearest), ())

    def fetch_ahead(self) -> None:
        ahead = self.queue[self.cursor + 1 : self.cursor + 1 + AHEAD]
        wanted: dict[Hashable, Source] = {("face", face_id): self.face_source(face_id) for face_id in ahead}
        self.run_worker(
            lambda: self.pictures.fetch(wanted, get_current_worker()),
            thread=True,
            exclusive=True,
            group="prefetch",
            exit_on_error=False,
        )

    def on_resize(self) -> None:
        super().on_resize()
        self.call_after_refresh(self.show_item)

    def where(self) -> str:
        return f"{self.item.face.photo_path.name}" if self.item else ""

    def state(self) -> str:
        place = f"{self.cursor + 1:,}/{self.count:,}" if self.count else ""
        return " - ".join(filter(None, [place, f"{len(self.marks)} marked" if self.marks.ids else ""]))

    def label(self, binding: Binding) -> str:
        if binding.id == "review.swap" and self.photo_first:
            return "face"
        return super().label(binding)

    def commands(self) -> Iterable[Command]:
        for number, candidate in enumerate(self.item.candidates if self.item else (), 1):
            accept = f"review: Accept {visible(candidate.person)}"
            yield accept, lambda number=number: self.action_accept(number)  # type: ignore[misc]

    def copy_text(self) -> str:
        return str(self.item.face.photo_path) if self.item else ""

    def current_photo(self) -> int | None:
        return self.item.face.photo_id if self.item else None

    def id_at(self, index: int) -> int:
        return self.queue[index]

    def move_to(self, index: int) -> None:
        if index != self.cursor:
            self.show_at(index)
        self.bars()

    def marks_changed(self) -> None:
        self.show_facts()
        self.bars()

    def done(self, outcome: Outcome) -> None:
        """Goes one step, to the face after those above, which keep their places; a face that still waits stays."""
        above = [face_id for face_id in self.queue[: self.cursor] if face_id not in outcome.face_ids]
        current = self.shown_id
        self.marks.ids -= set(outcome.face_ids)
        self.read_queue()
        following = self.queue[min(len(above), self.count - 1)] if self.queue else None
        self.show_after(current if current in self.queue else following)
        self.shell.tell(outcome.message)

    def show_after(self, face_id: int | None) -> None:
        self.show_at(self.queue.index(face_id) if face_id in self.queue else 0)
        self.show_empty()
        self.bars(fresh=True)

    def go_to_faces(self, face_ids: Sequence[int]) -> None:
        self.read_queue()
        self.show_after(next((face_id for face_id in face_ids if face_id in self.queue), self.shown_id))

    @property
    def shown_id(self) -> int | None:
        return self.item.face.id if self.item else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("skip", "zoom", "swap", "open"):
            return self.item is not None
        if action == "accept" and parameters:
            return isinstance(parameters[0], int) and self.nth(parameters[0]) is not None
        return super().check_action(action, parameters)

    def release(self) -> bool:
        if self.has_class("-zoomed"):
            self.action_zoom()
            return True
        return super().release()

    def action_skip(self) -> None:
        if self.item:
            face_id, at, before = self.item.face.id, self.cursor, self.queue
            self.services.review.skip(face_id)
            self.queue = (*before[:at], *before[at + 1 :], face_id)
            self.show_after(before[at + 1] if at + 1 < len(before) else face_id)

    def action_zoom(self) -> None:
        self.toggle_class("-zoomed")

    def action_swap(self) -> None:
        self.photo_first = not self.photo_first
        self.show_pictures()
        self.bars()

    def action_open(self) -> None:
        if self.item:
            face: FaceView = self.item.face
            self.shell.show_photo(face.photo_id, (), face.id)
