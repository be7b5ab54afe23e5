"""What follows from all decisions up to a moment: the scores of the waiting faces, and what is suggested for each.

It works on a copy of what was known then, so that a thread may do it while the human decides on; recognition.py hands
it out and takes over what came of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tui_tagger.faces.identifier import Identifier, Scores, Summary
from tui_tagger.services.caps import MEDIUM, WEAK, RuledOut, poor_crops, rivalled
from tui_tagger.services.facts import NOBODY, Facts, Rows

DIGITS = 2  # of a stored probability: a change of less than a percent is not worth writing
ROUNDS = 4  # people ruled out for one face before the next best is taken as it is
AT_ONCE = 4096  # faces that are scored between two looks whether to go on
ANSWERED = 0  # the place of every face after `pass_over`

GoOn = Callable[[], bool]  # asked now and then: False ends the work


@dataclass(frozen=True, slots=True)
class Answers:
    """What is suggested for the faces at `rows` [n] of the facts."""

    rows: Rows
    person: Rows
    probability: NDArray[np.float64]
    level: NDArray[np.int8]

    @classmethod
    def joined(cls, parts: Sequence[Answers]) -> Answers:
        columns = zip(*((part.rows, part.person, part.probability, part.level) for part in parts), strict=True)
        return cls(*(np.concatenate(column) for column in columns))

    def where(self, wanted: NDArray[np.bool_] | slice) -> Answers:
        return Answers(self.rows[wanted], self.person[wanted], self.probability[wanted], self.level[wanted])

    def parts(self, size: int) -> Iterator[Answers]:
        return (self.where(slice(at, at + size)) for at in range(0, len(self.rows), size))


def nothing(rows: Rows) -> Answers:
    """Nobody is suggested for the faces at `rows` [n]."""
    return Answers(rows, np.full(len(rows), NOBODY), np.full(len(rows), -1.0), np.zeros(len(rows), np.int8))


class Scoring:
    """One scoring. `identifier` is a copy, too, and `scores` are nobody else's until they are taken back.

    `place` [n] is each row's row in the scores, or -1; `changed` are people to be scored anew, of whom the galleries of
    `enrolling` are to be enrolled first. After `run`, `answers` are the suggestions that differ from what is stored,
    `rivals` the rows that are capped for a likelier face in the same photo, `galleries` the rows enrolled.
    """

    def __init__(
        self,
        facts: Facts,
        identifier: Identifier | None,
        scores: Scores | None,
        place: Rows,
        changed: set[int],
        enrolling: set[int],
    ) -> None:
        self.facts = facts
        self.identifier = identifier  # None where no face has an embedding
        self.scores = scores
        self.place = place
        self.changed = changed
        self.enrolling = enrolling
        self.galleries: dict[int, Rows] = {}
        self.answers = nothing(np.empty(0, np.int64))
        self.rivals: frozenset[int] = frozenset()

    def run(self, go_on: GoOn = lambda: True) -> bool:
        """Scores and answers; the facts are then as if the answers were stored. False when `go_on` ended it."""
        rows = self._waiting()
        answers = nothing(rows)
        if self.identifier is not None:
            if not (self._enrol(self.identifier, go_on) and self._score(self.identifier, rows, go_on)):
                return False
            answers = self._suggested(rows)
        self._compare(answers)
        return go_on()

    def pass_over(self, every: bool) -> None:
        """`run` that keeps no scores, however many faces there are: a few thousand are scored at a time.

        Unless `every` face is asked about, only photos are with a face that has no place yet; a place then says no more
        than that its face was answered. Answers follow from people and from the other faces of a photo alone.
        """
        rows, photo, identifier = self._waiting(), self.facts.table["photo"], self.identifier
        if not every:
            rows = rows[np.isin(photo[rows], photo[rows[self.place[rows] < 0]])]
        answers = [nothing(rows[:0])]
        if identifier is not None:
            for part in _by_photo(rows, photo[rows]):
                self.scores, self.place[:] = None, -1
                self._score(identifier, part, lambda: True)
                answers.append(self._suggested(part))
        self.scores, self.place[:] = None, ANSWERED
        self._compare(Answers.joined(answers))

    def _waiting(self) -> Rows:
        """The faces to be scored, by id."""
        rows = np.flatnonzero(self.facts.waiting & self.facts.embedded)
        return rows[np.argsort(self.facts.table["id"][rows])]

    def _enrol(self, identifier: Identifier, go_on: GoOn) -> bool:
        for person in sorted(self.enrolling - {NOBODY}):
            if not go_on():
                return False
            rows = self.galleries[person] = self.facts.gallery(person)
            if len(rows):
                identifier.enrol(person, self.facts.vectors(rows))
            else:
                identifier.forget(person)
        return True

    def _score(self, identifier: Identifier, rows: Rows, go_on: GoOn) -> bool:
        """Brings the scores in step: those of the faces at `rows`, and of no others."""
        others = self.place >= 0
        others[rows] = False
        gone = np.flatnonzero(others)
        new = rows[self.place[rows] < 0]
        if self.scores is None:
            self.scores = Scores(identifier, np.empty((0, len(identifier.bank.mean)), np.float32))
            self.scores.reserve(len(new))
            self.changed.clear()
        self.scores.identifier = identifier
        self.scores.remove(self.place[gone].tolist())
        self.place[gone] = -1
        for person in sorted(self.changed):
            if not go_on():
                return False
            self.scores.update(person)
        for at in range(0, len(new), AT_ONCE):
            if not go_on():
                return False
            some = new[at : at + AT_ONCE]
            self.place[some] = self.scores.add(self.facts.vectors(some))
        return True

    def _suggested(self, rows: Rows) -> Answers:
        """The best candidate of the faces at `rows`, which are in the order of their ids."""
        if not len(rows) or self.scores is None:
            return nothing(rows)
        best = self._best(self.scores, rows)
        offered = best.level > 0
        person = np.where(offered, best.person, NOBODY)
        probability = np.where(offered, best.probability.astype(np.float64).round(DIGITS), -1)
        rival = rivalled(self.facts.table["photo"][rows], person, best.probability)
        level = np.where(poor_crops(self.facts, rows), np.minimum(best.level, MEDIUM), best.level)
        level = np.where(rival, np.minimum(level, WEAK), level)
        self.rivals = frozenset(rows[rival].tolist())
        return Answers(rows, person, probability, level.astype(np.int8))

    def _best(self, scores: Scores, rows: Rows) -> Summary:
        """The best candidate who was not rejected and is not ruled out; somebody ruled out where no other is left."""
        place, rules = self.place[rows], RuledOut(self.facts)
        excluded = {
            int(self.place[row]): set(people) for row, people in self.facts.rejected.items() if self.place[row] >= 0
        }
        first = found = _at(scores.summary(excluded), place)
        barred = left = rules.mask(rows, first.person)
        for _ in range(ROUNDS):
            if not left.any():
                break
            for at in np.flatnonzero(left).tolist():
                excluded.setdefault(int(place[at]), set()).add(int(found.person[at]))
            found = _at(scores.summary(excluded), place)
            left = rules.mask(rows, found.person)
        back = barred & (found.level == 0)
        return Summary(
            np.where(back, first.person, found.person),
            np.where(back, first.probability, found.probability),
            np.where(back, np.minimum(first.level, WEAK), found.level).astype(np.int8),
        )

    def _compare(self, answers: Answers) -> None:
        """Keeps what differs; clears suggestions of people gone or hidden where there is no embedding to go by."""
        table, rows = self.facts.table, answers.rows
        differs = table["person"][rows] != answers.person
        differs |= table["probability"][rows] != answers.probability
        differs |= table["level"][rows] != answers.level
        nobody = (table["person"] == NOBODY) & (table["level"] > 0) | self.facts.are_hidden(table["person"])
        orphans = nothing(np.flatnonzero(self.facts.waiting & ~self.facts.embedded & nobody))
        self.answers = Answers.joined([answers.where(differs), orphans])
        self.facts.take(self.answers.rows, self.answers.person, self.answers.probability, self.answers.level)


def _by_photo(rows: Rows, photo: Rows) -> Iterator[Rows]:
    """`rows` [n] in parts of about AT_ONCE that divide no photo, each in the order that the rows have."""
    order = np.argsort(photo, kind="stable")
    sorted_photos = photo[order]
    at = 0
    while at < len(rows):
        last = sorted_photos[min(at + AT_ONCE, len(rows)) - 1]
        end = int(np.searchsorted(sorted_photos, last, "right"))
        yield rows[np.sort(order[at:end])]
        at = end


def _at(summary: Summary, places: Rows) -> Summary:
    return Summary(summary.person[places], summary.probability[places], summary.level[places])
