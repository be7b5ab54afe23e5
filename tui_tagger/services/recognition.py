"""Who might it be: the gallery of confirmed faces, the waiting faces, and the suggestions that follow.

The identifier works on numbers alone, so this runs in the terminal's process without loading a model. After a decision
one person's scores are made anew; the rest is arithmetic over numbers that are kept (faces/scores.py), and only
suggestions that differ are stored.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tui_tagger import log
from tui_tagger.errors import UsageError
from tui_tagger.faces import weights
from tui_tagger.faces.division import divide
from tui_tagger.faces.identifier import LEVELS, Candidate, Identification, Identifier, Scores
from tui_tagger.services.banks import bank_in_use, bank_stamp
from tui_tagger.services.caps import MEDIUM, RIVAL, WEAK, RuledOut, crop_caps
from tui_tagger.services.extraction import FoundFace
from tui_tagger.services.facts import NOBODY, Facts, News, unit
from tui_tagger.services.galleries import Galleries
from tui_tagger.services.scoring import ROUNDS, Answers, GoOn, Scoring
from tui_tagger.services.views import CandidateView
from tui_tagger.storage import bulk
from tui_tagger.storage.database import setting
from tui_tagger.storage.models import Face, Person, proxy

MANY = 5_000  # waiting faces that are scored in some 5 ms; more of them are left to a thread (preparation.py)
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


class Recognition:
    """Keeps the people's Gaussians and the waiting faces' scores in memory and in step with the database."""

    def __init__(self) -> None:
        self.facts = Facts(current_model())
        self.patient = False  # whether updates of many faces are left to a thread
        self.owing = False  # whether one is
        self.reading = self.scoring = False  # whether a thread does so (services/preparation.py)
        self.scored = 0  # how often so far
        self.stirred = False  # whether anything but new faces came since all were answered
        self._meanwhile: list[News] = []  # what changed while a thread scores
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
        self._given: Scoring | None = None  # what a thread is at
        self._looked: tuple[int, ...] | None = None  # the database's state at the last look

    @property
    def settled(self) -> bool:
        """Whether the suggestions follow from all decisions up to now."""
        return not (self.owing or self.reading or self.scoring)

    def update(self) -> int:
        """Learns what was decided and found since the last call, and stores the suggestions that follow from it.

        Returns how many faces' suggestions changed; none yet where that is left to a thread. So is what fails where
        there is one: the decision before it is stored, and the thread tells what goes on failing.
        """
        self.owing = self.reading or self.scoring or (self.patient and self._many)
        try:
            return 0 if self.owing else self.catch_up()
        except Exception as error:
            if not self.patient:
                raise
            log.failure("scoring faces failed", error)
            return 0

    def catch_up(self) -> int:
        """Does the update, also one that was left to a thread, unless a thread is at it."""
        if self.reading or self.scoring:
            return 0
        return self._score(Scoring.run)

    def pass_over(self, whole: bool) -> int:
        """`catch_up` of a process that stays small, however many faces there are: it keeps no scores.

        Answers the faces that are new since the last call, with the others in their photos; every face the first time,
        and where it is to be the `whole` and is `stirred`. Returns how many faces' suggestions changed.
        """

        def pass_over(scoring: Scoring) -> None:
            every = not (scoring.place >= 0).any() or (whole and self.stirred)
            scoring.pass_over(every)
            self.stirred = self.stirred and not every

        return self._score(pass_over)

    def _score(self, work: Callable[[Scoring], object]) -> int:
        """Scores here and now. After a failure, which is raised, the next update makes good."""
        try:
            scoring = self.begin_scoring()
            work(scoring)
            self.store(scoring, scoring.answers)
            self.end_scoring(scoring)
        except BaseException:
            self.abandon_scoring()
            raise
        return len(scoring.answers.rows)

    @property
    def _many(self) -> bool:
        return int(np.count_nonzero(self.facts.waiting & self.facts.embedded)) > MANY

    def follow(self) -> None:
        """Reads what changed in the database, and brings the galleries in step."""
        if not self.reading:
            self.read()

    def read(self) -> None:
        """The same, also for the thread that reads for the first time."""
        looked, stamp = bulk.state(), bank_stamp(self.model)
        if (looked, stamp) == (self._looked, self._stamp):
            return
        if (current_model(), stamp) != (self.model, self._stamp):
            self.facts.use(current_model())
            self._begin()
        born = self.facts.born
        news = self.facts.refresh()
        self._looked = looked
        self.stirred |= bool(news.people or len(np.setdiff1d(news.rows, news.embedded))) or born != self.facts.born
        if self.scoring:
            self._meanwhile.append(news)
        else:
            self._forget_scores([news])
        late = {person for person in news.people if self._may_wait(person)}
        self._changed |= news.people
        self._put_off = (self._put_off - news.people) | late
        for person in sorted(news.people - late - {NOBODY}):
            self._enrol(person)

    def _may_wait(self, person: int) -> bool:
        """Whether a changed gallery may wait to be enrolled: it is large, and was."""
        large = self.patient and len(self._galleries.rows(person)) > LARGE
        return large and len(self.facts.gallery(person)) > LARGE

    # --- scoring, here or in a thread -------------------------------------------------------------------------------

    def begin_scoring(self) -> Scoring:
        """What is to be scored now, for a thread or for here; others may decide and read on meanwhile."""
        self.reading = False
        self.follow()
        self.scoring, self.owing = True, False
        identifier = self._needed().copy() if self.facts.dimension else None
        given = Scoring(self.facts.copy(), identifier, self._scores, self._place, self._changed, self._put_off)
        self._scores, self._changed, self._put_off, self._given = None, set(), set(), given
        return given

    def store(self, scoring: Scoring, answers: Answers) -> None:
        """Stores suggestions, but for faces to which something happened meanwhile and for people who are gone."""
        self.follow()
        if not len(answers.rows):
            return
        current = np.zeros(len(answers.rows), np.bool_)
        if self._given is scoring:
            known = np.array([NOBODY, *(self._identifier.people if self._identifier else ())], np.int64)
            moved = np.concatenate([np.empty(0, np.int64), *(news.rows for news in self._meanwhile)])
            current = np.isin(answers.person, known) & ~np.isin(answers.rows, moved)
        self.owing = self.owing or not current.all()
        kept = answers.where(current)
        told = kept.rows, kept.person, kept.probability, kept.level
        with proxy.atomic("IMMEDIATE"):
            begun = bulk.newest_change()
            self.facts.store(*told)
            ended = bulk.newest_change()
        self.facts.take(*told)
        self.facts.seen(begun, ended)

    def end_scoring(self, scoring: Scoring) -> None:
        """Takes back the scores, and takes over the galleries that nothing happened to meanwhile."""
        self.follow()
        meanwhile, self._meanwhile, self.scoring = self._meanwhile, [], False
        self.scored += 1
        if self._given is scoring:
            self._take(scoring, frozenset().union(*(news.people for news in meanwhile)))
        else:
            self.owing = True  # another model is in use by now
        self._forget_scores(meanwhile)

    def _take(self, scoring: Scoring, touched: frozenset[int]) -> None:
        self._given = None
        self._scores, self._place, self._rivals = scoring.scores, scoring.place, scoring.rivals
        if scoring.identifier is None or self._identifier is None:
            return
        if self._scores is not None:
            self._scores.identifier = self._identifier
        for person in scoring.galleries.keys() - touched:
            self._galleries.take(person, scoring.galleries[person])
            self._identifier.take(person, scoring.identifier)

    def abandon_scoring(self) -> None:
        """After a failure: all is to be scored anew."""
        if self.reading:
            self.facts.use(self.model)
            self._begin()
        if self._given is not None:
            self._put_off |= self._given.enrolling
        self._scores, self._place = None, np.full(len(self.facts), -1)
        self._given, self._meanwhile = None, []
        self.reading, self.scoring, self.owing = False, False, True

    def _forget_scores(self, changes: Sequence[News]) -> None:
        """Makes room for new faces, and forgets the scores of those with another embedding."""
        missing = len(self.facts) - len(self._place)
        self._place = np.concatenate([self._place, np.full(missing, -1)])
        for news in changes:
            scored = news.embedded[self._place[news.embedded] >= 0]
            if self._scores is not None and len(scored):
                self._scores.remove(self._place[scored].tolist())
            self._place[scored] = -1

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

    def division(self, person_id: int, seeds: Collection[int]) -> Callable[[GoOn], dict[int, float] | None]:
        """How likely each confirmed face of a person that has an embedding is the person of the `seeds`.

        As work for a thread, of seconds for thousands of faces: what changed in the database is read now. The two
        people are told apart by faces/division.py; without a seed that has an embedding all stay, with 0. None when it
        was ended. Raises UsageError while the faces are read for the first time.
        """
        self.follow()
        if self.reading:
            raise UsageError("The faces are still being read", "Try again in a moment.")
        rows = self.facts.faces_of(person_id)
        if not len(rows):
            return lambda _go_on: {}
        ids, bank, facts = self.facts.table["id"][rows], self._needed().bank, self.facts

        def divided(go_on: GoOn) -> dict[int, float] | None:
            chance = divide(bank, facts.vectors(rows), np.isin(ids, [*seeds]), go_on)
            return None if chance is None else dict(zip(ids.tolist(), chance.tolist(), strict=True))

        return divided

    # --- the identifier in step -------------------------------------------------------------------------------------

    def _needed(self, dimension: int = 0) -> Identifier:
        """The identifier, made for embeddings of `dimension`, those of the library if 0."""
        if self._identifier is None:
            bank = bank_in_use(self.model, dimension or self.facts.dimension)
            self._identifier = Identifier(bank, {}, self._galleries.vectors)
        return self._identifier

    def _enrol(self, person: int) -> None:
        rows = self.facts.gallery(person)
        if len(rows):
            self._needed().enrol(person, self._galleries.enrol(person, rows))
        elif self._identifier is not None:
            self._identifier.forget(person)
            self._galleries.forget(person)

    def _allowed(self, row: int, rules: RuledOut) -> tuple[Identification, tuple[Candidate, ...]]:
        """The answer for one face without those who rank first but are ruled out, and those; as Scoring does it."""
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
