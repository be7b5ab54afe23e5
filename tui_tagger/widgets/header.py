"""The first row: where you are, and how much is waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from tui_tagger.widgets.fitted import Fitted
from tui_tagger.widgets.text import cell, counted

if TYPE_CHECKING:
    from tui_tagger.services.library import Counts


class HeaderBar(Fitted):
    """Such as "Library  ~/Pictures          34 to review · 2 to write"."""

    def show(self, screen: str, where: str, counts: Counts) -> None:
        self.fit(lambda width: header_line(screen, where, waiting(counts), width))


def waiting(counts: Counts) -> list[str]:
    """What there is to do, the most important first."""
    parts = [
        counted(counts.waiting, "face") + " to review" if counts.waiting else "",
        f"{counts.unwritten:,} to write" if counts.unwritten else "",
        f"{counts.failed:,} unreadable" if counts.failed else "",
        f"{counts.offline:,} offline" if counts.offline else "",
    ]
    return [part for part in parts if part]


def header_line(screen: str, where: str, waiting: list[str], width: int) -> Content:
    """In at most `width` cells: where you are goes before what else there is."""
    left, parts = f" {screen}  ", list(waiting)
    while len(parts) > 1 and len(left) + len(where) + len(" · ".join(parts)) + 2 > width:
        parts.pop()
    right = f" {' · '.join(parts)} " if parts else ""
    room = max(width - len(left) - len(right), 0)
    return Content.assemble((left, "bold"), cell(where, room), (right, "$text-warning")).truncate(width)
