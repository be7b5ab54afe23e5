"""Splitting a person: who goes and who stays, to look at and to correct before anything is done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from tui_tagger.screens.base import BaseScreen
from tui_tagger.services.review import TwiceInPhoto
from tui_tagger.services.splitting import DividedFace
from tui_tagger.services.views import KnownName, PersonRow
from tui_tagger.text import percent, visible
from tui_tagger.widgets.face_grid import FaceGrid, Thumbnail
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.name_field import NameField
from tui_tagger.widgets.picture import Picture
from tui_tagger.widgets.text import counted


def divide_in_thread(
    screen: BaseScreen, person: PersonRow, seeds: Collection[int], then: Callable[[Sequence[DividedFace]], None]
) -> None:
    """Plans a split beside the keys: of thousands of faces it takes seconds. `then` gets it, unless it is cancelled.

    Raises UsageError where there is nothing to divide by.
    """
    plan = screen.services.people.planning(person.id, seeds)
    title = f"Dividing the faces of {visible(person.name)}"

    def done(found: Sequence[DividedFace] | None) -> None:
        if found is not None and screen.is_mounted:
            then(found)

    screen.shell.run_job(title, lambda advance: plan(lambda: advance(0, 0)), done, may_stop=True)


class SplitScreen(BaseScreen):
    """A grid of all faces, borderline ones first; marked are those that go."""

    NAME = "Split"
    HINTS = ("split.done", "split.flip", "split.jump", "split.seeds", "app.undo", "app.help", "app.escape")
    BINDINGS: ClassVar[list[BindingType]] = [
        key("space", "flip", "split.flip", "goes or stays", "Let the face stay, or go"),
        key(
            "tab", "jump", "split.jump", "next part", "Go to the borderline faces, to those that go, to those that stay"
        ),
        key("enter,s", "done", "split.done", "split", "Name those that go, and split"),
        key("p", "seeds", "split.seeds", "divide again", "Divide again with all that go now as examples"),
    ]

    def __init__(self, person: PersonRow, plan: Sequence[DividedFace]) -> None:
        super().__init__()
        self.person = person
        self.going: set[int] = set()
        self.take(plan)

    def take(self, plan: Sequence[DividedFace]) -> None:
        """Borderline faces first, then those that go, then those that stay; in each part the least sure first."""
        self.plan = sorted(plan, key=lambda one: (not one.borderline, not one.goes))
        self.going = {one.id for one in plan if one.goes}

    def body(self) -> ComposeResult:
        yield Static(id="split-counts")
        with Horizontal(id="split"):
            yield FaceGrid(id="split-grid")
            with Vertical(id="side"):
                yield NameField(self.others)
                yield Picture()

    def others(self, prefix: str) -> tuple[KnownName, ...]:
        """Whom the faces may go to: anybody but the person who is split."""
        found = self.services.people.complete(prefix)
        return tuple(known for known in found if known.name != self.person.name)

    @property
    def grid(self) -> FaceGrid:
        return self.query_one(FaceGrid)

    def reload(self) -> None:
        self.grid.fill(len(self.plan), self.thumbnail, lambda index: self.plan[index].id)
        self.show_counts()
        self.show_face()
        if self.is_current and self.focused is None and not self.status.open:
            self.focus_body()

    def show_counts(self) -> None:
        borderline = sum(one.borderline for one in self.plan)
        blind = sum(not one.compared for one in self.plan)
        told = [f"{counted(len(self.going), 'face')} will go", f"{len(self.plan) - len(self.going):,} stay"]
        told += [f"look at {counted(borderline, 'borderline one')}, first here"] if borderline else []
        told += [f"{blind:,} cannot be compared"] if blind else []
        self.query_one("#split-counts", Static).update(Content(" · ".join(told)))

    def thumbnail(self, index: int) -> Thumbnail:
        face, library = self.plan[index], self.services.library
        goes = face.id in self.going
        word = "→ goes" if goes else "  stays"
        note = "?" if face.borderline else ""
        chance = "" if face.seed or not face.compared else percent(face.chance if goes else 1 - face.chance)
        note = "example" if face.seed and goes else f"{chance} {note}".strip()
        return Thumbnail(("face", face.id), lambda side: library.face_picture(face.id, side), word, note)

    def show_face(self) -> None:
        picture = self.query_one(Picture)
        face_id, library = self.plan[self.grid.cursor].id, self.services.library
        picture.show(lambda side: library.face_picture(face_id, side), ("face", face_id), ())

    def where(self) -> str:
        return f"{visible(self.person.name)} · {len(self.going):,} go, {len(self.plan) - len(self.going):,} stay"

    def state(self) -> str:
        return f"{self.grid.cursor + 1:,}/{len(self.plan):,}"

    def focus_body(self) -> None:
        self.grid.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("done", "seeds"):
            return 0 < len(self.going) < len(self.plan)
        return super().check_action(action, parameters)

    def on_face_grid_moved(self) -> None:
        self.show_face()
        self.bars()

    def on_face_grid_chosen(self) -> None:
        self.action_done()

    def action_flip(self) -> None:
        self.going ^= {self.plan[self.grid.cursor].id}
        self.grid.refresh()
        self.grid.step(1)
        self.show_counts()
        self.bars()

    def action_jump(self) -> None:
        """To the first face of the next part, at the end to the first part."""
        parts = [(one.borderline, one.goes) for one in self.plan]
        rest = range(self.grid.cursor + 1, len(parts))
        here = parts[self.grid.cursor][:1] if parts[self.grid.cursor][0] else parts[self.grid.cursor]
        self.grid.move_to(next((at for at in rest if parts[at][: len(here)] != here), 0))

    def action_seeds(self) -> None:
        divide_in_thread(self, self.person, self.going, partial(self._divided, frozenset(self.going)))

    def _divided(self, seeds: frozenset[int], plan: Sequence[DividedFace]) -> None:
        if self.going != seeds:
            self.shell.tell("What goes was changed meanwhile: it stays as it is. Divide again to take it into account.")
            return
        self.take(plan)
        self.grid.cursor = 0
        self.fill()

    def action_done(self) -> None:
        if self.check_action("done", ()):
            self.add_class("-naming")
            count = len(self.going)
            title = "Who is on the face that goes?" if count == 1 else f"Who is on the {count:,} faces that go?"
            self.query_one(NameField).open(title)

    def on_name_field_named(self, event: NameField.Named) -> None:
        self.on_name_field_closed()
        self.split(event.name)

    def on_name_field_closed(self) -> None:
        self.query_one(NameField).display = False
        self.remove_class("-naming")
        self.focus_body()

    def split(self, name: str, twice: bool = False) -> None:
        """Splits, and goes back; a person twice in one photo needs an explicit yes."""
        with self.told():
            try:
                outcome = self.services.people.split(self.person.id, sorted(self.going), name, allow_twice=twice)
            except TwiceInPhoto as error:
                question = f"{error.message}  Name this so too?"
                self.status.ask(question, lambda yes: self.split(name, twice=True) if yes else None)
                return
            self.app.pop_screen()
            self.shell.tell(outcome.message)
