#!/usr/bin/env python3
"""Builds the stranger bank that ships in tui_tagger/data from face crops of people nobody here knows.

    python -m tools.build_strangers --data ../shared/data
    python -m tools.build_strangers --embeddings X.npy --names N.txt --ask V.npy --ask-names V.txt --model-id M

Means and covariances are those of the first people (faces/train-*.zip); choices and calibration are made by the others
(faces/validation.zip), with photos of all poses and frontal ones alone. Without the others, half of the first ask the
rest. Only statistics are kept. Names are `set/identity/file`; the set `extra` has no labels.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools import faces
from tools.faces import Faces, Floats, is_frontal, person
from tui_tagger import config
from tui_tagger.faces.strangers import Questions, bank_path, fit_bank, group, save_bank
from tui_tagger.faces.weights import COMPACT_ID


def questions_of(embeddings: Floats, names: Sequence[str], people: Collection[str] | None = None) -> Questions:
    """Asks about `people` (all if None) by photos of all poses and, where names tell them apart, frontal ones alone."""
    wanted = [i for i, name in enumerate(names) if people is None or person(name) in people]
    frontal = [i for i in wanted if is_frontal(names[i])]
    conditions = [_grouped(names, places) for places in (wanted, frontal) if places]
    return Questions(embeddings, tuple(conditions))


def _grouped(names: Sequence[str], places: Sequence[int]) -> dict[str, NDArray[np.int64]]:
    found = group([person(names[place]) for place in places])
    return {one: np.asarray(places, np.int64)[faces] for one, faces in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder with faces/train-*.zip and faces/validation.zip")
    parser.add_argument("--embeddings", type=Path, help="embeddings already computed, npy")
    parser.add_argument("--names", type=Path, help="the names of their crops, one a line")
    parser.add_argument("--ask", type=Path, help="embeddings of the people to calibrate by")
    parser.add_argument("--ask-names", type=Path)
    parser.add_argument("--model-id", default=COMPACT_ID)
    parser.add_argument("--out", type=Path, help="default: the package's data folder")
    options = parser.parse_args()
    if options.embeddings:
        known = faces.read(options.embeddings, options.names)
        asked = faces.read(options.ask, options.ask_names) if options.ask else None
    elif options.data:
        embed = faces.compact()
        known = faces.embedded(faces.members(faces.training(options.data)), embed)
        asked = faces.embedded(faces.members(faces.validation(options.data)), embed)
    else:
        parser.error("give --data or --embeddings")
    save(known.where(faces.is_labelled), asked, options.model_id, options.out)


def save(known: Faces, asked: Faces | None, model_id: str, out: Path | None) -> None:
    """Fits the bank of `model_id` and writes it to `out`, or where it ships."""
    questions = None if asked is None else questions_of(asked.embeddings, asked.names)
    bank = fit_bank(known.embeddings, known.people, model_id, questions=questions)
    out = out or config.DATA / bank_path(model_id).name
    save_bank(bank, out)
    print(f"{out}: {out.stat().st_size} bytes, {len(bank.stranger_means)} strangers, {bank.settings}")


if __name__ == "__main__":
    main()
