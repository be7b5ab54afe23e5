"""Trouble, by how much it stops: a message that goes by, a bar that stays, and the messages to be read again."""

from __future__ import annotations

import pytest

from tests.screens.screen_text import SMALL, footer, press, settled, text, until
from tui_tagger.app import TaggerApp
from tui_tagger.errors import DatabaseError, PhotoError, UsageError
from tui_tagger.screens.search import SearchScreen
from tui_tagger.services import Services

LONG = "/photos/" + "deep/" * 20 + "one.jpg: it cannot be read"


async def test_what_ended_something_stays_until_it_is_answered(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        app.stop_at(PhotoError(LONG, "Look at the disk."), "Scanning deep")
        await settled(pilot)
        assert "Scanning deep: /photos/deep" in text(app)
        assert "Read all of it?" in text(app)
        await press(pilot, "y")
        assert "…" not in text(app)
        assert isinstance(app.screen, SearchScreen)
        whole = "".join("".join(entry.text.split()) for entry in app.screen.entries)
        assert "".join(f"{LONG} Look at the disk.".split()) in whole
        await press(pilot, "escape")
        assert "enter open" in footer(app)


async def test_a_name_that_is_being_typed_answers_no_question(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "slash", *"pa")
        app.stop_at(PhotoError("It broke", "Mend it."))
        await press(pilot, *"rty")
        assert "party" in text(app)
        assert "Read all of it?" not in text(app)
        await press(pilot, "escape", "escape", "colon", *"what was said", "enter")
        assert "! It broke Mend it." in text(app)


async def test_trouble_while_the_jobs_are_polled_is_told_once_and_the_app_goes_on(
    app: TaggerApp, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> bool:
        raise DatabaseError("The disk is full", "Make room.")

    async with app.run_test(size=SMALL) as pilot:
        monkeypatch.setattr(services.jobs, "poll", fails)
        for _ in range(3):
            app.poll()
        await settled(pilot)
        assert "The disk is full Make room." in text(app)
        assert len([said for said in app.messages._said if "disk is full" in said.text]) == 1
        monkeypatch.undo()
        await press(pilot, "f4")
        assert "Anna Rossi" in text(app)


async def test_a_job_of_the_app_s_that_fails_leaves_the_app_in_order(app: TaggerApp) -> None:
    def work(_advance: object) -> None:
        raise UsageError("It cannot be done", "Do something else.")

    async with app.run_test(size=SMALL) as pilot:
        app.run_job("Forgetting Anna", work, lambda _none: None)
        await until(pilot, "Forgetting Anna: It cannot be done")
        assert app.own_job.view is None
        await press(pilot, "n", "f4")
        assert "Anna Rossi" in text(app)
