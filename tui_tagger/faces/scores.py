"""The faces that wait, scored against everybody, kept so that one decision costs one person's row.

Of every probe three numbers are kept: its best candidate, that candidate's evidence, and the sum of everybody's
weights; all are relative to the weight of "nobody", so neither overflows nor drowns in the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tui_tagger.faces.bank import Doubles, Floats, log_sum_exp, usable
from tui_tagger.faces.recommendation import LEVELS, Candidate, Identification, levels, reasons

if TYPE_CHECKING:
    from tui_tagger.faces.identifier import Identifier

MOST_CANDIDATES = 9
NOTICED = 0.005  # a change of probability that is worth telling
BLOCK = 8192  # probes at once
ROOM = 1.25  # what is reserved at a time, so that probes may come one photo at a time
LARGEST = 600.0  # of an exponent: exp of it, and sums of such, are finite in double precision

NOBODY, UNTOLD = -1, -2  # where an id of a person stands otherwise
CERTAIN = 1e30  # evidence that a probe is nobody

# What is kept of every row, and what it is while the row is free.
_OF_ROWS = {
    "_waits": False,
    "_probes": 0,
    "_points": 0,
    "_general": 0,
    "_nobody": CERTAIN,
    "_best": 0,
    "_value": -np.inf,
    "_total": 0,
    "_told_person": UNTOLD,
    "_told_probability": 0,
    "_told_level": 0,
}

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Summary:
    """The best candidate of each of `n` probes, as arrays [n]; `person` is -1 where nobody is left to offer.

    `level` is the recommendation as an index into LEVELS.
    """

    person: NDArray[np.int64]
    probability: Floats
    level: NDArray[np.int8]


class Scores:
    """Waiting probes [n, d] against the people of `identifier`.

    A probe keeps its row until it is removed; rows of removed probes are given to later ones and answer -1 meanwhile.
    After `Identifier.enrol` or `forget` call `update(person)`.
    """

    def __init__(self, identifier: Identifier, probes: NDArray[np.float32]) -> None:
        self.identifier = identifier
        bank = identifier.bank
        self._places = {person: place for place, person in enumerate(identifier.people)}
        self._person = np.array([*identifier.people, NOBODY], np.int64)  # of each place, or that it is free
        self._faces = np.array([*(identifier.count(person) for person in identifier.people), 0], np.int64)
        self._evidence = np.empty((len(self._person), 0), np.float32)
        self._probes = np.empty((0, len(bank.mean)), np.float32)
        self._points = np.empty((0, len(bank.between)), np.float32)
        self._general, self._nobody, self._value, self._told_probability = np.empty((4, 0), np.float32)
        self._best, self._told_person = np.empty((2, 0), np.int64)
        self._total, self._told_level = np.empty(0, np.float64), np.empty(0, np.int8)
        self._waits = np.empty(0, np.bool_)
        self.reserve(np.asarray(probes).size // len(bank.mean))
        self.add(probes)

    @property
    def rows(self) -> Rows:
        """The rows of the probes that wait."""
        return np.flatnonzero(self._waits)

    def probe(self, row: int) -> Floats:
        """The embedding [d] at `row`."""
        return np.asarray(self._probes[row], np.float32)

    def reserve(self, count: int) -> None:
        """Makes `count` further rows, all free."""
        for name, fill in _OF_ROWS.items():
            old = getattr(self, name)
            new = np.empty((len(old) + count, *old.shape[1:]), old.dtype)
            new[: len(old)], new[len(old) :] = old, fill
            setattr(self, name, new)
        spare = np.full((len(self._evidence), count), -np.inf, np.float32)
        self._evidence = np.concatenate([self._evidence, spare], 1)

    def add(self, probes: NDArray[np.float32]) -> Rows:
        """Takes further `probes` [n, d]; returns their rows [n]. Rows that are zero or not finite match nobody."""
        vectors, sound = usable(probes, self._probes.shape[1])
        missing = len(vectors) - int((~self._waits).sum())
        if missing > 0:
            self.reserve(max(missing, int(len(self._waits) * (ROOM - 1))))
        rows = np.flatnonzero(~self._waits)[: len(vectors)]
        for at in range(0, len(rows), BLOCK):
            self._fill(rows[at : at + BLOCK], vectors[at : at + BLOCK], sound[at : at + BLOCK])
        return rows

    def remove(self, rows: Iterable[int]) -> None:
        """The probes at `rows` wait no longer; the others keep their rows."""
        self._waits[np.fromiter(rows, np.int64)] = False

    def update(self, person: int) -> None:
        """Scores `person` anew, whose gallery changed, appeared or vanished."""
        if person in self.identifier.people:
            place = self._place(person)
            self._faces[place] = self.identifier.count(person)
            self._replace(place, self.identifier.evidence(self._points, self._general, [person])[0])
        elif person in self._places:
            place = self._places.pop(person)
            self._person[place] = NOBODY
            self._replace(place, np.full(len(self._waits), -np.inf, np.float32))

    def summary(self, excluded: Mapping[int, Collection[int]] | None = None) -> Summary:
        """The best candidate of every row; `excluded` maps a row to the people it was said not to be."""
        best, value, total = self._best, self._value, self._total
        asked = np.array([row for row in excluded or () if self._waits[row]], np.int64)
        if excluded and len(asked):
            best, value, total = best.copy(), value.copy(), total.copy()
            block = self._allowed(asked, [excluded[row] for row in asked])
            best[asked], value[asked], total[asked] = _summed(block, self._nobody[asked])
        return self._judged(best, value, total)

    def odds(self) -> Floats:
        """Log-odds [rows] of the best candidate to nobody and everybody else: orders where probabilities round to 1."""
        prior = np.exp(self.identifier.bank.settings.prior(len(self._places)))
        weight = _weights(self._value, self._nobody)
        others = np.maximum(self._total - weight, 0) + prior
        return np.asarray(np.where(self._waits, np.log(weight + 1e-300) - np.log(others), -np.inf), np.float32)

    def changes(self, excluded: Mapping[int, Collection[int]] | None = None) -> tuple[Rows, Summary]:
        """The rows whose answer is not the one that the last call told, and the summary of all.

        Told is another best candidate or recommendation, and a probability that moved by more than 0.005.
        """
        now = self.summary(excluded)
        moved = np.abs(now.probability - self._told_probability) > NOTICED
        moved |= (now.person != self._told_person) | (now.level != self._told_level)
        rows = np.flatnonzero(moved & self._waits)
        self._told_person[rows], self._told_level[rows] = now.person[rows], now.level[rows]
        self._told_probability[rows] = now.probability[rows]
        return rows, now

    def identify(
        self, rows: Iterable[int] | None = None, excluded: Sequence[Collection[int]] | None = None
    ) -> list[Identification]:
        """Answers for the probes at `rows` (all that wait if None); `excluded[i]` belongs to the i-th of them."""
        wanted = self.rows if rows is None else np.fromiter(rows, np.int64)
        evidence = self._allowed(wanted, excluded or ()).T
        nobody = self._nobody[wanted] + self.identifier.bank.settings.prior(len(self._places))
        scaled = np.column_stack([evidence, nobody])
        probabilities = np.exp(scaled - log_sum_exp(scaled)[:, None])
        return [
            self._identification(*parts) for parts in zip(self._probes[wanted], evidence, probabilities, strict=True)
        ]

    # --- inside -----------------------------------------------------------------------------------------------------

    def _fill(self, rows: Rows, vectors: Floats, sound: NDArray[np.bool_]) -> None:
        bank = self.identifier.bank
        points = bank.project(vectors)
        general = bank.general(points)
        self._probes[rows], self._points[rows], self._general[rows] = vectors, points, general
        self._nobody[rows] = np.where(sound, bank.unknown(points, general), CERTAIN)
        self._waits[rows], self._told_person[rows] = True, UNTOLD
        people = list(self._places)
        places = np.array([self._places[person] for person in people], np.int64)
        self._evidence[:, rows] = -np.inf
        self._evidence[np.ix_(places, rows)] = self.identifier.evidence(points, general, people)
        self._recount(rows)

    def _place(self, person: int) -> int:
        """The row of the evidence that is kept for `person`; a free one for somebody new."""
        if person not in self._places:
            free = np.flatnonzero(self._person == NOBODY)
            if not len(free):
                free = np.array([len(self._person)])
                more = len(self._person) // 4 + 1
                self._person = np.concatenate([self._person, np.full(more, NOBODY)])
                self._faces = np.concatenate([self._faces, np.zeros(more, np.int64)])
                spare = np.full((more, len(self._waits)), -np.inf, np.float32)
                self._evidence = np.concatenate([self._evidence, spare])
            self._places[person] = int(free[0])
            self._person[free[0]] = person
        return self._places[person]

    def _replace(self, place: int, now: Floats) -> None:
        """Puts a new row in the place of one person, and counts afresh only what a difference cannot tell exactly."""
        before = self._evidence[place]
        gone, came = _weights(before, self._nobody), _weights(now, self._nobody)
        lost = (self._best == place) & (now < before)
        doubtful = lost | (2 * gone > self._total)  # the rest would drown in what is taken away
        self._total += came - gone
        better = now > self._value
        self._best[better], self._value[better] = place, now[better]
        self._evidence[place] = now
        self._recount(np.flatnonzero(doubtful))

    def _recount(self, rows: Rows) -> None:
        self._best[rows], self._value[rows], self._total[rows] = _summed(self._evidence[:, rows], self._nobody[rows])

    def _allowed(self, rows: Rows, excluded: Sequence[Collection[int]]) -> Floats:
        """The evidence [places, rows] without the people that are excluded."""
        block = self._evidence[:, rows]
        for number, people in enumerate(excluded):
            block[[self._places[person] for person in people if person in self._places], number] = -np.inf
        return block

    def _judged(self, best: Rows, value: Floats, total: Doubles) -> Summary:
        settings = self.identifier.bank.settings
        weight = _weights(value, self._nobody)
        probability = weight / (total + np.exp(settings.prior(len(self._places))))
        level = levels(probability, value, self._faces[best], settings.threshold)
        offered = np.isfinite(value) & self._waits
        return Summary(
            np.where(offered, self._person[best], NOBODY),
            np.where(offered, probability, 0).astype(np.float32),
            np.where(offered, level, 0).astype(np.int8),
        )

    def _identification(self, probe: Floats, evidence: Floats, probabilities: Floats) -> Identification:
        order = np.argsort(-evidence, kind="stable")[:MOST_CANDIDATES]
        candidates = []
        for place in order[np.isfinite(evidence[order])]:
            person = int(self._person[place])
            similarity, nearest = self.identifier.nearest(person, probe)
            candidates.append(Candidate(person, float(probabilities[place]), similarity, nearest))
        unknown = float(probabilities[-1])
        if not candidates:
            return Identification((), unknown, LEVELS[0], ("nobody to compare with",))
        first, threshold = order[:1], self.identifier.bank.settings.threshold
        level = int(levels(probabilities[first], evidence[first], self._faces[first], threshold)[0])
        told = reasons(candidates, unknown, int(self._faces[first[0]]), bool(evidence[first[0]] >= threshold))
        return Identification(tuple(candidates), unknown, LEVELS[level], told)


def _weights(evidence: Floats, nobody: Floats) -> Doubles:
    return np.exp(np.minimum(evidence.astype(np.float64) - nobody, LARGEST))


def _summed(evidence: Floats, nobody: Floats) -> tuple[Rows, Floats, Doubles]:
    """Best place [n], its evidence [n] and the sum of all weights [n] of `evidence` [places, n]."""
    best = evidence.argmax(0)
    return best, evidence[best, np.arange(len(best))], _weights(evidence, nobody).sum(0)
