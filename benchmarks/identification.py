#!/usr/bin/env python3
"""Open-set identification on people nobody trained on, ours beside cosine and a plain mixture.

    python -m benchmarks.identification --data ../shared/data [--quick]
    python -m benchmarks.identification --embeddings V.npy --names V.txt --train X.npy --train-names X.txt

Half of the validation people are enrolled with 1, 2, 3, 5 and 10 faces; their other faces are mixed with as many of
strangers never seen. Printed: rank-1 of known probes; DIR, the share of known probes that are named right at a
threshold which lets 1 % of strangers through; expected calibration error of the best candidate's probability in 15
bins; and how often each recommendation is given and wrong.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logsumexp

from tools.build_strangers import embed_archives, read_embeddings
from tui_tagger.faces.calibration import ENROLLED, Trial, trial
from tui_tagger.faces.identifier import LEVELS, Identifier, Scores
from tui_tagger.faces.strangers import StrangerBank, bank_for, group, load_bank

Floats = NDArray[np.float32]
FALSE_ALARMS = 0.01
PROBES = 10  # of one person at most


@dataclass(frozen=True)
class Answer:
    """Best person (place in the gallery), a score to set thresholds on, a probability where there is one; all [n]."""

    best: NDArray[np.int64]
    score: NDArray[np.floating]
    probability: NDArray[np.floating] | None = None
    level: NDArray[np.int8] | None = None
    accepted: NDArray[np.bool_] | None = None  # by the method's own rule


Method = Callable[[Floats, Sequence[Floats]], Answer]


def by_scores(scores: Floats) -> Answer:
    return Answer(scores.argmax(1), scores.max(1))


def cosine_to_mean(probes: Floats, gallery: Sequence[Floats]) -> Answer:
    means = np.array([faces.mean(0) for faces in gallery])
    return by_scores(probes @ (means / np.linalg.norm(means, axis=1, keepdims=True)).T)


def cosine_to_nearest(probes: Floats, gallery: Sequence[Floats]) -> Answer:
    return by_scores(np.stack([(probes @ faces.T).max(1) for faces in gallery], 1))


def ours(bank: StrangerBank) -> Method:
    def answer(probes: Floats, gallery: Sequence[Floats]) -> Answer:
        identifier = Identifier(bank, dict(enumerate(gallery)))
        summary = Scores(identifier, probes).summary()
        odds = np.log(summary.probability.astype(np.float64) + 1e-30)
        return Answer(
            summary.person, odds.astype(np.float32), summary.probability, summary.level, summary.level >= MEDIUM
        )

    return answer


MEDIUM = LEVELS.index("medium")


def plain_mixture(train: Floats, people: Sequence[str], seed: int = 0) -> Method:
    """One scikit-learn GaussianMixture a person in 128 PCA dimensions, 500 strangers as further components, arg-max.

    Each stranger is fitted to six faces: with all of theirs, the strangers' fuller Gaussians win every probe.
    """
    from sklearn.decomposition import PCA

    groups = {person: faces for person, faces in group(people).items() if len(faces) >= 6}
    order = np.random.default_rng(seed).permutation(sorted(groups))[:500]
    pca = PCA(128, random_state=seed).fit(train[np.concatenate([groups[person] for person in order])])

    def answer(probes: Floats, gallery: Sequence[Floats]) -> Answer:
        points = pca.transform(probes)
        known = densities(points, [pca.transform(faces) for faces in gallery])
        unknown = densities(points, [pca.transform(train[groups[person][:6]]) for person in order])
        best = known.argmax(1)
        others = np.column_stack([known, unknown])
        others[np.arange(len(others)), best] = -np.inf
        odds = known.max(1) - logsumexp(others, axis=1)  # orders as the posterior does, which is 1 for most
        return Answer(best, odds, expit(odds), accepted=known.max(1) > unknown.max(1))

    return answer


def densities(points: NDArray[np.float64], people: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Log-densities [n, people] of `points` under one default GaussianMixture fitted to each of `people`."""
    from sklearn.mixture import GaussianMixture

    columns = []
    for faces in people:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # fewer samples than dimensions
            columns.append(GaussianMixture(1).fit(faces).score_samples(points))
    return np.stack(columns, 1)


# --- measures -------------------------------------------------------------------------------------------------------


def measures(answer: Answer, truth: NDArray[np.int64]) -> dict[str, float]:
    known = truth >= 0
    right = answer.best == truth
    threshold = np.quantile(answer.score[~known], 1 - FALSE_ALARMS)
    figures = {"rank-1": right[known].mean(), "DIR": (right & (answer.score > threshold))[known].mean()}
    if answer.probability is not None:
        figures["ECE"] = calibration_error(answer.probability, right)
    if answer.accepted is not None:
        figures["named right"] = (answer.accepted & right)[known].mean()
        figures["strangers accepted"] = answer.accepted[~known].mean()
    if answer.level is not None:
        for index, name in enumerate(LEVELS):
            given = answer.level == index
            figures[f"{name} given"] = given.mean()
            figures[f"{name} wrong"] = (~right[given]).mean() if given.any() else 0.0
            figures[f"{name} given, known"] = given[known].mean()
    return {name: float(value) for name, value in figures.items()}


def calibration_error(probability: NDArray[np.floating], right: NDArray[np.bool_], bins: int = 15) -> float:
    """Mean distance of stated probability and share of right answers over equal bins, weighted by how full they are."""
    places = np.minimum((probability * bins).astype(int), bins - 1)
    filled = [places == index for index in range(bins) if (places == index).any()]
    return float(sum(one.mean() * abs(probability[one].mean() - right[one].mean()) for one in filled))


def measured(method: Method, embeddings: Floats, trials: Sequence[Trial]) -> dict[str, float]:
    """The mean of each figure over `trials`."""
    results = [
        measures(method(embeddings[one.probes], [embeddings[faces] for faces in one.gallery]), one.truth)
        for one in trials
    ]
    return {name: float(np.mean([result[name] for result in results])) for name in results[0]}


def trials_of(names: Sequence[str], known: int | None, repeats: int) -> dict[int, list[Trial]]:
    groups = group([person(name) for name in names])
    chosen = len(groups) // 2 if known is None else known
    most = max(len(faces) for faces in groups.values())
    return {
        enrolled: [trial(groups, enrolled, chosen, seed, PROBES) for seed in range(repeats)]
        for enrolled in ENROLLED
        if enrolled < most
    }


def person(name: str) -> str:
    return name.rsplit("/", 1)[0]


# --- printing -------------------------------------------------------------------------------------------------------


def table(results: Mapping[str, Mapping[int, Mapping[str, float]]], figures: Sequence[str]) -> str:
    counts = sorted(set().union(*results.values()))
    lines = [f"{'':22s}" + "".join(f"{count:>24d}" for count in counts)]
    for name, by_count in results.items():
        cells = [" / ".join(shown(by_count.get(count, {}), figure) for figure in figures) for count in counts]
        lines.append(f"{name:22s}" + "".join(f"{cell:>24s}" for cell in cells))
    return "\n".join(lines)


def shown(values: Mapping[str, float], figure: str) -> str:
    return f"{values[figure]:.3f}" if figure in values else "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder with faces/; embeds its crops with the compact model")
    parser.add_argument("--embeddings", type=Path, help="validation embeddings [n, d] or [n, 2, d], npy")
    parser.add_argument("--names", type=Path, help="their names, one person/file a line")
    parser.add_argument("--train", type=Path, help="embeddings of other people, for the plain mixture")
    parser.add_argument("--train-names", type=Path)
    parser.add_argument("--bank", type=Path, help="a stranger bank; default: the one that ships for the model")
    parser.add_argument("--model-id", default="compact-1")
    parser.add_argument("--poses", choices=["all", "frontal"], default="all")
    parser.add_argument("--known", type=int, help="people to enrol; default: half of all")
    parser.add_argument("--quick", action="store_true", help="one draw, without the plain mixture")
    parser.add_argument("--draws", type=int, default=3, help="galleries drawn at each number of faces")
    parser.add_argument("--json", type=Path, help="also write all figures here")
    options = parser.parse_args()

    if options.embeddings:
        embeddings, names = read_embeddings(options.embeddings, options.names)
    elif options.data:
        embeddings, names = embed_archives([options.data / "faces" / "validation.zip"])
    else:
        parser.error("give --data or --embeddings and --names")
    bank = load_bank(options.bank) if options.bank else bank_for(options.model_id)
    wanted = [i for i, name in enumerate(names) if options.poses == "all" or "/frontal" in name]
    embeddings, names = embeddings[wanted], [names[i] for i in wanted]

    methods: dict[str, Method] = {
        "cosine to the mean": cosine_to_mean,
        "cosine to the nearest": cosine_to_nearest,
        "ours": ours(bank),
    }
    if not options.quick and (options.train or options.data):
        if options.train:
            train, train_names = read_embeddings(options.train, options.train_names)
        else:
            train, train_names = embed_archives(sorted((options.data / "faces").glob("train-*.zip")), most=10)
        methods["plain mixture"] = plain_mixture(train, [person(name) for name in train_names])

    trials = trials_of(names, options.known, 1 if options.quick else options.draws)
    results = {
        name: {
            count: measured(method, embeddings, of_count)
            for count, of_count in trials.items()
            if name != "plain mixture" or count > 1
        }
        for name, method in methods.items()
    }
    print(f"{bank.model_id}, {options.poses} poses: {len(names)} faces; enrolled faces a person:")
    print(f"\nrank-1 / DIR at {FALSE_ALARMS:.0%} false alarms / expected calibration error")
    print(table(results, ["rank-1", "DIR", "ECE"]))
    print("\nby the method's own rule (ours: medium or strong): known named right / strangers accepted")
    print(
        table({name: r for name, r in results.items() if "cosine" not in name}, ["named right", "strangers accepted"])
    )
    print("\nours: share of all probes given / of known probes given / of these wrong")
    print("\n".join(_levels(results["ours"])))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


def _levels(ours_by_count: Mapping[int, Mapping[str, float]]) -> list[str]:
    parts = [
        table({level: ours_by_count}, [f"{level} given", f"{level} given, known", f"{level} wrong"]).split("\n")
        for level in LEVELS
    ]
    return [parts[0][0], *(lines[1] for lines in parts)]


if __name__ == "__main__":
    main()
