#!/usr/bin/env python3
"""Open-set identification on people nobody trained on, ours beside cosine and the original's mixture.

    python -m benchmarks.identification --data ../shared/data [--quick]
    python -m benchmarks.identification --embeddings V.npy --names V.txt --train X.npy --train-names X.txt --model-id M

The validation people are cut in two. What is tuned (choice among settings, calibration) is tuned on one half and
measured on the other, and the reverse. Of the half that is measured, half of the people are enrolled with 1, 2, 3, 5
and 10 faces; their other faces are mixed with as many of strangers never seen. Figures are means over the two halves
and the draws of galleries; intervals (95 %) are a bootstrap over people, paired where methods are compared.

--quick takes one draw, 200 resamples and the bank's choices instead of choosing again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.baselines import STRANGER_FACES, STRANGERS, Answer, Method, cosine_to_mean, cosine_to_nearest, original
from benchmarks.measures import BINS, Figure, Tally, weights_of
from tools import faces
from tools.build_strangers import questions_of
from tools.faces import person
from tui_tagger.faces.calibration import calibrated, worth
from tui_tagger.faces.identifier import LEVELS, Identifier, Scores
from tui_tagger.faces.strangers import CHOICES, Settings, StrangerBank, bank_for, candidates, group, halves
from tui_tagger.faces.trials import ENROLLED, trial
from tui_tagger.faces.weights import COMPACT_ID

Floats = NDArray[np.float32]
PROBES = 10  # of one person at most
FEWEST = 40  # people with enough faces to measure a number of enrolled faces
OURS, SHARED = "ours", "ours, shared covariance"
ORIGINAL = "the original's mixture"
COSINES: dict[str, Method] = {"cosine to the mean": cosine_to_mean, "cosine to the nearest": cosine_to_nearest}
BASELINES = (*COSINES, ORIGINAL)
MEDIUM = LEVELS.index("medium")


@dataclass(frozen=True)
class Fold:
    """A bank, tuned without the `people` that it is measured on, and the same without people's own covariances."""

    bank: StrangerBank
    shared: StrangerBank
    people: frozenset[str]


@dataclass(frozen=True)
class Results:
    """Measures by poses (all, frontal), method and enrolled faces.

    `figures[poses][method][enrolled][measure]`; `ahead[poses][enrolled][measure]` is ours minus the best baseline,
    paired; `bins[poses][enrolled]` [15, 3] are probes, sum of stated probabilities and right answers of ours.
    """

    model_id: str
    figures: dict[str, dict[str, dict[int, dict[str, Figure]]]]
    ahead: dict[str, dict[int, dict[str, tuple[str, Figure]]]]
    bins: dict[str, dict[int, NDArray[np.float64]]]


def ours(bank: StrangerBank) -> Method:
    def answer(probes: Floats, gallery: Sequence[Floats]) -> Answer:
        scores = Scores(Identifier(bank, dict(enumerate(gallery))), probes, least=-np.inf)
        summary = scores.summary()
        return Answer(
            summary.person, scores.odds(), summary.probability, summary.level, accepted=summary.level >= MEDIUM
        )

    return answer


def folds(banks: Sequence[StrangerBank], embeddings: Floats, names: Sequence[str]) -> list[Fold]:
    """Two halves of the people: for each the best of `banks`, calibrated by the other half."""
    groups = group([person(name) for name in names])
    first, second = (frozenset(half) for half in halves(groups, 0))
    found = []
    for asked, measured in ((first, second), (second, first)):
        questions = questions_of(embeddings, names, asked)
        best = max(banks, key=lambda bank: worth(bank, questions)) if len(banks) > 1 else banks[0]
        shared = replace(best, settings=replace(best.settings, strength=1e12))
        tuned = [replace(bank, settings=calibrated(bank, questions)) for bank in (best, shared)]
        found.append(Fold(tuned[0], tuned[1], measured))
    return found


def open_set(
    banks: Sequence[StrangerBank],
    embeddings: Floats,
    names: Sequence[str],
    strangers: Sequence[Floats],
    draws: int = 3,
    quick: bool = False,
) -> Results:
    """Everything above for validation `embeddings` [n, d] with `names` `person/file`, of which frontal ones say so.

    `banks` are the choices to make, with statistics of people who are not among `names`; `strangers` are 500 such
    people's faces [6, d] for the original's mixture.
    """
    halves_ = folds(banks[:1] if quick else banks, embeddings, names)
    baseline = original(strangers)
    results = Results(banks[0].model_id, {}, {}, {})
    for place, poses in enumerate(("all", "frontal")):
        tallies: dict[int, dict[str, Tally]] = {}
        for fold in halves_:
            groups = questions_of(embeddings, names, fold.people).conditions[place]
            methods = {**COSINES, ORIGINAL: baseline, OURS: ours(fold.bank), SHARED: ours(fold.shared)}
            _measure(tallies, methods, embeddings, groups, 1 if quick else draws, 200 if quick else 1000)
        _conclude(results, poses, tallies)
    return results


def _measure(
    tallies: dict[int, dict[str, Tally]],
    methods: Mapping[str, Method],
    embeddings: Floats,
    groups: Mapping[str, NDArray[np.int64]],
    draws: int,
    resamples: int,
) -> None:
    owners = {face: column for column, faces in enumerate(groups.values()) for face in faces.tolist()}
    weights = weights_of(len(groups), resamples)
    for enrolled in ENROLLED:
        able = sum(len(faces) > enrolled for faces in groups.values())
        for draw in range(draws if able >= FEWEST else 0):
            one = trial(groups, enrolled, min(len(groups), able) // 2, draw, PROBES)
            owner = np.array([owners[face] for face in one.probes.tolist()])
            gallery = [embeddings[faces] for faces in one.gallery]
            for name, method in methods.items():
                if name != ORIGINAL or enrolled > 1:
                    answer = method(embeddings[one.probes], gallery)
                    tally = tallies.setdefault(enrolled, {}).setdefault(name, Tally())
                    tally.add(answer, one.truth, owner, weights)


def _conclude(results: Results, poses: str, tallies: Mapping[int, Mapping[str, Tally]]) -> None:
    figures: dict[str, dict[int, dict[str, Figure]]] = {}
    ahead: dict[int, dict[str, tuple[str, Figure]]] = {}
    for enrolled, by_method in tallies.items():
        resampled = {name: tally.resampled() for name, tally in by_method.items()}
        for name, measures in resampled.items():
            figures.setdefault(name, {})[enrolled] = {key: Figure.of(values) for key, values in measures.items()}
        for measure in ("rank-1", "DIR"):
            best = max((name for name in BASELINES if name in resampled), key=lambda n: resampled[n][measure][0])
            gap = Figure.of(resampled[OURS][measure] - resampled[best][measure])
            ahead.setdefault(enrolled, {})[measure] = best, gap
    results.figures[poses], results.ahead[poses] = figures, ahead
    results.bins[poses] = {n: bins[0] for n, by in tallies.items() if (bins := by[OURS].bins) is not None}


def reliability(results: Results, poses: str, enrolled: int) -> list[tuple[float, float, int]]:
    """The reliability curve of ours: mean stated probability, share right and probes of each filled bin."""
    filled = [row for row in results.bins[poses][enrolled] if row[0] > 0]
    return [(float(row[1] / row[0]), float(row[2] / row[0]), int(row[0])) for row in filled]


# --- printing -------------------------------------------------------------------------------------------------------


def tables(results: Results) -> str:
    """All of `results` in Markdown."""
    return "\n\n".join(block for poses in results.figures for block in _tables(results, poses))


def _tables(results: Results, poses: str) -> Iterator[str]:
    figures, ahead = results.figures[poses], results.ahead[poses]
    title = f"{results.model_id}, {'all poses' if poses == 'all' else 'frontal photos only'}"
    yield f"**{title}**: rank-1 / DIR at 1 % false alarms, by enrolled faces"
    rows = {name: _cells(by, ahead, ("rank-1", "DIR")) for name, by in figures.items()}
    for measure in ("rank-1", "DIR"):
        gaps = [ahead[n][measure][1] for n in ahead]
        rows[f"{measure}: ours minus best baseline"] = [f"{g.value:+.3f} ({g.low:+.3f} to {g.high:+.3f})" for g in gaps]
    yield _table(ahead, rows)
    yield f"**{title}**: 95 % intervals of DIR; expected calibration error ({BINS} bins)"
    rows = {f"DIR, {name}": _cells(by, ahead, ("DIR",), interval=True) for name, by in figures.items()}
    for name in (OURS, SHARED, ORIGINAL):
        rows[f"calibration error, {name}"] = _cells(figures[name], ahead, ("ECE",), interval=True)
    yield _table(ahead, rows)
    yield f"**{title}**: by its own rule (ours: medium or strong), known named right / strangers accepted"
    rules = ("named right", "strangers accepted")
    yield _table(ahead, {name: _cells(figures[name], ahead, rules) for name in (ORIGINAL, OURS)})
    yield f"**{title}**: recommendations of ours, share of all probes / wrong (95 %)"
    by = figures[OURS]
    rows = {
        level: [
            f"{given} / {wrong}"
            for given, wrong in zip(
                _cells(by, ahead, (f"{level} given",)),
                _cells(by, ahead, (f"{level} wrong",), interval=True),
                strict=True,
            )
        ]
        for level in LEVELS
    }
    yield _table(ahead, rows | {"strangers suggested": _cells(by, ahead, ("strangers suggested",), interval=True)})


def _cells(
    by_count: Mapping[int, Mapping[str, Figure]],
    counts: Mapping[int, object],
    measures: Sequence[str],
    interval: bool = False,
) -> list[str]:
    return [
        " / ".join(_shown(by_count.get(count, {}).get(measure), interval) for measure in measures) for count in counts
    ]


def _shown(figure: Figure | None, interval: bool) -> str:
    if figure is None or np.isnan(figure.value):
        return "-"
    return f"{figure.value:.3f}" + (f" ({figure.low:.3f} to {figure.high:.3f})" if interval else "")


def _table(counts: Mapping[int, object], rows: Mapping[str, Sequence[str]]) -> str:
    lines = ["| | " + " | ".join(map(str, counts)) + " |", "|---" * (len(counts) + 1) + "|"]
    return "\n".join(lines + [f"| {name} | " + " | ".join(cells) + " |" for name, cells in rows.items()])


# --- what it is measured with ---------------------------------------------------------------------------------------


def strangers_of(train: Floats, people: Sequence[str], seed: int = 0) -> list[Floats]:
    """Six faces [6, d] of each of 500 people for the original's mixture."""
    groups = {one: faces for one, faces in group(people).items() if len(faces) >= STRANGER_FACES}
    order = np.random.default_rng(seed).permutation(sorted(groups))[:STRANGERS]
    return [train[groups[one][:STRANGER_FACES]] for one in order]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    faces.add_options(parser)
    parser.add_argument("--train", type=Path, help="embeddings of the training people, npy: statistics and strangers")
    parser.add_argument("--train-names", type=Path)
    parser.add_argument("--model-id", default=COMPACT_ID)
    parser.add_argument("--quick", action="store_true", help="one draw, fewer resamples, no choice among settings")
    parser.add_argument("--draws", type=int, default=3, help="galleries drawn at each number of faces")
    parser.add_argument("--json", type=Path, help="also write all figures here")
    options = parser.parse_args()

    asked = faces.of(options)
    if options.train:
        train = faces.read(options.train, options.train_names).where(faces.is_labelled)
    else:
        train = faces.embedded(faces.members(faces.training(options.data)), faces.compact())
    shipped = bank_for(options.model_id)
    banks = [shipped]
    if not (options.quick and len(shipped.stranger_means)):
        choices = [Settings()] if options.quick else CHOICES
        banks = candidates(train.embeddings, group(train.people), options.model_id, choices)
    strangers = strangers_of(train.embeddings, train.people)
    results = open_set(banks, asked.embeddings, asked.names, strangers, options.draws, options.quick)
    print(tables(results))
    if options.json:
        curves = {poses: {n: reliability(results, poses, n) for n in by} for poses, by in results.bins.items()}
        figures = {
            p: {m: {n: {k: asdict(f) for k, f in x.items()} for n, x in by.items()} for m, by in all_.items()}
            for p, all_ in results.figures.items()
        }
        options.json.write_text(json.dumps({"figures": figures, "reliability": curves}, indent=1))


if __name__ == "__main__":
    main()
