"""How a stranger bank is made: means and covariances of some people, tuned by others.

The rest of the program takes everything about banks from here: what they are (bank.py) and where they lie
(bank_files.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tui_tagger.errors import ModelError
from tui_tagger.faces.bank import Doubles, Floats, Settings, StrangerBank, posterior
from tui_tagger.faces.bank_files import bank_for, bank_path, load_bank, save_bank, spherical_bank

__all__ = [
    "CHOICES",
    "Questions",
    "Settings",
    "StrangerBank",
    "bank_for",
    "bank_path",
    "fit_bank",
    "load_bank",
    "save_bank",
    "spherical_bank",
]

STRANGERS = 500
LEAST_FACES = 6  # of a person whose mean enters the bank
LEAST_PEOPLE = 20  # fewer say nothing about covariances
SMALLEST_BETWEEN = 1e-4

CHOICES = tuple(
    Settings(within_shrinkage=within, between_shrinkage=between, strength=strength)
    for within, between in ((0.9, 0.5), (0.97, 0.8), (1.0, 1.0))
    for strength in (100.0, 200.0, 500.0)
)


@dataclass(frozen=True, slots=True)
class Questions:
    """What a bank is tuned by: unit `embeddings` [n, d] of people whom its statistics do not know.

    `conditions` are sets of people with the indices of their faces, each a way of taking photos (all poses, frontal
    only); the bank is to be right about every one of them.
    """

    embeddings: Floats
    conditions: tuple[Mapping[str, NDArray[np.int64]], ...]


def fit_bank(
    embeddings: Floats,
    people: Sequence[str],
    model_id: str,
    choices: Sequence[Settings] = CHOICES,
    questions: Questions | None = None,
    seed: int = 0,
) -> StrangerBank:
    """The bank of one embedder from unit `embeddings` [n, d] of `people` [n]; those with one face are ignored.

    The `choices` are compared, and the winner calibrated, by `questions`; without any, half of the people give
    statistics for the other half to ask, and the statistics kept are those of all. Raises ModelError with fewer than
    20 people of six faces to take statistics of.
    """
    from tui_tagger.faces.calibration import calibrated, worth

    groups = group(people)
    known = groups
    if questions is None:
        known, asked = halves(groups, seed)
        questions = Questions(embeddings, (asked,))
    banks = candidates(embeddings, known, model_id, choices, seed)
    best = max(banks, key=lambda bank: worth(bank, questions, seed)) if len(banks) > 1 else banks[0]
    return statistics(embeddings, groups, model_id, calibrated(best, questions, seed), seed)


def candidates(
    embeddings: Floats,
    groups: Mapping[str, NDArray[np.int64]],
    model_id: str,
    choices: Sequence[Settings],
    seed: int = 0,
) -> list[StrangerBank]:
    """A bank for each of `choices`; those that differ in scoring only share their statistics."""
    made: dict[tuple[float, float, int], StrangerBank] = {}
    for one in choices:
        key = one.within_shrinkage, one.between_shrinkage, one.dimension
        if key not in made:
            made[key] = statistics(embeddings, groups, model_id, one, seed)
    keys = [(one.within_shrinkage, one.between_shrinkage, one.dimension) for one in choices]
    return [replace(made[key], settings=one) for key, one in zip(keys, choices, strict=True)]


def halves(groups: Mapping[str, NDArray[np.int64]], seed: int) -> tuple[dict[str, NDArray[np.int64]], ...]:
    """Two halves of the people, drawn so that both get people with many faces."""
    order = sorted(groups)
    shuffled = [order[index] for index in np.random.default_rng(seed).permutation(len(order))]
    shuffled.sort(key=lambda person: len(groups[person]) < LEAST_FACES)
    return tuple({person: groups[person] for person in shuffled[part::2]} for part in (0, 1))


def group(people: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    """The indices of each person's faces, of those with at least two."""
    if not len(people):
        return {}
    names = np.asarray(people)
    order = np.argsort(names, kind="stable")
    keys, starts = np.unique(names[order], return_index=True)
    parts = np.split(order, starts[1:])
    return {str(key): part for key, part in zip(keys, parts, strict=True) if len(part) >= 2}


def statistics(
    embeddings: Floats, groups: Mapping[str, NDArray[np.int64]], model_id: str, settings: Settings, seed: int = 0
) -> StrangerBank:
    """Means and covariances of the people in `groups`, with `settings` as they are."""
    from sklearn.covariance import shrunk_covariance
    from sklearn.decomposition import PCA

    enough = {person: faces for person, faces in groups.items() if len(faces) >= LEAST_FACES}
    if len(enough) < LEAST_PEOPLE:
        raise ModelError(
            f"{len(enough)} people with {LEAST_FACES} faces or more are too few for a stranger bank",
            f"Use a folder with at least {LEAST_PEOPLE} such people.",
        )
    faces = np.concatenate(list(enough.values()))
    dimension = min(settings.dimension, embeddings.shape[1], len(faces) - 1)
    pca = PCA(dimension, svd_solver="covariance_eigh").fit(np.asarray(embeddings[faces], np.float64))
    points = {person: pca.transform(np.asarray(embeddings[indices], np.float64)) for person, indices in enough.items()}
    within, between, centre = covariances(list(points.values()))
    transform, spread = simultaneous(
        shrunk_covariance(within, settings.within_shrinkage), shrunk_covariance(between, settings.between_shrinkage)
    )
    mean = pca.mean_ + centre @ pca.components_
    means, variances = strangers_of([(x - centre) @ transform for x in points.values()], spread, seed)
    return StrangerBank(
        model_id,
        mean.astype(np.float32),
        (pca.components_.T @ transform).astype(np.float32),
        spread.astype(np.float32),
        means.astype(np.float32),
        variances.astype(np.float32),
        settings,
    )


def covariances(people: list[Doubles]) -> tuple[Doubles, Doubles, Doubles]:
    """Pooled within-person covariance [D, D], covariance of people's means [D, D], and mean of means [D]."""
    counts = np.array([len(x) for x in people])
    means = np.array([x.mean(0) for x in people])
    deviations = np.concatenate([x - x.mean(0) for x in people])
    within = deviations.T @ deviations / (counts.sum() - len(people))
    centre = means.mean(0)
    between = np.cov(means.T) - within * (1 / counts).mean()  # a mean of n faces carries W / n of its own
    return within, between, centre


def simultaneous(within: Doubles, between: Doubles) -> tuple[Doubles, Doubles]:
    """The transform [D, D] that makes `within` the identity and `between` diagonal, and that diagonal [D]."""
    from scipy.linalg import eigh

    jitter = 1e-8 * np.trace(within) / len(within)
    spread, transform = eigh(between, within + jitter * np.eye(len(within)))
    return transform[:, ::-1], np.maximum(spread[::-1], SMALLEST_BETWEEN)


def strangers_of(people: list[Doubles], between: Doubles, seed: int) -> tuple[Doubles, Doubles]:
    """Predictive means and variances [s, D] of at most 500 of `people`."""
    order = np.random.default_rng(seed).permutation(len(people))[:STRANGERS]
    parts = [posterior(between, people[index].mean(0), len(people[index])) for index in sorted(order)]
    return np.array([mean for mean, _ in parts]), np.array([1 + variance for _, variance in parts])
