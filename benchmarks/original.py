"""The original's way to scan, as a baseline: each photo decoded whole, searched at full size, its faces embedded.

It runs in a process of its own, with as many threads as torch takes by itself; they sleep while they wait, or on a busy
machine they would stand in their own way (seen: 24 instead of 6 seconds of processor time a photo). Its FaceNet has
random weights (the real ones are a download), which take the same time.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from unittest.mock import patch

from tui_tagger.geometry import Box


@dataclass(frozen=True)
class Seen:
    """What the original did with one photo; boxes in pixels of the photo, times in seconds."""

    boxes: tuple[Box, ...]
    wall: float
    processor: float


class Original:
    """The process; it loads its models before anything is timed."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other,), daemon=True)
        with patch.dict(os.environ, OMP_WAIT_POLICY="passive"):
            self._process.start()
        other.close()
        assert self._pipe.recv() == "ready"

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def scan(self, photos: Sequence[Path], embed: bool = True) -> dict[Path, Seen]:
        """What it finds in these photos; without `embed` it only looks for faces."""
        self._pipe.send((list(photos), embed))
        found: dict[Path, Seen] = self._pipe.recv()
        return found

    def close(self) -> None:
        self._pipe.close()
        self._process.join()


def _serve(pipe: Connection) -> None:
    import torch
    from PIL import Image

    from benchmarks.detector import reference, whole_facenet

    facenet = whole_facenet()
    extract_face = importlib.import_module("facenet_pytorch.models.utils.detect_face").extract_face
    detect = reference()  # MTCNN with image_size=160, margin=0, min_face_size=20, thresholds=[0.6, 0.7, 0.7]
    resnet = facenet.InceptionResnetV1().eval()

    @torch.inference_mode()
    def take(path: Path, embed: bool) -> Seen:
        began, used = time.perf_counter(), time.process_time()
        image = Image.open(path).convert("RGB")
        boxes = [face.box for face in detect(image)]
        for box in boxes if embed else ():
            face = extract_face(image, [box.x, box.y, box.right, box.bottom], image_size=160, margin=0)
            resnet(facenet.fixed_image_standardization(face)[None])
        return Seen(tuple(boxes), time.perf_counter() - began, time.process_time() - used)

    pipe.send("ready")
    try:
        while True:
            photos, embed = pipe.recv()
            pipe.send({path: take(path, embed) for path in photos})
    except EOFError:
        return
