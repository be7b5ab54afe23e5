"""The cursor of lists and grids is seen, in every theme, and what it lies on can be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from textual.app import App, ComposeResult
from textual.color import Color
from textual.content import Content
from textual.theme import BUILTIN_THEMES

import tui_tagger.app
from tui_tagger.shell.legible import contrast
from tui_tagger.widgets.face_grid import ROWS, WIDTH, FaceGrid, Thumbnail, half_cells
from tui_tagger.widgets.frame import Frame
from tui_tagger.widgets.row_list import RowList
from tui_tagger.widgets.terminal import Terminal

THEMES = sorted(name for name in BUILTIN_THEMES if "ansi" not in name)  # those have the terminal's own colours


class Lists(App[None]):
    CSS_PATH = Path(tui_tagger.app.__file__).parent / "app.tcss"
    terminal = Terminal("halfcell", (8, 17), "test", (), False)
    frame = Frame()

    def compose(self) -> ComposeResult:
        yield RowList()
        yield FaceGrid()

    def on_mount(self) -> None:
        def thumbnail(index: int) -> Thumbnail:
            return Thumbnail(index, lambda _side: Image.new("RGB", (40, 20), "red"), f"face {index}")

        self.query_one(RowList).fill(3, lambda index, _width: Content(f"row {index}"))
        self.query_one(FaceGrid).fill(3, thumbnail, lambda index: index)


def colours(app: App[None], words: str) -> tuple[Color, Color]:
    """Ink and paper of a text on the screen."""
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            if words in segment.text and segment.style and segment.style.color and segment.style.bgcolor:
                return Color.from_rich_color(segment.style.color), Color.from_rich_color(segment.style.bgcolor)
    raise AssertionError(f"{words!r} is not on the screen")


@pytest.mark.parametrize("theme", THEMES)
async def test_the_cursor_is_seen_and_its_text_can_be_read(theme: str) -> None:
    app = Lists()
    async with app.run_test(size=(60, 40)) as pilot:
        app.theme = theme
        for widget, current, other in ((RowList, "row 0", "row 1"), (FaceGrid, "face 0", "face 1")):
            app.query_one(widget).focus()
            await pilot.pause()
            (ink, paper), (_, plain) = colours(app, current), colours(app, other)
            assert contrast(paper, plain) > 1.25, f"{current} looks like {other}"
            assert contrast(ink, paper) > 4, current


async def test_a_marked_row_and_one_below_the_cursor_differ_from_others() -> None:
    app = Lists()
    async with app.run_test(size=(60, 40)) as pilot:
        rows = app.query_one(RowList)
        rows.marking = True
        rows.marks.ids = {1}
        rows.refresh()
        await pilot.pause()
        assert len({colours(app, f"row {index}")[1] for index in range(3)}) == 3


def test_around_a_thumbnail_nothing_is_painted() -> None:
    """It is as the grid around it: a black edge would be seen in every theme."""
    lines = half_cells(Image.new("RGB", (40, 17), "red"), WIDTH, ROWS)
    first, last = lines[0][0], lines[ROWS // 2][0]
    assert first == (" ", None, None)
    assert last.style is not None
    assert last.style.bgcolor is not None
    edges = {segment.text for line in lines for segment in line if segment.style and not segment.style.bgcolor}
    assert edges <= {"▀", "▄"}
