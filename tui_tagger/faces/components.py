"""One person's Gaussian, in the space of a stranger bank, where faces of one person have the identity as covariance.

The predictive distribution of the two-covariance model (see strangers.py), whose within-person covariance moves from
the pooled one to the person's own as faces are confirmed (weight n / (n + k), empirical Bayes). The own covariance is
kept as its leading directions, so that scoring is a matrix product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tui_tagger.faces.bank import Doubles, Floats, StrangerBank, posterior

DIRECTIONS = 48  # of a person's own covariance; 2,000 faces have no more that matter
BLOCK = 1024  # probes at once: what one core's cache holds


@dataclass(frozen=True, slots=True)
class Component:
    """One person's Gaussian: its inverse covariance is diag(precision) - directions' directions."""

    mean: Floats
    precision: Floats  # [D], of the diagonal part
    directions: Floats  # [r, D]
    along: Floats  # [r], of the mean along the directions
    constant: float  # log-determinant of the covariance
    faces: int


def component(bank: StrangerBank, faces: Floats) -> Component:
    """The predictive Gaussian of the person with confirmed `faces`, unit embeddings [n, d]."""
    count, degrees = len(faces), len(faces) - 1
    points = bank.project(faces).astype(np.float64)
    centre = _centres(bank, faces.mean(0, keepdims=True, dtype=np.float64))[0]
    mean, uncertainty = posterior(bank.between.astype(np.float64), centre, count)
    weight = own_weight(bank, count)
    deviations = points - points.mean(0)
    variances, vectors = _leading(deviations, degrees)
    rest = max(float((deviations**2).sum()) / max(degrees, 1) - variances.sum(), 0) / len(mean)
    diagonal = (1 - weight) + weight * rest + uncertainty
    directions, logarithm = _correction(diagonal, np.sqrt(weight * variances)[:, None] * vectors)
    return Component(
        mean.astype(np.float32),
        (1 / diagonal).astype(np.float32),
        directions.astype(np.float32),
        (directions @ mean).astype(np.float32),
        float(np.log(diagonal).sum() + logarithm),
        count,
    )


def _centres(bank: StrangerBank, means: Doubles) -> Doubles:
    """Where people are whose faces average to `means` [k, d], in the bank's space [k, D].

    A mean of several unit vectors is shorter than one, by their spread and not by who it is: most of its length is
    given back, as averaging for cosine does (Rajan et al. 2014 on enrolling several recordings of a voice).
    """
    lengths = np.linalg.norm(means, axis=1, keepdims=True).clip(1e-6)
    return bank.project(means / lengths**bank.settings.lengthening).astype(np.float64)


def own_weight(bank: StrangerBank, count: int) -> float:
    """How much of a person's covariance is their own when `count` faces are confirmed, 0 to 1."""
    degrees = max(count - 1, 0)
    return degrees / (degrees + bank.settings.strength)


def _leading(deviations: Doubles, degrees: int) -> tuple[Doubles, Doubles]:
    """Variances [r] and unit vectors [r, D] of the leading directions of `deviations` [n, D]."""
    n, dimension = deviations.shape
    if degrees < 1:
        return np.empty(0), np.empty((0, dimension))
    if n <= dimension:
        values, vectors = np.linalg.eigh(deviations @ deviations.T)
        keep = [i for i in range(n - 1, -1, -1) if values[i] > 1e-9 * max(values[-1], 1e-9)][:DIRECTIONS]
        axes = vectors[:, keep].T @ deviations / np.sqrt(values[keep])[:, None]
    else:
        values, vectors = np.linalg.eigh(deviations.T @ deviations)
        keep = list(range(dimension - 1, max(dimension - 1 - DIRECTIONS, -1), -1))
        axes = vectors[:, keep].T
    return np.maximum(values[keep], 0) / degrees, axes


def _correction(diagonal: Doubles, factor: Doubles) -> tuple[Doubles, float]:
    """For diag(d) + F'F with `factor` F [r, D]: G with inverse diag(1/d) - G'G, and the log-determinant over diag(d)'s.

    Woodbury's identity; the inner matrix is the identity plus a Gram matrix, so its Cholesky factor always exists.
    """
    scaled = factor / diagonal
    lower = np.linalg.cholesky(np.eye(len(factor)) + scaled @ factor.T)
    return np.linalg.solve(lower, scaled), float(2 * np.log(np.diag(lower)).sum())


def log_densities(points: Floats, components: Sequence[Component]) -> Floats:
    """Log-densities [k, n] of `points` [n, D] under each of k components, without the constant in pi."""
    if len(components) == 1:
        return _of_one(points, components[0])[None]
    out = np.empty((len(components), len(points)), np.float32)
    if not components:
        return out
    means = np.stack([c.mean for c in components])
    precisions = np.stack([c.precision for c in components])
    offsets = (means**2 * precisions).sum(1) + np.array([c.constant for c in components], np.float32)
    weighted = -2 * means * precisions
    for at in range(0, len(points), BLOCK):
        block = points[at : at + BLOCK]
        out[:, at : at + BLOCK] = -0.5 * (precisions @ (block**2).T + weighted @ block.T + offsets[:, None])
    if len(points) == 1:  # a face that is asked about: as few steps as there are people
        out[:, 0] += [_directed_point(points[0], one) for one in components]
        return out
    for row, one in zip(out, components, strict=True):
        row += _directed(points, one)
    return out


def _of_one(points: Floats, one: Component) -> Floats:
    """The same [n] for one component, in one matrix product a block: this is what follows every decision."""
    factors = np.concatenate([one.directions, (one.precision * one.mean)[None]]).T
    offset = np.float32(one.constant) + (one.mean**2) @ one.precision
    out = np.empty(len(points), np.float32)
    for at in range(0, len(points), BLOCK):
        block = points[at : at + BLOCK]
        along = block @ factors
        own = along[:, :-1] - one.along
        out[at : at + BLOCK] = along[:, -1] + 0.5 * (np.einsum("nr,nr->n", own, own) - (block * block) @ one.precision)
    return np.asarray(out - 0.5 * offset, np.float32)


def _directed(points: Floats, one: Component) -> Floats:
    """What the component's own directions add to the log-density [n]."""
    if not len(one.directions):
        return np.zeros(len(points), np.float32)
    along = points @ one.directions.T
    along -= one.along
    return np.asarray(0.5 * np.einsum("nr,nr->n", along, along), np.float32)


def _directed_point(point: Floats, one: Component) -> float:
    """The same for one point [D]."""
    along = one.directions @ point
    along -= one.along
    return 0.5 * float(along @ along)


def left_out_densities(bank: StrangerBank, faces: Floats) -> Floats:
    """Log-density [n] of each of `faces`, unit embeddings [n, d], n > 1, under the Gaussian of the n - 1 others.

    Leaving one out changes the scatter matrix by a product of one vector with itself, so one factorisation serves all
    (Sherman and Morrison 1950). The own covariance is the whole one here, not its leading directions.
    """
    points, exact = bank.project(faces).astype(np.float64), faces.astype(np.float64)
    count, others = len(faces), len(faces) - 1
    deviations = points - points.mean(0)
    centres = _centres(bank, (exact.sum(0) - exact) / others)
    means, uncertainty = posterior(bank.between.astype(np.float64), centres, others)
    weight = own_weight(bank, others)
    scale = weight / max(others - 1, 1)
    lower = np.linalg.cholesky(np.diag(1 - weight + uncertainty) + scale * deviations.T @ deviations)
    left, distance = np.linalg.solve(lower, deviations.T), np.linalg.solve(lower, (points - means).T)
    loss = scale * count / others
    kept = 1 - loss * (left**2).sum(0)
    quadratic = (distance**2).sum(0) + loss * (left * distance).sum(0) ** 2 / kept
    return np.asarray(-0.5 * (quadratic + 2 * np.log(np.diag(lower)).sum() + np.log(kept)), np.float32)
