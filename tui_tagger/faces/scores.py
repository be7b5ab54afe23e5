"""The faces that wait, scored against everybody, kept so that one decision costs one person's part.

Of most pairs of a probe and a person nothing is worth keeping: 500 people are 50 million pairs for 100,000 probes, and
one or two in 500 are plausible. What is kept is relative to the weight of "nobody", so that nothing overflows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tui_tagger.faces.bank import Doubles, Floats, usable
from tui_tagger.faces.recommendation import levels

if TYPE_CHECKING:
    from tui_tagger.faces.identifier import Identifier

# A person whose weight is under e^LEAST of nobody's share counts for nothing: all of them together could not move a
# probability by a thousandth.
LEAST = -7.0
BLOCK = 1024  # probes at once: what one core's cache holds
ROOM = 1.25  # what is reserved at a time, so that probes may come one photo at a time
LARGEST = 600.0  # of an exponent: exp of it, and sums of such, are finite in double precision

NOBODY = -1  # where an id of a person stands otherwise
CERTAIN = 1e30  # evidence that a probe is nobody

# What is kept of every row, and what it is while the row is free.
_OF_ROWS = {
    "_waits": False,
    "_points": 0,
    "_general": 0,
    "_nobody": CERTAIN,
    "_best": 0,
    "_value": -np.inf,
    "_total": 0,
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


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Plausible pairs [m] of a row and the place of a person, with the evidence for each."""

    row: NDArray[np.int32]
    place: NDArray[np.int32]
    evidence: Floats

    @classmethod
    def joined(cls, parts: Iterable[_Pairs]) -> _Pairs:
        columns = zip(*((part.row, part.place, part.evidence) for part in parts), strict=True)
        return cls(*(np.concatenate(column) for column in columns))

    def where(self, wanted: NDArray[Any]) -> _Pairs:
        return _Pairs(self.row[wanted], self.place[wanted], self.evidence[wanted])


class Scores:
    """Waiting probes [n, d] against the people of `identifier`.

    A probe keeps its row until it is removed; rows of removed probes are given to later ones and answer -1 meanwhile.
    After `Identifier.enrol` or `forget` call `update(person)`. With `least` -inf every pair is kept. Memory: 2 D + 40
    bytes a probe in a bank of D dimensions.
    """

    def __init__(self, identifier: Identifier, probes: NDArray[np.float32], least: float = LEAST) -> None:
        self.identifier = identifier
        bank = identifier.bank
        self._least = bank.settings.unknown + least
        self._places = {person: place for place, person in enumerate(identifier.people)}
        self._person = np.array([*identifier.people, NOBODY], np.int64)  # of each place, or that it is free
        self._faces = np.array([*(identifier.count(person) for person in identifier.people), 0], np.int64)
        self._points = np.empty((0, len(bank.between)), np.float16)  # as exact as the embeddings they come from
        self._general, self._nobody, self._value = np.empty((3, 0), np.float32)
        self._best, self._total = np.empty(0, np.int32), np.empty(0, np.float64)
        self._waits = np.empty(0, np.bool_)
        self._pairs = _Pairs(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32))
        self.reserve(np.asarray(probes).size // len(bank.mean))
        self.add(probes)

    @property
    def rows(self) -> Rows:
        """The rows of the probes that wait."""
        return np.flatnonzero(self._waits)

    def reserve(self, count: int) -> None:
        """Makes `count` further rows, all free."""
        for name, fill in _OF_ROWS.items():
            old = getattr(self, name)
            new = np.empty((len(old) + count, *old.shape[1:]), old.dtype)
            new[: len(old)], new[len(old) :] = old, fill
            setattr(self, name, new)

    def add(self, probes: NDArray[np.float32]) -> Rows:
        """Takes further `probes` [n, d]; returns their rows [n]. Rows that are zero or not finite match nobody."""
        vectors, sound = usable(probes, len(self.identifier.bank.mean))
        missing = len(vectors) - int((~self._waits).sum())
        if missing > 0:
            self.reserve(max(missing, int(len(self._waits) * (ROOM - 1))))
        rows = np.flatnonzero(~self._waits)[: len(vectors)]
        found = [
            self._filled(rows[at : at + BLOCK], vectors[at : at + BLOCK], sound[at : at + BLOCK])
            for at in range(0, len(rows), BLOCK)
        ]
        if found:
            self._pairs = _Pairs.joined([self._pairs.where(~self._marked(rows)[self._pairs.row]), *found])
            self._recount(rows)
        return rows

    def remove(self, rows: Iterable[int]) -> None:
        """The probes at `rows` wait no longer; the others keep their rows."""
        self._waits[np.fromiter(rows, np.int64)] = False

    def update(self, person: int) -> None:
        """Scores `person` anew, whose gallery changed, appeared or vanished."""
        if person in self.identifier.people:
            place = self._place(person)
            self._faces[place] = self.identifier.count(person)
            now = self._scored(person, place)
        elif person in self._places:
            place = self._places.pop(person)
            self._person[place] = NOBODY
            now = self._pairs.where(np.empty(0, np.int64))
        else:
            return
        its = self._pairs.place == place
        before, others = self._pairs.where(its), self._pairs.where(~its)
        self._pairs = _Pairs.joined([others, now])
        self._recount(np.union1d(before.row, now.row))

    def summary(self, excluded: Mapping[int, Collection[int]] | None = None) -> Summary:
        """The best candidate of every row; `excluded` maps a row to the people it was said not to be."""
        best, value, total = self._best, self._value, self._total
        asked = np.array([row for row in excluded or () if self._waits[row]], np.int64)
        if excluded and len(asked):
            best, value, total = best.copy(), value.copy(), total.copy()
            best[asked], value[asked], total[asked] = self._summed(asked, self._allowed(asked, excluded))
        return self._judged(best, value, total)

    def odds(self) -> Floats:
        """Log-odds [rows] of the best candidate to nobody and everybody else: orders where probabilities round to 1."""
        prior = np.exp(self.identifier.bank.settings.prior(len(self._places)))
        weight = _weights(self._value, self._nobody)
        others = np.maximum(self._total - weight, 0) + prior
        return np.asarray(np.where(self._waits, np.log(weight + 1e-300) - np.log(others), -np.inf), np.float32)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _filled(self, rows: Rows, vectors: Floats, sound: NDArray[np.bool_]) -> _Pairs:
        """Puts probes to `rows`; their plausible pairs."""
        bank, people = self.identifier.bank, list(self._places)
        stored = bank.project(vectors).astype(np.float16)
        points = stored.astype(np.float32)
        general = bank.general(points)
        self._points[rows], self._general[rows], self._waits[rows] = stored, general, True
        self._nobody[rows] = np.where(sound, bank.unknown(points, general), CERTAIN)
        evidence = self.identifier.evidence(points, general, people)
        number, column = np.nonzero(evidence - self._nobody[rows] >= self._least)
        places = np.array([self._places[person] for person in people], np.int32)
        return _Pairs(rows[column].astype(np.int32), places[number], evidence[number, column])

    def _scored(self, person: int, place: int) -> _Pairs:
        """The plausible pairs of one person."""
        parts = [
            self.identifier.evidence(
                self._points[at : at + BLOCK].astype(np.float32), self._general[at : at + BLOCK], [person]
            )[0]
            for at in range(0, len(self._points), BLOCK)
        ]
        evidence = np.concatenate([np.empty(0, np.float32), *parts])
        rows = np.flatnonzero(self._waits & (evidence - self._nobody >= self._least))
        return _Pairs(rows.astype(np.int32), np.full(len(rows), place, np.int32), evidence[rows])

    def _place(self, person: int) -> int:
        """The place that is kept for `person`; a free one for somebody new."""
        if person not in self._places:
            free = np.flatnonzero(self._person == NOBODY)
            if not len(free):
                free = np.array([len(self._person)])
                more = len(self._person) // 4 + 1
                self._person = np.concatenate([self._person, np.full(more, NOBODY)])
                self._faces = np.concatenate([self._faces, np.zeros(more, np.int64)])
            self._places[person] = int(free[0])
            self._person[free[0]] = person
        return self._places[person]

    def _marked(self, rows: NDArray[np.integer]) -> NDArray[np.bool_]:
        marks = np.zeros(len(self._waits), np.bool_)
        marks[rows] = True
        return marks

    def _recount(self, rows: NDArray[np.integer]) -> None:
        its = self._pairs.where(self._marked(rows)[self._pairs.row])
        self._best[rows], self._value[rows], self._total[rows] = self._summed(rows, its)

    def _summed(self, rows: NDArray[np.integer], pairs: _Pairs) -> tuple[NDArray[np.int32], Floats, Doubles]:
        """Best place [n], its evidence [n] and the sum of all weights [n] of `rows` [n], which `pairs` are about."""
        at = np.empty(len(self._waits), np.int32)
        at[rows] = np.arange(len(rows))
        number, weight = at[pairs.row], _weights(pairs.evidence, self._nobody[pairs.row])
        total = np.asarray(np.bincount(number, weight, len(rows)), np.float64)
        best, value = np.zeros(len(rows), np.int32), np.full(len(rows), -np.inf, np.float32)
        order = np.lexsort((-pairs.place, pairs.evidence, number))  # the last of each row stays
        best[number[order]], value[number[order]] = pairs.place[order], pairs.evidence[order]
        return best, value, total

    def _allowed(self, rows: Rows, excluded: Mapping[int, Collection[int]]) -> _Pairs:
        """The pairs of `rows` without the people that are excluded."""
        pairs, size = self._pairs.where(self._marked(rows)[self._pairs.row]), len(self._person)
        barred = [
            row * size + self._places[person]
            for row in rows.tolist()
            for person in excluded[row]
            if person in self._places
        ]
        return pairs.where(~np.isin(pairs.row.astype(np.int64) * size + pairs.place, np.array(barred, np.int64)))

    def _judged(self, best: NDArray[np.int32], value: Floats, total: Doubles) -> Summary:
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


def _weights(evidence: Floats, nobody: Floats) -> Doubles:
    return np.exp(np.minimum(evidence.astype(np.float64) - nobody, LARGEST))
