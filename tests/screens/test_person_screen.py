"""A person's faces: audit, moving, keyface, suggested faces, splitting, times and companions, export."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.screens.screen_text import LARGE, SMALL, footer, lines, press, settled, text, until
from tui_tagger.app import TaggerApp
from tui_tagger.faces import division
from tui_tagger.screens import person as person_module
from tui_tagger.screens.person import PersonScreen
from tui_tagger.screens.split import SplitScreen
from tui_tagger.screens.times import TimesScreen
from tui_tagger.services import Services, recognition
from tui_tagger.services.views import FaceState

ANNA, BO = (1, 2, 3, 4, 5, 6), (2, 3, 5, 6)  # photos with a face of theirs; not all are


def face(services: Services, photo: int, place: int) -> int:
    return services.library.photo(photo).faces[place].id


@pytest.fixture
def mixed(services: Services) -> Services:
    """Anna has her six faces and one of Clara's; Bo has two."""
    hers = [face(services, photo, 0) for photo in ANNA]
    services.review.name([*hers, face(services, 6, 2)], "Anna Rossi", allow_twice=True)
    services.review.name([face(services, 2, 1), face(services, 3, 1)], "Bo Lind")
    return services


def shown(app: TaggerApp) -> PersonScreen:
    assert isinstance(app.screen, PersonScreen)
    return app.screen


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_the_doubtful_face_is_first_and_says_why(app: TaggerApp, mixed: Services, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        await press(pilot, "f4", "enter")
        assert "Anna Rossi · 7 least likely first" in lines(app)[0]
        assert "? suspicious" in text(app)
        assert any("? looks more like Clara Ek" in line and "party [5].jpg" in line for line in lines(app))
        await press(pilot, "l")
        assert "looks more like" not in text(app)


async def test_several_faces_are_rejected_as_one_decision(app: TaggerApp, mixed: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "enter", "v", "l", "l", "v")
        assert "3 marked" in footer(app)
        order = [one.id for one in shown(app).faces]
        await press(pilot, "x")
        assert [one.id for one in shown(app).faces] == order[3:]
        assert app.screen.query_one("StatusRow").message == "3 faces are not Anna Rossi"  # type: ignore[attr-defined]
        await press(pilot, "u")
        assert len(shown(app).faces) == 7


async def test_faces_move_to_somebody_else(app: TaggerApp, mixed: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "enter")
        moved = shown(app).faces[0].id
        await press(pilot, "n", *"clara", "enter")
        assert mixed.review.item(moved).face.person == "Clara Ek"
        assert len(shown(app).faces) == 6


async def test_a_person_twice_in_a_photo_needs_a_yes(app: TaggerApp, mixed: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "enter", "G", "k")
        ids = {one.id for one in shown(app).faces if one.photo_id in (2, 3)}
        index = next(at for at, one in enumerate(shown(app).faces) if one.id in ids)
        shown(app).grid.move_to(index)
        await press(pilot, "n", *"bo", "enter")
        assert "Name this so too?" in text(app)
        await press(pilot, "enter")
        assert len(shown(app).faces) == 7
        await press(pilot, "n", *"bo", "enter", "y")
        assert len(shown(app).faces) == 6


async def test_unknown_again_ignored_and_no_face(app: TaggerApp, mixed: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "enter")
        first, second, third = (one.id for one in shown(app).faces[:3])
        await press(pilot, "r", "i", "d")
        states = [mixed.review.item(each).face.state for each in (first, second, third)]
        assert states[0] in (FaceState.UNKNOWN, FaceState.SUGGESTED)
        assert states[1:] == [FaceState.IGNORED, FaceState.NOT_A_FACE]


async def test_the_face_that_shows_the_person(app: TaggerApp, mixed: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "enter", "l", "K")
        chosen = shown(app).faces[1].id
        assert mixed.people.row(shown(app).person_id).keyface_id == chosen


async def test_suggested_faces_are_accepted(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "enter", "tab")
        assert "suggested" in lines(app)[0]
        count = len(shown(app).faces)
        assert count > 1
        await press(pilot, "v", "G", "v", "a")
        assert "No face is suggested to be this person." in text(app)
        await press(pilot, "tab")
        assert len(shown(app).faces) == count + 1


async def test_many_faces_are_compared_in_a_thread(
    app: TaggerApp, mixed: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(person_module, "MANY", 1)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("f4", "enter")
        await until(pilot, "? suspicious")


async def test_somebody_who_is_gone(app: TaggerApp, mixed: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "enter")
        mixed.people.delete(shown(app).person_id)
        app.data_changed()
        await pilot.pause()
        assert "This person is no longer there." in text(app)
        await press(pilot, "u")
        assert len(shown(app).faces) == 7


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_split_with_a_preview(app: TaggerApp, mixed: Services, size: tuple[int, int]) -> None:
    anna = mixed.people.find("Anna Rossi")
    mixed.people.merge([mixed.people.find("Bo Lind")], anna)
    async with app.run_test(size=size) as pilot:
        await press(pilot, "f4", "enter", "s")
        assert "Mark faces of the other person first." in text(app)
        bo = [at for at, one in enumerate(shown(app).faces) if one.id == face(mixed, 3, 1)]
        shown(app).grid.move_to(bo[0])
        await press(pilot, "space", "s")
        screen = app.screen
        assert isinstance(screen, SplitScreen)
        assert screen.going >= {face(mixed, 2, 1), face(mixed, 3, 1)}
        assert f"{len(screen.going)} faces will go" in text(app)
        assert "→ goes" in text(app)
        going = set(screen.going)
        await press(pilot, "g", "space")
        assert screen.going == going ^ {screen.plan[0].id}
        await press(pilot, "g", "space", "tab", "enter", *"Bo Lind", "enter")
        assert isinstance(app.screen, PersonScreen)
        assert {one.id for one in mixed.people.faces(mixed.people.find("Bo Lind"))} == going
        assert mixed.people.row(anna).aliases == ()
        await press(pilot, "u")
        assert len(shown(app).faces) == 9
        assert mixed.people.row(anna).aliases == ("Bo Lind",)


async def test_dividing_again_takes_those_that_go_as_examples(app: TaggerApp, mixed: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "enter", "space", "s")
        screen = app.screen
        assert isinstance(screen, SplitScreen)
        await press(pilot, "G", "space", "p")
        assert len(screen.going) >= 2
        assert {one.id for one in screen.plan if one.seed} == screen.going
        await press(pilot, "escape")
        assert isinstance(app.screen, PersonScreen)


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_years_and_companions(app: TaggerApp, mixed: Services, size: tuple[int, int]) -> None:
    mixed.people.set_birth_date(mixed.people.find("Anna Rossi"), "1978")
    async with app.run_test(size=size) as pilot:
        await press(pilot, "f4", "t")
        assert isinstance(app.screen, TimesScreen)
        assert any("2019" in line and "41" in line and "█" in line for line in lines(app))
        assert any("Bo Lind" in line and "2019-07" in line for line in lines(app))
        await press(pilot, "tab", "enter")
        assert app.screen is app.screens_by_name["library"]
        assert footer(app).rstrip().endswith("1/2")


async def test_a_year_opens_the_library_and_a_companion_their_faces(app: TaggerApp, mixed: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "t", "tab", "p")
        assert shown(app).row is not None
        assert "Bo Lind" in lines(app)[0]
        await press(pilot, "escape", "tab", "enter")
        assert app.screen is app.screens_by_name["library"]


async def test_nobody_has_appeared(app: TaggerApp, services: Services) -> None:
    services.people.add("Aaron")
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "t")
        assert "No dated photo of this person yet." in text(app)


async def test_export_to_a_file(app: TaggerApp, mixed: Services, tmp_path: Path) -> None:
    target = tmp_path / "anna.json"
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "E", "ctrl+u", *str(target), "enter")
        rows = [json.loads(line) for line in target.read_text().splitlines()]
        assert len(rows) == 7
        assert {row["person"] for row in rows} == {"Anna Rossi"}
        await press(pilot, "E", "ctrl+u", *str(target), "enter")
        assert "is there already" in app.screen.query_one("StatusRow").message  # type: ignore[attr-defined]


async def test_keys_act_while_faces_are_divided(
    app: TaggerApp, mixed: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, really = threading.Event(), division.divide

    def slow(*arguments: Any) -> Any:
        while not go.wait(0.01):
            if not arguments[-1]():
                return None
        return really(*arguments)

    monkeypatch.setattr(recognition, "divide", slow)
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "enter", "space")
        await pilot.press("s")
        assert isinstance(app.screen, PersonScreen)
        await until(pilot, "Dividing the faces of Anna Rossi")
        assert shown(app).grid.cursor == 1
        await pilot.press("g", "s")
        await until(pilot, "still goes on")
        assert shown(app).grid.cursor == 0
        await press(pilot, "C")
        assert isinstance(app.screen, PersonScreen)  # it was cancelled
        assert shown(app).grid.marks.ids
        await pilot.press("s")
        await pilot.press("f2")
        go.set()
        await settled(pilot)
        assert app.screen is app.screens_by_name["library"]  # the human went on to something else


async def test_what_goes_is_not_lost_to_a_division_that_ends_late(
    app: TaggerApp, mixed: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, really = threading.Event(), division.divide
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "enter", "space", "s")
        screen = app.screen
        assert isinstance(screen, SplitScreen)
        await press(pilot, "g")
        monkeypatch.setattr(recognition, "divide", lambda *arguments: (go.wait(30), really(*arguments))[1])
        await pilot.press("p")
        await pilot.press("space")
        going = set(screen.going)
        go.set()
        await settled(pilot)
        assert screen.going == going
        assert "What goes was changed meanwhile" in text(app)
