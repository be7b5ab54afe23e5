"""When a person was photographed, and with whom."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content

from tui_tagger.errors import UsageError
from tui_tagger.screens.base import BACK, BaseScreen, Empty
from tui_tagger.screens.person_actions import person_query
from tui_tagger.services.appearances import Appearances
from tui_tagger.text import visible
from tui_tagger.widgets.fitted import Fitted
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.row_list import RowList
from tui_tagger.widgets.text import counted
from tui_tagger.widgets.timeline import companion_heading, companion_line, year_heading, year_line

NOTHING = Appearances((), 0, ())


class TimesScreen(BaseScreen):
    """A sparkline a year on the left, the people in the same photos on the right."""

    NAME = "Times"
    HINTS = ("list.open", "times.panel", "times.person", "times.copy", "app.help", "app.back")
    BINDINGS: ClassVar[list[BindingType]] = [
        key("tab", "panel", "times.panel", "years or people", "Go from the years to the people, or back"),
        key("p", "person", "times.person", "their faces", "Show the faces of the person under the cursor"),
        key("y", "copy", "times.copy", "copy name", "Copy the name under the cursor, or the year"),
    ]

    def __init__(self, person_id: int) -> None:
        super().__init__()
        self.person_id = person_id
        self.person_name = ""
        self.found = NOTHING
        self.in_people = False

    def body(self) -> ComposeResult:
        yield Empty(id="empty")
        with Horizontal(id="times"):
            with Vertical(id="years-side"):
                yield Fitted(lambda _width: year_heading(self.years.size.width), id="years-heading")
                yield RowList(id="years")
            with Vertical(id="companions-side"):
                yield Fitted(lambda _width: companion_heading(self.companions.size.width), id="companions-heading")
                yield RowList(id="companions")

    @property
    def years(self) -> RowList:
        return self.query_one("#years", RowList)

    @property
    def companions(self) -> RowList:
        return self.query_one("#companions", RowList)

    def reload(self) -> None:
        self.found = NOTHING
        try:
            self.person_name = self.services.people.row(self.person_id).name
            self.found = self.services.people.appearances(self.person_id)
        except UsageError as error:
            self.shell.tell_error(error)
        self.years.fill(len(self.found.years), self.draw_year)
        self.companions.fill(len(self.found.companions), self.draw_companion)
        self.in_people = self.in_people and bool(self.found.companions)
        empty, anything = self.query_one("#empty", Empty), bool(self.found.years or self.found.companions)
        empty.display, self.query_one("#times").display = not anything, anything
        if not anything:
            undated = f"{counted(self.found.undated, 'photo')} without a date." if self.found.undated else ""
            empty.show("No dated photo of this person yet.", *filter(None, [undated]), BACK)
        self.call_after_refresh(self.show_headings)
        if self.is_current and not self.status.open:
            self.focus_body()

    def show_headings(self) -> None:
        for heading in self.query(Fitted):
            heading.refresh()  # the lists may have got a scrollbar

    def on_resize(self) -> None:
        super().on_resize()
        self.call_after_refresh(self.show_headings)

    def draw_year(self, index: int, width: int) -> Content:
        years = self.found.years
        return year_line(years[index], max(year.photos for year in years), max(max(y.months) for y in years), width)

    def draw_companion(self, index: int, width: int) -> Content:
        return companion_line(self.found.companions[index], width)

    def where(self) -> str:
        photos = sum(year.photos for year in self.found.years) + self.found.undated
        undated = f", {self.found.undated:,} without a date" if self.found.undated else ""
        return f"{visible(self.person_name)} · {counted(photos, 'photo')}{undated}"

    def state(self) -> str:
        rows = self.companions if self.in_people else self.years
        return f"{rows.cursor + 1:,}/{rows.count:,}" if rows.count else ""

    def focus_body(self) -> None:
        (self.companions if self.in_people else self.years).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "panel":
            return bool(self.found.companions)
        if action == "person":
            return self.in_people
        return super().check_action(action, parameters)

    def copy_text(self) -> str:
        if self.in_people:
            return self.found.companions[self.companions.cursor].name
        return str(self.found.years[self.years.cursor].year) if self.found.years else ""

    def on_row_list_moved(self) -> None:
        self.bars()

    def on_descendant_focus(self) -> None:
        self.in_people = self.focused is self.companions
        super().on_descendant_focus()

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        if event.rows is self.companions:
            companion = self.found.companions[event.index]
            self.shell.show_library(person_query(self.person_name, companion.name))
        else:
            year = self.found.years[event.index].year
            self.shell.show_library(f"{person_query(self.person_name)} date:{year}")

    def action_panel(self) -> None:
        (self.years if self.in_people else self.companions).focus()

    def action_person(self) -> None:
        self.shell.show_person(self.found.companions[self.companions.cursor].person_id)
