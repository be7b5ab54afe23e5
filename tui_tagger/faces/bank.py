"""The stranger bank: what faces of people nobody here knows look like to one embedder, as statistics only.

Two-covariance model (Brümmer and de Villiers 2010): a person's mean is drawn from N(mean, B), each of their faces from
N(person's mean, W). The bank's basis is a PCA rotation followed by the transform that makes W the identity and B
diagonal, so a person known from few faces is scored with one number a dimension.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Settings:
    """What validation chose for one embedder.

    Of the first five the defaults are what the validation people's photos chose for two embedders; the others are
    calibrated for each bank. Log-likelihood ratios are in nats, against the model of faces in general.
    """

    within_shrinkage: float = 0.97  # of the pooled covariance towards a sphere, 0 to 1
    between_shrinkage: float = 0.8
    dimension: int = 256  # kept by the PCA
    strength: float = 200.0  # k: a person's own covariance weighs n / (n + k)
    lengthening: float = 0.7  # 0 takes the mean of a person's faces as it is, 1 makes it a unit vector as cosine does
    temperature: float = 10.0  # divides the ratio of one face, which takes correlated evidence for independent
    growth: float = 0.5  # logarithm of how much hotter many faces are than one
    gain: float = 1.5  # evidence that many faces have in advance of one
    unknown: float = -2.5  # log prior odds of "nobody enrolled" to all that are
    share: float = 0.1  # of "nobody enrolled" that looks like one of the bank's strangers, 0 to 1
    threshold: float = 0.0  # evidence under which a face is not taken for the person

    def evidence(self, ratios: Floats, faces: int | NDArray[np.int64]) -> Floats:
        """Calibrated log-likelihood ratios of people with `faces` enrolled: one number, or such as fit to `ratios`.

        Temperature and advance move with 1 - 1 / n, the part of what can be known of the person's mean that is known.
        """
        part = 1 - 1 / np.asarray(faces)
        heat = self.temperature * np.exp(self.growth * part)
        return np.asarray(ratios / heat.astype(np.float32) + (self.gain * part).astype(np.float32), np.float32)

    def prior(self, people: int) -> float:
        """Log prior odds of "nobody enrolled" to each of `people`, who share what is not nobody's."""
        return self.unknown + float(np.log(max(people, 1)))


@dataclass(frozen=True)
class StrangerBank:
    """Statistics of one embedder's embeddings; `d` is its dimension, `D` the bank's.

    `mean` [d] and `basis` [d, D] take a unit embedding into the space where faces of one person have the identity as
    their covariance; `between` [D] is the variance of people's means there. `stranger_means` [s, D] and
    `stranger_variances` [s, D] are the predictive Gaussians of `s` strangers. All float32.
    """

    model_id: str
    mean: Floats
    basis: Floats
    between: Floats
    stranger_means: Floats
    stranger_variances: Floats
    settings: Settings

    def project(self, embeddings: NDArray[np.floating]) -> Floats:
        """Unit embeddings [n, d] in the bank's space, float32 [n, D]."""
        rows = np.asarray(embeddings, np.float32).reshape(-1, len(self.mean))
        return np.asarray((rows - self.mean) @ self.basis, np.float32)

    def general(self, points: Floats) -> Floats:
        """Log-density [n] of `points` [n, D] as faces of anybody, without the constant in pi."""
        variances = 1 + self.between
        return np.asarray(-0.5 * (points**2 @ (1 / variances) + np.log(variances).sum()), np.float32)

    def strangers(self, points: Floats, general: Floats | None = None) -> Floats:
        """Log-likelihood ratios [n, s] of `points` [n, D]: one of the strangers against faces in general."""
        precise, offsets = self._stranger_terms
        quadratic = points**2 @ precise.T - 2 * (points @ (self.stranger_means * precise).T) + offsets
        base = self.general(points) if general is None else general
        return np.asarray(-0.5 * quadratic - base[:, None], np.float32)

    def unknown(self, points: Floats, general: Floats) -> Floats:
        """Log-weight [n] of "nobody enrolled" before its prior: faces in general and, by their share, the strangers."""
        parts = [self._unknown(points[at : at + 4096], general[at : at + 4096]) for at in range(0, len(points), 4096)]
        return np.concatenate(parts) if parts else np.empty(0, np.float32)

    def _unknown(self, points: Floats, general: Floats) -> Floats:
        if not len(self.stranger_means):
            return np.zeros(len(points), np.float32)
        scaled = self.strangers(points, general) / np.float32(self.settings.temperature)
        return mixed_with_general(scaled, self.settings.share)

    @cached_property
    def _stranger_terms(self) -> tuple[Floats, Floats]:
        precise = np.asarray(1 / self.stranger_variances, np.float32)
        offsets = (self.stranger_means**2 * precise + np.log(self.stranger_variances)).sum(1)
        return precise, np.asarray(offsets, np.float32)


def mixed_with_general(evidence: Floats, share: float) -> Floats:
    """log(1 - share + share * mean(exp(evidence))) of each row of `evidence` [n, s], with 0 < share < 1."""
    mean = log_sum_exp(evidence) - np.log(evidence.shape[1])
    return np.asarray(np.logaddexp(np.log1p(-share), np.log(share) + mean), np.float32)


def log_sum_exp(values: NDArray[np.floating]) -> Floats:
    """log(sum(exp(values))) of each row of `values` [n, k], -inf where k is 0 or the row is -inf."""
    if not values.shape[1]:
        return np.full(len(values), -np.inf, np.float32)
    top = values.max(1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.exp(values - top).sum(1)) + top[:, 0], np.float32)


def usable(embeddings: NDArray[np.floating], dimension: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Unit rows, float32 [n, dimension], and which [n] are sound: the others, zero or not finite, become zeros."""
    rows = np.asarray(embeddings, np.float32).reshape(-1, dimension)
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.linalg.norm(rows.astype(np.float64), axis=1)
    sound = np.isfinite(lengths) & (lengths > 0)
    units = np.where(sound[:, None], rows / np.where(sound, lengths, 1)[:, None], 0)
    return np.asarray(units, np.float32), sound


def posterior(between: NDArray[np.floating], mean: NDArray[np.floating], count: float) -> tuple[Doubles, Doubles]:
    """Posterior mean [D] and variance [D] of a person's mean, from the mean [D] of `count` faces."""
    total = 1 + count * between
    return np.asarray(count * between / total * mean, np.float64), np.asarray(between / total, np.float64)
