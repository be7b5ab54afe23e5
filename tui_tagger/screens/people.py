"""People: everybody who has a name, and how often."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from tui_tagger.screens.base import BaseScreen, Empty
from tui_tagger.screens.person import PersonScreen
from tui_tagger.services.views import Outcome, PersonRow
from tui_tagger.text import visible
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.name_field import NameField
from tui_tagger.widgets.picture import Picture
from tui_tagger.widgets.row_list import RowList
from tui_tagger.widgets.text import cell, counted

WITH_DATES = 60  # cells from which on the table has room for dates


class PeopleScreen(BaseScreen):
    """A table of people; names are changed in place."""

    NAME = "People"
    HINTS = (
        "list.open",
        "people.filter",
        "people.rename",
        "people.merge",
        "people.delete",
        "people.add",
        "app.undo",
        "app.help",
        "marks.mark",
        "people.copy",
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("slash", "filter", "people.filter", "filter", "Filter the people by name"),
        key("r", "rename", "people.rename", "rename", "Rename the person"),
        key("m", "merge", "people.merge", "merge", "Merge the marked people, or this one, into another"),
        key("D,delete", "delete", "people.delete", "delete", "Delete the person; the faces become unknown"),
        key("n", "add", "people.add", "new", "Add a person"),
        key("y", "copy", "people.copy", "copy name", "Copy the name"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.filter_text = ""
        self.people: tuple[PersonRow, ...] = ()
        self._name_done: Callable[[str], None] = lambda _name: None

    def body(self) -> ComposeResult:
        yield Empty(id="empty")
        with Horizontal(id="people"):
            with Vertical(id="people-table"):
                yield Static(id="people-heading")
                yield RowList(id="people-list", marking=True)
            with Vertical(id="side"):
                yield Static(id="facts")
                yield NameField(lambda prefix: self.services.people.complete(prefix))
                yield Picture(id="keyface")

    @property
    def rows(self) -> RowList:
        return self.query_one("#people-list", RowList)

    def reload(self) -> None:
        self.people = self.services.people.list(self.filter_text)
        self.rows.fill(len(self.people), self.draw, lambda index: self.people[index].id)
        self.call_after_refresh(self.show_heading)
        self.show_empty()
        self.show_person()
        if self.is_current and self.focused is None and not self.status.open:
            self.focus_body()

    def show_heading(self) -> None:
        self.query_one("#people-heading", Static).update(heading(self.rows.size.width))

    def on_resize(self) -> None:
        super().on_resize()
        self.call_after_refresh(self.show_heading)

    def show_empty(self) -> None:
        empty = self.query_one("#empty", Empty)
        empty.display = not self.people and not self.has_class("-naming")
        self.query_one("#people").display = not empty.display
        if self.filter_text:
            empty.show("Nobody by that name.", "esc  clears the filter", "n    adds a person")
        elif not self.people:
            empty.show("Nobody has a name yet.", "F5   Review: name the faces that were found", "n    adds a person")

    def show_person(self) -> None:
        person = self.person
        picture, side = self.query_one("#keyface", Picture), self.query_one("#facts", Static)
        side.update(summary(person) if person else Content())
        if person is None or person.keyface_id is None:
            picture.show(None, None, ())
            return
        face_id, library = person.keyface_id, self.services.library
        picture.show(lambda side: library.face_picture(face_id, side), ("face", face_id), ())

    @property
    def person(self) -> PersonRow | None:
        return self.people[self.rows.cursor] if self.people else None

    @property
    def targets(self) -> tuple[PersonRow, ...]:
        """The marked people, else the one under the cursor."""
        if self.rows.marks.ids:
            return tuple(person for person in self.people if person.id in self.rows.marks)
        return (self.person,) if self.person else ()

    def draw(self, index: int, width: int) -> Content:
        return person_line(self.people[index], width, self.people[index].id in self.rows.marks)

    def where(self) -> str:
        people = f"{len(self.people):,} people" if len(self.people) != 1 else "1 person"
        return people + (f" · “{self.filter_text}”" if self.filter_text else "")

    def state(self) -> str:
        place = f"{self.rows.cursor + 1:,}/{len(self.people):,}" if self.people else ""
        marks = len(self.rows.marks)
        return " - ".join(filter(None, [place, f"{marks} marked" if marks else ""]))

    def copy_text(self) -> str:
        return self.person.name if self.person else ""

    def focus_body(self) -> None:
        self.rows.focus()

    def release(self) -> bool:
        if self.rows.marks.clear():
            self.rows.marks_changed()
            return True
        if self.filter_text:
            self.filter_text = ""
            self.fill()
            return True
        return False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("rename", "merge", "delete", "copy", "filter"):
            return self.person is not None or bool(action == "filter" and self.filter_text)
        return super().check_action(action, parameters)

    def on_row_list_moved(self) -> None:
        self.show_person()
        self.bars()

    def on_row_list_marked(self) -> None:
        self.bars()

    def on_row_list_chosen(self) -> None:
        if self.person:
            self.app.push_screen(PersonScreen(self.person.id))

    def action_filter(self) -> None:
        self.status.read("filter", self.typed_filter, self.filter_text, self.typed_filter)

    def typed_filter(self, text: str) -> None:
        self.filter_text = text.strip()
        self.rows.cursor = 0
        self.fill()

    def action_rename(self) -> None:
        if self.person:
            self.status.read("new name", partial(self.rename, self.person.id), self.person.name)

    def rename(self, person_id: int, name: str) -> None:
        self.carry_out(lambda: self.services.people.rename(person_id, name))

    def action_add(self) -> None:
        self.status.read("name of the new person", lambda name: self.carry_out(lambda: self.services.people.add(name)))

    def action_delete(self) -> None:
        person = self.person
        if person is None:
            return
        loses = f"; {counted(person.confirmed, 'face')} will be unknown again" if person.confirmed else ""
        self.status.ask(f"Delete {person.name}{loses}?", lambda yes: self.delete(person.id) if yes else None)

    def delete(self, person_id: int) -> None:
        self.carry_out(lambda: self.services.people.delete(person_id))

    def action_merge(self) -> None:
        names = ", ".join(person.name for person in self.targets)
        self.ask_name(f"Merge {names} into:", partial(self.preview_merge, self.targets))

    def ask_name(self, title: str, done: Callable[[str], None]) -> None:
        self._name_done = done
        self.add_class("-naming")
        self.query_one(NameField).open(title, creating=False)

    def on_name_field_named(self, event: NameField.Named) -> None:
        self.on_name_field_closed()
        self._name_done(event.name)

    def on_name_field_closed(self) -> None:
        self.query_one(NameField).display = False
        self.remove_class("-naming")
        self.focus_body()

    def preview_merge(self, sources: tuple[PersonRow, ...], name: str) -> None:
        """Says what a merge would do before it does it."""
        target = next((person for person in self.services.people.list() if person.name == name), None)
        moved = [person for person in sources if target and person.id != target.id]
        if target is None or not moved:
            self.shell.tell(f"There is nobody else called {name} to merge into", error=True)
            return
        faces = counted(sum(person.confirmed for person in moved), "face")
        names = ", ".join(person.name for person in moved)
        question = f"{names} ({faces}) will become {target.name}. Merge?"
        self.status.ask(question, lambda yes: self.merge([person.id for person in moved], target.id) if yes else None)

    def merge(self, sources: list[int], target: int) -> None:
        self.rows.marks.clear()
        self.carry_out(lambda: self.services.people.merge(sources, target))

    def carry_out(self, change: Callable[[], Outcome]) -> None:
        with self.told():
            self.shell.tell(change().message)
            self.fill()


def heading(width: int) -> Content:
    dates = f"{'first':<9}{'last':<9}" if width >= WITH_DATES else ""
    numbers = f"{'faces':>6}  {'waiting':>7}  {dates}{'write':>5} "
    return Content.assemble(cell("  name", width - len(numbers)), numbers).stylize("$foreground-muted")


def person_line(person: PersonRow, width: int, marked: bool) -> Content:
    """Name, confirmed, suggested, first and last month, files to write."""
    numbers = [
        (f"{person.confirmed:>6,}  ", ""),
        (f"{person.suggested or '':>7}  ", "$text-accent"),
        (
            f"{(person.first or '')[:7]:<9}{(person.last or '')[:7]:<9}" if width >= WITH_DATES else "",
            "$foreground-muted",
        ),
        (f"{person.unwritten or '':>5} ", "$text-warning"),
    ]
    room = width - sum(len(text) for text, _style in numbers) - 2
    return Content.assemble(("▪ " if marked else "  ", "$text-accent"), cell(person.name, room), *numbers)


def summary(person: PersonRow) -> Content:
    """The person beside the keyface."""
    between = f"{person.first[:10]} to {person.last[:10]}" if person.first and person.last else "no dates"
    return Content.assemble(
        (visible(person.name), "bold"),
        f"\n{counted(person.confirmed, 'confirmed face')}, {person.suggested:,} suggested\n{between}\n",
        (f"{counted(person.unwritten, 'file')} not yet written" if person.unwritten else "", "$text-warning"),
    )
