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
from tui_tagger.widgets.row_list import RowList


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
        starts = [len(line) - len(line.lstrip()) for line in lines(app) if line.startswith("    ") and line.strip()]
        assert set(starts) == {4, 27}, "what does not fit goes on below its column"


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
        await press(pilot, "h", "j", "j", "enter")
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


async def test_the_list_turns_round(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        first = library(app).id_at(0)
        await press(pilot, "S")
        assert library(app).id_at(5) == first
        assert "by date, reversed" in lines(app)[0]


async def test_branches_close_and_open_and_go_up(app: TaggerApp, tmp_path: Path) -> None:
    for name in ("Other/deep/er", "Other/deep/est"):
        (tmp_path / name).mkdir(parents=True)
        draw_photo(tmp_path / name / "alone.jpg", (), 0)
        store_photo(tmp_path / name / "alone.jpg", 30 + len(name))
    async with app.run_test(size=LARGE) as pilot:
        await press(pilot, "h", "j", "j")
        folders = library(app).query_one("#folders", RowList)
        names = [line.name for line in library(app).branches.lines]
        assert names[1:] == ["Other/deep", "Pictures"]  # one line for folders that hold nothing else
        await press(pilot, "l")
        assert [line.name for line in library(app).branches.lines][2:4] == ["er", "est"]
        await press(pilot, "j", "j", "h")
        assert folders.cursor == 2  # up
        await press(pilot, "h")
        assert len(library(app).branches.lines) == 3  # closed
        await press(pilot, "enter")
        assert library(app).pages.total == 2


async def test_marks_stay_over_filters_and_are_counted(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "space", "slash", *"[5]", "enter", "space")
        assert "2 marked" in footer(app)
        await press(pilot, "ctrl+r")
        assert "1 marked" in footer(app)
        await press(pilot, "slash", "backspace", "backspace", "backspace", "enter", "ctrl+a")
        assert "6 marked" in footer(app)
        await press(pilot, "ctrl+r")
        assert "marked" not in footer(app)


async def test_marked_photos_are_ignored_as_one_decision(app: TaggerApp, services: Services) -> None:
    waiting = services.library.counts().waiting
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "ctrl+a", "I")
        assert services.library.counts().waiting == 0
        await press(pilot, "u")
        assert services.library.counts().waiting == waiting


async def test_removing_asks_and_leaves_the_file(app: TaggerApp, services: Services) -> None:
    path = services.library.page().rows[0].path
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "delete")
        assert "Remove 1 photo, with 1 named face?" in text(app)
        await press(pilot, "enter")
        assert services.library.page().total == 6
        await press(pilot, "delete", "y")
        assert services.library.page().total == 5
        assert path.exists()
        assert path not in [row.path for row in services.library.page().rows]


async def test_paths_of_the_marked_photos_are_copied(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "y")
        assert app.clipboard == str(services.library.page().rows[0].path)
        await press(pilot, "ctrl+a", "y")
        assert app.clipboard.count("\n") == 5
        assert "Copied 6 paths" in text(app)


async def test_faces_are_looked_for_again_in_the_marked_photos(app: TaggerApp, services: Services) -> None:
    asked: list[int] = []
    services.jobs.detect_again = asked.append  # type: ignore[assignment, method-assign]
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "space", "space", "D")
        assert len(asked) == 2


async def test_what_is_wrong_with_a_photo_is_said_in_its_row(app: TaggerApp, services: Services) -> None:
    first, second, *_ = services.library.photo_ids()
    Photo.update(status="failed", failure="cut off").where(Photo.id == first).execute()
    Photo.update(status="offline").where(Photo.id == second).execute()
    async with app.run_test(size=LARGE) as pilot:
        await settled(pilot)
        assert "! " in lines(app)[1]
        assert "failed: cut off" in lines(app)[1]
        assert "offline" in lines(app)[2]
        assert "unwritten" in text(app)


async def test_names_of_other_programs_are_imported_and_taken_back(app: TaggerApp, services: Services) -> None:
    services.tagging.write(list(services.library.photo_ids()))
    services.review.undo()  # the names leave the files,
    services.tagging.write(list(services.library.photo_ids()))  # and come back
    Photo.update(written=[]).execute()
    services.review.reset([face.id for face in services.library.photo(services.library.photo_ids()[0]).faces])
    confirmed = services.library.page("face:confirmed").total
    async with app.run_test(size=SMALL) as pilot:
        titles = dict(app.screens_by_name["library"].commands())
        titles["library: Import names from other programs"]()
        await settled(pilot)
        await until(pilot, "named by other programs")
        assert services.library.page("face:confirmed").total == confirmed + 1
        await press(pilot, "u")
        assert services.library.page("face:confirmed").total == confirmed
