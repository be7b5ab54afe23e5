"""A review of the photos that are marked in Library, and of no others."""

from __future__ import annotations

from tests.screens.screen_text import SMALL, footer, press, text
from tui_tagger.app import TaggerApp
from tui_tagger.screens.review import ReviewScreen
from tui_tagger.services import Services
from tui_tagger.services.library import all_faces
from tui_tagger.services.views import FaceState

WAITING = (FaceState.UNKNOWN, FaceState.SUGGESTED)


def waiting_in(photos: set[int]) -> set[int]:
    return {face.id for face in all_faces() if face.photo_id in photos and face.state in WAITING}


async def test_only_faces_of_marked_photos_are_asked_about(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "colon", *"only marked")
        assert "review: Only marked photos" not in text(app)
        await press(pilot, "escape", "j", "space", "space")
        marked = set(app.marked_photos())
        inside = waiting_in(marked)
        outside = waiting_in(set(services.library.photo_ids()) - marked)
        assert inside and outside
        await press(pilot, "colon", *"only marked", "enter")
        review = app.screen
        assert isinstance(review, ReviewScreen)
        assert set(review.queue) == inside
        assert "in 2 photos" in footer(app)
        for _ in range(len(inside) + 3):
            await press(pilot, "i")
        assert "No face is waiting in the 2 marked photos." in text(app)
        assert waiting_in(set(services.library.photo_ids())) == outside
        await press(pilot, "u")
        assert set(review.course.question.face_ids) <= inside
        await press(pilot, "colon", *"all photos again", "enter")
        assert set(review.queue) > outside


async def test_an_undo_of_what_is_not_among_them_leaves_the_question(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        first, *others = services.library.photo_ids()
        services.review.ignore(sorted(waiting_in(set(others)))[:1])
        app.review_only([first])
        await press(pilot, "t")
        review = app.screen
        assert isinstance(review, ReviewScreen)
        before = set(review.queue)
        await press(pilot, "u")
        assert set(review.queue) == before == waiting_in({first})


async def test_a_review_that_is_opened_again_is_of_all(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        app.review_only(services.library.photo_ids()[:1])
        await press(pilot, "q", "f5")
        review = app.screen
        assert isinstance(review, ReviewScreen)
        assert set(review.queue) == waiting_in(set(services.library.photo_ids()))
        app.review_only(services.library.photo_ids()[:1])
        await press(pilot, "escape")
        assert set(review.queue) == waiting_in(set(services.library.photo_ids()))
        assert app.screen is review
