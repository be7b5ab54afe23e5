"""Measures of open-set identification with confidence intervals: a bootstrap over people, paired between methods."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks.baselines import Answer
from tui_tagger.faces.recommendation import LEVELS

Doubles = NDArray[np.float64]
FALSE_ALARMS = 0.01
BINS = 15


@dataclass(frozen=True)
class Figure:
    """A measure and its 95 % confidence interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, resampled: Doubles) -> Figure:
        """Of the measure [resamples + 1], the people as they are first."""
        finite = resampled[1:][np.isfinite(resampled[1:])]
        low, high = np.quantile(finite, (0.025, 0.975)) if len(finite) else (np.nan, np.nan)
        return cls(float(resampled[0]), float(low), float(high))


def weights_of(people: int, resamples: int, seed: int = 0) -> Doubles:
    """How often each person counts, [resamples + 1, people]: once first, then as drawn with replacement."""
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(people, np.full(people, 1 / people), size=resamples)
    return np.concatenate([np.ones((1, people)), drawn]).astype(np.float64)


@dataclass
class Tally:
    """What one method answered to all probes at one number of enrolled faces, for every resample."""

    rank1: list[Doubles] = field(default_factory=list)
    detected: list[Doubles] = field(default_factory=list)
    bins: Doubles | None = None  # [resamples + 1, bins, 3]: probes, sum of probabilities, right answers
    levels: Doubles | None = None  # [resamples + 1, levels, 3]: probes, wrong, of strangers
    rule: Doubles | None = None  # [resamples + 1, 4]: known, known named right, strangers, strangers accepted

    def add(self, answer: Answer, truth: NDArray[np.int64], owner: NDArray[np.int64], weights: Doubles) -> None:
        """`truth` [n] is -1 for strangers; `owner` [n] is each probe's person, a column of `weights`."""
        known, right = truth >= 0, answer.best == truth
        self.rank1.append(_sums(right & known, owner, weights) / _sums(known, owner, weights))
        self.detected.append(detections(answer, known, right, weights[:, owner]))
        if answer.probability is not None:
            places = np.minimum((answer.probability * BINS).astype(int), BINS - 1)
            values = np.stack([np.ones(len(right)), answer.probability, right], 1)
            self.bins = _plus(self.bins, _by_place(places, BINS, values, owner, weights))
        if answer.level is not None:
            values = np.stack([np.ones(len(right)), ~right, ~known], 1)
            self.levels = _plus(self.levels, _by_place(answer.level, len(LEVELS), values, owner, weights))
        if answer.accepted is not None:
            values = np.stack([known, known & right & answer.accepted, ~known, ~known & answer.accepted], 1)
            self.rule = _plus(self.rule, _by_place(np.zeros(len(right), int), 1, values, owner, weights)[:, 0])

    def resampled(self) -> dict[str, Doubles]:
        """Every measure [resamples + 1]."""
        found = {"rank-1": np.mean(self.rank1, 0), "DIR": np.mean(self.detected, 0)}
        with np.errstate(invalid="ignore"):
            if self.bins is not None:
                gaps = np.abs(self.bins[..., 1] - self.bins[..., 2]).sum(1)
                found["ECE"] = gaps / self.bins[..., 0].sum(1)
            if self.rule is not None:
                found["named right"] = self.rule[:, 1] / self.rule[:, 0]
                found["strangers accepted"] = self.rule[:, 3] / self.rule[:, 2]
            if self.levels is not None:
                given = self.levels[..., 0]
                for place, name in enumerate(LEVELS):
                    found[f"{name} given"] = given[:, place] / given.sum(1)
                    found[f"{name} wrong"] = self.levels[:, place, 1] / given[:, place]
                found["strangers suggested"] = self.levels[:, 1:, 2].sum(1) / self.levels[..., 2].sum(1)
        return found


def detections(
    answer: Answer, known: NDArray[np.bool_], right: NDArray[np.bool_], weights: Doubles
) -> NDArray[np.float64]:
    """Share of known probes named right above the score that 1 % of strangers reach, for each of `weights` [r, n]."""
    order = np.argsort(-answer.score[~known], kind="stable")
    scores, alarms = answer.score[~known][order], weights[:, ~known][:, order]
    passed = np.cumsum(alarms, 1) <= FALSE_ALARMS * alarms.sum(1, keepdims=True)
    thresholds = scores[np.minimum(passed.sum(1), len(scores) - 1)]
    found = right[known] & (answer.score[known] > thresholds[:, None])
    return np.asarray((found * weights[:, known]).sum(1) / weights[:, known].sum(1), np.float64)


def _sums(values: NDArray[np.bool_], owner: NDArray[np.int64], weights: Doubles) -> Doubles:
    return np.asarray(weights @ np.bincount(owner, values, weights.shape[1]), np.float64)


def _by_place(
    places: NDArray[np.integer], count: int, values: NDArray[np.generic], owner: NDArray[np.int64], weights: Doubles
) -> Doubles:
    """Sums [r, count, k] of `values` [n, k] by their `places` [n]."""
    people = weights.shape[1]
    sums = np.zeros((people, count, values.shape[1]))
    np.add.at(sums, (owner, places), values.astype(np.float64))
    return np.asarray(np.tensordot(weights, sums, 1), np.float64)


def _plus(one: Doubles | None, other: Doubles) -> Doubles:
    return other if one is None else one + other
