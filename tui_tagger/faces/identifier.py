"""Open-set identification: a Gaussian mixture of the enrolled people and of strangers.

A person is one Gaussian: the predictive distribution of the two-covariance model (see strangers.py), whose
within-person covariance moves from the pooled one to the person's own as faces are confirmed (weight n / (n + k),
empirical Bayes). One confirmed face is enough. With spherical covariances it is cosine to the person's mean.

The own covariance is kept as its leading directions, so scoring is a matrix product and adding one face changes one
column. Plain NumPy: this runs in the terminal's process.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tui_tagger.faces.strangers import Floats, StrangerBank, log_sum_exp, posterior

MOST_CANDIDATES = 9
MOST_NEAREST = 3
DIRECTIONS = 48  # of a person's own covariance; 2,000 faces have no more that matter
BLOCK = 2048  # probes at once: what one core's cache holds

# Probabilities from which a recommendation holds. On the validation people (teacher's embeddings, half of them
# strangers) best candidates above STRONG were wrong in at most 0.18 %, above STRONG_ALONE in none of some 2,000.
WEAK = 0.2
MEDIUM = 0.85
STRONG = 0.98
STRONG_ALONE = 0.99  # with one confirmed face only
LEVELS = ("none", "weak", "medium", "strong")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person offered for a probe.

    `similarity` is the cosine to the most alike of the enrolled faces, `nearest` the indices of at most three of them
    in the person's gallery, most alike first.
    """

    person: int
    probability: float
    similarity: float
    nearest: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Identification:
    """What is known about one probe: candidates best first (at most nine) and the probability of being nobody."""

    candidates: tuple[Candidate, ...]
    unknown: float
    recommendation: str  # none, weak, medium, strong
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """The best candidate of each of `n` probes, as arrays [n]; `person` is -1 where nobody is left to offer.

    `level` is the recommendation as an index into LEVELS.
    """

    person: NDArray[np.int64]
    probability: Floats
    level: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class _Component:
    """One person's Gaussian in the bank's space: its inverse covariance is diag(precision) - directions' directions."""

    mean: Floats
    precision: Floats  # [D], of the diagonal part
    directions: Floats  # [r, D]
    constant: float  # log-determinant of the covariance
    faces: int


class Identifier:
    """Who is it, if anybody: `gallery` maps a person's id to their confirmed faces, unit embeddings [n, d]."""

    def __init__(self, bank: StrangerBank, gallery: Mapping[int, NDArray[np.float32]]) -> None:
        self.bank = bank
        self._faces: dict[int, Floats] = {}
        self._components: dict[int, _Component] = {}
        for person, embeddings in gallery.items():
            self.enrol(person, embeddings)

    @property
    def people(self) -> tuple[int, ...]:
        """Ids of the enrolled, in the order of their enrolment."""
        return tuple(self._components)

    def enrol(self, person: int, embeddings: NDArray[np.float32]) -> None:
        """Makes `embeddings` [n, d] the gallery of `person`; without any, or with none finite, they are forgotten."""
        faces = np.asarray(embeddings, np.float32).reshape(-1, len(self.bank.mean))
        if not len(faces) or not np.isfinite(faces).all():
            self.forget(person)
            return
        self._faces[person] = faces
        self._components[person] = _component(self.bank, self.bank.project(faces))

    def forget(self, person: int) -> None:
        """Removes `person`, if enrolled."""
        self._faces.pop(person, None)
        self._components.pop(person, None)

    def score(self, probes: NDArray[np.float32], people: Sequence[int] | None = None) -> Floats:
        """Log-likelihood ratios [n, people] of `probes` [n, d]: each person against faces in general, in nats."""
        points = self.bank.project(probes)
        return self._ratios(points, self.bank.general(points), self.people if people is None else people).T

    def _ratios(self, points: Floats, general: Floats, people: Sequence[int]) -> Floats:
        parts = [self._components[person] for person in people]
        return _stacked_densities(points, parts) - general if parts else np.empty((0, len(points)), np.float32)

    def identify(
        self, probes: NDArray[np.float32], excluded: Sequence[Collection[int]] | None = None
    ) -> list[Identification]:
        """One answer for each of `probes` [n, d]; `excluded[i]` are people that probe i was said not to be."""
        return Scores(self, probes).identify(excluded=excluded)

    def nearest(self, person: int, probe: NDArray[np.float32]) -> tuple[float, tuple[int, ...]]:
        """Cosine of `probe` [d] to the most alike face of `person`, and the indices of the three most alike."""
        cosines = self._faces[person] @ np.asarray(probe, np.float32)
        order = np.argsort(-cosines, kind="stable")[:MOST_NEAREST]
        return float(np.clip(cosines[order[0]], -1, 1)), tuple(int(index) for index in order)

    def count(self, person: int) -> int:
        """Enrolled faces of `person`."""
        return self._components[person].faces


class Scores:
    """The probes that wait, scored against everybody, with one row a person kept so that a decision changes one.

    After `Identifier.enrol` or `forget` call `update(person)`.
    """

    def __init__(self, identifier: Identifier, probes: NDArray[np.float32]) -> None:
        self.identifier = identifier
        bank = identifier.bank
        self.probes = np.asarray(probes, np.float32).reshape(-1, len(bank.mean))
        self._points = bank.project(self.probes)
        self._general = bank.general(self._points)
        self._unknown = bank.unknown(self._points, self._general)
        self._people = list(identifier.people)
        self._rows = identifier._ratios(self._points, self._general, self._people)

    def update(self, person: int) -> None:
        """Scores `person` anew, whose gallery changed, appeared or vanished."""
        enrolled = person in self.identifier.people
        known = person in self._people
        if enrolled:
            row = self.identifier._ratios(self._points, self._general, [person])
            if known:
                self._rows[self._people.index(person)] = row[0]
            else:
                self._people.append(person)
                self._rows = np.concatenate([self._rows, row])
        elif known:
            self._rows = np.delete(self._rows, self._people.index(person), 0)
            self._people.remove(person)

    def summary(self, excluded: Mapping[int, Collection[int]] | None = None) -> Summary:
        """The best candidate of every probe; `excluded` maps a probe's index to people it was said not to be."""
        n = len(self.probes)
        if not self._people or not n:
            return Summary(np.full(n, -1, np.int64), np.zeros(n, np.float32), np.zeros(n, np.int8))
        rows = self._rows
        if excluded:
            rows = rows.copy()
            places = {person: place for place, person in enumerate(self._people)}
            for probe, people in excluded.items():
                rows[[places[person] for person in people if person in places], probe] = -np.inf
        return self._summed(rows)

    def _summed(self, rows: Floats) -> Summary:
        temperature = np.float32(self.identifier.bank.settings.temperature)
        best = rows.argmax(0)
        ratio = rows[best, np.arange(rows.shape[1])]
        top = np.maximum(ratio / temperature, self._unknown)
        total = np.exp(self._unknown - top)
        for row in rows:
            total += np.exp(row / temperature - top)
        probability = np.exp(ratio / temperature - top) / total
        counts = np.array([self.identifier.count(person) for person in self._people])[best]
        person = np.where(np.isfinite(ratio), np.array(self._people, np.int64)[best], -1)
        level = levels(probability, ratio, counts, self.identifier.bank.settings.threshold)
        return Summary(person, probability, level)

    def identify(
        self, rows: Iterable[int] | None = None, excluded: Sequence[Collection[int]] | None = None
    ) -> list[Identification]:
        """Answers for the probes at `rows` (all if None); `excluded[i]` belongs to the i-th of them."""
        wanted = np.fromiter(range(len(self.probes)) if rows is None else rows, np.int64)
        ratios = self._rows[:, wanted].T
        if excluded is not None:
            places = {person: place for place, person in enumerate(self._people)}
            for number, people in enumerate(excluded):
                ratios[number, [places[person] for person in people if person in places]] = -np.inf
        scaled = np.column_stack([ratios / self.identifier.bank.settings.temperature, self._unknown[wanted]])
        probabilities = np.exp(scaled - log_sum_exp(scaled)[:, None])
        return [
            self._identification(self.probes[index], ratios[number], probabilities[number])
            for number, index in enumerate(wanted)
        ]

    def _identification(self, probe: Floats, ratios: Floats, probabilities: Floats) -> Identification:
        order = np.argsort(-ratios, kind="stable")[:MOST_CANDIDATES]
        candidates = []
        for place in order[np.isfinite(ratios[order])]:
            person = self._people[place]
            similarity, nearest = self.identifier.nearest(person, probe)
            candidates.append(Candidate(person, float(probabilities[place]), similarity, nearest))
        unknown = float(probabilities[-1])
        if not candidates:
            return Identification((), unknown, LEVELS[0], ("nobody to compare with",))
        count = self.identifier.count(candidates[0].person)
        ratio, threshold = float(ratios[order[0]]), self.identifier.bank.settings.threshold
        level = int(levels(probabilities[order[:1]], ratios[order[:1]], np.array([count]), threshold)[0])
        told = reasons(candidates, unknown, count, ratio >= threshold)
        return Identification(tuple(candidates), unknown, LEVELS[level], told)


def levels(
    probability: NDArray[np.floating], ratio: NDArray[np.floating], faces: NDArray[np.integer], threshold: float
) -> NDArray[np.int8]:
    """Recommendations [n] as indices into LEVELS, from the best candidate's probability, ratio and enrolled faces."""
    level = np.digitize(probability, (WEAK, MEDIUM, STRONG))
    level = np.where((faces < 2) & (probability < STRONG_ALONE), np.minimum(level, 2), level)
    level = np.where(ratio < threshold, np.minimum(level, 1), level)
    return np.asarray(level, np.int8)


def reasons(candidates: Sequence[Candidate], unknown: float, faces: int, likely: bool) -> tuple[str, ...]:
    """Why the first of `candidates` is or is not recommended, in words without names."""
    first = candidates[0]
    told = [f"{100 * first.probability:.0f} % likely"]
    runner_up = candidates[1].probability if len(candidates) > 1 else 0.0
    if runner_up > 0.1:
        told.append(f"the runner-up is close with {100 * runner_up:.0f} %")
    elif len(candidates) > 1 and first.probability > 0.5:
        told.append("the runner-up is far behind")
    if unknown > 0.1:
        told.append(f"may be somebody else, {100 * unknown:.0f} %")
    if not likely:
        told.append("less alike than faces of one person usually are")
    if faces == 1:
        told.append("only one confirmed face so far")
    return tuple(told)


# --- one person's Gaussian ------------------------------------------------------------------------------------------


def _component(bank: StrangerBank, points: Floats) -> _Component:
    """The predictive Gaussian of the person with confirmed faces at `points` [n, D]."""
    count = len(points)
    exact = points.astype(np.float64)
    mean, uncertainty = posterior(bank.between.astype(np.float64), exact.mean(0), count)
    degrees = count - 1
    weight = degrees / (degrees + bank.settings.strength)
    variances, vectors = _leading(exact - exact.mean(0), degrees)
    rest = max(float(((exact - exact.mean(0)) ** 2).sum()) / max(degrees, 1) - variances.sum(), 0) / len(mean)
    diagonal = (1 - weight) + weight * rest + uncertainty
    directions, logarithm = _correction(diagonal, np.sqrt(weight * variances)[:, None] * vectors)
    return _Component(
        mean.astype(np.float32),
        (1 / diagonal).astype(np.float32),
        directions.astype(np.float32),
        float(np.log(diagonal).sum() + logarithm),
        count,
    )


def _leading(deviations: NDArray[np.float64], degrees: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
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


def _correction(diagonal: NDArray[np.float64], factor: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """For diag(d) + F'F with `factor` F [r, D]: G with inverse diag(1/d) - G'G, and the log-determinant over diag(d)'s.

    Woodbury's identity; the inner matrix is the identity plus a Gram matrix, so its Cholesky factor always exists.
    """
    scaled = factor / diagonal
    lower = np.linalg.cholesky(np.eye(len(factor)) + scaled @ factor.T)
    return np.linalg.solve(lower, scaled), float(2 * np.log(np.diag(lower)).sum())


def _stacked_densities(points: Floats, components: Sequence[_Component]) -> Floats:
    """Log-densities [k, n] of `points` [n, D] under each of k components, without the constant in pi."""
    if len(components) == 1:
        return _densities(points, components[0])[None]
    means = np.stack([c.mean for c in components])
    precisions = np.stack([c.precision for c in components])
    offsets = (means**2 * precisions).sum(1) + np.array([c.constant for c in components], np.float32)
    weighted = -2 * means * precisions
    out = np.empty((len(components), len(points)), np.float32)
    for at in range(0, len(points), BLOCK):
        block = points[at : at + BLOCK]
        out[:, at : at + BLOCK] = -0.5 * (precisions @ (block**2).T + weighted @ block.T + offsets[:, None])
    for row, component in zip(out, components, strict=True):
        row += _directed(points, component)
    return out


def _densities(points: Floats, component: _Component) -> Floats:
    out = np.empty(len(points), np.float32)
    for at in range(0, len(points), BLOCK):
        block = points[at : at + BLOCK] - component.mean
        out[at : at + BLOCK] = (block * block) @ component.precision
    return np.asarray(-0.5 * (out + np.float32(component.constant)) + _directed(points, component), np.float32)


def _directed(points: Floats, component: _Component) -> Floats:
    """What the component's own directions add to the log-density [n]."""
    if not len(component.directions):
        return np.zeros(len(points), np.float32)
    along = points @ component.directions.T
    along -= component.directions @ component.mean
    return np.asarray(0.5 * np.einsum("nr,nr->n", along, along), np.float32)
