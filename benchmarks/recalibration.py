#!/usr/bin/env python3
"""What a user's own confirmed faces teach a stranger bank: calibration error on other people, before and after.

    python -m benchmarks.recalibration --data ../shared/data

Half of the validation people play the user's, the other half are asked about: every second one is enrolled with 1, 2, 3
and 5 faces, the others are strangers. Banks: the spherical one that an embedder without statistics begins with, the
same with a temperature three times too high, and the one that ships.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.identification import ours
from tools import faces
from tools.faces import Faces
from tui_tagger.faces.calibration import calibration_error, recalibration
from tui_tagger.faces.strangers import StrangerBank, bank_for, group, halves, spherical_bank
from tui_tagger.faces.trials import trial
from tui_tagger.faces.weights import COMPACT_ID

CONFIRMED = ((8, 3), (15, 5), (40, 6), (150, 8))  # people, faces of each
ENROLLED = (1, 2, 3, 5)
DRAWS = 2


def error(bank: StrangerBank, asked: Faces, groups: Mapping[str, NDArray[np.int64]]) -> float:
    """Expected calibration error over galleries of half of the people in `groups`."""
    chances, right = [], []
    for enrolled in ENROLLED:
        for draw in range(DRAWS):
            one = trial(groups, enrolled, len(groups) // 2, draw)
            gallery = [asked.embeddings[places] for places in one.gallery]
            answer = ours(bank)(asked.embeddings[one.probes], gallery)
            assert answer.probability is not None
            chances.append(answer.probability)
            right.append(answer.best == one.truth)
    return calibration_error(np.concatenate(chances), np.concatenate(right))


def report(asked: Faces, shipped: StrangerBank) -> str:
    """A row a bank and number of confirmed faces, in Markdown."""
    spherical = spherical_bank(shipped.model_id, asked.embeddings.shape[1])
    hot = replace(spherical, settings=replace(spherical.settings, temperature=3 * spherical.settings.temperature))
    own, others = halves(group(asked.people), 0)
    lines = ["| bank | confirmed | error before | after |", "|---|---|---|---|"]
    for name, bank in {"spherical": spherical, "too hot": hot, "shipped": shipped}.items():
        before = error(bank, asked, others)
        for people, each in CONFIRMED:
            places = _some(own, people, each)
            found = recalibration(bank, asked.embeddings[places], [asked.people[place] for place in places])
            after = f"{error(found.bank, asked, others):.3f}" if found.changed else "left as it was"
            lines.append(f"| {name} | {people} people, {each} faces each | {before:.3f} | {after} |")
    return "\n".join(lines)


def _some(groups: Mapping[str, NDArray[np.int64]], people: int, each: int) -> Sequence[int]:
    rng = np.random.default_rng(0)
    return [int(place) for one in sorted(groups)[:people] for place in rng.permutation(groups[one])[:each]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    faces.add_options(parser)
    parser.add_argument("--model-id", default=COMPACT_ID)
    options = parser.parse_args()
    print(report(faces.of(options), bank_for(options.model_id)))


if __name__ == "__main__":
    main()
