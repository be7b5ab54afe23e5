"""The worker process: holds the models and runs the jobs, so that the terminal never waits for a model or a photo."""

from __future__ import annotations

import os
import signal
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tui_tagger import log
from tui_tagger.config import log_dir
from tui_tagger.errors import TaggerError, UsageError
from tui_tagger.geometry import Box
from tui_tagger.memory import be_frugal
from tui_tagger.private import make_file, own_folder
from tui_tagger.services import clustering, scan
from tui_tagger.services.banks import bank_stamp
from tui_tagger.services.calibration import calibrate, due
from tui_tagger.services.cluster import Cluster
from tui_tagger.services.detection import add_drawn, detect_again
from tui_tagger.services.embedding import EmbedReport, embed_missing
from tui_tagger.services.extraction import Models
from tui_tagger.services.extractors import Extractors
from tui_tagger.services.importing import ImportReport, import_names
from tui_tagger.services.inventory import Below
from tui_tagger.services.networks import networks
from tui_tagger.services.pool import Pool
from tui_tagger.services.recognition import Recognition, current_model
from tui_tagger.services.resources import Resources
from tui_tagger.services.views import PhotoStatus, ScanReport
from tui_tagger.storage import bulk
from tui_tagger.storage.database import open_database, setting, store_setting
from tui_tagger.storage.models import Person, Photo

REPORT_EVERY = 0.2  # seconds between progress messages
ROUNDS = 3  # of suggestions at the end of a job: the second finds what the first changed, and changes nothing
SETTLED = "suggestions settled"  # the setting that says of what the suggestions are
SUGGEST_EVERY = 3.0  # seconds between rounds of suggestions while a scan runs


load: Callable[[str, str], Models] = networks  # the models for an embedder and a device


def models(device: str = "auto") -> Models:
    """The real models for the embedder in use, loaded on first use and kept for the life of the process."""
    return load(current_model(), device)


class Control:
    """The worker's end of the pipe while a job runs: progress out; pause, resume and cancel in."""

    def __init__(self, pipe: Connection, resources: Resources) -> None:
        self.pipe = pipe
        self.resources = resources
        self._photo: Path | None = None
        self._reported = 0.0
        self._suggested = time.monotonic()
        self._recognition: Recognition | None = None
        self.cancelled = False

    def go_on(self, done: int, total: int, path: Path | None) -> bool:
        """Like `proceed`; if this process dies, `path` is the photo to blame."""
        self.blame(path)
        return self.proceed(done, total)

    def blame(self, path: Path | None) -> None:
        if path != self._photo:
            self._photo = path
            self.pipe.send(("photo", path))

    def proceed(self, done: int, total: int, _path: Path | None = None) -> bool:
        """Between photos: reports, waits while paused, and says whether to continue."""
        now = time.monotonic()
        if now - self._reported > REPORT_EVERY or done >= total:
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

    def suggest(self, whole: bool = False) -> bool:
        """Suggests for new faces, unless nothing has changed since everything was in step; whether that is so.

        What follows for other faces from decisions made meanwhile comes with the `whole`.
        """
        self._suggested = time.monotonic()
        if (state := suggestions_follow()) == setting(SETTLED):
            return True
        if self._recognition is None:
            self._recognition = Recognition()
        if self._recognition.pass_over(whole) or self._recognition.stirred:
            return False
        store_setting(SETTLED, state)
        return True

    def settle(self) -> None:
        """Suggests until nothing changes any more, which the next job sees at once."""
        for _ in range(ROUNDS):
            if self.suggest(whole=True):
                return


def suggestions_follow() -> list[Any]:
    """What suggestions follow from, as far as it takes to tell that nothing of it has changed."""
    people = list(Person.select(Person.id, Person.birth_date, Person.hidden).order_by(Person.id).tuples())
    model = current_model()
    return [model, *bank_stamp(model), bulk.newest_change(), zlib.crc32(repr(people).encode())]


def main(pipe: Connection, database: Path, resources: Resources) -> None:
    """Takes jobs from the pipe, one at a time, until it is closed; the program at its other end may die at any time."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl+c reaches the whole group; the program that asked cancels
    _quiet()
    be_frugal()
    log.start("worker-events.log")
    opened = open_database(database)
    try:
        while True:
            job, *arguments = pipe.recv()
            if job in JOBS:  # a "cancel" may come when its job has just ended
                pipe.send(_run(JOBS[job], Control(pipe, resources), arguments))
    except (EOFError, OSError):
        pass  # the program that asked is gone; what was done is in the database
    finally:
        opened.close()


def _run(job: Callable[..., Any], control: Control, arguments: Sequence[Any]) -> tuple[str, Any]:
    try:
        result = job(control, *arguments)
        control.settle()
        return "done", result
    except TaggerError as error:
        log.failure("a job failed", error)
        return "failed", error
    except (EOFError, OSError) as error:
        if isinstance(error, (EOFError, BrokenPipeError)):
            raise
        return "failed", TaggerError(str(error), "Is the disk full, or was it removed?")


def _scan(control: Control, folders: Sequence[Path], resting: float = 0.0) -> ScanReport:
    """Also embeds what lacks an embedding elsewhere: the gallery may lie in other folders."""
    report = scan.scan(folders, _extractors(control.resources), control.proceed, resting)
    if control.cancelled:
        return report
    rest = _embed(control)
    known, is_below = {failure.path for failure in report.failed}, Below(folders)
    more = (each for each in rest.failed if each.path not in known and is_below(str(each.path)))
    return replace(report, failed=(*report.failed, *more))


def _extractors(resources: Resources) -> Extractors:
    wanted = partial(load, current_model(), resources.device)
    return Cluster(resources.cluster, wanted) if resources.cluster else Pool(wanted, resources)


def _embed(control: Control) -> EmbedReport:
    """Embeds what lacks an embedding of the model in use, until that is another one; calibrates and clusters."""
    chosen = models(control.resources.device)

    def go_on(done: int, total: int, path: Path | None) -> bool:
        return control.go_on(done, total, path) and current_model() == chosen.embedder_id

    report = embed_missing(chosen, go_on)
    control.blame(None)
    if control.unhindered() and due(chosen.embedder_id):
        calibrate(chosen.embedder_id)
    control.suggest()  # clusters may take a minute
    if control.unhindered():
        clustering.cluster_new(lambda _done, _total: control.unhindered())
    return report


def _detect(control: Control, photo_id: int) -> int:
    photo = _photo(photo_id)
    control.go_on(0, 1, photo.path)
    return detect_again(photo, models(control.resources.device))


def _draw(control: Control, photo_id: int, box: Box) -> int:
    photo = _photo(photo_id)
    control.go_on(0, 1, photo.path)
    return add_drawn(photo, box, models(control.resources.device))


def _import(control: Control) -> ImportReport:
    """Also embeds the faces that no detector had found."""
    report = import_names(None, go_on=control.go_on)  # the suggestions are made at the end of every job
    control.blame(None)
    if report.new_boxes and control.unhindered():
        _embed(control)
    return report


def _cluster(control: Control) -> int:
    return clustering.cluster(lambda done, total: control.proceed(done, total))


JOBS: dict[str, Callable[..., Any]] = {
    "scan": _scan,
    "embed": _embed,
    "detect": _detect,
    "draw": _draw,
    "cluster": _cluster,
    "import": _import,
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
