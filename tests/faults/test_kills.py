"""kill -9 of the app, of the worker and of a program that writes, at random moments."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks import kills
from tests.conftest import paint_photo
from tests.fakes import FakeEmbedder
from tests.faults.harm import Acknowledged, AppInTerminal, decisions, hashes, judge
from tests.services.workers import main, slow_fakes
from tui_tagger.services import Services
from tui_tagger.services.jobs import JobService
from tui_tagger.services.pool import Pool
from tui_tagger.services.resources import Resources
from tui_tagger.services.scan import scan
from tui_tagger.services.views import JobState
from tui_tagger.storage.backups import make_backup
from tui_tagger.storage.database import store_setting
from tui_tagger.storage.models import Decision, Face, Photo

FIRST_FRAME = b"Library"


@pytest.fixture
def started() -> Iterator[list[AppInTerminal]]:
    running: list[AppInTerminal] = []
    yield running
    for app in running:
        app.close()


def test_the_app_is_killed_while_faces_are_named(
    library: Path, chance: random.Random, started: list[AppInTerminal]
) -> None:
    photos = hashes(library.parent / "Pictures")
    app = AppInTerminal("--db", library, "--images", "none")
    started.append(app)
    app.wait_for(FIRST_FRAME)
    before, seen = decisions(library), 0
    app.press(b"\x1b[15~")  # F5
    until = time.monotonic() + chance.uniform(0.5, 4.0)
    while time.monotonic() < until:
        app.press(chance.choice([b"\r", b"i", b"d", b"u", b"1"]))
        app.read(chance.uniform(0.0, 0.15))
        seen = decisions(library)
    app.close()
    assert decisions(library) >= seen >= before
    judge(library)
    again = AppInTerminal("--db", library, "--images", "none")
    started.append(again)
    again.wait_for(FIRST_FRAME)
    again.press(b"\x11")  # ctrl+q
    assert again.end() == 0
    assert decisions(library) >= seen
    assert hashes(library.parent / "Pictures") == photos


def test_a_decision_that_was_reported_is_never_lost(library: Path, chance: random.Random) -> None:
    def decide(report: Callable[[int], None]) -> None:
        services = Services.open(library)
        faces = [face for (face,) in Face.select(Face.id).order_by(Face.id).tuples()]
        for number in range(100_000):
            act = services.review.ignore if number % 2 else services.review.reset
            report(act([faces[number % len(faces)]]).decision_id)

    process = Acknowledged(decide)
    time.sleep(chance.uniform(0.3, 1.5))
    reported = process.kill()
    judge(library)
    services = Services.open(library)
    there = {row for (row,) in Decision.select(Decision.id).tuples()}
    services.close()
    assert set(reported) <= there
    assert len(there - set(reported)) <= 4  # three of the library, one that was stored and not reported yet


def test_the_worker_is_killed_and_the_scan_goes_on(tmp_path: Path, chance: random.Random) -> None:
    folder = tmp_path / "photos"
    for number in range(20):
        paint_photo(folder / f"{number:02}.jpg", (number % 6,))
    photos = hashes(folder)
    services = Services.open(tmp_path / "library.db")
    store_setting("embedder", FakeEmbedder.model_id)
    jobs = JobService(tmp_path / "library.db", main)
    try:
        jobs.scan([folder])
        for _ in range(3):
            _pump(jobs, chance.uniform(0.1, 1.5))
            if jobs.busy and jobs._process is not None and jobs._process.pid is not None:
                os.kill(jobs._process.pid, signal.SIGKILL)
        _pump(jobs, 120)
        view = jobs.current()
        assert view is not None
        assert view.state in (JobState.DONE, JobState.FAILED)
        jobs.scan([folder])  # what a user does next
        _pump(jobs, 120)
        known = {photo.path.name: photo for photo in Photo.select()}
        assert known.keys() <= photos.keys()
        crashed = [photo for photo in known.values() if "crashed" in photo.failure]
        assert len(crashed) <= 3  # those at which it was killed, told and left out
        assert len(known) == 20
        assert hashes(folder) == photos
    finally:
        jobs.close()
        services.close()
    judge(tmp_path / "library.db")


def test_processes_that_extract_are_killed_and_others_take_their_place(tmp_path: Path, chance: random.Random) -> None:
    folder = tmp_path / "photos"
    for number in range(16):
        paint_photo(folder / f"{number:02}.jpg", (number % 6,))
    photos, killed = hashes(folder), set[int | None]()

    def go_on(*_: object) -> bool:
        time.sleep(chance.uniform(0, 0.1))  # they are at any point of their work then
        running = [child for child in multiprocessing.active_children() if child.name == "extracting"]
        if running and len(killed) < 3 and chance.random() < 0.4:
            child = chance.choice(running)
            killed.add(child.pid)
            child.kill()
        return True

    services = Services.open(tmp_path / "library.db")
    store_setting("embedder", FakeEmbedder.model_id)
    report = scan([folder], Pool(slow_fakes, Resources("cpu", processes=2)), go_on)
    assert len(report.failed) <= len(killed)
    assert all("crashed" in failure.reason for failure in report.failed)  # told, and left out
    known = {photo.path.name: photo for photo in Photo.select()}
    assert known.keys() == photos.keys()
    assert sum(photo.status == "ready" for photo in known.values()) == 16 - len(report.failed)
    assert hashes(folder) == photos
    assert not [child for child in multiprocessing.active_children() if child.name == "extracting"]
    services.close()
    judge(tmp_path / "library.db")


def _pump(jobs: JobService, seconds: float) -> None:
    until = time.monotonic() + seconds
    while jobs.busy and time.monotonic() < until:
        jobs.wait(0.05)


def test_a_write_is_killed(chance: random.Random) -> None:
    """Each file is the old one or the new one with its undo record; benchmarks/kills.py judges."""
    counts = kills.run(times=4, photos=8, seed=chance.randrange(10**6))
    assert counts["kills"] == 4
    assert counts.get("old", 0) + counts.get("new", 0) == 32


def test_the_app_offers_the_backup_of_a_damaged_database(library: Path, started: list[AppInTerminal]) -> None:
    make_backup(library)
    before = decisions(library)
    library.write_bytes(library.read_bytes()[:8192])
    app = AppInTerminal("--db", library, "--images", "none")
    started.append(app)
    app.wait_for(b"Restore the last backup")
    assert b"is damaged" in app.shown
    app.press(b"y\r")
    app.wait_for(FIRST_FRAME)
    app.press(b"\x11")
    assert app.end() == 0
    assert decisions(library) == before
    assert library.with_name("library.db.damaged-1").stat().st_size == 8192
    judge(library)


def test_declined_nothing_is_touched(library: Path, started: list[AppInTerminal]) -> None:
    make_backup(library)
    library.write_bytes(library.read_bytes()[:8192])
    damaged = library.read_bytes()
    app = AppInTerminal("--db", library, "--images", "none")
    started.append(app)
    app.wait_for(b"Restore the last backup")
    app.press(b"n\r")
    assert app.end() == 2
    assert b"doctor --repair" in app.shown
    assert library.read_bytes() == damaged
