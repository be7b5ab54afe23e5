"""What open-set identification is compared with: two kinds of cosine, and the original's Gaussian mixture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logsumexp

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
REGULARISATION = 1e-6  # scikit-learn's reg_covar
STRANGERS, STRANGER_FACES = 500, 6
DIMENSION = 128


@dataclass(frozen=True)
class Answer:
    """Best person (place in the gallery), a score to set thresholds on, a probability where there is one; all [n]."""

    best: NDArray[np.int64]
    score: NDArray[np.floating]
    probability: NDArray[np.floating] | None = None
    level: NDArray[np.int8] | None = None
    accepted: NDArray[np.bool_] | None = None  # by the method's own rule


Method = Callable[[Floats, Sequence[Floats]], Answer]


def cosine_to_mean(probes: Floats, gallery: Sequence[Floats]) -> Answer:
    means = np.array([faces.mean(0) for faces in gallery])
    return _by_scores(probes @ (means / np.linalg.norm(means, axis=1, keepdims=True)).T)


def cosine_to_nearest(probes: Floats, gallery: Sequence[Floats]) -> Answer:
    return _by_scores(np.stack([(probes @ faces.T).max(1) for faces in gallery], 1))


def _by_scores(scores: Floats) -> Answer:
    return Answer(scores.argmax(1), scores.max(1))


def original(strangers: Sequence[Floats]) -> Method:
    """One scikit-learn GaussianMixture a person in 128 PCA dimensions, the strangers as further components, arg-max.

    `strangers` are faces [6, d] of each: with more, the strangers' fuller Gaussians win every probe. Ordering by the
    log-odds orders as the posterior does, which is 1 for most. It has no answer where a person has one face.
    """
    from sklearn.decomposition import PCA

    pca = PCA(DIMENSION, random_state=0).fit(np.concatenate(strangers))
    unknown_people = [pca.transform(faces) for faces in strangers]

    def answer(probes: Floats, gallery: Sequence[Floats]) -> Answer:
        points = pca.transform(probes)
        known = densities(points, [pca.transform(faces) for faces in gallery])
        unknown = densities(points, unknown_people)
        best = known.argmax(1)
        others = np.column_stack([known, unknown])
        others[np.arange(len(others)), best] = -np.inf
        odds = known.max(1) - logsumexp(others, axis=1)
        return Answer(best, odds, expit(odds), accepted=known.max(1) > unknown.max(1))

    return answer


def densities(points: Doubles, people: Sequence[Doubles]) -> Doubles:
    """Log-densities [n, people] of `points` [n, D]: scikit-learn's GaussianMixture(1) fitted to each of `people`.

    With one component there is nothing to iterate: it is the samples' mean and covariance, plus 1e-6 on the diagonal.
    With fewer samples than dimensions that is a few axes, so all people are one matrix product instead of one Cholesky
    factor each (equal to the library's `score_samples`; tests/benchmarks checks it).
    """
    parts = [_axes(np.asarray(faces, np.float64)) for faces in people]
    means = np.array([mean for mean, _, _ in parts])
    axes = np.concatenate([rows for _, rows, _ in parts])
    starts = np.cumsum([0, *(len(rows) for _, rows, _ in parts)])[:-1]
    offsets = np.concatenate([rows @ mean for mean, rows, _ in parts])
    along = np.add.reduceat((points @ axes.T - offsets) ** 2, starts, axis=1)
    squared = (points**2).sum(1)[:, None] - 2 * points @ means.T + (means**2).sum(1)
    constant = points.shape[1] * np.log(2 * np.pi) + np.array([logarithm for _, _, logarithm in parts])
    return np.asarray(-0.5 * ((squared - along) / REGULARISATION + constant), np.float64)


def _axes(faces: Doubles) -> tuple[Doubles, Doubles, float]:
    """Mean [D], the axes [n, D] of one person, scaled by the part of a distance that they explain, log-determinant."""
    mean = faces.mean(0)
    _, sizes, axes = np.linalg.svd((faces - mean) / np.sqrt(len(faces)), full_matrices=False)
    variances = sizes**2
    explained = np.sqrt(variances / (variances + REGULARISATION))
    logarithm = float(np.log(variances + REGULARISATION).sum() + (len(mean) - len(sizes)) * np.log(REGULARISATION))
    return mean, explained[:, None] * axes, logarithm
