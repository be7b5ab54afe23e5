"""The first row: where you are, and how much is waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from tui_tagger.widgets.text import cell, counted

if TYPE_CHECKING:
    from tui_tagger.services.library import Counts


class HeaderBar(Static):
    """Such as "Library  ~/Pictures          34 to review · 2 to write"."""

    def show(self, screen: str, where: str, counts: Counts) -> None:
        waiting = [
            counted(counts.waiting, "face") + " to review" if counts.waiting else "",
            f"{counts.unwritten:,} to write" if counts.unwritten else "",
            f"{counts.failed:,} unreadable" if counts.failed else "",
            f"{counts.offline:,} offline" if counts.offline else "",
        ]
        left = f" {screen}  "
        width = max(self.size.width, 20)
        parts = [part for part in waiting if part]
        while len(parts) > 1 and len(left) + len(where) + len(" · ".join(parts)) + 2 > width:
            parts.pop()  # where you are goes before what else there is
        right = " · ".join(parts) + " "
        right = f" {right}" if right.strip() else ""
        room = max(width - len(left) - len(right), 0)
        line = Content.assemble((left, "bold"), cell(where, room), (right, "$text-warning")).truncate(width)
        self.update(line, layout=False)
