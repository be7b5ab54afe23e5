"""The picture pane in a running app: what is drawn, when, and what is not."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable

import pytest
from PIL import Image
from rich.console import Console
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Static

from tui_tagger.errors import PhotoError
from tui_tagger.widgets.encoding import PLACEHOLDER, KittyImage, Sixels
from tui_tagger.widgets.frame import Frame
from tui_tagger.widgets.line import Line
from tui_tagger.widgets.picture import SIDE_STEP, Overlay, Picture, Source
from tui_tagger.widgets.terminal import Protocol, Terminal

CONSOLE = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor")


class PictureApp(App[None]):
    CSS = "#side { width: 20; } Picture { border: round red; }"

    def __init__(self, protocol: Protocol) -> None:
        super().__init__()
        self.terminal = Terminal(protocol, (8, 17), "test", (), False)
        self.line = Line(lambda _: False)
        self.frame = Frame()

    def compose(self) -> ComposeResult:
        yield Picture()
        yield Static("below")


class Question(Screen[None]):
    def compose(self) -> ComposeResult:
        yield Static("question")


def plain(colour: str, asked: list[int] | None = None) -> Source:
    """A picture of one colour; notes which sides were asked for."""

    def load(side: int) -> Image.Image:
        if asked is not None:
            asked.append(side)
        return Image.new("RGB", (side, side // 2), colour)

    return load


def drawn_text(app: PictureApp) -> str:
    """What would go to the terminal for a full redraw."""
    app.frame.forget()
    return app.frame.sequence(app.screen._compositor.render_full_update(), CONSOLE)


def backgrounds(app: App[None]) -> set[tuple[int, int, int]]:
    triplets = [
        segment.style.bgcolor.triplet
        for strip in app.screen._compositor.render_strips()
        for segment in strip
        if segment.style and segment.style.bgcolor and segment.style.bgcolor.triplet
    ]
    return {(triplet.red, triplet.green, triplet.blue) for triplet in triplets}


async def settled(pilot: Pilot[None], done: Callable[[], bool]) -> None:
    for _ in range(200):
        await pilot.pause(0.02)
        if done():
            return
    raise AssertionError("the picture did not come")


async def test_half_cells_are_ordinary_text() -> None:
    app = PictureApp("halfcell")
    async with app.run_test(size=(60, 20)) as pilot:
        asked: list[int] = []
        app.query_one(Picture).show(plain("#00ff00", asked), "green")
        await settled(pilot, lambda: (0, 255, 0) in backgrounds(app))
        assert len(asked) == 1
        assert asked[0] <= SIDE_STEP
        assert all(strip.cell_length == 60 for strip in app.screen._compositor.render_strips())


async def test_the_source_is_called_in_another_thread() -> None:
    app = PictureApp("halfcell")
    threads: list[int] = []

    def load(side: int) -> Image.Image:
        threads.append(threading.get_ident())
        return Image.new("RGB", (side, side), "blue")

    async with app.run_test(size=(60, 20)) as pilot:
        app.query_one(Picture).show(load, 1)
        await settled(pilot, lambda: bool(threads))
        assert threads[0] != threading.get_ident()


async def test_no_pictures_says_so_and_decodes_nothing() -> None:
    app = PictureApp("none")
    async with app.run_test(size=(60, 20)) as pilot:
        asked: list[int] = []
        app.query_one(Picture).show(plain("red", asked), 1)
        await pilot.pause(0.1)
        assert "No pictures in this terminal" in drawn_text(app)
        assert not asked


@pytest.mark.parametrize("protocol", ["halfcell", "sixel", "kitty"])
async def test_what_goes_wrong_is_shown_in_the_pane(protocol: Protocol) -> None:
    app = PictureApp(protocol)

    def broken(_: int) -> Image.Image:
        raise PhotoError("\x1b[31mholiday[/b].jpg: damaged", "Copy it again.")

    async with app.run_test(size=(70, 20)) as pilot:
        app.query_one(Picture).show(broken, 1)
        await settled(pilot, lambda: "␛[31mholiday[/b].jpg: damaged. Copy it again." in drawn_text(app))
        app.query_one(Picture).show(plain("blue"), 2)
        await settled(pilot, lambda: "damaged" not in drawn_text(app))


async def test_a_key_held_down_draws_the_last_picture_only() -> None:
    app = PictureApp("sixel")
    asked: list[int] = []
    async with app.run_test(size=(60, 20)) as pilot:
        picture = app.query_one(Picture)
        for number in range(30):
            picture.show(plain(f"#{number:02x}0000", asked), number)
        picture.show(plain("#0000ff"), "last")
        await settled(pilot, lambda: isinstance(picture._drawn, Sixels))
        assert picture._shown is not None
        assert picture._shown[0] == "last"
        assert len(asked) < 5  # those that a thread had begun


async def test_half_cells_come_before_the_sharp_picture() -> None:
    app = PictureApp("sixel")
    async with app.run_test(size=(60, 20)) as pilot:
        picture = app.query_one(Picture)
        picture.show(plain("#0000ff"), 1)
        await settled(pilot, lambda: isinstance(picture._drawn, list))
        assert (0, 0, 255) in backgrounds(app)
        await settled(pilot, lambda: isinstance(picture._drawn, Sixels))


async def test_another_selection_needs_no_decoding_and_no_preview() -> None:
    app = PictureApp("kitty")
    asked: list[int] = []
    async with app.run_test(size=(60, 20)) as pilot:
        picture = app.query_one(Picture)
        source = plain("blue", asked)
        picture.show(source, 1)
        await settled(pilot, lambda: isinstance(picture._drawn, KittyImage))
        before = picture._drawn
        picture.show(source, 1, (Overlay((0.2, 0.2, 0.5, 0.5), "1", "red"),))
        seen = [picture._drawn]
        await settled(pilot, lambda: seen.append(picture._drawn) or picture._drawn is not before)  # type: ignore[func-returns-value]
        assert all(isinstance(drawn, KittyImage) for drawn in seen)
        assert len(asked) == 1
        picture.show(source, 1)
        assert picture._drawn is before


async def test_the_same_picture_is_not_sent_again() -> None:
    app = PictureApp("kitty")
    async with app.run_test(size=(60, 20)) as pilot:
        picture = app.query_one(Picture)
        picture.show(plain("blue"), 1)
        await settled(pilot, lambda: isinstance(picture._drawn, KittyImage))
        number = picture._number
        picture.show(plain("blue"), 1)
        await pilot.pause(0.2)
        assert picture._number == number


async def test_a_sixel_is_drawn_once_inside_the_pane() -> None:
    app = PictureApp("sixel")
    async with app.run_test(size=(60, 20)) as pilot:
        picture = app.query_one(Picture)
        picture.show(plain("blue"), 1)
        await settled(pilot, lambda: isinstance(picture._drawn, Sixels))
        text = drawn_text(app)
        assert text.count("\x1bP") == 1
        found = re.search(r'\x1b\[2;2H\x1bP[^"]*"1;1;(\d+);(\d+)', text)
        assert found
        assert int(found[1]) == 58 * 8
        assert int(found[2]) <= picture.content_size.height * 17
        assert "below" in text


async def test_nothing_is_drawn_below_another_screen_and_all_of_it_afterwards() -> None:
    for protocol, sign in (("sixel", "\x1bP"), ("kitty", PLACEHOLDER)):
        app = PictureApp(protocol)  # type: ignore[arg-type]
        async with app.run_test(size=(60, 20)) as pilot:
            picture = app.query_one(Picture)
            picture.show(plain("blue"), 1)
            await settled(pilot, lambda app=app, sign=sign: sign in drawn_text(app))  # type: ignore[misc]
            app.push_screen(Question())
            await pilot.pause()
            assert "question" in drawn_text(app)
            assert sign not in drawn_text(app)
            app.pop_screen()
            await settled(pilot, lambda app=app, sign=sign: sign in drawn_text(app))  # type: ignore[misc]


async def test_a_sixel_leaves_the_last_row_of_the_screen_free() -> None:
    class Whole(PictureApp):
        CSS = ""

        def compose(self) -> ComposeResult:
            yield Picture()

    app = Whole("sixel")
    async with app.run_test(size=(60, 20)) as pilot:
        picture = app.query_one(Picture)
        picture.show(plain("blue"), 1)
        await settled(pilot, lambda: isinstance(picture._drawn, Sixels))
        assert picture._shown is not None
        assert picture._shown[1].rows == 19


SENT = r"\x1b_Gi=(\d+)"


async def test_kitty_pictures_are_freed() -> None:
    app = PictureApp("kitty")
    written: list[str] = []
    async with app.run_test(size=(60, 20)) as pilot:
        picture = app.query_one(Picture)
        picture._write = written.append  # type: ignore[method-assign, assignment]
        for number, colour in enumerate(("red", "green", "blue"), 1):
            picture.show(plain(colour), colour)
            await settled(pilot, lambda number=number: len(set(re.findall(SENT, "".join(written)))) == number)  # type: ignore[misc]
        picture.show(None, None)
        await pilot.pause(0.05)
    sent = [number for text in written for number in re.findall(SENT, text)]
    freed = [number for text in written for number in re.findall(r"a=d,d=I,i=(\d+)", text)]
    assert len(set(sent)) >= 3
    assert sorted(sent) == sorted(freed)


async def test_another_size_draws_again() -> None:
    app = PictureApp("halfcell")
    async with app.run_test(size=(60, 20)) as pilot:
        picture = app.query_one(Picture)
        picture.show(plain("#00ff00"), 1)
        await settled(pilot, lambda: (0, 255, 0) in backgrounds(app))
        await pilot.resize_terminal(90, 30)
        await settled(pilot, lambda: picture._shown is not None and picture._shown[1].columns == 88)
        assert isinstance(picture._drawn, list)
        assert len(picture._drawn) == picture.content_size.height


async def test_showing_nothing_empties_the_pane() -> None:
    app = PictureApp("halfcell")
    async with app.run_test(size=(60, 20)) as pilot:
        picture = app.query_one(Picture)
        picture.show(plain("#00ff00"), 1)
        await settled(pilot, lambda: (0, 255, 0) in backgrounds(app))
        picture.show(None, None)
        await pilot.pause()
        assert (0, 255, 0) not in backgrounds(app)
