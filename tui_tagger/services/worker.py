"""The worker process: holds the models and runs the jobs, so that the terminal never waits for a model or a photo."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tui_tagger import log
from tui_tagger.config import log_dir
from tui_tagger.errors import TaggerError, UsageError
from tui_tagger.faces.protocols import Detector, Embedder
from tui_tagger.geometry import Box
from tui_tagger.private import make_file, own_folder
from tui_tagger.services import clustering, scan
from tui_tagger.services.calibration import calibrate, due
from tui_tagger.services.embedding import EmbedReport, embed_missing
from tui_tagger.services.recognition import Recognition, current_model
from tui_tagger.services.views import PhotoStatus, ScanReport
from tui_tagger.storage.database import open_database
from tui_tagger.storage.models import Photo

REPORT_EVERY = 0.2  # seconds between progress messages
SUGGEST_EVERY = 3.0  # seconds between rounds of suggestions while a scan runs


@cache
def _detector() -> Detector:
    from tui_tagger.faces.detector import MtcnnDetector

    return MtcnnDetector()


@cache
def _embedder(model: str) -> Embedder:
    from tui_tagger.faces.embedder import load_embedder

    return load_embedder(model)


def models() -> scan.Models:
    """The real models, loaded on first use and kept for the life of the process."""
    # Read when torch loads. Threads that wait by spinning lose more on a busy machine than they win on an idle one.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    model = current_model()
    return scan.Models(_detector, lambda: _embedder(model), model)


class Control:
    """The worker's end of the pipe while a job runs: progress out; pause, resume and cancel in."""

    def __init__(self, pipe: Connection) -> None:
        self.pipe = pipe
        self._reported = 0.0
        self._suggested = time.monotonic()
        self._recognition: Recognition | None = None
        self.cancelled = False

    def go_on(self, done: int, total: int, path: Path | None) -> bool:
        """Between photos: reports, waits while paused, and says whether to continue."""
        if path is not None:
            self.pipe.send(("photo", path))
        now = time.monotonic()
        if now - self._reported > REPORT_EVERY or path is None:
            self._reported = now
            self.pipe.send(("progress", done, total))
        if now - self._suggested > SUGGEST_EVERY:
            self.suggest()
        return self.unhindered()

    def unhindered(self) -> bool:
        """Waits while paused, and says whether nobody cancelled the job."""
        paused = False
        while paused or self.pipe.poll():
            match self.pipe.recv():
                case "pause":
                    paused = True
                case "resume":
                    paused = False
                case "cancel":
                    self.cancelled, paused = True, False
        return not self.cancelled

    def suggest(self) -> None:
        if self._recognition is None:
            self._recognition = Recognition()
        self._recognition.update()
        self._suggested = time.monotonic()


def main(pipe: Connection, database: Path) -> None:
    """Takes jobs from the pipe, one at a time, until it is closed; the program at its other end may die at any time."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl+c reaches the whole group; the program that asked cancels
    _quiet()
    log.start("worker-events.log")
    opened = open_database(database)
    try:
        while True:
            job, *arguments = pipe.recv()
            if job in JOBS:  # a "cancel" may come when its job has just ended
                pipe.send(_run(JOBS[job], Control(pipe), arguments))
    except (EOFError, OSError):
        pass  # the program that asked is gone; what was done is in the database
    finally:
        opened.close()


def _run(job: Callable[..., Any], control: Control, arguments: Sequence[Any]) -> tuple[str, Any]:
    try:
        result = job(control, *arguments)
        control.suggest()
        return "done", result
    except TaggerError as error:
        log.failure("a job failed", error)
        return "failed", error
    except (EOFError, OSError) as error:
        if isinstance(error, (EOFError, BrokenPipeError)):
            raise
        return "failed", TaggerError(str(error), "Is the disk full, or was it removed?")


def _scan(control: Control, folders: Sequence[Path]) -> ScanReport:
    """Also embeds what lacks an embedding elsewhere: the gallery may lie in other folders."""
    report = scan.scan(folders, models(), control.go_on)
    if control.cancelled:
        return report
    rest = _embed(control)
    known = {failure.path for failure in report.failed}
    more = (each for each in rest.failed if each.path not in known and scan.below(folders, each.path))
    return replace(report, failed=(*report.failed, *more))


def _embed(control: Control) -> EmbedReport:
    """Embeds what lacks an embedding of the model in use, until that is another one; calibrates and clusters."""
    chosen = models()

    def go_on(done: int, total: int, path: Path | None) -> bool:
        return control.go_on(done, total, path) and current_model() == chosen.embedder_id

    report = embed_missing(chosen, go_on)
    control.pipe.send(("photo", None))  # if the process dies from here on, no photo is to blame
    if control.unhindered() and due(chosen.embedder_id):
        calibrate(chosen.embedder_id)
    control.suggest()  # clusters may take a minute
    if control.unhindered():
        clustering.cluster_new(lambda _done, _total: control.unhindered())
    return report


def _detect(control: Control, photo_id: int) -> int:
    photo = _photo(photo_id)
    control.go_on(0, 1, photo.path)
    return scan.detect_again(photo, models())


def _draw(control: Control, photo_id: int, box: Box) -> int:
    photo = _photo(photo_id)
    control.go_on(0, 1, photo.path)
    return scan.add_drawn(photo, box, models())


def _cluster(control: Control) -> int:
    return clustering.cluster(lambda done, total: control.go_on(done, total, None))


JOBS: dict[str, Callable[..., Any]] = {
    "scan": _scan,
    "embed": _embed,
    "detect": _detect,
    "draw": _draw,
    "cluster": _cluster,
}


def _photo(photo_id: int) -> Photo:
    photo: Photo | None = Photo.get_or_none((Photo.id == photo_id) & (Photo.status == PhotoStatus.READY))
    if photo is None:
        raise UsageError("This photo cannot be read now.", "Scan its folder again.")
    return photo


def _quiet() -> None:
    """Sends what libraries print to a log: the terminal belongs to the app."""
    try:
        own_folder(log_dir())
        make_file(log_dir() / "worker.log", truncate=True)
        target = os.open(log_dir() / "worker.log", os.O_WRONLY | os.O_APPEND)
    except OSError:
        target = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.dup2(target, 1)
    os.dup2(target, 2)
    os.close(target)
