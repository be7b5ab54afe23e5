"""The table of tags: filter, raw values, copying, and values that try to be more than text."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from textual.app import App, ComposeResult

from tui_tagger.text import folded
from tui_tagger.widgets.exif_table import ExifTable


@dataclass(frozen=True)
class Tag:
    group: str
    name: str
    value: str
    raw: str = "raw"


TAGS = (
    Tag("Image", "Make", "Canon [bold]beach[/bold]", "Canon"),
    Tag("GPS", "GPSLatitude", "38.72° N", "[38, 43, 1/3]"),
    Tag("EXIF", "UserComment", "Café \x1b[31mred [/foo]"),
    Tag("Image", "Model", "EOS 80D", "EOS 80D"),
    Tag("EXIF", "Schärfe", "Hart", "2"),
)


class TableApp(App[None]):
    def compose(self) -> ComposeResult:
        yield ExifTable()


def screen_text(app: App[None]) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def names(table: ExifTable) -> list[str]:
    return [entry.name for entry in table.shown]


async def test_tags_stand_in_their_groups() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 20)) as pilot:
        table = app.query_one(ExifTable)
        table.show(TAGS)
        await pilot.pause()
        assert names(table) == ["Make", "Model", "GPSLatitude", "UserComment", "Schärfe"]
        lines = [line.split()[0] for line in screen_text(app).splitlines() if line.strip()]
        assert lines == ["Image", "Make", "Model", "GPS", "GPSLatitude", "EXIF", "UserComment", "Schärfe"]


async def test_values_are_shown_letter_by_letter() -> None:
    app = TableApp()
    async with app.run_test(size=(80, 20)) as pilot:
        app.query_one(ExifTable).show(TAGS)
        await pilot.pause()
        text = screen_text(app)
        assert "Canon [bold]beach[/bold]" in text
        assert "Café ␛[31mred [/foo]" in text
        assert "\x1b" not in text


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", ["Make", "Model", "GPSLatitude", "UserComment", "Schärfe"]),
        ("CAFE", ["UserComment"]),
        ("scharfe", ["Schärfe"]),
        ("canon image", ["Make"]),
        ("eos", ["Model"]),
        ("gps 38.72", ["GPSLatitude"]),
        ("[bold]", ["Make"]),
        ("nothing like it", []),
    ],
)
async def test_filter_without_case_and_accents(typed: str, expected: list[str]) -> None:
    app = TableApp()
    async with app.run_test(size=(60, 20)) as pilot:
        table = app.query_one(ExifTable)
        table.show(TAGS)
        table.set_filter(typed)
        await pilot.pause()
        assert names(table) == expected
        assert (table.current is None) == (not expected)


async def test_the_cursor_stays_on_its_tag_while_filtering() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 20)):
        table = app.query_one(ExifTable)
        table.show(TAGS)
        table.move_to(table.rows.index(TAGS[4]))
        table.set_filter("exif")
        assert table.current == TAGS[4]
        table.set_filter("")
        assert table.current == TAGS[4]
        table.set_filter("make")
        assert table.current == TAGS[0]


async def test_raw_values_and_copying() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 20)) as pilot:
        table = app.query_one(ExifTable)
        table.show(TAGS)
        table.focus()
        table.move_to(table.rows.index(TAGS[1]))
        await pilot.press("y")
        assert app.clipboard == "38.72° N"
        await pilot.press("r", "y")
        assert app.clipboard == "[38, 43, 1/3]"
        await pilot.pause()
        assert "[38, 43, 1/3]" in screen_text(app)
        table.move_to(0)
        await pilot.press("y")
        assert app.clipboard == "[38, 43, 1/3]"


async def test_an_empty_table_takes_all_keys() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.query_one(ExifTable).focus()
        await pilot.press("j", "G", "y", "r", "enter", "k")
        assert app.query_one(ExifTable).current is None


async def test_a_filter_that_leaves_nothing_says_so() -> None:
    app = TableApp()
    async with app.run_test(size=(60, 20)) as pilot:
        table = app.query_one(ExifTable)
        table.show(TAGS)
        table.set_filter("[b]zoom\x1b")
        await pilot.pause()
        assert screen_text(app).split("\n")[0].strip() == "No tag holds [b]zoom␛"
        assert table.current is None
        table.set_filter("")
        assert table.current is TAGS[0]
        table.show(())
        await pilot.pause()
        assert not screen_text(app).strip()


def test_folding() -> None:
    assert folded("ÀÉÎ Straße ﬁ") == "aei strasse fi"
