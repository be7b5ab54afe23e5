"""Verification: are two crops of one person? Measured on the validation people, none of whom was trained on.

Seven pairs of one person and seven of two for each of 500 people, frontal with frontal or frontal with profile.
Accuracy is the mean over ten folds of people, each with the best threshold of the other nine (the protocol of Labeled
Faces in the Wild, Huang et al. 2007). Intervals are bootstrapped over people, not over pairs, since pairs of one person
hang together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FOLDS = 10
OF_EACH = 7  # pairs of one person, and as many with somebody else
KINDS = ("frontal", "profile")
RATES = (1e-2, 1e-3)  # false alarms
RESAMPLES = 200


@dataclass(frozen=True)
class Pairs:
    """Indices of two crops [m], whether they show one person [m], and the person that the pair was drawn for [m]."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    same: NDArray[np.bool_]
    person: NDArray[np.int64]


@dataclass(frozen=True)
class Verification:
    """Accuracy with its 95 % interval, and true accept rates at RATES, all 0 to 1; `scores` [m] are cosines."""

    accuracy: float
    interval: tuple[float, float]
    accepted: tuple[float, ...]
    scores: NDArray[np.float32]
    pairs: Pairs


def pairs_of(names: Sequence[str], kind: str, seed: int = 0) -> Pairs:
    """The pairs among crops `names` (person/pose-number.webp); `kind` is the pose of the second crop."""
    rng = np.random.default_rng(seed)
    people: dict[str, dict[str, list[int]]] = {}
    for index, name in enumerate(names):
        person, file = name.split("/")
        people.setdefault(person, {pose: [] for pose in KINDS})[file.split("-")[0]].append(index)
    order = sorted(people)
    rows: list[tuple[int, int, bool, int]] = []
    for number, person in enumerate(order):
        for left in rng.choice(people[person]["frontal"], OF_EACH):
            others = [i for i in people[person][kind] if i != left]
            stranger = order[(number + rng.integers(1, len(order))) % len(order)]
            rows.append((left, rng.choice(others), True, number))
            rows.append((left, rng.choice(people[stranger][kind]), False, number))
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return Pairs(columns[0], columns[1], columns[2].astype(bool), columns[3])


def verify(embeddings: NDArray[np.float32], names: Sequence[str], kind: str) -> Verification:
    """How well the cosine of unit `embeddings` [n, d] tells pairs of one person from pairs of two."""
    pairs = pairs_of(names, kind)
    scores = (embeddings[pairs.left] * embeddings[pairs.right]).sum(1)
    right = _right(scores, pairs)
    by_person = np.array([right[pairs.person == number].mean() for number in range(pairs.person.max() + 1)])
    rng = np.random.default_rng(0)
    means = [rng.choice(by_person, len(by_person)).mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, (0.025, 0.975))
    thresholds = [np.quantile(scores[~pairs.same], 1 - rate) for rate in RATES]
    accepted = tuple(float((scores[pairs.same] > threshold).mean()) for threshold in thresholds)
    return Verification(float(by_person.mean()), (float(low), float(high)), accepted, scores, pairs)


def _right(scores: NDArray[np.float32], pairs: Pairs) -> NDArray[np.bool_]:
    """Whether each pair is told right with the best threshold of the other folds."""
    right = np.empty(len(scores), bool)
    for fold in range(FOLDS):
        inside = pairs.person % FOLDS == fold
        candidates = np.quantile(scores[~inside], np.linspace(0, 1, 801))
        accuracy = ((scores[~inside][:, None] > candidates) == pairs.same[~inside][:, None]).mean(0)
        right[inside] = (scores[inside] > candidates[accuracy.argmax()]) == pairs.same[inside]
    return right


def table(measured: Mapping[str, Mapping[str, Verification]]) -> str:
    """Markdown, a row an embedder and kind of pair, of `measured[embedder][kind]`."""
    lines = ["| | accuracy | TAR at FAR 1 % | TAR at FAR 0.1 % |", "|---|---|---|---|"]
    for kind in KINDS:
        for name, by_kind in measured.items():
            one = by_kind[kind]
            low, high = (100 * end for end in one.interval)
            cells = [f"{100 * one.accuracy:.2f} % ({low:.1f}-{high:.1f})"]
            cells += [f"{100 * rate:.1f} %" for rate in one.accepted]
            lines.append(f"| frontal to {kind}, {name} | {' | '.join(cells)} |")
    return "\n".join(lines)
