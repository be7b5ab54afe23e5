"""People: the table, changes of names, merging with a preview, and a person's faces."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.screens.screen_text import LARGE, SMALL, lines, press, text, until
from tui_tagger.app import TaggerApp
from tui_tagger.screens.people import PeopleScreen
from tui_tagger.screens.person import PersonScreen
from tui_tagger.screens.write import WriteScreen
from tui_tagger.services import Services
from tui_tagger.services.views import FaceState


def names(services: Services) -> list[str]:
    return [person.name for person in services.people.list()]


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_the_table(app: TaggerApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        await press(pilot, "f4")
        row = next(line for line in lines(app) if line.startswith("  Anna Rossi"))
        assert "2019-07" in row
        heading = next(line for line in lines(app) if "waiting" in line and "first" in line)
        assert heading.index("first") == row.index("2019-07")


async def test_rename_and_undo(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "r", "end", *" B", "enter")
        assert "Anna Rossi B" in names(services)
        await press(pilot, "u")
        assert "Anna Rossi B" not in names(services)


async def test_a_name_that_is_taken_is_told(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "n", *"Bo Lind", "enter")
        assert names(services).count("Bo Lind") == 1
        assert "Bo Lind" in app.screen.query_one("StatusRow").message  # type: ignore[attr-defined]


async def test_merge_shows_what_it_will_do_and_defaults_to_no(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "m", *"bo", "enter")
        assert "Anna Rossi (1 face) will become Bo Lind" in text(app)
        await press(pilot, "enter")
        assert len(names(services)) == 3
        await press(pilot, "m", *"bo", "enter", "y")
        assert names(services).count("Anna Rossi") == 0
        await press(pilot, "u")
        assert "Anna Rossi" in names(services)


async def test_delete_asks_and_undo_brings_back(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "D")
        assert "1 face of Anna Rossi in 1 photo will be unknown again" in text(app)
        await press(pilot, "n")
        assert len(names(services)) == 3
        await press(pilot, "D", "y")
        assert len(names(services)) == 2
        await press(pilot, "u")
        assert len(names(services)) == 3


async def test_filter(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "slash", *"clar", "enter")
        assert "Anna Rossi" not in text(app)
        assert "Clara Ek" in text(app)
        await press(pilot, "escape")
        assert "Anna Rossi" in text(app)


async def test_a_persons_faces_can_be_taken_back(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "enter")
        screen = app.screen
        assert isinstance(screen, PersonScreen)
        face = screen.faces[0]
        assert face.state is FaceState.CONFIRMED
        assert "party [0]" in text(app)
        await press(pilot, "x")
        assert services.review.item(face.id).face.state is not FaceState.CONFIRMED
        await press(pilot, "u")
        assert services.review.item(face.id).face.state is FaceState.CONFIRMED
        await press(pilot, "q")
        assert app.screen is app.screens_by_name["people"]


async def test_copy_the_name(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "y")
        assert app.clipboard == "Anna Rossi"


async def test_birth_date_from_the_palette(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "enter", "colon", *"birth", "enter")
        assert "born (1978" in text(app)
        await press(pilot, *"1978-03", "enter")
        assert services.people.list()[0].birth_date == "1978-03"
        await press(pilot, "colon", *"birth", "enter")
        await press(pilot, *"-99", "enter")
        assert services.people.list()[0].birth_date == "1978-03"
        await press(pilot, "u")
        assert services.people.list()[0].birth_date is None


async def test_a_suspicious_face_says_so(app: TaggerApp, services: Services) -> None:
    faces = [
        services.library.photo(photo).faces[place].id
        for photo, place in ((1, 0), (2, 0), (3, 0), (4, 0), (6, 2))  # the last shows Clara
    ]
    services.review.name(faces, "Anna Rossi", allow_twice=True)
    async with app.run_test(size=LARGE) as pilot:
        await press(pilot, "f4", "enter")
        assert "? suspicious" in text(app)
        assert "? looks more like Clara Ek, " in text(app)
        await press(pilot, "j", "l")
        assert "looks more like" not in text(app)


async def test_sorts_by_key_and_palette_keep_the_person_under_the_cursor(app: TaggerApp, services: Services) -> None:
    services.people.add("Aaron")
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "j")
        screen = app.screens_by_name["people"]
        assert isinstance(screen, PeopleScreen)
        assert screen.people[0].name == "Aaron"
        await press(pilot, "s")
        assert "most confirmed first" in lines(app)[0]
        assert screen.people[-1].name == "Aaron"
        assert screen.person is not None
        assert screen.person.name == "Anna Rossi"
        await press(pilot, "colon", *"recently used", "enter")
        assert "recently used first" in lines(app)[0]
        assert screen.people[0].name == "Aaron"


async def test_hidden_people_leave_the_list_until_asked_for(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "minus")
        assert not any(line.startswith("  Anna Rossi") for line in lines(app))
        assert services.people.row(services.people.find("Anna Rossi")).suggested == 0
        await press(pilot, "full_stop")
        assert "with hidden" in lines(app)[0]
        assert any(line.startswith("  Anna Rossi (hidden)") for line in lines(app))
        await press(pilot, "minus")
        assert services.people.row(services.people.find("Anna Rossi")).suggested > 0
        await press(pilot, "u", "u")
        assert not services.people.row(services.people.find("Anna Rossi")).hidden


async def test_other_names_are_added_found_and_removed(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=LARGE) as pilot:
        await press(pilot, "f4", "equals_sign", *"Nonna", "enter")
        assert "also Nonna" in text(app)
        await press(pilot, "slash", *"nonn", "enter")
        assert "Bo Lind" not in text(app)
        await press(pilot, "colon", *"other name nonna", "enter")
        assert services.people.row(services.people.find("Anna Rossi")).aliases == ()
        await press(pilot, "escape", "r", "end", *"x", "enter", "u", "u")
        assert services.people.find("nonna") == services.people.find("Anna Rossi")


async def test_type_ahead_takes_another_name_before_a_new_person(app: TaggerApp, services: Services) -> None:
    services.people.add_alias(services.people.find("Anna Rossi"), "Nonna")
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "j", "m", *"nonna")
        assert "Anna Rossi  also Nonna" in text(app)
        await press(pilot, "enter")
        assert "Bo Lind (1 face) will become Anna Rossi" in text(app)


async def test_merge_shows_what_speaks_against_it(app: TaggerApp, services: Services) -> None:
    anna, bo = services.people.find("Anna Rossi"), services.people.find("Bo Lind")
    services.people.set_birth_date(anna, "1978")
    services.people.set_birth_date(bo, "1980")
    services.review.name([services.library.photo(2).faces[0].id], "Anna Rossi")
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "m", *"bo", "enter")
        assert "Together in 1 photo, so perhaps two people: party [1].jpg" in text(app)
        assert "Birth dates differ: 1980 stays, 1978 of Anna Rossi goes." in text(app)
        assert "Bo Lind will also be called Anna Rossi." in text(app)
        await press(pilot, "escape")
        assert "Together" not in text(app)


async def test_marked_people_are_merged_together(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "space", "space", "m", *"clara", "enter", "y")
        assert names(services) == ["Clara Ek"]
        await press(pilot, "u")
        assert len(names(services)) == 3


async def test_a_persons_photos_open_in_library_and_are_written(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "L")
        assert app.screen is app.screens_by_name["library"]
        assert 'person:"Anna Rossi"' in lines(app)[0]
        await press(pilot, "f4")
        await pilot.press("w")
        await until(pilot, "+Anna Rossi")
        assert isinstance(app.screen, WriteScreen)


async def test_nobody_yet(empty_app: TaggerApp) -> None:
    async with empty_app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4")
        assert "Nobody has a name yet." in text(empty_app)
        await press(pilot, "n", *"Anna", "enter")
        assert any(line.startswith("  Anna") for line in lines(empty_app))


async def test_a_merge_is_undone_after_a_restart(app: TaggerApp, services: Services, tmp_path: Path) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "m", *"bo", "enter", "y")
    services.close()
    again = Services.open(tmp_path / "library.db")
    reopened = TaggerApp(again, app.terminal)
    async with reopened.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "u")
        assert any(line.startswith("  Anna Rossi") for line in lines(reopened))
        assert any(line.startswith("  Bo Lind") for line in lines(reopened))
    again.close()
