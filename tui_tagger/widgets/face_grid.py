"""A grid of thumbnails in half-cells: text, so every terminal draws it and scrolling sends little."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, cast

from PIL import Image
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from tui_tagger.errors import TaggerError
from tui_tagger.widgets.keys import key
from tui_tagger.widgets.navigation import MARKS, Scrolled
from tui_tagger.widgets.picture import HasTerminal
from tui_tagger.widgets.text import cell

WIDTH, ROWS = 17, 8  # cells of a thumbnail without its caption
KEPT = 400
HALF, LOWER = "▀", "▄"

Lines = tuple[tuple[Segment, ...], ...]


@dataclass(frozen=True)
class Thumbnail:
    """What a place of the grid shows: the picture at most `side` pixels long, and two short texts."""

    key: Hashable
    picture: Callable[[int], Image.Image]
    caption: str
    note: str = ""


@dataclass(frozen=True)
class Place:
    """What a place of the grid looks like now; `lines` is None while a thread draws the picture."""

    current: bool
    frame: Style
    caption: str
    lines: Lines | None


class FaceGrid(Scrolled):
    """Faces or photos, row by row; the same keys as a list, and left and right."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"grid--cursor", "grid--marked", "grid--caption"}
    MARKED = "grid--marked"  # how the caption of a marked place looks
    BINDINGS: ClassVar[list[BindingType]] = [
        *Scrolled.BINDINGS,
        key("l,right", "along(1)", "move.right", "right", "Move right"),
        key("h,left", "along(-1)", "move.left", "left", "Move left"),
    ]

    cursor: reactive[int] = reactive(0)

    @dataclass
    class Moved(Message):
        """The cursor moved, or the marks changed."""

        grid: FaceGrid
        index: int

    class Chosen(Moved):
        """Enter, or a double click."""

    def __init__(self, id: str | None = None, marking: bool = False) -> None:  # noqa: A002
        super().__init__(id, marking)
        self._thumbnail: Callable[[int], Thumbnail | None] = lambda _index: None
        self._drawn: OrderedDict[Hashable, Lines | None] = OrderedDict()
        self._row: tuple[int, list[Place | None]] = -1, []  # the row that is being drawn
        self._plain = Style()
        self._awaited: dict[Hashable, int] = {}  # places in view whose pictures are being drawn

    def fill(
        self,
        count: int,
        thumbnail: Callable[[int], Thumbnail | None],
        id_at: Callable[[int], int],
        ids: Callable[[], Sequence[int]] | None = None,
    ) -> None:
        """Shows `count` thumbnails, each asked for when it comes into view."""
        self._thumbnail = thumbnail
        self.have(count, id_at, ids)
        self._measure()

    def _measure(self) -> None:
        rows = -(-self.count // self.row_places)
        self.virtual_size = Size(self.row_places * (WIDTH + 2), rows * (ROWS + 1))
        self.refresh()
        self.show_cursor()

    @property
    def row_places(self) -> int:
        return max(1, self.scrollable_content_region.width // (WIDTH + 2))

    @property
    def page_places(self) -> int:
        return self.row_places * max(1, self.scrollable_content_region.height // (ROWS + 1))

    def region_of(self, index: int) -> Region:
        return Region(0, index // self.row_places * (ROWS + 1), 1, ROWS + 1)

    def watch_cursor(self, before: int, after: int) -> None:
        """Draws edge and caption of two places again, not the pictures."""
        for index in (before, after):
            place = self._place(index)
            self.refresh(Region(place.x, place.y, 1, ROWS), Region(place.x, place.y + ROWS, place.width, 1))

    def _place(self, index: int) -> Region:
        """Where a thumbnail is in the widget, which may be out of view."""
        row, column = divmod(index, self.row_places)
        return Region(column * (WIDTH + 2), row * (ROWS + 1) - self.scroll_offset.y, WIDTH + 2, ROWS + 1)

    def on_resize(self) -> None:
        self._measure()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in MARKS:
            return self.marking and self.count > 0
        if action == "along" and parameters == (-1,):
            return self.cursor > 0  # at the first place the key goes on to the screen
        return True

    def marks_changed(self) -> None:
        self.refresh()
        self.post_message(self.Moved(self, self.cursor))

    def action_along(self, by: int) -> None:
        self.step(by)

    def on_click(self, event: events.Click) -> None:
        row = (event.y + self.scroll_offset.y) // (ROWS + 1)
        index = row * self.row_places + min(event.x // (WIDTH + 2), self.row_places - 1)
        if index < self.count:
            self.move_to(index)
            if event.chain > 1:
                self.action_choose()

    def render_lines(self, crop: Region) -> list[Strip]:
        """What a row shows is asked for once a redraw, not for each of its lines."""
        self._row = -1, []
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        row, line = divmod(y + self.scroll_offset.y, ROWS + 1)
        plain = self._plain
        if self._row[0] != row:
            plain = self._plain = self.visual_style.rich_style
            first = row * self.row_places
            self._row = row, [self._shown(index) for index in range(first, min(first + self.row_places, self.count))]
        segments = [segment for place in self._row[1] for segment in self._place_line(place, line, plain)]
        return Strip(segments).adjust_cell_length(self.scrollable_content_region.width, plain)

    def _shown(self, index: int) -> Place | None:
        """What a place shows; None where there is nothing any more."""
        thumbnail = self._thumbnail(index)
        if thumbnail is None:
            return None
        lines = self._lines(thumbnail)
        if lines is None:
            self._awaited[thumbnail.key] = index
        return Place(index == self.cursor, self._frame(index), self._caption(thumbnail, index), lines)

    def _place_line(self, place: Place | None, line: int, plain: Style) -> list[Segment]:
        if place is None:
            return [Segment(" " * (WIDTH + 2), plain)]
        if line == ROWS:
            return [Segment(place.caption, place.frame), Segment(" ", plain)]
        edge = Segment("▌", place.frame) if place.current else Segment(" ", plain)
        inside = place.lines[line] if place.lines else [Segment(" " * WIDTH, plain)]
        return [
            edge,
            *(Segment(text, plain + style if style else plain) for text, style, _ in inside),
            Segment(" ", plain),
        ]

    def _frame(self, index: int) -> Style:
        looks = ["grid--caption"]
        looks += [self.MARKED] if self._id_at(index) in self.marks else []
        looks += ["grid--cursor"] if index == self.cursor else []
        return self.get_visual_style(*looks).rich_style

    def _caption(self, thumbnail: Thumbnail, index: int) -> str:
        mark = "▪" if self._id_at(index) in self.marks else " "
        note = f" {thumbnail.note}" if thumbnail.note else ""
        return mark + cell(thumbnail.caption, WIDTH - len(note)).plain + note

    def fetch(self, thumbnails: Iterable[Thumbnail]) -> None:
        """Has pictures drawn that are not in view yet."""
        for thumbnail in thumbnails:
            self._lines(thumbnail)

    def _lines(self, thumbnail: Thumbnail) -> Lines | None:
        """The drawn picture, or None while a thread draws it."""
        if cast(HasTerminal, self.app).terminal.protocol == "none":
            return blank("no picture", WIDTH, ROWS)
        if thumbnail.key in self._drawn:
            self._drawn.move_to_end(thumbnail.key)
            return self._drawn[thumbnail.key]
        self._drawn[thumbnail.key] = None
        while len(self._drawn) > KEPT:
            self._drawn.popitem(last=False)
        self.run_worker(partial(self._draw, thumbnail), thread=True, group="thumbnails", exit_on_error=False)
        return None

    def _draw(self, thumbnail: Thumbnail) -> None:
        try:
            lines = half_cells(thumbnail.picture(128), WIDTH, ROWS)
        except TaggerError:
            lines = blank("cannot be read", WIDTH, ROWS)
        self._drawn[thumbnail.key] = lines
        self.app.call_from_thread(self._drew, thumbnail.key)

    def _drew(self, key: Hashable) -> None:
        """Draws the place that waited for a picture; one that was only fetched ahead has none."""
        index = self._awaited.pop(key, None)
        if index is not None:
            self.refresh(self._place(index))


def half_cells(picture: Image.Image, width: int, rows: int) -> Lines:
    """The picture fitted into width x rows cells, two pixels a cell, centred; what is around it has no colour."""
    fitted = picture.convert("RGB")
    fitted.thumbnail((width, rows * 2))
    canvas = Image.new("RGBA", (width, rows * 2))
    canvas.paste(fitted, ((width - fitted.width) // 2, (rows * 2 - fitted.height) // 2))
    pixels = canvas.load()
    assert pixels is not None
    return tuple(tuple(_half(pixels[x, 2 * row], pixels[x, 2 * row + 1]) for x in range(width)) for row in range(rows))


def _half(top: object, bottom: object) -> Segment:
    upper, lower = _colour(top), _colour(bottom)
    if upper is None:
        return Segment(LOWER, Style(color=lower)) if lower else Segment(" ")
    return Segment(HALF, Style(color=upper, bgcolor=lower))


def _colour(pixel: object) -> Color | None:
    assert isinstance(pixel, tuple)
    *rgb, opaque = pixel
    return Color.from_rgb(*rgb) if opaque else None


def blank(text: str, width: int, rows: int) -> Lines:
    """A place without a picture: the text in the middle row."""
    return tuple((Segment(text.center(width) if row == rows // 2 else " " * width),) for row in range(rows))
