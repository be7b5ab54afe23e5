"""Review: each key of the table does what it says, and the cursor stays where a human expects it."""

from __future__ import annotations

import pytest

from tests.screens.screen_text import LARGE, SMALL, footer, lines, press, settled, text
from tui_tagger.app import TaggerApp
from tui_tagger.screens.review import ReviewScreen
from tui_tagger.services import Services
from tui_tagger.services.views import FaceState
from tui_tagger.widgets.picture import Picture


def review(app: TaggerApp) -> ReviewScreen:
    assert isinstance(app.screen, ReviewScreen)
    return app.screen


def states(services: Services, face_id: int) -> tuple[FaceState, str | None]:
    photo = services.library.photo(services.review.item(face_id).face.photo_id)
    face = next(face for face in photo.faces if face.id == face_id)
    return face.state, face.person


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_shows_the_question_without_a_key(app: TaggerApp, services: Services, size: tuple[int, int]) -> None:
    taken_at = services.review.item(services.review.queue()[0]).taken_at
    assert taken_at is not None
    async with app.run_test(size=size) as pilot:
        await press(pilot, "f5", "t")
        shown = text(app)
        assert "Anna Rossi" in shown
        assert "strong suggestion" in shown
        assert taken_at.replace("T", " ") in shown
        assert "1/9" in footer(app)
        assert footer(app).strip().startswith("enter: Anna Rossi")
        assert all(len(line) == size[0] for line in lines(app))


async def test_enter_accepts_and_goes_one_step(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t")
        first, second = services.review.queue()[:2]
        await press(pilot, "enter")
        assert states(services, first) == (FaceState.CONFIRMED, "Anna Rossi")
        assert review(app).shown_id == second
        assert "1/8" in footer(app)


async def test_undo_and_redo_bring_the_cursor_back(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t", "j", "j")
        third = review(app).shown_id
        await press(pilot, "enter", "enter", "u", "u")
        assert review(app).shown_id == third
        assert len(services.review.queue()) == 9
        await press(pilot, "U")
        assert len(services.review.queue()) == 8


async def test_digit_chooses_that_candidate(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t", "j")
        item = review(app).item
        assert item is not None
        await press(pilot, "2", "y")  # the second may be in the photo already: then the question is answered with yes
        assert states(services, item.face.id) == (FaceState.CONFIRMED, item.candidates[1].person)


async def test_not_this_person_moves_the_next_candidate_up(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t")
        item = review(app).item
        assert item is not None
        await press(pilot, "x")
        after = review(app).item
        assert after is not None
        assert after.face.id == item.face.id
        assert "Anna Rossi" not in [candidate.person for candidate in after.candidates]


@pytest.mark.parametrize(("key", "state"), [("i", FaceState.IGNORED), ("d", FaceState.NOT_A_FACE)])
async def test_not_worth_a_name(app: TaggerApp, services: Services, key: str, state: FaceState) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t")
        face_id = services.review.queue()[0]
        await press(pilot, key)
        assert face_id not in services.review.queue()
        assert services.review.item(face_id).face.state is state


async def test_ignore_the_rest_of_the_photo(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t")
        item = review(app).item
        assert item is not None
        await press(pilot, "I")
        waiting = [services.review.item(face).face.photo_id for face in services.review.queue()]
        assert item.face.photo_id not in waiting


async def test_skip_goes_on_and_asks_last(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t")
        first, second = services.review.queue()[:2]
        await press(pilot, "s")
        assert review(app).shown_id == second
        assert services.review.queue()[-1] == first


async def test_marked_faces_are_accepted_together(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t", "space", "space")
        marked = sorted(review(app).marks.ids)
        assert len(marked) == 2
        assert "2 marked" in footer(app)
        item = review(app).item
        assert item is not None
        await press(pilot, "A")
        assert [states(services, face) for face in marked] == [(FaceState.CONFIRMED, item.candidates[0].person)] * 2
        assert not review(app).marks.ids


async def test_name_field_creates_the_exact_text(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t")
        face_id = services.review.queue()[0]
        await press(pilot, "n", "A", "n", "n")
        assert "Ann  new person" in text(app)
        await press(pilot, "up", "enter")
        assert states(services, face_id) == (FaceState.CONFIRMED, "Ann")


async def test_after_naming_the_next_question_is_drawn_in_full_width(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t", *"nZoe", "enter")
        assert "only one confirmed face so far" in text(app)


async def test_name_field_takes_the_best_match(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t")
        face_id = services.review.queue()[0]
        await press(pilot, "n", "c", "l", "a", "enter", "y")
        assert states(services, face_id) == (FaceState.CONFIRMED, "Clara Ek")


async def test_name_field_starts_empty_and_enter_on_nothing_names_nobody(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t", "n", "c", "l", "a", "escape", "n")
        field = review(app).names
        assert field.chosen is None
        await press(pilot, "enter")
        assert field.display
        assert len(services.review.queue()) == 9


async def test_escape_leaves_one_thing_after_the_other(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t", "space", "n", "escape")
        assert not review(app).names.display
        assert review(app).marks.ids
        await press(pilot, "escape")
        assert not review(app).marks.ids
        await press(pilot, "escape", "escape", "escape")
        assert app.screen is app.screens_by_name["library"]
        assert app.is_running


async def test_the_same_person_twice_needs_a_yes(app: TaggerApp, services: Services) -> None:
    photo = next(photo for photo in services.library.photo_ids() if len(services.library.photo(photo).faces) == 3)
    anna, other = services.library.photo(photo).faces[:2]
    async with app.run_test(size=SMALL) as pilot:
        assert anna.person_id is not None
        services.review.accept([anna.id], anna.person_id)
        await press(pilot, "f5", "t")
        review(app).go_to_faces([other.id])
        await settled(pilot)
        await press(pilot, "n", "a", "n", "n", "a", "enter")
        assert "twice" in text(app)
        await press(pilot, "enter")  # the default is no
        assert states(services, other.id)[0] is not FaceState.CONFIRMED
        await press(pilot, "n", "a", "n", "n", "a", "enter", "y")
        assert states(services, other.id) == (FaceState.CONFIRMED, "Anna Rossi")


async def test_a_weak_suggestion_opens_the_name_field(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t", "x", "x", "x")
        assert footer(app).strip().startswith("enter: name")
        await press(pilot, "enter")
        assert review(app).names.display


async def test_the_cursor_stays_when_the_queue_changes_behind_it(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t", "j", "j")
        shown = review(app).shown_id
        services.review.ignore([services.review.queue()[0]])
        app.data_changed()
        await settled(pilot)
        assert review(app).shown_id == shown
        assert "2/8" in footer(app)


async def test_an_empty_queue_says_what_to_do_next(app: TaggerApp, services: Services) -> None:
    services.review.ignore(services.review.queue())
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t")
        assert "No face is waiting" in text(app)
        assert "f4" in text(app)


async def test_tab_swaps_face_and_photo_and_o_opens_it(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t")
        item = review(app).item
        assert item is not None
        main = app.screen.query_one("#main-picture", Picture)
        assert main._request is not None
        assert main._request.key == ("face", item.face.id)
        await press(pilot, "tab")
        assert main._request.key == ("photo", item.face.photo_id)
        await press(pilot, "o")
        assert app.screen is app.screens_by_name["photo"]
        assert app.photo_id == item.face.photo_id
