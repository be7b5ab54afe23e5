"""Photo: facts, panels, faces by number, decisions, boxes by hand, and the map."""

from __future__ import annotations

import pytest

from tests.screens.screen_text import LARGE, SMALL, footer, lines, press, settled, text, until
from tui_tagger.app import TaggerApp
from tui_tagger.geometry import Box
from tui_tagger.metadata.exif import ExifEntry
from tui_tagger.screens.photo import PhotoScreen
from tui_tagger.services import Services
from tui_tagger.services.views import FaceState, JobState, PhotoStatus
from tui_tagger.storage.models import Face, Person, Photo
from tui_tagger.widgets.exif_table import ExifTable
from tui_tagger.widgets.picture import Picture
from tui_tagger.widgets.world_map import WorldMap


def photo(app: TaggerApp) -> PhotoScreen:
    assert isinstance(app.screen, PhotoScreen)
    return app.screen


def labels(app: TaggerApp) -> list[tuple[str, bool]]:
    """The boxes on the picture: label, and whether it is the selected one."""
    request = app.screen.query_one("#main-picture", Picture)._request
    return [(overlay.label, overlay.selected) for overlay in request.overlays] if request else []


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_facts_and_faces_are_shown(app: TaggerApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        await press(pilot, "j", "enter")
        shown = text(app)
        assert all(words in shown for words in ("2019-07-02 14:03:22", "+02:00", "DateTimeOriginal", "Oslo, Norway"))
        assert "59.9139, 10.7522, looking SW (225°)" in shown
        assert all(len(line) == size[0] for line in lines(app))
        assert [label for label, _ in labels(app)] == ["1~", "2✓"]


async def test_digits_select_and_decisions_follow(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "G", "enter", "2")
        assert labels(app)[1] == ("2~", True)
        face = photo(app).face
        assert face is not None
        assert footer(app).strip().startswith("enter: Bo Lind")
        await press(pilot, "enter")
        assert services.review.item(face.id).face.state is FaceState.CONFIRMED
        assert labels(app) == [("1~", False), ("2✓", False), ("3~", True)]
        await press(pilot, "u")
        assert labels(app)[1] == ("2~", True)


async def test_reset_makes_a_confirmed_face_wait_again(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "enter", "r")
        face = photo(app).face
        assert face is not None
        assert face.state in (FaceState.UNKNOWN, FaceState.SUGGESTED)
        assert len(services.review.queue()) == 10


async def test_brackets_go_through_the_order_of_the_library(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        ids = services.library.photo_ids()
        await press(pilot, "enter", "right_square_bracket", "right_square_bracket")
        assert app.photo_id == ids[2]
        assert "3/6" in footer(app)
        await press(pilot, "left_square_bracket")
        assert app.photo_id == ids[1]


async def test_tab_shows_one_panel_after_the_other(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "enter", "tab")
        assert app.screen.query_one("#exif").display
        assert app.screen.query_one("#faces").styles.display != "block"
        assert isinstance(app.focused, ExifTable)
        await press(pilot, "tab")
        assert isinstance(app.screen.focused, WorldMap)
        await press(pilot, "tab")
        assert app.focused is None


async def test_all_panels_are_there_where_there_is_room(app: TaggerApp) -> None:
    async with app.run_test(size=LARGE) as pilot:
        await press(pilot, "enter")
        panels = [app.screen.query_one(f"#{name}") for name in ("faces", "exif", "map")]
        assert all(panel.size.height > 0 for panel in panels)


async def test_a_box_is_drawn_by_hand(app: TaggerApp, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Box] = []
    monkeypatch.setattr(services.jobs, "add_face", lambda _photo, box: drawn.append(box))
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "enter", "b", "right", "right", "down", "shift+right", "shift+up")
        assert labels(app) == [("+", True)]
        assert "arrows" in footer(app)
        await press(pilot, "enter")
        middle = Box(260, 180, 120, 120)
        assert drawn == [Box(middle.x + 32, middle.y + 16, 136, 104)]
        assert labels(app) == [("1✓", True)]


async def test_escape_leaves_without_a_box(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "enter", "b", "f5", "j", "escape")
        assert services.jobs.current() is None
        assert photo(app).focused is None


async def test_the_map_of_the_photo(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "enter", "m")
        assert "Lisbon, Portugal" in text(app)
        world = app.screen.query_one(WorldMap)
        before = world.zoom
        await press(pilot, "plus")
        assert world.zoom == before + 1
        await press(pilot, "q")
        assert app.screen is app.screens_by_name["photo"]


async def test_a_photo_without_a_place_says_so(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "j", "j", "enter", "m")
        assert "no coordinates" in text(app)
        assert app.screen is app.screens_by_name["photo"]


async def test_a_file_that_is_gone_is_told_not_raised(app: TaggerApp, services: Services) -> None:
    services.library.photo(services.library.photo_ids()[0]).row.path.unlink()
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "enter")
        await settled(pilot)
        assert photo(app).photo is not None
        assert "party [0]" in text(app)


async def test_detect_again_is_a_job_with_a_bar(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "enter", "D")
        job = services.jobs.current()
        assert job is not None
        assert job.state in (JobState.RUNNING, JobState.DONE, JobState.FAILED)
        await until(pilot, "faces again")
        await press(pilot, "C")


async def test_a_description_is_typed_shown_and_undone(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=LARGE) as pilot:
        await press(pilot, "enter", "e", *"By the sea", "enter")
        await until(pilot, "“By the sea”")
        assert services.library.counts().unwritten == 3  # its name waits already
        await press(pilot, "u")
        assert "By the sea”" not in text(app)


async def test_a_person_without_a_face_is_named_and_undone(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "enter", "p")
        assert "without a face?" in text(app)
        await press(pilot, *"Dora", "enter")
        assert "Dora" in text(app)
        assert [label for label, _ in labels(app)] == ["1✓"]  # no box
        await press(pilot, "u")
        assert "Dora" not in "\n".join(lines(app)[:-2])
        await press(pilot, "p", "escape", "n", *"Emil", "enter")  # a name is of the face again
        first = services.library.photo_ids()[0]
        assert [face.person for face in services.library.photo(first).faces] == ["Emil"]


async def test_the_age_stands_beside_the_name(app: TaggerApp, services: Services) -> None:
    Person.update(birth_date="1985").where(Person.name == "Anna Rossi").execute()
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "enter")
        assert "age 34" in text(app)


async def test_a_value_of_the_table_is_copied(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "enter", "tab")
        table = app.screen.query_one(ExifTable)
        table.show([ExifEntry("EXIF", "FNumber", "f/2.8", "28/10")])
        await press(pilot, "y")
        assert app.clipboard == "f/2.8"
        assert "Copied f/2.8" in text(app)
        await press(pilot, "r", "y")
        assert app.clipboard == "28/10"


async def test_an_offline_photo_says_so_and_offers_no_detection(app: TaggerApp, services: Services) -> None:
    first = services.library.photo(services.library.photo_ids()[0]).row
    first.path.unlink()
    Photo.update(status=PhotoStatus.OFFLINE).where(Photo.id == first.id).execute()
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "enter")
        assert "offline: its file is not there" in text(app)
        await press(pilot, "b", "D")
        assert services.jobs.current() is None
        await press(pilot, "tab")
        assert "the file is not there" in text(app).replace("\n", " ")


async def test_an_unreadable_photo_says_why(app: TaggerApp, services: Services) -> None:
    first = services.library.photo(services.library.photo_ids()[0]).row
    Photo.update(status=PhotoStatus.FAILED, failure="cannot be decoded", width=0, height=0).where(
        Photo.id == first.id
    ).execute()
    Face.delete().where(Face.photo == first.id).execute()
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "enter")
        assert "unreadable: cannot be decoded" in text(app)


async def test_a_truncated_photo_shows_its_reason_and_the_rest_works(app: TaggerApp, services: Services) -> None:
    first = services.library.photo(services.library.photo_ids()[0]).row
    first.path.write_bytes(first.path.read_bytes()[:3000])
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "enter")
        await until(pilot, "cannot be decoded")
        await press(pilot, "right_square_bracket")
        assert app.photo_id != first.id
