"""A list with a search field above, for palette, help and history. A full screen: below a modal pictures go blank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from tui_tagger.widgets.keys import key, key_names
from tui_tagger.widgets.line_input import LineInput
from tui_tagger.widgets.row_list import RowList
from tui_tagger.widgets.text import cell


@dataclass(frozen=True)
class Entry:
    """A line: text on the left, a note on the right. Headings are shown while nothing is searched for."""

    text: str
    note: str = ""
    heading: bool = False

    def matches(self, words: Sequence[str]) -> bool:
        line = f"{self.text} {self.note}".casefold()
        return all(word in line for word in words)


class SearchScreen(Screen[int]):
    """Dismissed with the index of the chosen entry, or None. `hint` names commands, not keys (keys.KeyNames)."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("down,ctrl+n", "step(1)", "search.down", "down", "Go down"),
        key("up", "step(-1)", "search.up", "up", "Go up"),
        key("pagedown", "step(10)", "search.page_down", "page down", "Go a page down"),
        key("pageup", "step(-10)", "search.page_up", "page up", "Go a page up"),
        key("escape,f1", "close", "search.close", "close", "Close"),
    ]

    def __init__(self, title: str, entries: Sequence[Entry], hint: str, choosing: bool = True) -> None:
        super().__init__()
        self.heading = title
        self.entries = entries
        self.hint = hint
        self.choosing = choosing
        self.found: list[int] = []

    def compose(self) -> ComposeResult:
        yield Static(Content(f" {self.heading}"), id="search-title")
        yield LineInput("search-input", "type to search")
        rows = RowList(id="search-list")
        rows.can_focus = False
        yield rows
        yield Static(Content(f" {key_names(self).told(self.hint)}"), id="search-hint")

    def on_mount(self) -> None:
        self.find("")
        self.query_one(Input).focus()

    def find(self, text: str) -> None:
        words = text.casefold().split()
        shown = ((index, entry) for index, entry in enumerate(self.entries) if not (words and entry.heading))
        self.found = [index for index, entry in shown if entry.matches(words)]
        rows = self.query_one(RowList)
        rows.cursor = 0
        rows.fill(len(self.found), self.draw)

    def draw(self, index: int, width: int) -> Content:
        entry = self.entries[self.found[index]]
        if entry.heading:
            return Content.styled(f" {entry.text}", "bold $text-accent")
        note = f" {entry.note} "
        return Content.assemble("  ", cell(entry.text, width - len(note) - 2), (note, "$text-accent"))

    def on_input_changed(self, event: Input.Changed) -> None:
        self.find(event.value)

    def on_input_submitted(self) -> None:
        self.choose()

    def on_row_list_chosen(self) -> None:
        self.choose()

    def choose(self) -> None:
        index = self.query_one(RowList).cursor
        if self.choosing and index < len(self.found):
            self.dismiss(self.found[index])

    def action_step(self, by: int) -> None:
        self.query_one(RowList).step(by)

    def action_close(self) -> None:
        self.dismiss(None)
