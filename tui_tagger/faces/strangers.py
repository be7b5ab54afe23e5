"""The stranger bank: what faces of people nobody here knows look like to one embedder, as statistics only.

Two-covariance model (Brümmer and de Villiers 2010): a person's mean is drawn from N(mean, B), each of their faces from
N(person's mean, W). The bank's basis is a PCA rotation followed by the transform that makes W the identity and B
diagonal, so a person known from few faces is scored with one number a dimension.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tui_tagger import config
from tui_tagger.errors import ModelError

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

STRANGERS = 500
LEAST_FACES = 6  # of a person whose mean enters the bank
LEAST_PEOPLE = 20  # fewer say nothing about covariances
SMALLEST_BETWEEN = 1e-4


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

    def evidence(self, ratios: Floats, faces: int) -> Floats:
        """Calibrated log-likelihood ratios of a person with `faces` enrolled.

        Temperature and advance move with 1 - 1 / n, the part of what can be known of the person's mean that is known.
        """
        part = 1 - 1 / faces
        heat = self.temperature * np.exp(self.growth * part)
        return np.asarray(ratios / np.float32(heat) + np.float32(self.gain * part), np.float32)

    def prior(self, people: int) -> float:
        """Log prior odds of "nobody enrolled" to each of `people`, who share what is not nobody's."""
        return self.unknown + float(np.log(max(people, 1)))


CHOICES = tuple(
    Settings(within_shrinkage=within, between_shrinkage=between, strength=strength)
    for within, between in ((0.9, 0.5), (0.97, 0.8), (1.0, 1.0))
    for strength in (100.0, 200.0, 500.0)
)


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


# --- fitting --------------------------------------------------------------------------------------------------------


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


# --- without measurements, and on disk ------------------------------------------------------------------------------


def spherical_bank(model_id: str, dimension: int) -> StrangerBank:
    """A bank for an embedder of which nothing was measured: spherical covariances, a conservative prior.

    Faces of one person are taken to have a cosine of 0.6 on average, of two people 0; one enrolled face is then a
    matter of cosine alone. Temperature and the rest are near what calibration on the validation people gives for two
    embedders that are treated so; calibration.recalibration adapts them to confirmed faces.
    """
    within, between = 0.4, 0.6
    return StrangerBank(
        model_id,
        np.zeros(dimension, np.float32),
        np.eye(dimension, dtype=np.float32) * np.float32(np.sqrt(dimension / within)),
        np.full(dimension, between / within, np.float32),
        np.empty((0, dimension), np.float32),
        np.empty((0, dimension), np.float32),
        Settings(dimension=dimension, temperature=dimension / 20, gain=2.0, threshold=3.0),
    )


def bank_path(model_id: str) -> Path:
    """Where the bank of `model_id` made on this machine is kept."""
    safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in model_id)
    return config.cache_dir() / f"strangers-{safe}.npz"


def bank_for(model_id: str) -> StrangerBank:
    """The bank that the user built on this machine, else the one that ships with the program, else a spherical one."""
    for path in (bank_path(model_id), config.DATA / bank_path(model_id).name):
        if path.exists():
            return load_bank(path)
    return spherical_bank(model_id, 256 if model_id.startswith("compact") else 512)


def save_bank(bank: StrangerBank, path: Path) -> None:
    """Writes `bank` to `path` (npz; arrays of strangers in half precision) and replaces what was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new.npz")
    arrays: dict[str, Any] = {
        "model_id": np.array(bank.model_id),
        "mean": bank.mean,
        "basis": bank.basis,
        "between": bank.between,
        "stranger_means": bank.stranger_means.astype(np.float16),
        "stranger_variances": bank.stranger_variances.astype(np.float16),
    }
    arrays |= {f"settings_{name}": np.array(value) for name, value in asdict(bank.settings).items()}
    np.savez_compressed(new, **arrays)
    new.replace(path)


def load_bank(path: Path) -> StrangerBank:
    """The bank in `path`. Raises ModelError where the file is missing, damaged or of another shape."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            values = {name: file[name] for name in file.files}
        numbers: dict[str, Any] = {
            field.name: values.pop(f"settings_{field.name}").item() for field in fields(Settings)
        }
        settings = Settings(**numbers)
        model_id = str(values.pop("model_id"))
        bank = StrangerBank(model_id, settings=settings, **{n: v.astype(np.float32) for n, v in values.items()})
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        EOFError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise _damaged(path) from error
    if not _sound(bank):
        raise _damaged(path)
    return bank


def _damaged(path: Path) -> ModelError:
    return ModelError(f"The stranger bank {path} cannot be read", "Build it again: tui-tagger models strangers")


def _sound(bank: StrangerBank) -> bool:
    dimension = bank.between.shape[0] if bank.between.ndim == 1 else -1
    shapes = bank.mean.ndim == 1 and bank.basis.shape == (len(bank.mean), dimension)
    strangers = bank.stranger_means.ndim == 2 and bank.stranger_means.shape[1] == dimension
    arrays = (bank.mean, bank.basis, bank.between, bank.stranger_means, bank.stranger_variances)
    return (
        shapes
        and strangers
        and bank.stranger_variances.shape == bank.stranger_means.shape
        and all(np.isfinite(array).all() for array in arrays)
        and bool((bank.between > 0).all() and (bank.stranger_variances > 0).all())
        and all(np.isfinite(value) for value in asdict(bank.settings).values())
        and bank.settings.temperature > 0
    )
