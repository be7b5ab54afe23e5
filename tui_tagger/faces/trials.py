"""Questions put to a bank: galleries of some people, probes of theirs and of strangers, and how it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from tui_tagger.faces.bank import Floats, Settings, StrangerBank, log_sum_exp, mixed_with_general
from tui_tagger.faces.identifier import Identifier
from tui_tagger.faces.strangers import Questions

ENROLLED = (1, 2, 3, 5, 10)  # faces a person
KNOWN = {4: 6, 20: 2, 250: 1}  # people enrolled at once, and how often they are drawn; at most half of those there are
MOST_PROBES = 5  # of one person, so that nobody counts too much
FALSE_ALARMS = 0.01  # share of strangers that choices are compared at

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


@dataclass(frozen=True, slots=True)
class Answered:
    """One trial and the log-likelihood ratios that a bank gives, before calibration."""

    enrolled: int  # faces a person
    weight: float
    ratios: Floats  # [n, people]
    strangers: Floats  # [n, s]
    truth: NDArray[np.int64]

    @property
    def enough(self) -> bool:
        """Whether a threshold for the share of strangers can be told."""
        return int((self.truth < 0).sum()) > 1 / FALSE_ALARMS

    def detected(self) -> float:
        best, known = self.ratios.max(1), self.truth >= 0
        right = self.ratios.argmax(1) == self.truth
        return float((right & (best > np.quantile(best[~known], 1 - FALSE_ALARMS)))[known].mean())

    def logits(self, settings: Settings) -> Floats:
        """Log-weights [n, people + 1] of each person and, last, of nobody."""
        nobody = np.zeros(len(self.ratios), np.float32)
        if self.strangers.shape[1]:
            nobody = mixed_with_general(self.strangers / np.float32(settings.temperature), settings.share)
        nobody = nobody + np.float32(settings.prior(self.ratios.shape[1]))
        return np.column_stack([settings.evidence(self.ratios, self.enrolled), nobody])

    def best(self, settings: Settings) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Probability [n] of each probe's best candidate, and whether it is right [n]."""
        scaled = self.logits(settings)
        best = scaled[:, :-1].argmax(1)
        probability = np.exp((scaled[np.arange(len(scaled)), best] - log_sum_exp(scaled)).astype(np.float64))
        return probability, best == self.truth

    def surprise(self, settings: Settings, mislabelled: float) -> float:
        """Mean negative log-probability of the truth."""
        scaled = self.logits(settings)
        right = scaled[np.arange(len(scaled)), self.truth]  # -1, a stranger, is the last column
        probability = np.exp((right - log_sum_exp(scaled)).astype(np.float64))
        return float(-np.log((1 - mislabelled) * probability + mislabelled / scaled.shape[1]).mean())


def answered(bank: StrangerBank, questions: Questions, seed: int, sizes: Mapping[int, int]) -> Iterator[Answered]:
    """Trials for every condition and ENROLLED; `sizes` maps people enrolled at once to how often they are drawn."""
    for groups, enrolled in product(questions.conditions, ENROLLED):
        able = sum(len(faces) > enrolled for faces in groups.values())
        drawn: dict[int, int] = {}
        for known, repeats in sizes.items():
            drawn.setdefault(min(known, able // 2), repeats)
        for known, repeats in drawn.items():
            for draw in range(repeats if known else 0):
                yield _asked(bank, questions.embeddings, trial(groups, enrolled, known, seed + draw), 1 / repeats)


def _asked(bank: StrangerBank, embeddings: Floats, one: Trial, weight: float) -> Answered:
    identifier = Identifier(bank, {place: embeddings[faces] for place, faces in enumerate(one.gallery)})
    probes = embeddings[one.probes]
    enrolled = len(one.gallery[0])
    return Answered(enrolled, weight, identifier.score(probes), bank.strangers(bank.project(probes)), one.truth)
