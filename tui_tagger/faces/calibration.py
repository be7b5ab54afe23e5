"""Makes probabilities mean what they say: temperature, prior and threshold from people the statistics do not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tui_tagger.faces.identifier import Identifier
from tui_tagger.faces.strangers import Floats, Settings, StrangerBank, log_sum_exp, mixed_with_general

ENROLLED = (1, 2, 3, 5, 10)  # faces a person
MOST_PROBES = 5  # of one person, so that nobody counts too much
MISLABELLED = 0.05  # where the search for the share of wrong labels starts
FALSE_ALARMS = 0.02  # share of strangers above the threshold

Groups = Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Trial:
    """One gallery of known people and probes of whom half are strangers; indices into the embeddings.

    `truth` [n] is the place in `gallery` of each probe's person, or -1 for a stranger.
    """

    gallery: tuple[NDArray[np.int64], ...]
    probes: NDArray[np.int64]
    truth: NDArray[np.int64]


def trial(groups: Groups, enrolled: int, known: int, seed: int, most: int = MOST_PROBES) -> Trial:
    """`known` people with more than `enrolled` faces are enrolled; of the others come as many strangers as probes."""
    rng = np.random.default_rng([seed, enrolled])
    able = [person for person in sorted(groups) if len(groups[person]) > enrolled]
    chosen = [able[index] for index in rng.permutation(len(able))[:known]]
    shuffled = [rng.permutation(groups[person]) for person in chosen]
    asked = [faces[enrolled : enrolled + most] for faces in shuffled]
    truth = np.repeat(np.arange(len(chosen)), [len(faces) for faces in asked])
    rest = np.concatenate([rng.permutation(groups[p])[:most] for p in sorted(set(groups) - set(chosen))])
    strangers = rng.permutation(rest)[: len(truth)]
    probes = np.concatenate([*asked, strangers])
    return Trial(
        tuple(faces[:enrolled] for faces in shuffled),
        probes,
        np.concatenate([truth, np.full(len(strangers), -1)]),
    )


def calibrated(bank: StrangerBank, embeddings: Floats, groups: Groups, seed: int = 0) -> tuple[Settings, float]:
    """The bank's settings with temperature and prior of the highest likelihood on `groups`, and a threshold.

    Some labels are wrong, and a wrong label must not teach doubt about right ones: their share is fitted too, with
    any name equally likely for such a face. At the threshold 2 % of strangers would be taken for one of the enrolled.
    Also returns the mean negative log-probability of the truth, which settings are chosen by.
    """
    from scipy.optimize import minimize
    from scipy.special import expit, logit

    measured = list(_measured(bank, embeddings, groups, seed))

    def loss(free: NDArray[np.float64]) -> float:
        return float(np.mean([m.surprise(np.exp(free[0]), free[1], expit(free[2])) for m in measured]))

    start = [np.log(bank.settings.temperature), bank.settings.unknown, logit(MISLABELLED)]
    result = minimize(loss, start, method="Nelder-Mead", options={"xatol": 0.01, "fatol": 1e-4, "maxiter": 200})
    alarms = np.concatenate([m.ratios[m.truth < 0].max(1) for m in measured])
    settings = replace(
        bank.settings,
        temperature=float(np.exp(result.x[0])),
        unknown=float(result.x[1]),
        threshold=float(np.quantile(alarms, 1 - FALSE_ALARMS)),
    )
    return settings, float(result.fun)


@dataclass(frozen=True, slots=True)
class _Measured:
    ratios: Floats  # [n, people]
    strangers: Floats  # [n, s]
    truth: NDArray[np.int64]

    def surprise(self, temperature: float, unknown: float, mislabelled: float) -> float:
        """Mean negative log-probability of the truth."""
        nobody = mixed_with_general(self.strangers / np.float32(temperature)) + np.float32(unknown)
        scaled = np.column_stack([self.ratios / temperature, nobody])
        right = scaled[np.arange(len(scaled)), self.truth]  # -1, a stranger, is the last column
        probability = np.exp((right - log_sum_exp(scaled)).astype(np.float64))
        return float(-np.log((1 - mislabelled) * probability + mislabelled / scaled.shape[1]).mean())


def _measured(bank: StrangerBank, embeddings: Floats, groups: Groups, seed: int) -> Iterator[_Measured]:
    for enrolled in ENROLLED:
        able = sum(len(faces) > enrolled for faces in groups.values())
        for known in {min(20, able // 2), min(150, able // 2)} - {0}:
            one = trial(groups, enrolled, known, seed)
            identifier = Identifier(bank, {place: embeddings[faces] for place, faces in enumerate(one.gallery)})
            points = bank.project(embeddings[one.probes])
            yield _Measured(identifier.score(embeddings[one.probes]), bank.strangers(points), one.truth)
