"""Closing the app while a scan runs, and a scan that runs elsewhere."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.screens.conftest import TERMINAL
from tests.screens.screen_text import SMALL, footer, press, settled, text, until
from tests.services.test_elsewhere import SCANNER
from tests.services.test_elsewhere import until as waited
from tui_tagger.app import TaggerApp
from tui_tagger.errors import TaggerError
from tui_tagger.services import Services
from tui_tagger.services.elsewhere import others
from tui_tagger.services.jobs import JobService
from tui_tagger.services.views import JobState, JobView
from tui_tagger.settings import parse


@pytest.fixture
def scanning(services: Services, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, ...]:
    folders = (Path("/photos/a"),)
    monkeypatch.setattr(JobService, "busy", True)
    monkeypatch.setattr(JobService, "scans", folders)
    return folders


@pytest.fixture
def elsewhere(services: Services) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", SCANNER, str(services.path)])
    try:
        waited(lambda: bool(others(services.path)))
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("key", "closed", "left"),
    [("y", True, True), ("n", True, False), ("escape", False, False), ("enter", False, False)],
)
async def test_what_is_to_become_of_a_scan_is_asked(
    app: TaggerApp, scanning: tuple[Path, ...], key: str, closed: bool, left: bool
) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "ctrl+q")
        assert "A scan is running. Quit?  y and leave it running   n and stop it   esc stay" in text(app)
        assert "esc stay" in footer(app)
        await press(pilot, key)
        assert app.is_running is not closed
        assert app.left_running == (scanning if left else ())


@pytest.mark.parametrize(("closing", "left"), [("leave", True), ("stop", False)])
async def test_the_settings_answer_it(services: Services, scanning: tuple[Path, ...], closing: str, left: bool) -> None:
    app = TaggerApp(services, TERMINAL, settings=parse(f'[jobs]\nclosing = "{closing}"', Path("settings.toml")))
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "q")
        assert not app.is_running
        assert app.left_running == (scanning if left else ())


@pytest.mark.parametrize("state", [JobState.CANCELLED, JobState.FAILED, JobState.RUNNING])
async def test_a_report_that_comes_once_the_app_has_closed_ends_nothing(
    app: TaggerApp, services: Services, monkeypatch: pytest.MonkeyPatch, state: JobState
) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
    assert not app.screen_stack
    monkeypatch.setattr(services.jobs, "error", TaggerError("The disk is full", "Make room."))
    monkeypatch.setattr(services.jobs, "current", lambda: JobView(1, "Scanning", state, 1, 2, (), 1.0, None))
    app.stale = True
    app.poll()
    app.tell("done")
    app.stop_at(TaggerError("The disk is full", "Make room."))
    assert app.failure is None


async def test_a_scan_of_another_process_is_shown_and_can_be_ended(
    elsewhere: subprocess.Popen[bytes], services: Services
) -> None:
    app = TaggerApp(services, TERMINAL)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, "Scanning elsewhere: a")
        assert "3 of 12" in text(app)
        assert "P pause" not in text(app)
        await press(pilot, "C")
        assert f"Another process ({elsewhere.pid}) scans. End that?" in text(app)
        await press(pilot, "enter")
        assert others(services.path)
        await press(pilot, "C", "y")
        assert elsewhere.wait(30) == 0
        await until(pilot, "The scan elsewhere has ended")
        assert "Scanning elsewhere" not in text(app)


async def test_what_is_scanned_elsewhere_is_not_scanned_twice(
    elsewhere: subprocess.Popen[bytes], services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(services.jobs, "scan", asked.append)
    async with TaggerApp(services, TERMINAL, [Path("/photos/a/b")]).run_test(size=SMALL) as pilot:
        await until(pilot, "These folders are being scanned by another process")
    async with TaggerApp(services, TERMINAL, [Path("/photos/b")]).run_test(size=SMALL) as pilot:
        await settled(pilot)
        assert asked == [(Path("/photos/b"),)]
    async with TaggerApp(services, TERMINAL, [Path("/photos/a/b")]).run_test(size=SMALL) as pilot:
        await until(pilot, "These folders are being scanned by another process")
        elsewhere.kill()  # it may not have come to them
        elsewhere.wait()
        await until(pilot, "The scan elsewhere has ended")
    assert asked[1:] == [(Path("/photos/a/b"),)]
