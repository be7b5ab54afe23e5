"""Makes probabilities mean what they say, by questions about people whom the statistics do not know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tui_tagger.faces.bank import Doubles, Floats, Settings, StrangerBank
from tui_tagger.faces.strangers import (
    Questions,
    covariances,
    group,
    halves,
    simultaneous,
)
from tui_tagger.faces.trials import KNOWN, Groups, answered

MISLABELLED = 0.02  # where the search for the share of wrong labels starts
OVER_THRESHOLD = 0.02  # share of strangers above the threshold
BINS = 15  # of the expected calibration error

# A user's confirmed faces: from how many people on, with how many faces each, they tell anything.
LEAST_PEOPLE, LEAST_FACES = 8, 3
PULL = 2.0  # towards the numbers before, per person and square of their SPREAD
PRIOR_DEGREES = 4  # what the shape of the covariance before weighs, in faces, times the dimension
CHANCE = 0.5  # share of the surprise that may go by luck, times the people
SMALLEST_SIZE = 1e-6  # of a covariance within people; below, the faces are all the same


def worth(bank: StrangerBank, questions: Questions, seed: int = 0) -> float:
    """Share of known probes that are named right at a threshold which lets 1 % of the strangers through.

    The mean over ENROLLED and the conditions, with half of the people enrolled, as far as there are strangers enough to
    set that threshold by; where there never are, over all.
    """
    every = list(answered(bank, questions, seed, {max(KNOWN): 1}))
    return float(np.mean([one.detected() for one in [each for each in every if each.enough] or every]))


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

    measured = list(answered(bank, questions, seed, KNOWN))
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


def calibration_error(probability: NDArray[np.floating], right: NDArray[np.bool_], bins: int = BINS) -> float:
    """Mean distance of stated probability and share of right answers over equal bins, weighted by how full they are."""
    places = np.minimum((probability * bins).astype(int), bins - 1)
    filled = [places == index for index in range(bins) if (places == index).any()]
    return float(sum(one.mean() * abs(probability[one].mean() - right[one].mean()) for one in filled))


# --- by a user's own faces ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Recalibration:
    """The `bank` after a look at the user's confirmed faces: the one before where it is `changed` not.

    `before` and `after` are expected calibration errors, measured on people who were left out of the fit; None where
    there were too few `people` with enough `faces` to look at.
    """

    bank: StrangerBank
    changed: bool
    people: int
    faces: int
    before: float | None = None
    after: float | None = None


def recalibrated(bank: StrangerBank, embeddings: Floats, people: Sequence[str | int]) -> StrangerBank:
    """The bank of `recalibration`."""
    return recalibration(bank, embeddings, people).bank


def recalibration(bank: StrangerBank, embeddings: Floats, people: Sequence[str | int], seed: int = 0) -> Recalibration:
    """Fits `bank` to confirmed faces, unit `embeddings` [n, d] of `people` [n], as far as these are many.

    The shape of the within-person covariance, temperature, prior and threshold start from the bank's and move with the
    amount of data. Half of the people are fitted and the other half asked, and the reverse: unless that makes the truth
    clearly likelier both times, and with fewer than 8 people of 3 faces, the bank is returned as it was.
    """
    groups = {one: faces for one, faces in group([str(one) for one in people]).items() if len(faces) >= LEAST_FACES}
    faces = sum(map(len, groups.values()))
    if len(groups) < LEAST_PEOPLE:
        return Recalibration(bank, False, len(groups), faces)
    first, second = halves(groups, seed)
    before, after = _Quality(), _Quality()
    for fitted, asked in ((first, second), (second, first)):
        questions = Questions(embeddings, (asked,))
        before.add(bank, questions, seed)
        after.add(_fitted(bank, embeddings, fitted, seed), questions, seed)
    least = 1 - CHANCE / len(groups)
    if not all(now < least * then for now, then in zip(after.surprises, before.surprises, strict=True)):
        return Recalibration(bank, False, len(groups), faces, before.error, before.error)
    return Recalibration(_fitted(bank, embeddings, groups, seed), True, len(groups), faces, before.error, after.error)


class _Quality:
    """How a bank answers several sets of questions."""

    def __init__(self) -> None:
        self.surprises: list[float] = []  # of each set
        self._best: list[tuple[Doubles, NDArray[np.bool_]]] = []

    def add(self, bank: StrangerBank, questions: Questions, seed: int) -> None:
        answers = list(answered(bank, questions, seed, KNOWN))
        surprises = [one.surprise(bank.settings, MISLABELLED) for one in answers]
        self.surprises.append(float(np.average(surprises, weights=[one.weight for one in answers])))
        self._best += [one.best(bank.settings) for one in answers]

    @property
    def error(self) -> float:
        probability, right = (np.concatenate(parts) for parts in zip(*self._best, strict=True))
        return calibration_error(probability, right)


def _fitted(bank: StrangerBank, embeddings: Floats, groups: Groups, seed: int) -> StrangerBank:
    moved = _moved(bank, embeddings, groups)
    return replace(moved, settings=calibrated(moved, Questions(embeddings, (groups,)), seed, pull=PULL / len(groups)))


def _moved(bank: StrangerBank, embeddings: Floats, groups: Groups) -> StrangerBank:
    """The bank with the shape of the covariance within people moved towards that of the people in `groups`.

    Its size stays, so that temperature and prior keep their meaning; size is what the temperature is fitted for.
    """
    points = [bank.project(embeddings[faces]).astype(np.float64) for faces in groups.values()]
    dimension, degrees = len(bank.between), sum(map(len, points)) - len(points)
    within = covariances(points)[0]
    size = float(np.trace(within)) / dimension
    if size < SMALLEST_SIZE:
        return bank
    weight = degrees / (degrees + PRIOR_DEGREES * dimension)
    shape = (1 - weight) * np.eye(dimension) + weight * within / size
    return _transformed(bank, *simultaneous(shape, np.diag(bank.between.astype(np.float64))))


def _transformed(bank: StrangerBank, transform: Doubles, between: Doubles) -> StrangerBank:
    """The bank in the space that `transform` [D, D] leads to, where people's means have the variances `between` [D]."""
    counts = np.median(1 / (bank.stranger_variances.astype(np.float64) - 1).clip(1e-6) - 1 / bank.between, axis=1)
    variances = 1 + between / (1 + counts.clip(1)[:, None] * between)
    return replace(
        bank,
        basis=(bank.basis @ transform).astype(np.float32),
        between=between.astype(np.float32),
        stranger_means=(bank.stranger_means @ transform).astype(np.float32),
        stranger_variances=variances.reshape(-1, len(between)).astype(np.float32),
    )
