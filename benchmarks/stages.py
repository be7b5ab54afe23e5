"""Where the time of a scan goes, in one process: a stopwatch around the parts of the real one."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch

from benchmarks.embedder import facenet_as, random_net
from tui_tagger.faces import detector as detection
from tui_tagger.faces import facenet
from tui_tagger.faces.detector import RNET_SIDE, MtcnnDetector
from tui_tagger.services import extraction, scan, storing
from tui_tagger.services.extractors import InProcess
from tui_tagger.services.worker import models
from tui_tagger.storage.connection import LibraryDatabase

Name = str | Callable[..., str]


class Stopwatch:
    """Processor time of named parts; that of a part within another is counted for the inner one alone."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._open: list[str] = []
        self._since = time.process_time()

    def switch(self) -> None:
        now = time.process_time()
        if self._open:
            self.seconds[self._open[-1]] += now - self._since
        self._since = now

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        self.switch()
        self._open.append(name)
        try:
            yield
        finally:
            self.switch()
            self._open.pop()

    def around(self, name: Name, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            with self.part(name if isinstance(name, str) else name(*arguments)):
                return work(*arguments, **named)

        return timed


def _net(*arguments: Any) -> str:
    return "R-Net" if any(each is RNET_SIDE for each in arguments) else "O-Net"


def parts(chosen: extraction.Models) -> list[tuple[Name, Any, str]]:
    """The name of each part, and the function that is it: its owner and its name there."""
    embedder = chosen.embedder()
    return [
        ("read and hash", extraction, "file_hash"),
        ("metadata", extraction, "read_info"),
        ("metadata", storing, "place_name"),
        ("decode", extraction, "load_reduced"),
        ("decode", extraction, "bounded"),
        ("pyramid", detection, "SummedArea"),
        ("P-Net", MtcnnDetector, "_propose"),
        (_net, MtcnnDetector, "_judge"),
        ("rest of the detector", MtcnnDetector, "detect"),
        ("crops", type(embedder), "crop"),
        ("crops", extraction, "quality"),
        ("embedding", type(embedder), "embed"),
        ("database", LibraryDatabase, "execute_sql"),
        ("database", LibraryDatabase, "begin"),
        ("database", LibraryDatabase, "commit"),
    ]


def measured(photos: Sequence[Path], warm: Path) -> tuple[dict[str, float], int, float]:
    """Scans `photos` in this process into the database that is open.

    Returns seconds of processor time by part, the number of faces, and the seconds FaceNet (random weights) takes to
    embed as many. `warm` is scanned before, so that models are loaded and first uses are over.
    """
    torch.set_num_threads(1)
    chosen, watch = models(), Stopwatch()
    scan.scan([warm], InProcess(chosen), lambda *_: True)
    for name, owner, attribute in parts(chosen):
        patch.object(owner, attribute, watch.around(name, getattr(owner, attribute))).start()
    try:
        with watch.part("the rest"):
            report = scan.scan(photos, InProcess(chosen), lambda *_: True)
    finally:
        patch.stopall()
    return dict(watch.seconds), report.faces, _facenet_time(report.faces, report.photos)


def _facenet_time(faces: int, photos: int) -> float:
    """Seconds to embed the faces of photos that have as many each, a photo at a time."""
    crops = np.random.default_rng(0).integers(0, 256, (max(1, round(faces / photos)), 160, 160, 3), np.uint8)
    embed = facenet_as(facenet.mixed_precision(random_net(crops, 0)))
    embed(crops)
    began = time.process_time()
    for _ in range(5):
        embed(crops)
    return (time.process_time() - began) / 5 * faces / len(crops)
