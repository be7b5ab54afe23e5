#!/usr/bin/env python3
"""Measures how large the numbers in the compact network become, which it needs to compute in whole numbers.

    python -m tools.measure_compact --data ../shared/data

Embeds 1,500 of the training crops and adds what it finds to tui_tagger/data/compact.npz; its weights stay as they are.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tools import faces
from tui_tagger.faces.compact import LARGEST, load_net
from tui_tagger.faces.integers import largest_inputs
from tui_tagger.faces.weights import COMPACT_PATH

CROPS = 1500
BATCH = 32


def inputs(data: Path) -> Iterator[Tensor]:
    """Crops of all training sets, evenly chosen, as the network takes them."""
    members = faces.members(faces.training(data))
    members = members[:: max(1, len(members) // CROPS)]
    for at in range(0, len(members), BATCH):
        crops = np.stack(list(faces.decoded(members[at : at + BATCH])))
        yield torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 127.5 - 1


def measure(path: Path, data: Path) -> None:
    largest = largest_inputs(load_net(path), inputs(data))
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    with path.open("wb") as out:
        np.savez_compressed(out, **(arrays | {LARGEST: largest}))
    print(f"{path}: largest numbers by block, at its entry and inside: {largest.round(1).tolist()}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder with faces/")
    parser.add_argument("--weights", type=Path, default=COMPACT_PATH)
    options = parser.parse_args()
    measure(options.weights, options.data)
