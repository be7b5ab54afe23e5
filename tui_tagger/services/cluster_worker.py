"""What a worker of a Dask cluster does for a scan; services/cluster.py sends it there by its names."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from distributed import WorkerPlugin

from tui_tagger import __version__
from tui_tagger.errors import ModelError, PhotoError, TaggerError
from tui_tagger.services.extraction import Extracted, File, Models, attempt


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker found of a photo; `seen` is False where the folder of its file is not there on that machine."""

    result: Extracted | TaggerError
    worker: str
    seen: bool


class Preparation(WorkerPlugin):
    """What `work` needs, on each worker that is there or comes while a scan runs: sent once, not with each photo."""

    def __init__(self, name: str, load: Callable[[], Models], known: Collection[str]) -> None:
        self.name, self.load, self.known, self.version = name, load, known, __version__

    def setup(self, worker: Any) -> None:
        self.models, self.address = self.load(), worker.address
        _here[self.name] = self

    def teardown(self, worker: Any) -> None:  # noqa: ARG002 Dask's
        _here.pop(self.name, None)


_here: dict[str, Preparation] = {}
_one_photo = threading.Lock()  # however many threads the worker was started with: nothing below was made for several


def work(name: str, file: File) -> Answer:
    """Extracts one photo. Raises ModelError, which names the worker."""
    prepared = _here[name]
    if not file.path.parent.is_dir():
        return Answer(PhotoError(f"{file.path}: the file is not there"), prepared.address, seen=False)
    try:
        with _one_photo:
            return Answer(attempt(file, prepared.models, prepared.known), prepared.address, seen=True)
    except ModelError as error:
        raise ModelError(f"{prepared.address}: {error.message}", error.hint) from None


def probe(name: str, file: File) -> str:
    """Why this worker cannot take part; nothing if it can."""
    prepared = _here[name]
    if prepared.version != __version__:
        return f"it has version {__version__} of this program, not {prepared.version}"
    if not file.path.parent.is_dir():
        return f"it does not see the folder {file.path.parent}"
    try:
        with _one_photo:
            prepared.models.detector()
            prepared.models.embedder()
    except ModelError as error:
        return f"{error.message}. {error.hint}"
    return ""
