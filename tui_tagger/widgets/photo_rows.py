"""The photos of the library: read page by page as rows come into view, and drawn as lines."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content

from tui_tagger.services.views import PhotoRow, PhotoStatus
from tui_tagger.text import visible
from tui_tagger.widgets.text import cell, when

PAGE = 100  # rows read at once
KEPT = 20  # pages kept

ReadPage = Callable[[int, int], tuple[tuple[PhotoRow, ...], int]]  # offset, limit: rows and the total

STATUS = {PhotoStatus.READY: "  ", PhotoStatus.FAILED: "! ", PhotoStatus.OFFLINE: "○ "}


class PhotoPages:
    """A list of photos of which only the pages in use are in memory."""

    def __init__(self, read: ReadPage) -> None:
        self._read = read
        self._pages: dict[int, tuple[PhotoRow, ...]] = {}
        self._total: int | None = None

    @property
    def total(self) -> int:
        if self._total is None:
            self._load(0)
        return self._total or 0

    def at(self, index: int) -> PhotoRow | None:
        """The photo at a place; None past the end, which another process may have moved."""
        page, row = divmod(index, PAGE)
        if page not in self._pages:
            self._load(page)
        rows = self._pages[page]
        return rows[row] if row < len(rows) else None

    def _load(self, page: int) -> None:
        while len(self._pages) >= KEPT:
            del self._pages[next(iter(self._pages))]
        self._pages[page], self._total = self._read(page * PAGE, PAGE)


def photo_line(row: PhotoRow, width: int, marked: bool) -> Content:
    """Mark, date, name, place, people and what waits, in `width` cells."""
    mark = ("▪ ", "$text-accent") if marked else (STATUS[row.status], "$text-error")
    wide = width >= 90
    waits = f"{row.waiting} ?" if row.waiting else ""
    late = ("unwritten" if wide else "w") if row.unwritten else ""
    tail = f" {waits:>5} {late:<{9 if wide else 1}}"
    date = 17 if wide else 11
    name, place, people = shares(width - len(mark[0]) - date - len(tail))
    return Content.assemble(
        mark,
        cell(when(row.taken_at, seconds=False)[: date - 1], date - 1, "$foreground-muted"),
        " ",
        cell(row.path.name, name - 1),
        " ",
        *_about(row, place, people),
        (tail, "$text-warning"),
    )


def _about(row: PhotoRow, place: int, people: int) -> tuple[Content | str, ...]:
    """Place and people; what is wrong where the file could not be read or is not there."""
    names = cell(", ".join(visible(person) for person in row.people), people, "$text-success")
    if row.status is PhotoStatus.FAILED:
        return (cell(f"failed: {visible(row.failure)}", place + people, "$text-error"),)
    if row.status is PhotoStatus.OFFLINE:
        return cell("offline", place - 1, "$text-error"), " ", names
    return cell(row.place, place - 1, "$foreground-muted"), " ", names


def shares(room: int) -> tuple[int, int, int]:
    """Cells for name, place and people: names of files end alike, so they get the most."""
    name = max(12, room * 2 // 5)
    place = max(0, (room - name) // 2)
    return name, place, max(0, room - name - place)
