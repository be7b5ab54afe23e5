"""What the terminal shows, cell by cell, so that of a redraw only the cells that changed are sent.

Textual redraws regions: a list that scrolls by one row is sent as a whole, each piece of text with its colours and a
reset behind it. Over SSH that is felt. Here a redraw is compared with what is on the screen, the cells that differ
are sent style by style, and of a style only what differs from the one before it.

A picture lies on cells like any others: a widget draws them as blanks whose style names the picture and its place
(`Place.style`), and the frame knows the picture by its number. So the cells below a picture are never taken for text
that is there already, and a picture that is there already is not sent again. Kitty draws any part of a picture; of
sixels only the whole can be drawn, as soon as all its cells are to show it. Until then those that come are blank.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

from tui_tagger.widgets.encoding import KITTY_MARKS, KittyImage, Sixels, kitty_line, sixels_at

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


class Place(NamedTuple):
    """A picture by its number, and the cell of its upper left corner, counted from 0."""

    number: int
    left: int
    top: int

    @property
    def style(self) -> Style:
        """What marks the cells that the picture lies on."""
        return Style(meta={META: tuple(self)})


META = "picture"
PLAIN_LOOK = Look("39", "49", "")
Cell = tuple[str, object]  # a character and its look; a piece that is sent as a whole stands in its first cell
UNKNOWN: Cell = ("", None)


class Frame:
    """The cells of the terminal. `forget` when something else may have drawn on it."""

    def __init__(self) -> None:
        self._rows: dict[int, list[Cell]] = {}
        self._pictures: dict[int, Sixels | KittyImage] = {}

    def hold(self, number: int, picture: Sixels | KittyImage) -> None:
        """From now on cells may name the picture."""
        self._pictures[number] = picture

    def release(self, number: int) -> None:
        self._pictures.pop(number, None)

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
        covered: dict[Place, list[Run]] = {}
        for row, column, place, strip in _parts(update):
            cells = self._row(row, column + strip.cell_length)
            if place is not None:
                covered.setdefault(place, []).extend(_covered_run(row, column, place, strip, cells, colours))
            elif any(segment.control or (segment.style and segment.style.link) for segment in strip):
                foreign.append(_at(row, column) + strip.render(console))
                cells[column : column + strip.cell_length] = [UNKNOWN] * strip.cell_length
            elif all(PLAIN.fullmatch(segment.text) for segment in strip):
                runs += _plain_runs(row, column, strip, cells, colours)
            else:
                whole += _whole_runs(row, column, strip, cells, colours)
        for place, blanks in covered.items():
            picture = self._pictures.get(place.number)
            if isinstance(picture, KittyImage):
                whole += _kitty_runs(place, blanks)
            elif blanks and isinstance(picture, Sixels) and self._is_whole(place, picture):
                foreign.append(sixels_at(picture, place.left, place.top))
            else:
                runs += blanks
        whole += self._seams([*whole, *runs])
        return _written(whole, in_order=True) + _written(runs) + "".join(foreign)

    def _seams(self, runs: list[Run]) -> Iterator[Run]:
        """Cells of kitty's pictures right of what changed: those of a row count on from what was left of them."""
        if not any(isinstance(picture, KittyImage) for picture in self._pictures.values()):
            return
        for run in runs:
            at = run.column + cell_len(run.text)
            place = self._row(run.row, at + 1)[at][1]
            if isinstance(place, Place) and isinstance(self._pictures.get(place.number), KittyImage):
                yield from _kitty_runs(place, [Run(run.row, at, " ", PLAIN_LOOK)])

    def _is_whole(self, place: Place, picture: Sixels) -> bool:
        """Whether all cells of a picture are to show it."""
        begin, end = place.left, place.left + picture.columns
        lines = (self._rows.get(row, [])[begin:end] for row in range(place.top, place.top + picture.rows))
        return all(line.count(("", place)) == picture.columns for line in lines)

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


def _parts(update: LayoutUpdate | ChopsUpdate) -> Iterator[tuple[int, int, Place | None, Strip]]:
    """The pieces of an update, cut where a picture begins or ends: row, column, the picture, content."""
    for row, column, strip in pieces(update):
        if not any(_place(segment.style) for segment in strip):
            yield row, column, None, strip
            continue
        for place, segments in groupby(strip, lambda segment: _place(segment.style)):
            part = Strip(segments)
            yield row, column, place, part
            column += part.cell_length


def _covered_run(
    row: int, column: int, place: Place, strip: Strip, cells: list[Cell], colours: ColorSystem
) -> Iterator[Run]:
    """Blanks from the first to the last cell that did not show the picture."""
    now: Cell = ("", place)
    end = column + strip.cell_length
    changed = [at for at in range(column, end) if cells[at] != now]
    if changed:
        cells[column:end] = [now] * (end - column)
        look = _look(next(iter(strip)).style, colours)
        yield Run(row, changed[0], " " * (changed[-1] + 1 - changed[0]), look)


def _kitty_runs(place: Place, blanks: list[Run]) -> Iterator[Run]:
    """The same cells of a picture as kitty draws them (kitty graphics protocol, "Unicode placeholders")."""
    red, green, blue = place.number.to_bytes(3, "big")
    for run in blanks:
        end = run.column + len(run.text)
        begin = min(run.column, place.left + KITTY_MARKS - 1)
        text = kitty_line(end - begin, run.row - place.top, begin - place.left)
        yield Run(run.row, begin, text, Look(f"38;2;{red};{green};{blue}", run.look.paper, ""))


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
def _place(style: Style | None) -> Place | None:
    named = style.meta.get(META) if style is not None else None
    return Place(*named) if named else None


@lru_cache(16384)
def _look(style: Style | None, colours: ColorSystem) -> Look:
    if style is None:
        return PLAIN_LOOK
    ink = ";".join(style.color.downgrade(colours).get_ansi_codes(True)) if style.color else "39"
    paper = ";".join(style.bgcolor.downgrade(colours).get_ansi_codes(False)) if style.bgcolor else "49"
    return Look(ink, paper, style.without_color._make_ansi_codes(colours))
