"""Review: one question after the other, about a group or about one face, one key an answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui_tagger.screens.base import ADD_FOLDER, Command, Empty
from tui_tagger.screens.decisions import Decisions
from tui_tagger.screens.library_actions import review_commands
from tui_tagger.screens.review_face import FacePanel
from tui_tagger.screens.review_group import GroupPanel
from tui_tagger.services.course import Course
from tui_tagger.services.groups import GroupKind, GroupView
from tui_tagger.services.orders import DESCRIPTIONS, Order
from tui_tagger.services.views import Outcome
from tui_tagger.text import visible
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.name_field import NameField
from tui_tagger.widgets.picture import Source
from tui_tagger.widgets.sources import Sources
from tui_tagger.widgets.text import counted

AHEAD = 3  # faces fetched while the human looks
SINGLE = ("skip", "zoom", "swap", "open")


class ReviewScreen(Decisions):
    """What is asked, and in which order, is the course's (services/course.py); two panels ask it."""

    NAME = "Review"
    HINTS = (
        "review.enter",
        "group.take",
        "group.tick",
        "group.name",
        "group.reject",
        "group.ignore",
        "group.skip",
        "group.look",
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
        "review.groups",
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
        key("t", "toggle_groups", "review.groups", "one by one", "Ask about groups, or about one face after the other"),
        key("y", "copy", "review.copy", "copy path", "Copy the photo's path"),
    ]

    course: Course
    only: tuple[int, ...] | None = None  # the photos whose faces are asked about

    def body(self) -> ComposeResult:
        wanted = self.shell.settings.review
        self.course = Course(self.services.review, Order(wanted.order), wanted.groups)
        self.course.photos = None if self.only is None else frozenset(self.only)
        yield Empty(id="empty")
        sources, complete = (
            Sources(self.face_source, self.photo_source, self.services.library.photo),
            self.services.people.complete,
        )
        yield FacePanel(sources, complete)
        yield GroupPanel(sources, self.services.review, complete)

    def face_source(self, face_id: int) -> Source:
        library = self.services.library
        return lambda side: library.face_picture(face_id, side)

    def photo_source(self, photo_id: int) -> Source:
        library = self.services.library
        return lambda side: library.picture(photo_id, side)

    @property
    def faces(self) -> FacePanel:
        return self.query_one(FacePanel)

    @property
    def groups(self) -> GroupPanel:
        return self.query_one(GroupPanel)

    @property
    def group(self) -> GroupView | None:
        """The group that is asked about."""
        return self.course.question.group

    @property
    def queue(self) -> Sequence[int]:
        return self.course.queue

    @property
    def shown_id(self) -> int | None:
        """The single face that is asked about."""
        return self.course.question.face

    # --- showing ----------------------------------------------------------------------------------------------------

    @property
    def reading(self) -> bool:
        """Whether a thread still reads the faces of a large library: nothing can be asked yet."""
        return self.services.recognition.reading

    def arrive(self) -> None:
        self.restrict(None)

    def restrict(self, photos: Sequence[int] | None) -> None:
        """Asks only about faces of these photos from now on, or about all again."""
        self.only = None if photos is None else tuple(photos)
        if self.has_widgets:
            self.course.restrict(self.only, begin=not self.reading)

    def ask_all(self) -> None:
        self.restrict(None)
        self.show_question()
        self.bars()

    def begin(self, order: Order | None = None) -> None:
        """Plans anew, as when a review begins."""
        if not self.reading:
            self.course.begin(order)

    def reload(self) -> None:
        """Keeps what is being asked about, even where the queue around it changed."""
        if self.reading:
            self.show_empty()
            return
        if self.group is not None:
            self.course.remember(self.groups.cursor, self.groups.unticked)
        before = self.course.question
        if self.course.count:
            self.course.reload()
        else:
            self.course.begin()
        self.show_question(again=before == self.course.question)

    def show_question(self, again: bool = False) -> None:
        """Draws the question; `again`, where it is still the same, only what may have changed around it."""
        question = self.course.question
        self.count, self.cursor = self.course.count, self.course.place
        self.faces.display = question.face is not None
        self.groups.display = question.group is not None
        self.show_empty()
        if question.group is not None:
            self.item = None
            self.groups.left = self.course.groups_left
            if again and self.groups.group == question.group:
                self.groups.show_question()
            else:
                self.groups.show(question.group, question.cursor, question.unticked)
                self.call_after_refresh(lambda: self.groups.fetch(self.course.ahead))
            if not self.names.display:
                self.groups.focus()
        elif question.face is not None:
            if not again or self.item is None:
                self.ask(question.face)
        else:
            self.item = None

    def ask(self, face_id: int) -> None:
        """Draws the question about one face."""
        if self.groups.has_focus:
            self.set_focus(None)
        self.item = self.services.review.item(face_id)
        self.faces.show(self.item, self.services.library.photo(self.item.face.photo_id), face_id in self.marks)
        self.faces.fetch(self.queue[self.cursor + 1 : self.cursor + 1 + AHEAD])

    def show_empty(self) -> None:
        empty = self.query_one("#empty", Empty)
        empty.display = self.reading or not self.course.question.face_ids
        counts = self.shell.counts()
        if not empty.display:
            return
        if self.reading:
            self.faces.display = self.groups.display = False
            empty.show(f"Reading {counted(counts.waiting, 'face')} that wait.", "The first question comes in a moment.")
        elif self.only is not None:
            empty.show(
                f"No face is waiting in the {counted(len(self.only), 'marked photo')}.", "<app.escape>  all photos"
            )
        elif self.working:
            empty.show("No face is waiting yet.", "The scan goes on: faces it finds are asked about here.")
        elif not counts.photos:
            empty.show("Nothing to review: no photos yet.", ADD_FOLDER)
        else:
            writing = (
                f"<go.library>  Library: <library.write> writes the names into {counted(counts.unwritten, 'photo')}"
            )
            lines = [writing] if counts.unwritten else []
            people = "<go.people>  People: look through who was found"
            empty.show("No face is waiting.", *lines, people, "<app.undo>  undoes")

    def on_resize(self) -> None:
        super().on_resize()
        if self.item is not None:
            self.call_after_refresh(self.ask, self.item.face.id)

    def where(self) -> str:
        return self.item.face.photo_path.name if self.item else ""

    def state(self) -> str:
        within = f"in {counted(len(self.only), 'photo')}" if self.only is not None else ""
        if self.group is not None:
            return " ".join(filter(None, [f"{self.groups.cursor + 1:,}/{self.group.count:,}", within]))
        place = f"{self.cursor + 1:,}/{self.count:,} {within}".strip() if self.count else within
        return " - ".join(filter(None, [place, f"{len(self.marks)} marked" if self.marks.ids else ""]))

    def label(self, binding: Binding) -> str:
        if binding.id and binding.id.startswith("group."):
            return self.groups.label(binding)
        if binding.id == "review.swap" and self.faces.photo_first:
            return "face"
        if binding.id == "review.groups":
            return "one by one" if self.course.grouped else "groups"
        return super().label(binding)

    def commands(self) -> Iterable[Command]:
        for number, candidate in enumerate(self.item.candidates if self.item else (), 1):
            accept = f"review: Accept {visible(candidate.person)}"
            yield accept, lambda number=number: self.action_accept(number)  # type: ignore[misc]
        yield from review_commands(self.shell, self.only)
        if self.only is not None:
            yield "review: All photos again", self.ask_all
        for order in () if self.reading else Order:
            yield f"review: Order by {order} ({DESCRIPTIONS[order]})", lambda order=order: self.sort(order)  # type: ignore[misc]

    def sort(self, order: Order) -> None:
        """Asks in another order from now on."""
        self.begin(order)
        self.show_question()
        self.shell.tell(f"Asked now: {DESCRIPTIONS[order]}")
        self.bars()

    def copy_text(self) -> str:
        face = self.groups.face if self.group else self.shown_id
        return str(self.services.review.item(face).face.photo_path) if face is not None else ""

    def current_photo(self) -> int | None:
        face = self.groups.face if self.group else self.shown_id
        return self.services.review.item(face).face.photo_id if face is not None else None

    def focus_body(self) -> None:
        self.set_focus(self.groups if self.group is not None else None)

    @property
    def names(self) -> NameField:
        panel = self.groups if self.group is not None else self.faces
        return panel.query_one(NameField)

    # --- moving -----------------------------------------------------------------------------------------------------

    def id_at(self, index: int) -> int:
        return self.queue[index]

    def move_to(self, index: int) -> None:
        if index != self.cursor and self.group is None:
            self.course.move_to(index)
            self.show_question()
        self.bars()

    def marks_changed(self) -> None:
        self.faces.show_facts(self.shown_id in self.marks)
        self.bars()

    def go_to_faces(self, face_ids: Sequence[int]) -> None:
        if not self.reading:
            self.course.go_to(face_ids)
            self.show_question()

    def went_back(self, outcome: Outcome) -> None:
        if not self.reading:
            self.course.go_back(outcome)
            self.show_question()

    # --- deciding ---------------------------------------------------------------------------------------------------

    def done(self, outcome: Outcome) -> None:
        """Goes one step, unless the face still waits or something is left of the group."""
        self.marks.ids -= set(outcome.face_ids)
        self.course.decided(outcome)
        self.show_question()
        self.bars(fresh=self.services.review.settled)  # else it is counted when the scores catch up
        self.shell.tell(outcome.message)

    def on_group_panel_moved(self) -> None:
        self.bars()

    def on_group_panel_answered(self, event: GroupPanel.Answered) -> None:
        panel, review = self.groups, self.services.review
        group, face, ticked = self.group, panel.face, panel.ticked
        if group is None or face is None:
            return
        self.course.remember(panel.cursor, panel.unticked)
        alone = group.kind is GroupKind.LONERS
        with self.told():
            match event.act:
                case "open":
                    self.shell.show_photo(review.item(face).face.photo_id, (), face)
                case "name" if alone or ticked:
                    self.open_names((face,) if alone else ticked)
                case "take" if ticked:
                    self.take(group, ticked)
                case "reject" if group.person_id is not None:
                    self.done(review.reject(face, group.person_id))
                case "reject_all" if ticked and group.person_id is not None:
                    self.done(review.reject_all(ticked, group.person_id))
                case "ignore" if ticked:
                    self.done(review.ignore(ticked))
                case "not_a_face":
                    self.done(review.not_a_face((face,)))
                case _:
                    self.action_skip()

    def take(self, group: GroupView, ticked: tuple[int, ...]) -> None:
        """What enter does to the ticked faces."""
        if group.person_id is not None:
            self.accept(ticked, group.person_id)
        elif group.kind is GroupKind.LONERS:
            self.done(self.services.review.ignore(ticked))
        else:
            self.open_names(ticked)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "toggle_groups":
            return not self.reading
        if action in SINGLE:
            return self.item is not None
        if action == "accept" and parameters:
            return isinstance(parameters[0], int) and self.nth(parameters[0]) is not None
        return super().check_action(action, parameters)

    def release(self) -> bool:
        if self.group is not None and self.groups.release():
            return True
        if self.has_class("-zoomed"):
            self.action_zoom()
            return True
        if super().release():
            return True
        if self.only is not None:
            self.ask_all()
            return True
        return False

    def action_skip(self) -> None:
        self.course.skip()
        self.show_question()
        self.bars()

    def action_zoom(self) -> None:
        self.toggle_class("-zoomed")

    def action_swap(self) -> None:
        self.faces.swap()
        self.bars()

    def action_open(self) -> None:
        if self.item:
            self.shell.show_photo(self.item.face.photo_id, (), self.item.face.id)

    def action_toggle_groups(self) -> None:
        self.course.show_groups(not self.course.grouped)
        self.show_question()
        self.bars()
