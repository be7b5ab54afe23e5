"""What the terminal shows, cell by cell, so that of a redraw only the cells that changed are sent.

Textual redraws regions: a list that scrolls by one row is sent as a whole, each piece of text with its colours and a
reset behind it. Over SSH that is felt. Here a redraw is compared with what is on the screen, the cells that differ
are sent style by style, and of a style only what differs from the one before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

# Characters that every terminal draws one cell wide, from left to right: Latin, Greek, Cyrillic, punctuation, arrows,
# lines, blocks. A piece with others is sent as a whole: terminals disagree on their widths.
PLAIN = re.compile(r"[ -~¡-¬®-˿Ͱ-ϿЀ-҂Ҋ-ԯ‐-‧‰-⁞⁰-₟₠-₿←-⇿∀-⋿─-▟■-◼✓✗]*")
GAP = 4  # unchanged cells that are sent again rather than stepped over
SHARED = 3  # times that a style comes up, on average, from where on the cells are sent style by style


class Look(NamedTuple):
    """A style as terminals are told it: the codes of both colours and of the rest, such as "1;4" (ECMA-48, SGR)."""

    ink: str
    paper: str
    rest: str


class Run(NamedTuple):
    """Neighbouring cells of one look that are to be sent."""

    row: int
    column: int
    text: str
    look: Look


PLAIN_LOOK = Look("39", "49", "")
Cell = tuple[str, object]  # a character and its look; a piece that is sent as a whole stands in its first cell
UNKNOWN: Cell = ("", None)


class Frame:
    """The cells of the terminal. `forget` when something else may have drawn on it."""

    def __init__(self) -> None:
        self._rows: dict[int, list[Cell]] = {}

    def forget(self) -> None:
        """The next redraw is sent as a whole."""
        self._rows.clear()

    def sequence(self, update: CompositorUpdate, console: Console) -> str:
        """What turns the terminal from what it shows into what it is to show."""
        colours = console._color_system
        if colours is None or not isinstance(update, LayoutUpdate | ChopsUpdate):
            self.forget()
            return update.render_segments(console)
        runs: list[Run] = []
        whole: list[Run] = []
        foreign: list[str] = []
        for row, column, strip in pieces(update):
            cells = self._row(row, column + strip.cell_length)
            if any(segment.control or (segment.style and segment.style.link) for segment in strip):
                foreign.append(_at(row, column) + strip.render(console))
                cells[column : column + strip.cell_length] = [UNKNOWN] * strip.cell_length
            elif all(PLAIN.fullmatch(segment.text) for segment in strip):
                runs += _plain_runs(row, column, strip, cells, colours)
            else:
                whole += _whole_runs(row, column, strip, cells, colours)
        return _written(whole, in_order=True) + _written(runs) + "".join(foreign)

    def _row(self, row: int, width: int) -> list[Cell]:
        cells = self._rows.setdefault(row, [])
        if len(cells) < width:
            cells += [UNKNOWN] * (width - len(cells))
        return cells


class Changes(CompositorUpdate):
    """An update of which only what changed is sent."""

    def __init__(self, frame: Frame, update: CompositorUpdate) -> None:
        self.frame, self.update = frame, update

    def render_segments(self, console: Console) -> str:
        return self.frame.sequence(self.update, console)


def pieces(update: LayoutUpdate | ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Row, column and content of all that an update draws (as in textual._compositor)."""
    if isinstance(update, LayoutUpdate):
        for row, line in enumerate(update.strips, update.region.y):
            column = update.region.x
            for strip in line:
                yield row, column, strip
                column += strip.cell_length
        return
    for row, begin, end in update.spans:
        for stop, (column, piece) in zip(update.chop_ends[row], update.chops[row].items(), strict=False):
            if piece is not None and column <= end and stop > begin:
                yield row, column, piece if begin <= column and stop <= end else piece.crop(0, min(stop, end) - column)


def _plain_runs(row: int, column: int, strip: Strip, cells: list[Cell], colours: ColorSystem) -> Iterator[Run]:
    """The cells that change; unchanged ones between them where they are few."""
    for text, style, _ in strip:
        look = _look(style, colours)
        now: list[Cell] = [(character, look) for character in text]
        end = column + len(text)
        before = cells[column:end]
        if now != before:
            cells[column:end] = now
            begin = last = -1
            for at, (new, old) in enumerate(zip(now, before, strict=True)):
                if new == old:
                    continue
                if begin < 0:
                    begin = at
                elif at - last > GAP:
                    yield Run(row, column + begin, text[begin : last + 1], look)
                    begin = at
                last = at
            yield Run(row, column + begin, text[begin : last + 1], look)
        column = end


def _whole_runs(row: int, column: int, strip: Strip, cells: list[Cell], colours: ColorSystem) -> Iterator[Run]:
    """The whole piece, if anything in it changed."""
    runs, at = [], column
    for segment in strip:
        runs.append(Run(row, at, segment.text, _look(segment.style, colours)))
        at += segment.cell_length
    now = [(strip.text, tuple(run[1:] for run in runs)), *[UNKNOWN] * (at - column - 1)]
    if cells[column:at] != now:
        cells[column:at] = now
        yield from runs


def _written(runs: list[Run], in_order: bool = False) -> str:
    """The runs as the terminal gets them; it has no style before and none after. `in_order`: from left to right."""
    groups: Iterable[Iterable[Run]] = [runs]
    if not in_order:
        by_look: dict[Look, list[Run]] = {}
        for run in runs:
            by_look.setdefault(run.look, []).append(run)
        if len(runs) >= SHARED * len(by_look):
            groups = by_look.values()
    out: list[str] = []
    look, here = PLAIN_LOOK, (-1, -1)
    for run in (run for group in groups for run in group):
        if here != run[:2]:
            out.append(f"\x1b[{run.column - here[1]}C" if _ahead(here, run) else _at(run.row, run.column))
        if run.look is not look:
            out.append(_change(look, run.look))
            look = run.look
        out.append(run.text)
        here = run.row, run.column + len(run.text) if not in_order else -1
    return "".join(out) + ("\x1b[m" if look != PLAIN_LOOK else "")


def _ahead(here: tuple[int, int], run: Run) -> bool:
    return here[0] == run.row and 0 <= here[1] < run.column


def _at(row: int, column: int) -> str:
    return f"\x1b[{row + 1};{column + 1}H"


def _change(before: Look, after: Look) -> str:
    """From one look to another; a code of the rest ends only with a reset."""
    if before.rest != after.rest and before.rest:
        codes = ["0", *(code for code, plain in zip(after, PLAIN_LOOK, strict=True) if code != plain)]
    else:
        codes = [new for old, new in zip(before, after, strict=True) if old != new]
    told = ";".join(filter(None, codes))
    return f"\x1b[{told}m" if told else ""


@lru_cache(16384)
def _look(style: Style | None, colours: ColorSystem) -> Look:
    if style is None:
        return PLAIN_LOOK
    ink = ";".join(style.color.downgrade(colours).get_ansi_codes(True)) if style.color else "39"
    paper = ";".join(style.bgcolor.downgrade(colours).get_ansi_codes(False)) if style.bgcolor else "49"
    return Look(ink, paper, style.without_color._make_ansi_codes(colours))
