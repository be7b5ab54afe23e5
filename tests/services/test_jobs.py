from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import PAINTED, faces_by_person, paint_photo
from tests.services import workers
from tui_tagger.errors import PhotoError
from tui_tagger.geometry import Box
from tui_tagger.services import Services
from tui_tagger.services.jobs import JobService
from tui_tagger.services.library import all_faces, face_view
from tui_tagger.services.views import JobState
from tui_tagger.storage.models import Job

MANY = 40


@pytest.fixture
def jobs(services: Services, tmp_path: Path) -> Iterator[JobService]:
    made = JobService(tmp_path / "library.db", workers.main)
    yield made
    made.close()


@pytest.fixture
def many(tmp_path: Path) -> Path:
    for number in range(MANY):
        paint_photo(tmp_path / "many" / f"{number:03}.jpg", (number % 4,))
    return tmp_path / "many"


def until(jobs: JobService, met: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "it took too long"
        jobs.wait(0.05)


def finish(jobs: JobService) -> None:
    until(jobs, lambda: not jobs.busy)


def state(jobs: JobService) -> JobState | None:
    view = jobs.current()
    return None if view is None else view.state


def test_a_scan_runs_in_another_process_and_reports(jobs: JobService, photos: Path) -> None:
    (photos / "bad.jpg").write_bytes(b"nothing")
    jobs.scan([photos])
    assert state(jobs) == JobState.RUNNING
    finish(jobs)
    view = jobs.current()
    assert view is not None
    assert (view.state, view.done) == (JobState.DONE, len(PAINTED) + 1)
    assert [failure.path.name for failure in view.failures] == ["bad.jpg"]
    assert jobs.report().new == len(PAINTED)
    row = Job.get()
    assert (row.state, row.kind, len(row.failures)) == ("done", "scan", 1)


def test_pause_resume_and_cancel(jobs: JobService, many: Path) -> None:
    jobs.scan([many])
    until(jobs, lambda: len(all_faces()) > 0)
    jobs.pause()
    until(jobs, lambda: state(jobs) == JobState.PAUSED)
    time.sleep(0.3)
    jobs.poll()
    before = len(all_faces())
    time.sleep(0.5)
    jobs.poll()
    assert len(all_faces()) == before < MANY
    jobs.resume()
    until(jobs, lambda: len(all_faces()) > before)
    jobs.cancel()
    finish(jobs)
    assert state(jobs) == JobState.CANCELLED
    done = len(all_faces())
    assert done < MANY
    jobs.scan([many])
    finish(jobs)
    assert (len(all_faces()), jobs.report().unchanged) == (MANY, done)


def test_a_photo_that_crashes_the_decoder_costs_only_itself(jobs: JobService, photos: Path) -> None:
    Image.new("RGB", workers.DEADLY).save(photos / "deadly.jpg")
    jobs.scan([photos])
    finish(jobs)
    assert state(jobs) == JobState.DONE
    assert [failure.path.name for failure in jobs.report().failed] == ["deadly.jpg"]
    assert len(all_faces()) == sum(map(len, PAINTED.values()))


def test_a_worker_that_is_killed_is_replaced(jobs: JobService, many: Path) -> None:
    jobs.scan([many])
    until(jobs, lambda: len(all_faces()) > 3)
    assert jobs._process is not None
    assert jobs._process.pid is not None
    os.kill(jobs._process.pid, signal.SIGKILL)
    finish(jobs)
    assert state(jobs) == JobState.DONE
    assert jobs.report().failed == ()  # it opens no photo itself
    assert len(all_faces()) == MANY


def test_an_error_of_the_job_itself_is_kept_for_the_user(jobs: JobService, tmp_path: Path) -> None:
    jobs.scan([tmp_path / "nowhere"])
    finish(jobs)
    assert state(jobs) == JobState.FAILED
    assert isinstance(jobs.error, PhotoError)
    assert jobs.error.hint


def test_jobs_wait_their_turn(scanned: Services, jobs: JobService, photos: Path) -> None:
    face = faces_by_person(scanned)[0][1]
    photo = face_view(face).photo_id
    scanned.review.not_a_face([face])
    jobs.scan([photos])
    jobs.add_face(photo, Box(20, 40, 60, 60))
    jobs.detect_again(photo)
    finish(jobs)
    assert state(jobs) == JobState.DONE
    assert [row.kind for row in Job.select()] == ["scan", "draw", "detect"]
    assert len(scanned.library.photo(photo).faces) == 2


def test_closing_ends_the_worker(jobs: JobService, many: Path) -> None:
    jobs.scan([many])
    until(jobs, lambda: len(all_faces()) > 0)
    process = jobs._process
    assert process is not None
    pid = process.pid
    assert pid is not None
    jobs.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
