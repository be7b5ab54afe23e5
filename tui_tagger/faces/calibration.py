"""Makes probabilities mean what they say, by questions about people whom the statistics do not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from tui_tagger.faces.identifier import Identifier
from tui_tagger.faces.strangers import Floats, Questions, Settings, StrangerBank, log_sum_exp, mixed_with_general

ENROLLED = (1, 2, 3, 5, 10)  # faces a person
KNOWN = {4: 6, 20: 2, 250: 1}  # people enrolled at once, and how often they are drawn; at most half of those there are
MOST_PROBES = 5  # of one person, so that nobody counts too much
MISLABELLED = 0.02  # where the search for the share of wrong labels starts
FALSE_ALARMS = 0.01  # share of strangers that choices are compared at
OVER_THRESHOLD = 0.02  # share of strangers above the threshold

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


def worth(bank: StrangerBank, questions: Questions, seed: int = 0) -> float:
    """Share of known probes that are named right at a threshold which lets 1 % of the strangers through.

    The mean over ENROLLED and the conditions, with half of the people enrolled.
    """
    return float(np.mean([one.detected() for one in _measured(bank, questions, seed, {max(KNOWN): 1}) if one.enough]))


def calibrated(
    bank: StrangerBank, questions: Questions, seed: int = 0, start: Settings | None = None, pull: float = 0.0
) -> Settings:
    """The bank's settings with those of the highest likelihood on `questions`, and a threshold.

    Fitted are temperature, growth, gain, unknown and share, over galleries of few and of many people with few and with
    many faces that count alike. Some labels are wrong, and a wrong label must not teach doubt about right ones: their
    share is fitted too, with any name equally likely for such a face. `pull` draws towards where the search starts.
    At the threshold 2 % of the strangers would be taken for one of the enrolled.
    """
    from scipy.optimize import minimize
    from scipy.special import logit

    measured = list(_measured(bank, questions, seed, KNOWN))
    weights = [one.weight for one in measured]
    origin = np.array([*_free(start or bank.settings), logit(MISLABELLED)])

    def loss(free: NDArray[np.float64]) -> float:
        settings, mislabelled = _settings(bank.settings, free)
        surprise = np.average([one.surprise(settings, mislabelled) for one in measured], weights=weights)
        return float(surprise + pull * (((free - origin) / SPREAD) ** 2).sum())

    bounds = [(x - 4 * s, x + 4 * s) for x, s in zip(origin, SPREAD, strict=True)]
    found = minimize(loss, origin, method="L-BFGS-B", bounds=bounds, options={"eps": 1e-3, "maxiter": 40, "ftol": 1e-6})
    settings = _settings(bank.settings, found.x)[0]
    alarms = np.concatenate([settings.evidence(m.ratios[m.truth < 0].max(1), m.enrolled) for m in measured])
    return replace(settings, threshold=float(np.quantile(alarms, 1 - OVER_THRESHOLD)))


# How far from its start each free number is searched, in quarters.
SPREAD = np.array([0.75, 0.5, 1.0, 1.5, 1.5, 1.0])


def _free(settings: Settings) -> list[float]:
    from scipy.special import logit

    share = float(logit(np.clip(settings.share, 1e-4, 1 - 1e-4)))
    return [float(np.log(settings.temperature)), settings.growth, settings.gain, settings.unknown, share]


def _settings(settings: Settings, free: NDArray[np.float64]) -> tuple[Settings, float]:
    from scipy.special import expit

    heat, growth, gain, unknown, share, mislabelled = (float(x) for x in free)
    fitted = replace(
        settings,
        temperature=float(np.exp(heat)),
        growth=growth,
        gain=gain,
        unknown=unknown,
        share=float(expit(share)),
    )
    return fitted, float(expit(mislabelled))


@dataclass(frozen=True, slots=True)
class _Measured:
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

    def surprise(self, settings: Settings, mislabelled: float) -> float:
        """Mean negative log-probability of the truth."""
        scaled = self.logits(settings)
        right = scaled[np.arange(len(scaled)), self.truth]  # -1, a stranger, is the last column
        probability = np.exp((right - log_sum_exp(scaled)).astype(np.float64))
        return float(-np.log((1 - mislabelled) * probability + mislabelled / scaled.shape[1]).mean())


def _measured(bank: StrangerBank, questions: Questions, seed: int, sizes: Mapping[int, int]) -> Iterator[_Measured]:
    for groups, enrolled in product(questions.conditions, ENROLLED):
        able = sum(len(faces) > enrolled for faces in groups.values())
        drawn = {min(known, able // 2): repeats for known, repeats in sizes.items()}
        for known, repeats in drawn.items():
            for draw in range(repeats if known else 0):
                yield _answered(bank, questions.embeddings, trial(groups, enrolled, known, seed + draw), 1 / repeats)


def _answered(bank: StrangerBank, embeddings: Floats, one: Trial, weight: float) -> _Measured:
    identifier = Identifier(bank, {place: embeddings[faces] for place, faces in enumerate(one.gallery)})
    probes = embeddings[one.probes]
    enrolled = len(one.gallery[0])
    return _Measured(enrolled, weight, identifier.score(probes), bank.strangers(bank.project(probes)), one.truth)
