from __future__ import annotations

from tests.screens.screen_text import SMALL, press, text
from tui_tagger.app import TaggerApp
from tui_tagger.services import Services
from tui_tagger.services.library import face_view
from tui_tagger.services.views import FaceState


async def test_choosing_a_decision_goes_to_its_face(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t")
        face = services.review.queue()[0]
        await press(pilot, "enter", "i", "H")
        shown = text(app)
        assert shown.index("1 face ignored") < shown.index("1 face: Anna Rossi")
        await press(pilot, *"anna", "enter")
        assert app.screen is app.screens_by_name["photo"]
        assert app.photo_id == face_view(face).photo_id


async def test_undo_back_says_the_count_and_defaults_to_no(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t")
        first, second, third = services.review.queue()[:3]
        await press(pilot, "enter", "i", "d", "H", "down", "down", "ctrl+z")
        assert "Undo 2 decisions" in text(app)
        await press(pilot, "enter")
        assert [row.undone for row in services.review.history()] == [False, False, False]
        await press(pilot, "H", "down", "down", "ctrl+z", "y")
        assert [row.undone for row in services.review.history()] == [True, True, False]
        assert face_view(first).state is FaceState.CONFIRMED
        assert {face_view(face).state for face in (second, third)} == {FaceState.SUGGESTED}
        assert "2 decisions undone" in text(app)


async def test_nothing_to_undo_after_the_newest(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t", "enter", "H", "ctrl+z")
        assert "Nothing was decided after this" in text(app)


async def test_an_empty_history_says_so(empty_app: TaggerApp) -> None:
    async with empty_app.run_test(size=SMALL) as pilot:
        await press(pilot, "H")
        assert "Nothing was decided yet" in text(empty_app)
        await press(pilot, "enter", "ctrl+z", "escape")
        assert empty_app.screen is empty_app.screens_by_name["library"]
