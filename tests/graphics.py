"""A terminal with pictures, as xterm and kitty are: pyte, and what lies on its cells."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

import pyte
from rich.cells import cell_len

from tui_tagger.widgets.encoding import KITTY_MARKS, PLACEHOLDER, kitty_line

SEQUENCE = re.compile(rb"\x1b[P_]")
SIXELS = re.compile(rb'\x1bP[\d;]*q[^"]*"1;1;(\d+);(\d+)')
MARKS = [kitty_line(1, row)[1] for row in range(KITTY_MARKS)]  # of rows and columns, from 0


class Part(NamedTuple):
    """What a cell shows of a picture: which one, the column and row of it; the terminal has it no more: "lost"."""

    picture: str
    column: int
    row: int


class Cells(pyte.Screen):
    """Text takes the place of sixels, cell by cell, and so does erasing."""

    def __init__(self, columns: int, lines: int) -> None:
        self.sixels: dict[tuple[int, int], Part] = {}  # by row and column
        super().__init__(columns, lines)

    def draw(self, data: str) -> None:
        for character in data:
            super().draw(character)
            self._uncover(self.cursor.y, self.cursor.x - cell_len(character), self.cursor.x)

    def erase_characters(self, count: int | None = None) -> None:
        super().erase_characters(count)
        self._uncover(self.cursor.y, self.cursor.x, self.cursor.x + (count or 1))

    def erase_in_display(self, how: int = 0, *args: object, **kwargs: object) -> None:
        super().erase_in_display(how, *args, **kwargs)
        if how in (2, 3):
            self.sixels.clear()

    def _uncover(self, row: int, begin: int, end: int) -> None:
        for column in range(begin, end):
            self.sixels.pop((row, column), None)


class GraphicTerminal:
    """`feed` it with what a program writes; `shows` says what is then to be seen."""

    def __init__(self, columns: int, lines: int, cell: tuple[int, int] = (8, 17)) -> None:
        self.screen = Cells(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.cell = cell
        self.images: dict[int, str] = {}  # of kitty: what is in its memory
        self.pictures = 0  # that were drawn or sent
        self._rest, self._sent, self._number = b"", b"", 0

    def feed(self, data: bytes) -> None:
        self._rest += data
        while self._rest:
            begin = SEQUENCE.search(self._rest)
            text = self._rest[: begin.start()] if begin else self._rest
            if begin is None and text.endswith(b"\x1b"):
                text = text[:-1]
            self.stream.feed(text)
            self._rest = self._rest[len(text) :]
            end = self._rest.find(b"\x1b\\")
            if begin is None or end < 0:
                return
            self._picture(self._rest[: end + 2])
            self._rest = self._rest[end + 2 :]

    def _picture(self, sequence: bytes) -> None:
        if found := SIXELS.match(sequence):
            columns, rows = (-(-int(pixels) // side) for pixels, side in zip(found.groups(), self.cell, strict=True))
            row, column, name = self.screen.cursor.y, self.screen.cursor.x, hashlib.sha1(sequence).hexdigest()
            assert row + rows < self.screen.lines, "a picture on the last row scrolls the screen"
            self.pictures += 1
            for y in range(rows):
                for x in range(columns):
                    self.screen.sixels[row + y, column + x] = Part(name, x, y)
        elif sequence.startswith(b"\x1b_G"):
            head, _, data = sequence[3:-2].partition(b";")
            keys = dict(re.findall(r"(\w)=(\w+)", head.decode()))
            if keys.get("a") == "d":
                self.images.pop(int(keys["i"]), None)
            elif "a" not in keys:
                self._number = int(keys.get("i", 0)) or self._number
                self._sent += data
                if keys["m"] == "0":
                    self.images[self._number] = hashlib.sha1(self._sent).hexdigest()
                    self._sent = b""
                    self.pictures += 1

    def shows(self) -> list[list[tuple[object, ...]]]:
        """Of each cell, row by row, a part of a picture, or the character and its colours; a blank has no ink."""
        return [self._row(row) for row in range(self.screen.lines)]

    def _row(self, row: int) -> list[tuple[object, ...]]:
        found: list[tuple[object, ...]] = []
        for column in range(self.screen.columns):
            if part := self.screen.sixels.get((row, column)):
                found.append(part)
                continue
            cell = self.screen.buffer[row][column]
            if not cell.data.startswith(PLACEHOLDER):
                found.append((cell.data, cell.data != " " and (cell.fg, cell.bold, cell.italics), cell.bg))
                continue
            left = found[-1] if found else None
            if len(cell.data) > 1:
                y, x = map(MARKS.index, cell.data[1:])
            else:
                y, x = (left.row, left.column + 1) if isinstance(left, Part) else (0, 0)
            found.append(Part(self.images.get(int(cell.fg, 16), "lost"), x, y))
        return found
