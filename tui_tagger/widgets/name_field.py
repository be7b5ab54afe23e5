"""Typing a name: people that match beneath, most recent first; the exact text can always be created."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from tui_tagger.services.views import KnownName
from tui_tagger.text import visible
from tui_tagger.widgets.hints import Asking, Hint, Offer
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.line_input import LineInput
from tui_tagger.widgets.row_list import RowList


class NameField(Asking, Vertical):
    """Enter takes the highlighted row: the typed text first if it is a new name, else the best match."""

    HINTS = (
        Hint("enter", "take", "enter"),
        Offer("name.previous name.next", "choose"),
        Offer("name.complete", "complete"),
        Offer("name.close", "close"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("down,ctrl+n", "pick(1)", "name.next", "next", "Highlight the next match"),
        key("up,ctrl+p", "pick(-1)", "name.previous", "previous", "Highlight the previous match"),
        key("tab", "take", "name.complete", "complete", "Complete the highlighted name"),
        key("escape", "close", "name.close", "close", "Close the name field"),
    ]

    @dataclass
    class Named(Message):
        name: str

    class Closed(Message):
        """Left without a name."""

    def __init__(self, complete: Callable[[str], tuple[KnownName, ...]]) -> None:
        super().__init__(id="name-field")
        self.display = False
        self._complete = complete
        self.choices: list[KnownName] = []
        self.creating = True
        self.fresh = False  # the first choice is a new name

    def compose(self) -> ComposeResult:
        yield Static(id="name-title")
        yield LineInput("name-input", "type a name")
        matches = RowList(id="name-matches")
        matches.can_focus = False
        yield matches

    @property
    def chosen(self) -> str | None:
        """The highlighted name."""
        cursor = self.query_one(RowList).cursor
        return self.choices[cursor].name if 0 <= cursor < len(self.choices) else None

    def open(self, title: str, creating: bool = True) -> None:
        """Starts empty. Without `creating` only people who are there can be chosen."""
        self.creating = creating
        self.query_one("#name-title", Static).update(Content(visible(title)))
        line = self.query_one(Input)
        line.value = ""
        self.display = True
        line.focus()
        self.find("")

    def find(self, text: str) -> None:
        matches = list(self._complete(text.strip()))
        typed = " ".join(text.split())
        known = {match.name.casefold() for match in matches}
        self.fresh = self.creating and bool(typed) and typed.casefold() not in known
        self.choices = [KnownName(typed), *matches] if self.fresh else matches
        rows = self.query_one(RowList)
        rows.cursor = self._first_choice(typed, matches)
        rows.fill(len(self.choices), self._draw)

    def _first_choice(self, typed: str, matches: list[KnownName]) -> int:
        """Nothing while nothing is typed: enter pressed once too often must not name a face."""
        if not typed:
            return -1
        best = [matches[0].name, matches[0].alias] if matches else []
        begins = any(word.startswith(typed.casefold()) for name in best for word in _endings(name))
        return 1 if self.fresh and begins else 0

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.display:
            self.find(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._finish()

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        event.stop()

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        event.stop()
        self._finish()

    def action_pick(self, by: int) -> None:
        self.query_one(RowList).step(by)

    def action_take(self) -> None:
        if self.chosen is not None:
            line = self.query_one(Input)
            line.value = self.chosen
            line.cursor_position = len(line.value)

    def action_close(self) -> None:
        self.display = False
        self.post_message(self.Closed())

    def _finish(self) -> None:
        if self.chosen is not None:
            self.display = False
            self.post_message(self.Named(self.chosen))

    def _draw(self, index: int, width: int) -> Content:
        choice = self.choices[index]
        note = (f"  also {visible(choice.alias)}" if choice.alias else "", "$foreground-muted")
        if self.fresh and index == 0:
            note = ("  new person", "$text-success")
        return Content.assemble(f" {visible(choice.name)}", note).truncate(width, ellipsis=True)


def _endings(name: str) -> list[str]:
    """The name from each of its words on: what somebody may begin to type."""
    words = name.casefold().split()
    return [" ".join(words[start:]) for start in range(len(words))]
