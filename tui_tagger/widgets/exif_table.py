"""The tags of a photo: group, name and value, to filter, read raw and copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar, Protocol

from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from tui_tagger.text import folded, visible
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.row_list import RowList
from tui_tagger.widgets.text import cell

NAME_SHARE = 0.4  # of the width
LONGEST_NAME = 28


class Entry(Protocol):
    """One tag. `value` is for reading, `raw` as it is stored."""

    @property
    def group(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def raw(self) -> str: ...


class ExifTable(RowList):
    """All tags of a photo in their groups; a row is a heading or a tag, or says that the filter left none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("r", "toggle_raw", "exif.raw", "raw", "Show raw or readable values"),
        key("y", "copy_value", "exif.copy", "copy", "Copy the value of this tag"),
    ]

    @dataclass
    class Copied(Message):
        """A value is on the clipboard."""

        text: str

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.entries: tuple[Entry, ...] = ()
        self.rows: list[Entry | str] = []  # a heading is a text
        self.filter_text = ""
        self.raw = False

    def show(self, entries: Sequence[Entry]) -> None:
        """Shows the tags of another photo; filter and raw stay. Tags of a group stand together."""
        self.entries = tuple(entries)
        self._fill()

    def set_filter(self, text: str) -> None:
        """Keeps the tags that hold all words of the text in group, name or value, without case and accents."""
        self.filter_text = text
        self._fill()

    def toggle_raw(self) -> None:
        """Changes between readable values and what the file holds."""
        self.raw = not self.raw
        self._fill()

    @property
    def shown(self) -> list[Entry]:
        """The tags that the filter left, in the order of the table."""
        return [row for row in self.rows if not isinstance(row, str)]

    @property
    def current(self) -> Entry | None:
        """The tag under the cursor; None on a heading or in an empty table."""
        row = self.rows[self.cursor] if self.cursor < len(self.rows) else ""
        return None if isinstance(row, str) else row

    def value_of(self, entry: Entry) -> str:
        return entry.raw if self.raw else entry.value

    def action_toggle_raw(self) -> None:
        self.toggle_raw()

    def action_copy_value(self) -> None:
        if self.current is not None:
            self.app.copy_to_clipboard(self.value_of(self.current))
            self.post_message(self.Copied(self.value_of(self.current)))

    def _fill(self) -> None:
        """The cursor stays on its tag where that is still shown, else it goes to the first tag."""
        before = self.current
        words = folded(self.filter_text).split()
        order = list(dict.fromkeys(entry.group for entry in self.entries))
        kept = [entry for entry in self.entries if _matches(entry, words)]
        kept.sort(key=lambda entry: order.index(entry.group))
        self.rows = []
        for group, entries in groupby(kept, key=lambda entry: entry.group):
            self.rows += [group, *entries]
        if self.entries and not kept:
            self.rows = [f"No tag holds {visible(self.filter_text)}"]
        self.fill(len(self.rows), self._draw_row)
        same = [index for index, row in enumerate(self.rows) if before is not None and row is before]
        self.cursor = same[0] if same else min(1, max(0, len(self.rows) - 1))
        self.show_cursor()

    def _draw_row(self, index: int, width: int) -> Content:
        row = self.rows[index]
        if isinstance(row, str):
            return cell(row, width, "bold $text-accent" if self.shown else "$foreground-muted")
        name = min(LONGEST_NAME, max(1, int(width * NAME_SHARE)))
        return Content.assemble(
            " ",
            cell(_short(row.name, name - 2), name - 2, "$foreground-muted"),
            " ",
            cell(self.value_of(row), width - name),
        )


def _short(name: str, width: int) -> str:
    """Of a name that says where it is, the end, which tells it from others: "…stDim:w" of "mwg-rs:Regions/stDim:w"."""
    return name if "/" not in name or len(name) <= width else "…" + name[len(name) - width + 1 :]


def _matches(entry: Entry, words: list[str]) -> bool:
    text = folded(f"{entry.group} {entry.name} {entry.value} {entry.raw}")
    return all(word in text for word in words)
