"""Scoring in a thread beside the app: keys go on, what it made is shown, and it holds up nobody who quits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.screens.conftest import TERMINAL
from tests.screens.screen_text import SMALL, press, settled, until
from tests.screens.small_library import fill
from tui_tagger.app import TaggerApp
from tui_tagger.errors import TaggerError
from tui_tagger.screens.review import ReviewScreen
from tui_tagger.services import Services, recognition
from tui_tagger.services.models import first_offer
from tui_tagger.services.scoring import Scoring
from tui_tagger.services.views import FaceState
from tui_tagger.storage.models import Face


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """Nine faces wait, as if they were many."""
    monkeypatch.setattr(recognition, "MANY", 0)
    monkeypatch.setattr("tui_tagger.shell.watch.REST", 1e9)  # it is the test that says when no key came for a while
    services = Services.open(tmp_path / "library.db")
    first_offer()
    fill(services, tmp_path / "Pictures")
    yield services
    services.close()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Scoring goes on until this is set."""
    go, run = threading.Event(), Scoring.run

    def slow(self: Scoring, go_on: Callable[[], bool] = lambda: True) -> bool:
        while not go.is_set() and go_on():
            time.sleep(0.01)
        return run(self, go_on)

    monkeypatch.setattr(Scoring, "run", slow)
    yield go
    go.set()


async def test_keys_act_while_faces_are_scored(services: Services, held: threading.Event) -> None:
    app = TaggerApp(services, TERMINAL)
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t")
        screen = app.screen
        assert isinstance(screen, ReviewScreen)
        first = screen.shown_id
        await pilot.press("a")
        app.catching_up.rested()
        await pilot.pause()
        assert services.recognition.scoring
        second = screen.shown_id
        assert second != first
        await pilot.press("i")
        assert screen.shown_id not in (first, second)
        await pilot.press("u")
        assert screen.shown_id == second
        await pilot.press("i")
        app.catching_up.rested()  # one at a time
        await pilot.pause()
        held.set()
        await settled(pilot)
        assert services.recognition.owing  # for what was decided meanwhile
        app.catching_up.rested()
        await settled(pilot)
        assert services.recognition.settled
        assert [one.message for one in services.review.history(2)] == ["1 face ignored", "1 face: Anna Rossi"]
        assert Face.get_by_id(second).state == FaceState.IGNORED
        assert screen.shown_id not in (first, second)


async def test_quitting_does_not_wait_for_it(services: Services, held: threading.Event, tmp_path: Path) -> None:
    app = TaggerApp(services, TERMINAL)
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t")
        await pilot.press("a")
        app.catching_up.rested()
        await pilot.pause()
        assert services.recognition.scoring
        await pilot.press("ctrl+q")
    assert app.return_code == 0
    held.set()
    services.close()
    again = Services.open(tmp_path / "library.db")
    assert again.review.history(1)[0].message == "1 face: Anna Rossi"
    again.recognition.update()
    assert again.recognition.settled
    assert again.recognition.update() == 0
    again.close()


async def test_a_failure_is_told_and_the_next_pause_makes_good(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = TaggerApp(services, TERMINAL)
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t")
        with monkeypatch.context() as broken:

            def failing(_self: Scoring, _go_on: Callable[[], bool] = lambda: True) -> bool:
                raise TaggerError("The disk is full", "Make room.")

            broken.setattr(Scoring, "run", failing)
            await pilot.press("a")
            app.catching_up.rested()
            await until(pilot, "The disk is full")
            assert not services.recognition.settled
            broken.setattr("tui_tagger.shell.catching_up.log.failure", lambda *_: pytest.fail("again too soon"))
            await press(pilot, "escape")
            app.catching_up.rested()
            await settled(pilot)
        monkeypatch.setattr("tui_tagger.shell.catching_up.SELDOM", 0)
        app.catching_up.rested()
        await settled(pilot)
        assert services.recognition.settled


async def test_a_decision_stands_though_what_follows_from_it_fails(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few faces are scored at once, while the key waits: the thread tries again, and tells what goes on failing."""
    monkeypatch.setattr(recognition, "MANY", 1_000)
    app = TaggerApp(services, TERMINAL)
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t")
        await until(pilot, "Anna")
        screen = app.screen
        assert isinstance(screen, ReviewScreen)
        first = screen.shown_id
        with monkeypatch.context() as broken:

            def failing(_self: Scoring, _go_on: Callable[[], bool] = lambda: True) -> bool:
                raise TaggerError("The disk is full", "Make room.")

            broken.setattr(Scoring, "run", failing)
            await press(pilot, "a")
            assert Face.get_by_id(first).state == FaceState.CONFIRMED
            assert screen.shown_id != first
            assert not services.recognition.settled
            app.catching_up.rested()
            await until(pilot, "The disk is full")
        await press(pilot, "escape")
        monkeypatch.setattr("tui_tagger.shell.catching_up.SELDOM", 0)
        app.catching_up.rested()
        await settled(pilot)
        assert services.recognition.settled
