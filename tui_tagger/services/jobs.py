"""Long jobs as the app sees them: started in the worker process, watched, paused, cancelled, survived."""

from __future__ import annotations

import contextlib
import multiprocessing
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from tui_tagger import log
from tui_tagger.errors import TaggerError
from tui_tagger.geometry import Box
from tui_tagger.services import worker
from tui_tagger.services.elsewhere import Announcement
from tui_tagger.services.embedding import EmbedReport
from tui_tagger.services.importing import ImportReport
from tui_tagger.services.recognition import current_model
from tui_tagger.services.resources import Resources
from tui_tagger.services.storing import mark_crashed
from tui_tagger.services.views import Failure, JobState, JobView, ScanReport
from tui_tagger.storage.models import Job, now

MOST_CRASHES = 50  # in one job; then it is the worker that is broken, not the photos
MOST_DEATHS = 3  # in one job, without a photo to blame
DEFAULT = Resources()


class JobService:
    """Runs one job at a time; further ones wait their turn."""

    def __init__(
        self,
        database: Path,
        target: Callable[[Connection, Path, Resources], None] = worker.main,
        resources: Resources = DEFAULT,
    ) -> None:
        self._database = database
        self._target = target  # what the worker process runs
        self.resources = resources  # what it may use, from its next start on
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._end_worker: Finalize | None = None
        self._waiting: deque[tuple[str, str, tuple[Any, ...]]] = deque()
        self._running: tuple[str, str, tuple[Any, ...]] | None = None
        self._row: Job | None = None
        self._view: JobView | None = None
        self._photo: Path | None = None
        self._began = 0.0
        self._crashes: list[Failure] = []
        self._deaths = 0
        self._announcement = Announcement(database)
        self.result: Any = None  # of the last job that ended well
        self.result_of = 0  # its id
        self.error: TaggerError | None = None  # of the last job that did not

    def scan(self, folders: Sequence[Path], resting: float = 0.0) -> None:
        """Brings the library up to date with these folders, but for files changed within the last `resting` seconds."""
        names = ", ".join(folder.name or str(folder) for folder in folders)
        self._add(f"Scanning {names}", "scan", [folder.absolute() for folder in folders], resting)

    def embed(self) -> None:
        """Embeds the faces that lack an embedding of the model in use; decisions stay."""
        self._add(f"Embedding faces with {current_model()}", "embed")

    def detect_again(self, photo_id: int) -> None:
        self._add("Looking for faces again", "detect", photo_id)

    def add_face(self, photo_id: int, box: Box) -> None:
        """Adds a face that was drawn by hand, embedded like a found one."""
        self._add("Adding a face", "draw", photo_id, box)

    def cluster(self) -> None:
        """Groups the faces anew; a scan does so at its end."""
        self._add("Grouping faces", "cluster")

    def import_names(self) -> None:
        """Takes in the names that other programs wrote into the photos' files, as one decision."""
        self._add("Reading names", "import")

    def report(self) -> ScanReport:
        """The last scan's report, with the photos that crashed the worker among the failures."""
        found = self.result if isinstance(self.result, ScanReport) else ScanReport()
        return replace(found, failed=self._view.failures) if self._view is not None else found

    def embedded(self) -> EmbedReport:
        """The last report of embedding, with the photos that crashed the worker among the failures."""
        found = self.result if isinstance(self.result, EmbedReport) else EmbedReport(current_model())
        return replace(found, failed=self._view.failures) if self._view is not None else found

    def current(self) -> JobView | None:
        """The job that runs, or the last one; None before the first."""
        return self._view

    @property
    def busy(self) -> bool:
        return self._running is not None or bool(self._waiting)

    @property
    def scans(self) -> tuple[Path, ...]:
        """The folders of the scans that run or wait."""
        todo = [*([self._running] if self._running else []), *self._waiting]
        return tuple(folder for _title, job, arguments in todo if job == "scan" for folder in arguments[0])

    def pause(self) -> None:
        self._control("pause", JobState.RUNNING, JobState.PAUSED)

    def resume(self) -> None:
        self._control("resume", JobState.PAUSED, JobState.RUNNING)

    def cancel(self) -> None:
        """Ends the job after the photo it is at; what was done stays, and a new scan goes on from there."""
        self._waiting.clear()
        if self._view is not None and self._running is not None and self._send("cancel"):
            self._view = _with(self._view, state=JobState.CANCELLED)

    def poll(self) -> bool:
        """Takes in what the worker reported; True when anything changed."""
        changed = False
        while self._running is not None and self._pipe is not None:
            try:
                if not self._pipe.poll():
                    break
                self._take(self._pipe.recv())
            except (EOFError, OSError):
                self._crashed()
            changed = True
        if self._announcement.follow(self.scans, self._view):
            self.cancel()
        return changed

    def wait(self, seconds: float) -> bool:
        """Sleeps until the worker has something to say, at most so long; then polls."""
        if self._pipe is not None and self._running is not None:
            with contextlib.suppress(EOFError, OSError):
                self._pipe.poll(seconds)
        return self.poll()

    def close(self) -> None:
        """Ends the worker. A photo that it is at is done again by the next scan."""
        self._announcement.end()
        self._waiting.clear()
        if self._end_worker is not None:
            self._end_worker()
        self._pipe = self._process = self._running = self._end_worker = None

    def _add(self, title: str, job: str, *arguments: Any) -> None:
        self._waiting.append((title, job, arguments))
        if self._running is None:
            self._next()

    def _next(self) -> None:
        if not self._waiting:
            return
        self._running = self._waiting.popleft()
        title, job, arguments = self._running
        self._row = Job.create(kind=job, arguments=[str(argument) for argument in arguments])
        self._crashes, self._deaths, self.error, self._began = [], 0, None, time.monotonic()
        self._view = JobView(self._row.id, title, JobState.RUNNING, 0, 0, (), 0.0, None)
        self._start()

    def _start(self) -> None:
        assert self._running is not None
        if self._process is None:
            context = multiprocessing.get_context("spawn")
            self._pipe, other = context.Pipe()
            arguments = (other, self._database, self.resources)
            self._process = context.Process(target=self._target, args=arguments)  # no daemon: it has children
            self._process.start()
            other.close()
            # At the latest before the interpreter's end waits for processes: this one waits for its pipe to close.
            ending = (self._pipe, self._process)
            self._end_worker = Finalize(self, _end, ending, exitpriority=10)
        self._send((self._running[1], *self._running[2]))

    def _send(self, message: Any) -> bool:
        try:
            assert self._pipe is not None
            self._pipe.send(message)
        except OSError:
            return False  # the worker died; the next poll sees it
        return True

    def _control(self, message: str, before: JobState, after: JobState) -> None:
        if self._view is not None and self._view.state == before and self._send(message):
            self._view = _with(self._view, state=after)

    def _take(self, message: tuple[Any, ...]) -> None:
        assert self._view is not None
        match message:
            case ("photo", path):
                self._photo = path
            case ("progress", done, total):
                rate = done / max(time.monotonic() - self._began, 1e-3)
                eta = (total - done) / rate if rate > 0 else None
                self._view = _with(self._view, done=done, total=total, rate=rate, eta=eta)
            case ("done", result):
                self.result, self.result_of = result, self._view.id
                failures = result.failed if isinstance(result, (ScanReport, EmbedReport, ImportReport)) else ()
                cancelled = self._view.state == JobState.CANCELLED
                self._end(JobState.CANCELLED if cancelled else JobState.DONE, failures)
            case ("failed", error):
                self.error = error
                self._end(JobState.FAILED, (), error.message)

    def _end(self, state: JobState, failures: Sequence[Failure], message: str = "") -> None:
        assert self._view is not None
        assert self._row is not None
        known = {failure.path for failure in failures}
        every = (*failures, *(failure for failure in self._crashes if failure.path not in known))
        self._view = _with(self._view, state=state, failures=every, eta=None, message=message)
        Job.update(
            state=state,
            finished_at=now(),
            done=self._view.done,
            total=self._view.total,
            failures=[[str(failure.path), failure.reason] for failure in every],
        ).where(Job.id == self._row.id).execute()
        self._running = self._photo = None
        self._next()

    def _crashed(self) -> None:
        """The worker died: the photo it was at, if it was at one, is put aside; the job goes on in a new worker."""
        photo = self._photo
        if self._end_worker is not None:
            self._end_worker()
        self._pipe = self._process = self._photo = self._end_worker = None
        self._deaths += photo is None
        if self._deaths > MOST_DEATHS or len(self._crashes) >= MOST_CRASHES:
            log.event("the worker died too often", crashes=len(self._crashes) + self._deaths)
            self.error = TaggerError("The worker process ended unexpectedly", "worker.log in the log folder says more.")
            self._end(JobState.FAILED, (), self.error.message)
            return
        log.event("the worker died", at_a_photo=photo is not None)
        if photo is not None:
            mark_crashed(photo)
            self._crashes.append(Failure(photo, f"{photo}: decoding it crashed"))
        self._start()


def _end(pipe: Connection, process: BaseProcess) -> None:
    """Closes the pipe, which tells the worker to end, and waits a moment for it."""
    pipe.close()
    process.join(2)
    if process.is_alive():
        process.kill()
        process.join()
    process.close()


def _with(view: JobView, **changes: Any) -> JobView:
    return replace(view, **changes)
