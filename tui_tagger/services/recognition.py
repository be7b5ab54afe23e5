"""Who might it be: the gallery of confirmed faces, the waiting faces, and the suggestions that follow.

The identifier works on numbers alone, so this runs in the terminal's process without loading a model. After a decision
one person's scores are made anew; the rest is arithmetic over numbers that are kept (faces/scores.py), and only
suggestions that differ are stored.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tui_tagger.errors import UsageError
from tui_tagger.faces import weights
from tui_tagger.faces.division import divide
from tui_tagger.faces.identifier import LEVELS, Candidate, Identification, Identifier, Scores, Summary
from tui_tagger.services.banks import bank_in_use, bank_stamp
from tui_tagger.services.caps import MEDIUM, RIVAL, WEAK, RuledOut, crop_caps, poor_crops, rivalled
from tui_tagger.services.extraction import FoundFace
from tui_tagger.services.facts import NOBODY, Facts, Rows, unit
from tui_tagger.services.galleries import Galleries
from tui_tagger.services.views import CandidateView
from tui_tagger.storage import bulk
from tui_tagger.storage.database import setting
from tui_tagger.storage.models import Face, Person, proxy

DIGITS = 2  # of a stored probability: a change of less than a percent is not worth writing
ROUNDS = 4  # people ruled out for one face before the next best is taken as it is
MANY = 5_000  # waiting faces that are scored in some 5 ms (benchmarks/review.py); more of them may wait for a pause
LARGE = 20  # confirmed faces of a person from which on one more teaches so little that it may wait, too


def current_model() -> str:
    """The id of the embedder in use."""
    return weights.current_id(str(setting("embedder", weights.COMPACT_ID)))


def to_blob(vector: NDArray[np.float32]) -> bytes:
    return vector.astype(np.float16).tobytes()


def from_blobs(blobs: Sequence[bytes]) -> NDArray[np.float32]:
    """Embeddings [n, d], float32, unit length again after their time as float16."""
    return unit(np.frombuffer(b"".join(blobs), np.float16).reshape(len(blobs), -1))


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the identifier says of one face, with this photo's caps applied."""

    recommendation: str
    reasons: tuple[str, ...]
    candidates: tuple[CandidateView, ...]


@dataclass(frozen=True, slots=True)
class _Answers:
    """What is suggested for the waiting faces at `rows` [n] of the facts, in the order of their ids."""

    rows: Rows
    person: Rows
    probability: NDArray[np.float64]
    level: NDArray[np.int8]
    rival: NDArray[np.bool_]  # capped for a likelier face in the same photo


@dataclass(frozen=True, slots=True)
class Known:
    """What a thread scores: the waiting faces at `rows` of the facts, against the galleries at that moment."""

    model: str
    rows: Rows
    identifier: Identifier | None  # None where no face waits


class Recognition:
    """Keeps the people's Gaussians and the waiting faces' scores in memory and in step with the database."""

    def __init__(self) -> None:
        self.facts = Facts(current_model())
        self.patient = False  # whether updates of many faces wait for `catch_up`
        self.owing = False  # whether one does
        self.reading = self.scoring = False  # whether a thread does so, for the first time (services/preparation.py)
        self._late: list[Rows] = []  # embedded anew while a thread scores
        self._begin()

    def _begin(self) -> None:
        self.model = self.facts.model
        self._stamp = bank_stamp(self.model)
        self._identifier: Identifier | None = None  # needs the dimension, which the first embedding tells
        self._scores: Scores | None = None
        self._place = np.empty(0, np.int64)  # of each row of the facts: its row in the scores, or -1
        self._galleries = Galleries(self.facts)
        self._changed: set[int] = set()  # people to be scored anew
        self._put_off: set[int] = set()  # people whose changed gallery is to be enrolled
        self._rivals: frozenset[int] = frozenset()  # rows

    def update(self) -> int:
        """Learns what was decided and found since the last call, and stores the suggestions that follow from it.

        Returns how many faces' suggestions changed; none yet where that is left to `catch_up`.
        """
        many = self._scores is not None and len(self._scores.rows) > MANY
        self.owing = self.reading or self.scoring or (self.patient and many)
        return 0 if self.owing else self.catch_up(always=True)

    def catch_up(self, always: bool = False) -> int:
        """Does the update that was put off, if one was; `always` does it in any case."""
        if self.reading or self.scoring or not (self.owing or always):
            return 0
        self.owing = False
        self.follow()
        self._enrol_all(self._put_off)
        answers = self._suggest()
        self._rivals = frozenset(answers.rows[answers.rival].tolist())
        return self._store(answers)

    def follow(self) -> None:
        """Reads what changed in the database, and brings the galleries in step."""
        if not self.reading:
            self.read()

    def read(self) -> None:
        """The same, also for the thread that reads for the first time."""
        if (current_model(), bank_stamp(self.model)) != (self.model, self._stamp):
            self.facts.use(current_model())
            self._begin()
        news = self.facts.refresh()
        missing = len(self.facts) - len(self._place)
        self._place = np.concatenate([self._place, np.full(missing, -1)])
        self._withdraw(news.embedded)
        if self.scoring:
            self._late.append(news.embedded)
        self._changed |= news.people
        large = {person for person in news.people if self.patient and len(self._galleries.rows(person)) > LARGE}
        self._put_off |= large
        self._enrol_all(set(news.people) - large)

    def begin_scoring(self) -> Known:
        """Ends the reading: what the thread scores from here on, while others may decide and read on."""
        self.reading, self.scoring = False, True
        self._changed.clear()
        rows = np.flatnonzero(self.facts.waiting & self.facts.embedded)
        return Known(self.model, rows, self._needed().copy() if len(rows) else None)

    def end_scoring(self, known: Known, scores: Scores | None) -> None:
        """Takes over the scores that the thread made, unless another model is in use by now, and does the update."""
        self.scoring = False
        if scores is not None and known.model == self.model and self._identifier is not None:
            scores.identifier = self._identifier
            self._scores, self._place[known.rows] = scores, scores.rows
            for rows in self._late:
                self._withdraw(rows)
        self._late.clear()
        self.catch_up(always=True)

    def suggestion(self, face_id: int) -> Suggestion:
        """Candidates, recommendation and reasons for one face; empty for a face without an embedding.

        Somebody who cannot be the face (caps.RuledOut) lets the next plausible candidate move up; where there is none,
        they stay first with a weak recommendation. Nobody is dropped but the rejected.
        """
        if self.reading:
            return _stored(face_id)
        self.follow()
        row = self.facts.row(face_id)
        if row is None or not self.facts.embedded[row]:
            return Suggestion("none", ("there is no embedding of this face yet",), ())
        if self._identifier is None:
            return Suggestion("none", ("nobody to compare with",), ())
        rules = RuledOut(self.facts)
        found, barred = self._allowed(row, rules)
        offered = (*found.candidates, *barred)
        names = self._names(offered)
        views = [self._view(candidate, names, row, rules) for candidate in offered]
        if not views:
            return Suggestion(found.recommendation, found.reasons, ())
        poor = crop_caps(*(float(self.facts.table[name][row]) for name in ("size", "sharpness")))
        against = rules.reason(row, views[0].person_id) or (RIVAL if row in self._rivals else "")
        highest = WEAK if against else MEDIUM if poor else len(LEVELS)
        level = min(LEVELS.index(found.recommendation), highest)
        told = (*found.reasons, *poor, *((against,) if against else ()))
        return Suggestion(LEVELS[level], told, tuple(views))

    def judge(self, faces: Sequence[FoundFace]) -> list[Suggestion]:
        """Candidates for the faces of a photo that is not in the database."""
        if not faces:
            return []
        vectors = np.stack([face.vector for face in faces])
        answers = self._needed(vectors.shape[1]).identify(vectors)
        return [self._judged(found, face) for found, face in zip(answers, faces, strict=True)]

    def fit(self, person_id: int) -> dict[int, float]:
        """How likely each confirmed face of a person is theirs, judged by their other faces: for an audit."""
        self.follow()
        return self.audit(person_id)

    def audit(self, person_id: int) -> dict[int, float]:
        """`fit` by what is known now, without a look for what changed."""
        identifier = self._identifier
        if self.reading or identifier is None or person_id not in self._galleries:
            return {}
        faces = self.facts.table["id"][self._galleries.rows(person_id)]
        return dict(zip(faces.tolist(), identifier.audit(person_id).tolist(), strict=True))

    def other(self, face_id: int, person_id: int) -> Candidate | None:
        """Who else a confirmed face of `person_id` may be: the best candidate besides."""
        if self.reading or self._identifier is None or (row := self.facts.row(face_id)) is None:
            return None
        found = self._identifier.identify(self.facts.vectors(np.array([row])), [{person_id}])[0]
        return found.candidates[0] if found.candidates else None

    def divided(self, person_id: int, seeds: Collection[int]) -> tuple[tuple[int, ...], tuple[float, ...]]:
        """The confirmed faces of a person that have an embedding, and how likely each is the person of the `seeds`.

        The two people are told apart by faces/division.py; without a seed that has an embedding all stay, with 0.
        Raises UsageError while the faces are read for the first time.
        """
        self.follow()
        if self.reading:
            raise UsageError("The faces are still being read", "Try again in a moment.")
        rows = self.facts.faces_of(person_id)
        if not len(rows):
            return (), ()
        ids, vectors = self.facts.table["id"][rows], self.facts.vectors(rows)
        chance = divide(self._needed().bank, vectors, np.isin(ids, [*seeds]))
        return tuple(ids.tolist()), tuple(chance.tolist())

    # --- the identifier in step -------------------------------------------------------------------------------------

    def _needed(self, dimension: int = 0) -> Identifier:
        """The identifier, made for embeddings of `dimension`, those of the library if 0."""
        if self._identifier is None:
            bank = bank_in_use(self.model, dimension or self.facts.dimension)
            self._identifier = Identifier(bank, {}, self._galleries.vectors)
        return self._identifier

    def _enrol_all(self, people: set[int]) -> None:
        for person in sorted(people - {NOBODY}):
            self._enrol(person)
        self._put_off -= people

    def _enrol(self, person: int) -> None:
        rows = self.facts.gallery(person)
        if len(rows):
            self._needed().enrol(person, self._galleries.enrol(person, rows))
        elif self._identifier is not None:
            self._identifier.forget(person)
            self._galleries.forget(person)

    def _withdraw(self, rows: Rows) -> None:
        """Takes the faces at `rows` of the facts out of the scores."""
        scored = rows[self._place[rows] >= 0]
        if self._scores is not None and len(scored):
            self._scores.remove(self._place[scored].tolist())
        self._place[scored] = -1

    def _scored(self, rows: Rows) -> Scores:
        """Scores of the waiting faces at `rows` of the facts, and of no others."""
        decided = self._place >= 0
        decided[rows] = False
        self._withdraw(np.flatnonzero(decided))
        new = rows[self._place[rows] < 0]
        if self._scores is None:
            self._scores = Scores(self._needed(), self.facts.vectors(new))
            self._place[new] = self._scores.rows
        else:
            for person in sorted(self._changed):
                self._scores.update(person)
            if len(new):
                self._place[new] = self._scores.add(self.facts.vectors(new))
        self._changed.clear()
        return self._scores

    # --- suggestions ------------------------------------------------------------------------------------------------

    def _suggest(self) -> _Answers:
        """The best candidate of every waiting face that has an embedding."""
        rows = np.flatnonzero(self.facts.waiting & self.facts.embedded)
        rows = rows[np.argsort(self.facts.table["id"][rows])]
        if not len(rows):
            nothing = np.empty(0)
            return _Answers(rows, rows, nothing, nothing.astype(np.int8), nothing.astype(np.bool_))
        best = self._best(self._scored(rows), rows)
        offered = best.level > 0
        person = np.where(offered, best.person, NOBODY)
        probability = np.where(offered, best.probability.astype(np.float64).round(DIGITS), -1)
        rival = rivalled(self.facts.table["photo"][rows], person, best.probability)
        level = np.where(poor_crops(self.facts, rows), np.minimum(best.level, MEDIUM), best.level)
        level = np.where(rival, np.minimum(level, WEAK), level)
        return _Answers(rows, person, probability, level.astype(np.int8), rival)

    def _best(self, scores: Scores, rows: Rows) -> Summary:
        """The best candidate who was not rejected and is not ruled out; somebody ruled out where no other is left."""
        place, rules = self._place[rows], RuledOut(self.facts)
        excluded = {
            int(self._place[row]): set(people) for row, people in self.facts.rejected.items() if self._place[row] >= 0
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

    def _allowed(self, row: int, rules: RuledOut) -> tuple[Identification, tuple[Candidate, ...]]:
        """The answer for one face without those who rank first but are ruled out, and those; as `_best` does it."""
        assert self._identifier is not None
        vector, excluded = self.facts.vectors(np.array([row])), set(self.facts.rejected.get(row, ()))
        first = found = self._identifier.identify(vector, [excluded])[0]
        barred: list[Candidate] = []
        for _ in range(ROUNDS):
            if not found.candidates or not rules.reason(row, found.candidates[0].person):
                break
            barred.append(found.candidates[0])
            excluded.add(found.candidates[0].person)
            found = self._identifier.identify(vector, [excluded])[0]
        return (found, tuple(barred)) if found.recommendation != LEVELS[0] else (first, ())

    def _store(self, answers: _Answers) -> int:
        """Writes what changed; clears suggestions of people gone or hidden where there is no embedding to go by."""
        table, rows = self.facts.table, answers.rows
        nobody = (table["person"] == NOBODY) & (table["level"] > 0) | self.facts.are_hidden(table["person"])
        orphans = self.facts.waiting & ~self.facts.embedded & nobody
        differs = table["person"][rows] != answers.person
        differs |= table["probability"][rows] != answers.probability
        differs |= table["level"][rows] != answers.level
        if not differs.any() and not orphans.any():
            return 0
        changed = [values[differs] for values in (rows, answers.person, answers.probability, answers.level)]
        with proxy.atomic("IMMEDIATE"):
            begun = bulk.newest_change()
            self.facts.store(*changed)
            self.facts.clear(np.flatnonzero(orphans))
            self.facts.seen(begun)
        return int(differs.sum() + orphans.sum())

    # --- words ------------------------------------------------------------------------------------------------------

    def _judged(self, found: Identification, face: FoundFace) -> Suggestion:
        poor = crop_caps(min(face.box.width, face.box.height), face.sharpness)
        level = min(LEVELS.index(found.recommendation), MEDIUM if poor else len(LEVELS))
        names = self._names(found.candidates)
        views = tuple(self._plain(candidate, names) for candidate in found.candidates)
        return Suggestion(LEVELS[level], (*found.reasons, *(poor if views else ())), views)

    def _view(self, candidate: Candidate, names: Mapping[int, str], row: int, rules: RuledOut) -> CandidateView:
        plain, against = self._plain(candidate, names), rules.reason(row, candidate.person)
        reasons = (*plain.reasons, *([against] if against else []))
        return replace(plain, reasons=reasons, age=rules.age(row, candidate.person))

    def _plain(self, candidate: Candidate, names: Mapping[int, str]) -> CandidateView:
        return CandidateView(
            person_id=candidate.person,
            person=names.get(candidate.person, "?"),
            probability=candidate.probability,
            reasons=(f"{candidate.similarity:.2f} alike",),
            nearest=tuple(
                self.facts.table["id"][self._galleries.rows(candidate.person)[[*candidate.nearest]]].tolist()
            ),
        )

    def _names(self, candidates: Sequence[Candidate]) -> dict[int, str]:
        ids = [candidate.person for candidate in candidates]
        return dict(Person.select(Person.id, Person.name).where(Person.id.in_(ids)).tuples())


def _stored(face_id: int) -> Suggestion:
    """What the database says of one face, while the rest is still being read."""
    face = Face.select(Face, Person).join(Person).where(Face.id == face_id).first()
    if face is None or face.probability is None:
        return Suggestion(LEVELS[0], ("the faces are still being read",), ())
    told = CandidateView(face.person_id, face.person.name, face.probability, ("as found before",), ())
    return Suggestion(face.recommendation, ("the faces are still being read",), (told,))


def _at(summary: Summary, places: Rows) -> Summary:
    return Summary(summary.person[places], summary.probability[places], summary.level[places])
