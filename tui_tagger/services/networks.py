"""The real detector and embedders, loaded on first use and kept for the life of the process."""

from __future__ import annotations

import os
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from tui_tagger.faces.protocols import Detector, Embedder
from tui_tagger.services.extraction import Models


def networks(embedder: str, device: str = "cpu") -> Models:
    """The models that compute on `device`, one of `devices.DEVICES`; using one that is not there raises ModelError."""
    # Read when torch loads. Threads that wait by spinning lose more on a busy machine than they win on an idle one.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return Models(lambda: _detector(device), lambda: _embedder(embedder, device), embedder, lambda: _resolved(device))


def _resolved(device: str) -> str:
    if device == "cpu" or (device == "auto" and _for_processors()):
        return "cpu"  # without loading torch
    from tui_tagger.faces.devices import resolve

    return resolve(device)


def _for_processors() -> bool:
    """Whether the torch that is installed is one for processors alone, which its version tells."""
    try:
        return version("torch").endswith("+cpu")
    except PackageNotFoundError:  # as in the standalone program
        return False


@cache
def _detector(device: str) -> Detector:
    from tui_tagger.faces.detector import MtcnnDetector

    return MtcnnDetector(device=device)


@cache
def _embedder(model: str, device: str) -> Embedder:
    from tui_tagger.faces.embedder import load_embedder

    return load_embedder(model, device=device)
