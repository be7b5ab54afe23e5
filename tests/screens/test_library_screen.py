"""Library: the list, the grid, folders, filter, sort and marks, and what an empty one says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.screens.screen_text import LARGE, SMALL, footer, lines, press, settled, text, until
from tests.screens.small_library import draw_photo, store_photo
from tui_tagger.app import TaggerApp
from tui_tagger.screens.library import LibraryScreen
from tui_tagger.services import Services
from tui_tagger.storage.models import Photo
from tui_tagger.widgets.face_grid import FaceGrid
from tui_tagger.widgets.photo_rows import PAGE


def library(app: TaggerApp) -> LibraryScreen:
    assert isinstance(app.screen, LibraryScreen)
    return app.screen


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_a_row_says_when_where_who_and_how_many_wait(app: TaggerApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        row = next(line for line in lines(app) if "party [1]" in line)
        assert all(words in row for words in ("2019-07-02", "Oslo", "Bo Lind", "1 ?"))
        assert "9 faces to review · 3 to write" in lines(app)[0]
        assert all(len(line) == size[0] for line in lines(app))


async def test_the_footer_has_at_most_eight_hints_and_the_place(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "j", "j", "space")
        assert len(library(app).hints()) >= 8
        assert footer(app).rstrip().endswith("4/6 - 1 marked")
        assert footer(app).strip().startswith("enter open")


async def test_filter_while_typing_and_escape_clears(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "slash", *"person:bo")
        await until(pilot, "· 1 photo ·")
        await press(pilot, "enter")
        assert "“person:bo” · 1 photo" in lines(app)[0]
        await press(pilot, "escape")
        assert library(app).pages.total == 6
        assert app.is_running


async def test_a_filter_without_a_match_says_how_to_go_on(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "slash", *"nowhere", "enter")
        assert "No photo matches" in text(app)


async def test_a_wrong_filter_is_told_and_the_list_stays(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "slash", *"has:wings", "enter")
        assert "has:wings is not known" in text(app)
        await press(pilot, "escape")
        assert library(app).pages.total == 6


async def test_sort_by_what_waits(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "s", "s")
        assert "by unreviewed faces" in lines(app)[0]
        row = library(app).pages.at(0)
        assert row is not None
        assert row.waiting == 3


async def test_tab_shows_the_grid_with_thumbnails_on_the_same_photo(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "j", "space", "tab")
        grid = app.screen.query_one(FaceGrid)
        assert grid.display
        assert grid.cursor == 2
        assert len(grid.marks) == 1
        assert "▀▀▀" in text(app)
        await press(pilot, "right", "enter")
        assert app.screen is app.screens_by_name["photo"]


async def test_folders_choose_what_is_listed(app: TaggerApp, tmp_path: Path) -> None:
    other = tmp_path / "Other"
    other.mkdir()
    draw_photo(other / "alone.jpg", (), 0)
    store_photo(other / "alone.jpg", 20)
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "h", "j", "enter")
        assert library(app).folder == other
        assert library(app).pages.total == 1
        await press(pilot, "escape")
        assert library(app).pages.total == 7


async def test_a_range_of_marks(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "v", "j", "j", "v")
        assert len(library(app).photos.marks) == 3


async def test_moving_keys(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        photos = library(app).photos
        for key, place in [("G", 5), ("k", 4), ("g", 0), ("end", 5), ("home", 0), ("pagedown", 5), ("ctrl+u", 0)]:
            await press(pilot, key)
            assert photos.cursor == place, key


async def test_only_the_rows_in_view_are_read(app: TaggerApp, services: Services) -> None:
    first = Photo.get_by_id(services.library.photo_ids()[0])
    row = {name: getattr(first, name) for name in ("folder", "name", "size", "mtime_ns", "width", "height", "place")}
    copies = [
        row | {"path": Path(f"/nowhere/{n:05}.jpg"), "image_hash": f"c{n}", "taken_at": f"2020-01-01T00:00:{n % 60:02}"}
        for n in range(3000)
    ]
    for start in range(0, len(copies), 500):
        Photo.insert_many(copies[start : start + 500]).execute()
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "G")
        assert "3,006/3,006" in footer(app)
        assert len(library(app).pages._pages) * PAGE <= 400


async def test_a_name_of_a_file_is_never_markup_nor_an_escape(app: TaggerApp, services: Services) -> None:
    path = Path("/nowhere/[bold]x[red]\x1b[31m.jpg")
    photo = Photo.get_by_id(services.library.photo_ids()[0])
    Photo.update(path=path, name=path.name).where(Photo.id == photo.id).execute()
    async with app.run_test(size=LARGE) as pilot:
        await settled(pilot)
        assert "[bold]x[red]␛[31m" in text(app)
        assert "\x1b" not in text(app)


async def test_an_empty_library_says_what_to_do(empty_app: TaggerApp) -> None:
    async with empty_app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        assert "No photos yet" in text(empty_app)
        for key, words in [("f3", "No photo to show"), ("f4", "Nobody has a name"), ("f5", "Nothing to review")]:
            await press(pilot, key)
            assert words in text(empty_app)
        await press(pilot, "f6")
        await until(pilot, "No photo says where it was taken")


async def test_a_folder_that_is_not_there_is_told(empty_app: TaggerApp) -> None:
    async with empty_app.run_test(size=SMALL) as pilot:
        await press(pilot, "plus", *"nowhere", "enter")
        await until(pilot, "There is no folder")
