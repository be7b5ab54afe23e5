"""Forgetting somebody from the palette: asked once, done for good."""

from __future__ import annotations

from tests.screens.screen_text import SMALL, press, text
from tui_tagger.app import TaggerApp
from tui_tagger.services import Services


async def test_it_is_asked_and_no_is_the_default(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "enter", "colon", *"without undo", "enter")
        assert "Forget Anna Rossi" in text(app)
        assert "cannot be undone" in text(app)
        await press(pilot, "n")
        assert services.people.find("Anna Rossi")


async def test_the_person_is_gone_and_undo_does_not_bring_them_back(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "enter", "colon", *"without undo", "enter", "y")
        assert "Forgotten:" in text(app)
        assert "Anna Rossi" not in text(app)
        assert "Bo Lind" in text(app)
        await press(pilot, "u")
        assert [person.name for person in services.people.list()] == ["Bo Lind", "Clara Ek"]
