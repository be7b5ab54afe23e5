#!/usr/bin/env python3
"""How fast the embedders are on one core, and how well fast arithmetic agrees with float32.

    python -m benchmarks.embedder [FOLDER] [--repeat 5] [--seeds 3]

Faces are found in the photos of FOLDER, ../shared/data/people by default. FaceNet runs with its real weights where they
are installed, else with random ones whose normalisations are set from half of the faces, so that activations have a
realistic scale, once a seed; the other half is measured. Printed: processor time a face in batches of 32 and one by
one, how many times as fast as float32 that is, and the least and mean cosine to the embedding that float32 gives.
"""

from __future__ import annotations

import argparse
import copy
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tui_tagger.faces import compact, facenet
from tui_tagger.faces.alignment import align
from tui_tagger.faces.detector import MtcnnDetector
from tui_tagger.faces.embedder import embedded
from tui_tagger.faces.integers import has_integers, in_integers
from tui_tagger.faces.mtcnn import import_facenet
from tui_tagger.faces.precision import half_after_first
from tui_tagger.faces.weights import COMPACT_ID, COMPACT_PATH, FACENET_ID, installed_path
from tui_tagger.imaging import load_upright

PEOPLE = Path(__file__).resolve().parents[2] / "shared" / "data" / "people"
Crops = NDArray[np.uint8]
Embed = Callable[[Crops], NDArray[np.float32]]


class Autocast(nn.Module):
    """The whole network in bfloat16, as torch.autocast does it: what the mixed networks are compared with."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            out: Tensor = self.net(x)
        return out


def crops_of(folder: Path) -> tuple[Crops, Crops]:
    """The faces of all photos as FaceNet [n, 160, 160, 3] and as the compact model [n, 112, 112, 3] wants them."""
    detector = MtcnnDetector()
    large: list[Crops] = []
    aligned: list[Crops] = []
    for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp")):
        image = load_upright(path)
        for face in detector.detect(image):
            large.append(facenet.crop(image, face.box))
            aligned.append(align(image, face.box, face.landmarks))
    return np.stack(large), np.stack(aligned)


def random_net(crops: Crops, seed: int) -> nn.Module:
    """FaceNet's network with random weights, its normalisations as `crops` set them."""
    torch.manual_seed(seed)
    net: nn.Module = import_facenet().InceptionResnetV1(dropout_prob=0.0)
    for module in net.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.momentum = 1.0
    with torch.no_grad():
        net.train()((torch.from_numpy(crops).permute(0, 3, 1, 2).float() - 127.5) / 128)
    return facenet.folded(net.eval()).to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def facenet_as(net: nn.Module) -> Embed:
    return lambda crops: embedded(net, crops, facenet.DIMENSION, 128.0)


def compact_as(net: nn.Module, mirrored: bool) -> Embed:
    return lambda crops: embedded(net, crops, compact.DIMENSION, 127.5, mirrored)


def measure(title: str, ways: Sequence[tuple[str, Embed]], crops: Crops, repeat: int) -> None:
    """A row of the table for each of `ways`, the first of which is float32."""
    exact = ways[0][1](crops)
    base = 0.0
    for name, embed in ways:
        cosines = (embed(crops) * exact).sum(1)
        batch, single = (fastest(embed, part, repeat) for part in (list(batches(crops, 32)), list(batches(crops, 1))))
        base = base or batch
        print(
            f"| {title} | {name} | {1000 * batch:.2f} | {1 / batch:.0f} | {base / batch:.2f} | {1000 * single:.2f} "
            f"| {min(cosines.min(), 1):.5f} | {min(cosines.mean(), 1):.5f} |",
            flush=True,
        )


def batches(crops: Crops, size: int) -> Iterator[Crops]:
    most = 32 if size > 1 else 16
    for at in range(0, len(crops) if size > 1 else most, size):
        yield crops[at : at + size]


def fastest(embed: Embed, parts: Sequence[Crops], repeat: int) -> float:
    """Seconds of processor time a face, the least of `repeat` rounds."""
    times = []
    for _ in range(repeat):
        began = time.process_time()
        for part in parts:
            embed(part)
        times.append((time.process_time() - began) / sum(map(len, parts)))
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=PEOPLE)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=3, help="random networks, where FaceNet is not installed")
    options = parser.parse_args()
    torch.set_num_threads(1)
    large, aligned = crops_of(options.folder)
    half = len(large) // 2
    print(f"{len(large)} faces, one thread of {os.cpu_count()} cores\n")
    print("| network | arithmetic | ms a face | faces/s | times float32 | ms alone | least cosine | mean cosine |")
    print("|---|---|---|---|---|---|---|---|")
    path = installed_path()
    nets = [(FACENET_ID, facenet.load_net(path))] if path else []
    nets += [(f"{FACENET_ID}, random {s}", random_net(large[::2][:64], s)) for s in range(0 if path else options.seeds)]
    for title, net in nets:
        ways = [
            ("float32", facenet_as(net)),
            ("bfloat16", facenet_as(Autocast(net))),
            ("mixed", facenet_as(facenet.mixed_precision(copy.deepcopy(net)))),
        ]
        measure(title, ways, large[1::2][:half], options.repeat)
    exact = compact.load_net(COMPACT_PATH)
    narrow, largest = half_after_first(compact.load_net(COMPACT_PATH)), compact.load_largest(COMPACT_PATH)
    whole = in_integers(compact.load_net(COMPACT_PATH), largest) if has_integers() and largest is not None else None
    for mirrored in (False, True):
        ways = [
            ("float32", compact_as(exact, mirrored)),
            ("bfloat16", compact_as(Autocast(exact), mirrored)),
            ("mixed", compact_as(narrow, mirrored)),
        ]
        ways += [("whole numbers", compact_as(whole, mirrored))] if whole else []
        measure(f"{COMPACT_ID}{', mirrored' if mirrored else ''}", ways, aligned, options.repeat)


if __name__ == "__main__":
    main()
