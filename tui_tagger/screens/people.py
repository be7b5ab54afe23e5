"""People: everybody who has a name, and how often."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from tui_tagger.screens.base import NAME_FACES, Command, Empty
from tui_tagger.screens.person_actions import PersonActions
from tui_tagger.screens.previewed import Preview
from tui_tagger.services.roster import Sort
from tui_tagger.services.views import PersonEntry, PersonRow
from tui_tagger.widgets.fitted import Fitted
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.name_field import NameField
from tui_tagger.widgets.people_rows import heading, person_line, summary
from tui_tagger.widgets.picture import Picture
from tui_tagger.widgets.row_list import RowList

PAGE = 30  # people whose dates and files are read at once, when the first of them comes into view
SORTS = {
    Sort.NAME: "by name",
    Sort.CONFIRMED: "most confirmed first",
    Sort.SUGGESTED: "most suggested first",
    Sort.SEEN: "last seen first",
    Sort.USED: "recently used first",
}


class PeopleScreen(PersonActions):
    """A table of people; names are changed in place."""

    NAME = "People"
    HINTS = (
        "list.open",
        "people.filter",
        "people.rename",
        "person.merge",
        "people.sort",
        "people.add",
        "app.undo",
        "app.help",
        "person.delete",
        "person.hide",
        "person.times",
        "marks.mark",
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("slash", "filter", "people.filter", "filter", "Filter the people by name"),
        key("s", "sort", "people.sort", "sort", "Sort the people another way"),
        key("r", "rename", "people.rename", "rename", "Rename the person under the cursor"),
        key("n", "add", "people.add", "new", "Add a person"),
        key("full_stop", "toggle_hidden", "people.hidden", "hidden", "List hidden people too, or not"),
        key("y", "copy", "people.copy", "copy name", "Copy the name"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.filter_text = ""
        self.sort = Sort.NAME
        self.with_hidden = False
        self.people: tuple[PersonEntry, ...] = ()
        self._pages: dict[int, dict[int, PersonRow]] = {}

    def body(self) -> ComposeResult:
        yield Empty(id="empty")
        with Horizontal(id="people"):
            with Vertical(id="people-table"):
                yield Fitted(lambda _width: heading(self.rows.size.width), id="people-heading")
                yield RowList(id="people-list", marking=True)
            with Vertical(id="side"):
                yield Static(id="facts")
                yield NameField(lambda prefix: self.services.people.complete(prefix))
                yield Picture(id="keyface")
        yield Preview()

    @property
    def rows(self) -> RowList:
        return self.query_one("#people-list", RowList)

    def reload(self) -> None:
        self._pages.clear()
        self.people = self.services.people.entries(self.filter_text, self.sort, self.with_hidden)
        self.rows.marks.ids &= {entry.id for entry in self.people}
        self.rows.fill(len(self.people), self.draw, lambda index: self.people[index].id)
        self.call_after_refresh(self.show_heading)
        self.show_empty()
        self.show_person()
        if self.is_current and self.focused is None and not self.status.open:
            self.focus_body()

    def show_heading(self) -> None:
        self.query_one("#people-heading", Fitted).refresh()  # the list may have got a scrollbar

    def on_resize(self) -> None:
        super().on_resize()
        self.call_after_refresh(self.show_heading)

    def show_empty(self) -> None:
        empty = self.query_one("#empty", Empty)
        empty.display = not self.people and not self.has_class("-naming")
        self.query_one("#people").display = not empty.display
        if self.filter_text:
            hidden = "<people.hidden>  hidden ones too"
            empty.show("Nobody by that name.", "<app.escape>  clears the filter", "<people.add>  adds a person", hidden)
        elif not self.people:
            empty.show("Nobody has a name yet.", NAME_FACES, "<people.add>  adds a person")

    def show_person(self) -> None:
        person = self.person
        picture, side = self.query_one("#keyface", Picture), self.query_one("#facts", Static)
        side.update(summary(person) if person else Content())
        if person is None or person.keyface_id is None:
            picture.show(None, None, ())
            return
        face_id, library = person.keyface_id, self.services.library
        picture.show(lambda side: library.face_picture(face_id, side), ("face", face_id), ())

    def row_at(self, index: int) -> PersonRow | None:
        """The person at a place; None while the table has moved on. A page is read at once."""
        page = index // PAGE
        if page not in self._pages:
            ids = [entry.id for entry in self.people[page * PAGE : (page + 1) * PAGE]]
            self._pages[page] = {row.id: row for row in self.services.people.rows(ids)}
        return self._pages[page].get(self.people[index].id)

    @property
    def person(self) -> PersonRow | None:
        return self.row_at(self.rows.cursor) if self.people and self.has_widgets else None

    @property
    def persons(self) -> tuple[PersonRow, ...]:
        """The marked people, else the one under the cursor."""
        if self.rows.marks.ids:
            marked = [entry.id for entry in self.people if entry.id in self.rows.marks]
            return self.services.people.rows(marked)
        return super().persons

    def draw(self, index: int, width: int) -> Content:
        person = self.row_at(index)
        return person_line(person, width, person.id in self.rows.marks) if person else Content()

    def where(self) -> str:
        people = f"{len(self.people):,} people" if len(self.people) != 1 else "1 person"
        told = [people, SORTS[self.sort] if self.sort is not Sort.NAME else ""]
        told += ["with hidden" if self.with_hidden else "", f"“{self.filter_text}”" if self.filter_text else ""]
        return " · ".join(filter(None, told))

    def state(self) -> str:
        place = f"{self.rows.cursor + 1:,}/{len(self.people):,}" if self.people else ""
        marks = len(self.rows.marks)
        return " - ".join(filter(None, [place, f"{marks} marked" if marks else ""]))

    def commands(self) -> Iterable[Command]:
        yield from super().commands()
        for sort, words in SORTS.items():
            yield f"people: Sort {words}", partial(self.sort_by, sort)

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
        if action in ("copy", "filter", "sort"):
            return self.person is not None or bool(action == "filter" and self.filter_text)
        return super().check_action(action, parameters)

    def on_row_list_moved(self) -> None:
        self.show_person()
        self.bars()

    def on_row_list_marked(self) -> None:
        self.bars()

    def on_row_list_chosen(self) -> None:
        if self.person:
            self.shell.show_person(self.person.id)

    def action_filter(self) -> None:
        self.status.read("filter", self.typed_filter, self.filter_text, self.typed_filter)

    def typed_filter(self, text: str) -> None:
        self.filter_text = text.strip()
        self.rows.cursor = 0
        self.fill()

    def action_sort(self) -> None:
        orders = list(SORTS)
        self.sort_by(orders[(orders.index(self.sort) + 1) % len(orders)])

    def sort_by(self, sort: Sort) -> None:
        """Sorts another way; the cursor stays with its person."""
        kept = self.people[self.rows.cursor].id if self.people else None
        self.sort = sort
        self.fill()
        ids = [entry.id for entry in self.people]
        if kept in ids:
            self.rows.move_to(ids.index(kept))

    def action_toggle_hidden(self) -> None:
        self.with_hidden = not self.with_hidden
        self.fill()

    def action_add(self) -> None:
        self.status.read("name of the new person", lambda name: self.carry_out(lambda: self.services.people.add(name)))

    def gone(self) -> None:
        self.rows.marks.clear()
        self.bars()
