"""Deciding who a face is: the keys and questions that Photo and Review share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from tui_tagger.screens.base import BaseScreen
from tui_tagger.services.review import TwiceInPhoto
from tui_tagger.services.views import Outcome, ReviewItem
from tui_tagger.text import visible
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.name_field import NameField
from tui_tagger.widgets.navigation import Marks, Navigation
from tui_tagger.widgets.text import counted

TRUSTED = ("strong", "medium")


class Decisions(Navigation, BaseScreen):
    """A screen with a cursor on faces; `item` is the question about the face under it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "enter", "review.enter", "accept", "Accept the suggestion, or type a name where it is weak"),
        key("a", "accept", "review.accept", "accept", "Accept the first candidate"),
        key("n", "name", "review.name", "name", "Name the face"),
        key("x", "reject", "review.reject", "not them", "Remember that it is not this person"),
        key("i", "ignore", "review.ignore", "ignore", "Ignore this stranger"),
        key("I", "ignore_rest", "review.ignore_rest", "ignore rest", "Ignore all waiting faces of this photo"),
        key("d", "not_a_face", "review.not_a_face", "no face", "Say that it is not a face"),
        key("A", "accept_marked", "review.accept_marked", "accept marked", "Accept for all marked faces"),
        *Navigation.MOVES,
        *Navigation.MARKING,
    ]

    def __init__(self) -> None:
        super().__init__()
        self.marks = Marks()
        self.count = 0
        self.cursor = 0
        self.item: ReviewItem | None = None

    def done(self, outcome: Outcome) -> None:
        """After a decision: moves on and shows what is new."""
        raise NotImplementedError

    @property
    def names(self) -> NameField:
        """Where names are typed."""
        return self.query_one(NameField)

    @property
    def targets(self) -> tuple[int, ...]:
        """The marked faces, else the one under the cursor."""
        if self.marks.ids:
            return tuple(sorted(self.marks.ids))
        return (self.item.face.id,) if self.item else ()

    @property
    def trusted(self) -> bool:
        """Whether enter accepts."""
        return bool(self.item and self.item.candidates and self.item.recommendation in TRUSTED)

    def label(self, binding: Binding) -> str:
        many = f" {len(self.marks)}" if self.marks.ids else ""
        if binding.id == "review.enter" and self.item:
            return f": {visible(self.item.candidates[0].person)}" if self.trusted else ": name"
        if binding.id in ("review.name", "review.ignore", "review.not_a_face", "review.accept_marked"):
            return binding.description + many
        return binding.description

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("enter", "name", "ignore", "ignore_rest", "not_a_face", "mark", "mark_range"):
            return self.item is not None
        if action in ("accept", "reject"):
            return bool(self.item and self.item.candidates)
        if action == "accept_marked":
            return bool(self.marks.ids and self.item and self.item.candidates)
        return super().check_action(action, parameters)

    def decide(self, act: Callable[[bool], Outcome], allow_twice: bool = False) -> None:
        """Carries out a decision; a person twice in one photo needs an explicit yes."""
        with self.told():
            try:
                self.done(act(allow_twice))
            except TwiceInPhoto as error:
                self.status.ask(f"{error.message}  Name this so too?", lambda yes: self.again(act) if yes else None)

    def again(self, act: Callable[[bool], Outcome]) -> None:
        self.decide(act, allow_twice=True)

    def accept(self, faces: Sequence[int], person_id: int) -> None:
        self.decide(lambda twice: self.services.review.accept(faces, person_id, allow_twice=twice))

    def nth(self, number: int) -> int | None:
        """The person of the nth candidate, from 1."""
        candidates = self.item.candidates if self.item else ()
        return candidates[number - 1].person_id if number <= len(candidates) else None

    def action_enter(self) -> None:
        if self.trusted:
            self.action_accept()
        else:
            self.open_names((self.item.face.id,) if self.item else ())

    def action_accept(self, number: int = 1) -> None:
        person = self.nth(number)
        if self.item and person is not None:
            self.accept((self.item.face.id,), person)

    def action_accept_marked(self) -> None:
        person = self.nth(1)
        if person is not None:
            self.accept(self.targets, person)

    def action_reject(self) -> None:
        person = self.nth(1)
        if self.item and person is not None:
            self.done(self.services.review.reject(self.item.face.id, person))

    def action_ignore(self) -> None:
        self.done(self.services.review.ignore(self.targets))

    def action_ignore_rest(self) -> None:
        if self.item:
            self.done(self.services.review.ignore_rest(self.item.face.photo_id))

    def action_not_a_face(self) -> None:
        self.done(self.services.review.not_a_face(self.targets))

    def action_name(self) -> None:
        self.open_names(self.targets)

    def open_names(self, faces: tuple[int, ...]) -> None:
        self._naming = faces
        title = "Who is this?" if len(faces) == 1 else f"Who are these {counted(len(faces), 'face')}?"
        self.names.open(title)
        self.add_class("-naming")

    def on_name_field_named(self, event: NameField.Named) -> None:
        self.close_names()
        faces = self._naming
        self.decide(lambda twice: self.services.review.name(faces, event.name, allow_twice=twice))

    def on_name_field_closed(self) -> None:
        self.close_names()

    def close_names(self) -> None:
        self.names.display = False
        self.remove_class("-naming")
        self.focus_body()

    def release(self) -> bool:
        if self.marks.clear():
            self.marks_changed()
            return True
        return False
