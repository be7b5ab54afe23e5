"""What the worker process runs in tests: the real loop on the fake models, some of it with trouble built in."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.conftest import fake_models
from tests.fakes import FakeDetector, FakeEmbedder
from tui_tagger.errors import ModelError
from tui_tagger.faces.protocols import Detection
from tui_tagger.imaging import UprightImage
from tui_tagger.services import worker
from tui_tagger.services.extraction import Models
from tui_tagger.services.resources import Resources

DEADLY = (640, 100)  # photos of this size kill the process that decodes them


class SlowDetector(FakeDetector):
    def detect(self, image: UprightImage) -> list[Detection]:
        time.sleep(0.05)
        if image.full_size == DEADLY:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().detect(image)


def slow_models(_embedder: str = "", _device: str = "") -> Models:
    models = fake_models()
    return Models(SlowDetector, models.embedder, models.embedder_id)


OTHER = "other-embedder"


class SlowEmbedder(FakeEmbedder):
    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        time.sleep(0.05)
        return super().embed(crops)


def other_models() -> Models:
    """The fakes as if the embedder were another one."""
    return Models(FakeDetector, FakeEmbedder, OTHER)


def slow_other_models(_embedder: str, _device: str) -> Models:
    return Models(FakeDetector, SlowEmbedder, OTHER)


def other_main(pipe: Connection, database: Path, resources: Resources) -> None:
    worker.load = slow_other_models
    worker.main(pipe, database, resources)


def main(pipe: Connection, database: Path, resources: Resources) -> None:
    worker.load = slow_models
    worker.main(pipe, database, resources)


def fakes() -> Models:
    return fake_models()


def slow_fakes() -> Models:
    return slow_models()


def unloadable() -> Models:
    raise ModelError("The weights are gone", "Install them again.")


def dying() -> Models:
    os._exit(3)
