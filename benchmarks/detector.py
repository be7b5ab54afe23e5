#!/usr/bin/env python3
"""Compares our detector with `facenet_pytorch.MTCNN` on the same photos, in one process with one thread.

    python benchmarks/detector.py [FOLDER] [--side 1280] [--repeat 5]

Prints a line per photo and the totals: boxes of the reference that ours finds again (IoU over 0.7), boxes that only
ours has, the largest differences of landmarks and scores, and both processor times, which other programs disturb
little: the detectors take turns, and the shortest of `--repeat` times counts. FOLDER defaults to
../shared/data/people. Each photo is enlarged or reduced to `--side` pixels, the size photos have in use.

The reference gets our non-maximum suppression where torchvision's does not work beside this torch (see
`whole_facenet`); its share of the time is small.
"""

from __future__ import annotations

import argparse
import importlib
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from tui_tagger.faces.detector import MtcnnDetector
from tui_tagger.faces.protocols import Detection
from tui_tagger.faces.suppression import suppress
from tui_tagger.geometry import Box
from tui_tagger.imaging import UprightImage, load_upright

PEOPLE = Path(__file__).resolve().parents[2] / "shared" / "data" / "people"
T = TypeVar("T")
_declared: list[torch.library.Library] = []


def whole_facenet() -> ModuleType:
    """The package facenet_pytorch with torchvision, of which its cascade and its crops use some.

    torchvision's usual wheel is built for CUDA: beside a CPU build of torch its operators are missing and its import
    stops at the first one. Nothing calls them here, so the two that it asks for are declared.
    """
    try:
        return importlib.import_module("facenet_pytorch")
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for name in ("nms", "qnms"):
        schema = f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
        library.define(schema)  # type: ignore[no-untyped-call]
    _declared.append(library)  # the declarations last as long as this object
    return importlib.import_module("facenet_pytorch")


def reference() -> Callable[[Image.Image], list[Detection]]:
    """`facenet_pytorch.MTCNN(keep_all=True)` with its defaults, as a function from a picture to detections."""
    facenet = whole_facenet()
    module: Any = importlib.import_module("facenet_pytorch.models.utils.detect_face")
    try:
        module.batched_nms(torch.zeros(1, 4), torch.zeros(1), torch.zeros(1), 0.5)
    except (NotImplementedError, RuntimeError):
        module.batched_nms = lambda boxes, scores, _, iou: torch.from_numpy(
            suppress(boxes.numpy(), scores.numpy(), iou)
        )
    mtcnn = facenet.MTCNN(keep_all=True)

    def detect(image: Image.Image) -> list[Detection]:
        boxes, scores, points = mtcnn.detect(image, landmarks=True)
        if boxes is None:
            return []
        return [
            Detection(corner_box(corners, image.size), np.asarray(five, np.float32), float(score))
            for corners, score, five in zip(boxes, scores, points, strict=True)
        ]

    return detect


def corner_box(corners: NDArray[np.float32], size: tuple[int, int]) -> Box:
    left, top, right, bottom = map(float, corners)
    return Box(left, top, right - left, bottom - top).clipped(*size)


def matches(wanted: list[Detection], found: list[Detection], least: float = 0.7) -> list[tuple[Detection, Detection]]:
    """Pairs of detections that overlap by more than `least`, each used once."""
    pairs = []
    left = list(found)
    for face in wanted:
        best = max(left, key=lambda other: face.box.iou(other.box), default=None)
        if best is not None and face.box.iou(best.box) > least:
            pairs.append((face, best))
            left.remove(best)
    return pairs


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """The result and the processor time in seconds."""
    start = time.process_time()
    return work(), time.process_time() - start


def at_side(path: Path, side: int) -> UprightImage:
    pixels = load_upright(path, side).pixels
    factor = side / max(pixels.size)
    pixels = pixels.resize((round(pixels.width * factor), round(pixels.height * factor)))
    return UprightImage(pixels, 1.0, pixels.size)


def compare(folder: Path, side: int, repeat: int) -> None:
    ours, theirs = MtcnnDetector(), reference()
    totals, farthest, score = np.zeros(5), 0.0, 0.0
    print(f"{'photo':28} theirs  ours  both  landmarks    theirs      ours  ratio")
    for path in sorted(folder.glob("*.jpg")):
        image = at_side(path, side)
        ours.detect(image)  # warms up
        slow = fast = float("inf")
        for _ in range(repeat):
            wanted, time_of_theirs = timed(lambda image=image: theirs(image.pixels))  # type: ignore[misc]
            found, time_of_ours = timed(lambda image=image: ours.detect(image))  # type: ignore[misc]
            slow, fast = min(slow, time_of_theirs), min(fast, time_of_ours)
        pairs = matches(wanted, found)
        distance = max((float(np.abs(a.landmarks - b.landmarks).max()) for a, b in pairs), default=0.0)
        farthest, score = max(farthest, distance), max([score, *(abs(a.score - b.score) for a, b in pairs)])
        totals += len(wanted), len(found), len(pairs), slow, fast
        print(
            f"{path.name:28} {len(wanted):6} {len(found):5} {len(pairs):5} {distance:7.3f} px "
            f"{slow * 1e3:6.0f} ms {fast * 1e3:6.0f} ms {slow / fast:6.2f}"
        )
    wanted_, found_, both, slow, fast = totals
    print(f"found again {both / wanted_:.2%}, only ours {(found_ - both) / wanted_:.2%}")
    print(f"differences at most: landmarks {farthest:.4f} px, scores {score:.1e}")
    print(f"time: theirs {slow:.2f} s, ours {fast:.2f} s, {slow / fast:.2f} times as fast")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=PEOPLE)
    parser.add_argument("--side", type=int, default=1280)
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    compare(arguments.folder, arguments.side, arguments.repeat)
