"""One picture in a pane of fixed size: decoded and encoded in threads, drawn once, never late."""

from __future__ import annotations

import asyncio
import itertools
import random
import textwrap
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, TypeVar, cast

from PIL import Image
from rich.segment import Segment
from rich.style import Style
from textual import work
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui_tagger.errors import TaggerError
from tui_tagger.text import visible
from tui_tagger.widgets.boxes import Overlay
from tui_tagger.widgets.encoding import (
    KITTY_MARKS,
    KittyImage,
    Pane,
    Sixels,
    kitty_commands,
    kitty_delete,
    kitty_image,
    sixels,
)
from tui_tagger.widgets.frame import Frame, Place
from tui_tagger.widgets.halfcells import RUN_BYTES, halfcells
from tui_tagger.widgets.line import Line
from tui_tagger.widgets.terminal import Terminal

__all__ = ["Overlay", "Picture", "Source"]

REST = 0.08  # seconds without another picture before the sharp one is made
PREVIEW_BUDGET = 25_000  # bytes of the half-cells that are shown first
BUSY = 1.5  # seconds at most that the sharp picture waits until the line has taken in the first one
KEPT_PICTURES = 24  # encoded, at most 150 kB each
KEPT_PIXELS = 3  # decoded
SIDE_STEP = 320  # pixels of the long side that are decoded
DECODING_ERRORS = (TaggerError, OSError, ValueError, MemoryError, Image.DecompressionBombError)

Source = Callable[[int], Image.Image]  # the longest wanted side in pixels -> an upright RGB picture
T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    source: Source = field(compare=False)
    key: Hashable
    overlays: tuple[Overlay, ...]


@dataclass(frozen=True)
class Message:
    """Words in place of a picture."""

    text: str


Drawn = Sixels | KittyImage | list[Strip] | Message | None


class HasTerminal(Protocol):
    terminal: Terminal
    line: Line
    frame: Frame


class Picture(Widget):
    """A pane that shows one picture at a time. The app has the attributes `terminal`, `line` and `frame`."""

    DEFAULT_CSS = "Picture { width: 1fr; height: 1fr; min-height: 1; }"

    _threads: ClassVar[ThreadPoolExecutor] = ThreadPoolExecutor(2, "picture")
    _numbers: ClassVar[itertools.count[int]] = itertools.count(random.randrange(1 << 16, 1 << 23))  # noqa: S311

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._request: Request | None = None
        self._drawn: Drawn = None
        self._shown: tuple[Hashable, Pane] | None = None  # what `_drawn` is a picture of
        self._wanted: tuple[Request, Pane] | None = None  # what was put last or is on its way
        self._number: int | None = None  # of the picture in the frame, and in kitty's memory
        self._place = Region()
        self._pane_style = Style()  # of the lines that are being drawn: asking for it takes as long as drawing them
        self._pictures: OrderedDict[Hashable, Drawn] = OrderedDict()
        self._pixels: OrderedDict[Hashable, tuple[int, Image.Image]] = OrderedDict()

    def show(self, source: Source | None, key: Hashable, overlays: tuple[Overlay, ...] = ()) -> None:
        """Shows another picture, or none.

        `source` is called in a thread; what it raises is shown in the pane. `key` stands for the picture's content:
        the same key is not asked for again as long as it is remembered.
        """
        self._request = Request(source, key, overlays) if source else None
        self.redraw()

    def redraw(self) -> None:
        """Draws again, for another size of the pane or of the terminal's cells."""
        if not self.is_mounted or not self.content_size:
            return
        request, pane = self._request, self._pane()
        if request is not None and self._wanted == (request, pane):
            return
        self.workers.cancel_group(self, "picture")
        self._wanted = (request, pane) if request else None
        if request is None:
            self._put(None, None)
        elif self.terminal.protocol == "none":
            self._put(Message("No pictures in this terminal."), None)
        elif (cached := self._pictures.get((request, pane))) is not None:
            self._pictures.move_to_end((request, pane))
            self._put(cached, (request.key, pane))
        else:
            self._load(request, pane)

    @property
    def terminal(self) -> Terminal:
        return cast(HasTerminal, self.app).terminal

    @property
    def line(self) -> Line:
        return cast(HasTerminal, self.app).line

    @property
    def frame(self) -> Frame:
        return cast(HasTerminal, self.app).frame

    def _pane(self) -> Pane:
        """What fits: with graphics at least one row below stays free, since a sixel there would scroll the screen."""
        place, terminal = self.content_region, self.terminal
        touches = terminal.protocol == "sixel" and place.bottom >= self.screen.size.height
        rows = min(place.height - touches, KITTY_MARKS)
        return Pane(place.width, rows, terminal.cell, self.background_colors[1].rgb, terminal.colours)

    @work(group="picture", exclusive=True)
    async def _load(self, request: Request, pane: Pane) -> None:
        """Decodes, shows half-cells at once and, when nothing else was asked for meanwhile, the sharp picture."""
        began = asyncio.get_running_loop().time()
        protocol = self.terminal.protocol
        try:
            image = await self._decoded(request, pane)
            if protocol != "halfcell":
                if self._shown != (request.key, pane):
                    preview = await self._thread(lambda: _halfcells(image, request, pane, PREVIEW_BUDGET))
                    self._put(preview, (request.key, pane))
                await asyncio.sleep(began + REST - asyncio.get_running_loop().time())
                await self.line.clear(BUSY)
            budget = self.line.budget
            drawn = await self._thread(lambda: _encoded(image, request, pane, self.terminal, budget))
            self._keep(self._pictures, (request, pane), drawn, KEPT_PICTURES)
        except DECODING_ERRORS as error:
            drawn, self._wanted = Message(_reason(error)), None  # the next `show` tries again
        self._put(drawn, (request.key, pane))

    async def _decoded(self, request: Request, pane: Pane) -> Image.Image:
        side = _wanted_side(pane, self.terminal)
        kept = self._pixels.get(request.key)
        if kept and kept[0] >= side:
            return kept[1]
        image = await self._thread(lambda: _rgb(request.source(side)))
        self._keep(self._pixels, request.key, (side, image), KEPT_PIXELS)
        return image

    async def _thread(self, task: Callable[[], T]) -> T:
        """Runs in a thread. Work that was cancelled before its turn is never begun."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, task)

    @staticmethod
    def _keep(kept: OrderedDict[Hashable, T], key: Hashable, value: T, most: int) -> None:
        kept[key] = value
        kept.move_to_end(key)
        while len(kept) > most:
            kept.popitem(last=False)

    def _put(self, drawn: Drawn, shown: tuple[Hashable, Pane] | None) -> None:
        """Takes over what is to be seen; the picture before is forgotten once it is off the screen."""
        before, self._number = self._number, None
        if isinstance(drawn, Sixels | KittyImage):
            self._number = next(self._numbers)
            self.frame.hold(self._number, drawn)
            if isinstance(drawn, KittyImage):
                self._write(kitty_commands(drawn, self._number))
        self._drawn, self._shown = drawn, shown
        self.refresh()
        if size := _size(drawn):
            self.call_after_refresh(self.line.sent, size, time.monotonic())
        if before is not None:
            self.call_after_refresh(self._drop, before)

    def _drop(self, number: int) -> None:
        self.frame.release(number)
        if self.terminal.protocol == "kitty":
            self._write(kitty_delete(number))

    def _write(self, text: str) -> None:
        """Past the layout, in one piece, through the driver: it writes in the order of the drawing."""
        driver = self.app._driver
        if driver is not None:
            driver.write(text)

    def on_unmount(self) -> None:
        if self._number is not None:
            self._drop(self._number)
            self._number = None

    def on_resize(self) -> None:
        self.redraw()

    def render_lines(self, crop: Region) -> list[Strip]:
        self._pane_style = self.rich_style
        if self._place != self.content_region:
            self._place = self.content_region
            self._styles_cache.clear()  # the lines hold the place where the picture was
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        drawn, width = self._drawn, self.content_size.width
        pane = self._shown[1] if self._shown else None
        if isinstance(drawn, Message):
            return self._message_line(drawn.text, y)
        if drawn is None or pane is None or pane.columns != width or y >= pane.rows:
            return Strip.blank(width, self._pane_style)
        if isinstance(drawn, Sixels | KittyImage):
            return self._covered_line(drawn, pane, y)
        return drawn[y]

    def _covered_line(self, drawn: Sixels | KittyImage, pane: Pane, y: int) -> Strip:
        """Blanks, of which those below the picture say so: the frame draws it there."""
        left, top = (pane.columns - drawn.columns) // 2, (pane.rows - drawn.rows) // 2
        style = self._pane_style
        if self._number is None or not top <= y < top + drawn.rows:
            return Strip.blank(pane.columns, style)
        place = Place(self._number, self._place.x + left, self._place.y + top)
        right = pane.columns - left - drawn.columns
        cells = Strip.blank(drawn.columns, style + place.style)
        return Strip.join([Strip.blank(left, style), cells, Strip.blank(right, style)])

    def _message_line(self, text: str, y: int) -> Strip:
        width, height = self.content_size
        lines = textwrap.wrap(text, max(width - 2, 1))[:height]
        index = y - (height - len(lines)) // 2
        line = lines[index] if 0 <= index < len(lines) else ""
        return Strip([Segment(line.center(width), self._pane_style)]).adjust_cell_length(width, self._pane_style)


def _wanted_side(pane: Pane, terminal: Terminal) -> int:
    """Half-cells are averages: twice their number of pixels is enough.

    In steps, so that what was decoded for a pane serves when it grows or shrinks a little.
    """
    wanted = 2 * max(pane.columns, 2 * pane.rows) if terminal.protocol == "halfcell" else max(pane.pixels)
    return -(-wanted // SIDE_STEP) * SIDE_STEP


def _halfcells(image: Image.Image, request: Request, pane: Pane, budget: int) -> list[Strip]:
    return halfcells(image, request.overlays, (pane.columns, pane.rows), pane.cell, pane.background, budget)


def _encoded(image: Image.Image, request: Request, pane: Pane, terminal: Terminal, budget: int) -> Drawn:
    picture: Drawn = None
    if terminal.protocol == "kitty":
        picture = kitty_image(image, request.overlays, pane, budget)
    elif terminal.protocol == "sixel":
        picture = sixels(image, request.overlays, pane, budget)
    return picture or _halfcells(image, request, pane, budget)


def _size(drawn: Drawn) -> int:
    """Bytes that a picture is on the line; of half-cells about so many."""
    if isinstance(drawn, Sixels):
        return len(drawn.data)
    if isinstance(drawn, KittyImage):
        return len(drawn.png)
    return RUN_BYTES * sum(map(len, map(list, drawn))) if isinstance(drawn, list) else 0


def _rgb(image: Image.Image) -> Image.Image:
    return image if image.mode == "RGB" else image.convert("RGB")


def _reason(error: BaseException) -> str:
    if isinstance(error, TaggerError):
        return visible(f"{error.message}. {error.hint}" if error.hint else error.message)
    return visible(f"This picture cannot be shown: {error or type(error).__name__}")
