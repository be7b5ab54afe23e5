"""Who might it be: the gallery of confirmed faces, the waiting faces, and the suggestions that follow.

The identifier works on numbers alone, so this runs in the terminal's process without loading a model.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tui_tagger.config import BLURRED, SMALL_FACE
from tui_tagger.faces import weights
from tui_tagger.faces.identifier import LEVELS, Identification, Identifier, Scores
from tui_tagger.geometry import Box
from tui_tagger.services.banks import bank_in_use, bank_stamp
from tui_tagger.services.views import CandidateView, FaceState
from tui_tagger.storage.database import setting
from tui_tagger.storage.models import Embedding, Face, Person, Rejection, proxy

WAITING = (FaceState.UNKNOWN, FaceState.SUGGESTED)


def current_model() -> str:
    """The id of the embedder in use."""
    return weights.current_id(str(setting("embedder", weights.COMPACT_ID)))


def to_blob(vector: NDArray[np.float32]) -> bytes:
    return vector.astype(np.float16).tobytes()


def from_blobs(blobs: Sequence[bytes]) -> NDArray[np.float32]:
    """Embeddings [n, d], float32, unit length again after their time as float16."""
    vectors = np.frombuffer(b"".join(blobs), np.float16).reshape(len(blobs), -1).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-12)
    return vectors


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the identifier says of one face, with this photo's caps applied."""

    recommendation: str
    reasons: tuple[str, ...]
    candidates: tuple[CandidateView, ...]


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A face of a photo before it is stored."""

    box: Box
    landmarks: Any  # float32 [5, 2], or None for a box drawn by hand
    score: float
    sharpness: float
    vector: Any  # float32 [d]
    source: str = "detected"


@dataclass(frozen=True, slots=True)
class _Probe:
    """What the numbers cannot know of a waiting face."""

    photo: int
    size: float  # shorter side, pixels
    sharpness: float | None


Stored = tuple[int | None, float | None, str]  # person, probability, recommendation
NOTHING: Stored = (None, None, "none")


class Recognition:
    """Keeps the gallery and the waiting faces' embeddings in memory and in step with the database."""

    def __init__(self) -> None:
        self.model = current_model()
        self._stamp = bank_stamp(self.model)
        self._identifier: Identifier | None = None  # needs the dimension, which the first embedding tells
        self._scores: Scores | None = None
        self._rows: dict[int, int] = {}  # face -> its row in the scores
        self._vectors: dict[int, NDArray[np.float32]] = {}
        self._newest = 0
        self._gallery: dict[int, tuple[int, ...]] = {}

    def update(self) -> int:
        """Learns what was decided and found since the last call, and stores the suggestions that follow from it.

        Returns how many faces' suggestions changed.
        """
        self._load_vectors()
        changed = self._enrol_changes()
        return self._store(self._suggest(changed))

    def suggestion(self, face_id: int) -> Suggestion:
        """Candidates, recommendation and reasons for one face; empty for a face without an embedding."""
        if face_id not in self._vectors:
            self._load_vectors()
        if face_id not in self._vectors or self._identifier is None:
            return Suggestion("none", ("there is no embedding of this face yet",), ())
        probe = self._probes([face_id])[face_id]
        excluded = _rejected([face_id]).get(face_id, frozenset())
        found = self._identifier.identify(self._vectors[face_id][None], [excluded])[0]
        return self._explained(found, face_id, probe, _confirmed_in([probe.photo]))

    def judge(self, faces: Sequence[FoundFace]) -> list[Suggestion]:
        """Candidates for the faces of a photo that is not in the database."""
        if not faces:
            return []
        vectors = np.stack([face.vector for face in faces])
        answers = self._needed(vectors.shape[1]).identify(vectors)
        probes = [_Probe(0, min(face.box.width, face.box.height), face.sharpness) for face in faces]
        return [self._explained(found, 0, probe, {}) for found, probe in zip(answers, probes, strict=True)]

    def likeness(self, face_ids: Sequence[int], person_id: int) -> dict[int, float]:
        """How well each face fits the other faces of a person: mean cosine, for an audit."""
        others = [i for i in self._gallery.get(person_id, ()) if i in self._vectors]
        found = {}
        for face_id in face_ids:
            rest = [self._vectors[i] for i in others if i != face_id]
            if rest and face_id in self._vectors:
                found[face_id] = float(np.mean(np.stack(rest) @ self._vectors[face_id]))
        return found

    def _needed(self, dimension: int) -> Identifier:
        if self._identifier is None:
            self._identifier = Identifier(bank_in_use(self.model, dimension), {})
        return self._identifier

    def _load_vectors(self) -> None:
        if (current_model(), bank_stamp(self.model)) != (self.model, self._stamp):
            Recognition.__init__(self)
        found = list(
            Embedding.select(Embedding.id, Embedding.face, Embedding.vector)
            .where((Embedding.model == self.model) & (Embedding.id > self._newest))
            .order_by(Embedding.id)
            .tuples()
        )
        if found:
            vectors = from_blobs([blob for _, _, blob in found])
            self._needed(vectors.shape[1])
            self._vectors.update(zip((face for _, face, _ in found), vectors, strict=True))
            self._newest = found[-1][0]

    def _enrol_changes(self) -> list[int]:
        """Brings the identifier's gallery in step with the confirmed faces; returns the persons that changed."""
        if self._identifier is None:
            return []
        gallery: dict[int, list[int]] = defaultdict(list)
        rows = Face.select(Face.id, Face.person).where(Face.state == FaceState.CONFIRMED).order_by(Face.id).tuples()
        for face, person in rows:
            if face in self._vectors:
                gallery[person].append(face)
        gone = list(self._gallery.keys() - gallery.keys())
        changed = [person for person, faces in gallery.items() if self._gallery.get(person) != tuple(faces)]
        for person in gone:
            self._identifier.forget(person)
        for person in changed:
            self._identifier.enrol(person, np.stack([self._vectors[i] for i in gallery[person]]))
        self._gallery = {person: tuple(faces) for person, faces in gallery.items()}
        return gone + changed

    def _probes(self, face_ids: Iterable[int] | None = None) -> dict[int, _Probe]:
        """What caps look at, of the given faces or of all that wait, as far as they have an embedding."""
        condition = Face.state.in_(WAITING) if face_ids is None else Face.id.in_(list(face_ids))
        rows = Face.select(Face.id, Face.photo, Face.width, Face.height, Face.sharpness).where(condition)
        return {
            face: _Probe(photo, min(width or 0.0, height or 0.0), sharpness)
            for face, photo, width, height, sharpness in rows.tuples()
            if face in self._vectors
        }

    def _scored(self, probes: Iterable[int], changed: Iterable[int]) -> Scores:
        """The waiting faces' scores: after a decision only those of the persons that changed are made anew."""
        assert self._identifier is not None
        if self._scores is not None and all(face in self._rows for face in probes):
            for person in changed:
                self._scores.update(person)
        else:
            self._rows = {face: row for row, face in enumerate(probes)}
            self._scores = Scores(self._identifier, np.stack([self._vectors[face] for face in self._rows]))
        return self._scores

    def _suggest(self, changed: Sequence[int]) -> dict[int, Stored]:
        probes = self._probes()
        if not probes:
            self._scores = None
            return {}
        scores = self._scored(probes, changed)
        excluded = {self._rows[face]: people for face, people in _rejected().items() if face in self._rows}
        summary, confirmed = scores.summary(excluded), _confirmed_in(None)
        found: dict[int, Stored] = {}
        best: dict[tuple[int, int], float] = {}
        for face, probe in probes.items():
            row = self._rows[face]
            person, level = int(summary.person[row]), LEVELS[summary.level[row]]
            if person < 0 or level == "none":
                found[face] = NOTHING
                continue
            level = _lowered(level, _caps(person, face, probe, confirmed))
            probability = round(float(summary.probability[row]), 4)
            found[face] = person, probability, level
            best[probe.photo, person] = max(best.get((probe.photo, person), 0.0), probability)
        for face, (person_id, chance, _) in found.items():
            likelier = 0.0 if person_id is None else best[probes[face].photo, person_id]
            if chance is not None and chance < likelier:  # somebody else in this photo is more like this person
                found[face] = person_id, chance, "weak"
        return found

    def _store(self, found: dict[int, Stored]) -> int:
        """Writes what changed; a face that a human decided meanwhile is left alone."""
        rows = Face.select(Face.id, Face.person, Face.probability, Face.recommendation).where(Face.state.in_(WAITING))
        before = {face: (person, chance, level) for face, person, chance, level in rows.tuples()}
        changed = [(face, now) for face, now in found.items() if before.get(face, now) != now]
        if not changed:
            return 0
        with proxy.atomic("IMMEDIATE"):
            for face, (person, probability, recommendation) in changed:
                Face.update(
                    person=person,
                    probability=probability,
                    recommendation=recommendation,
                    state=FaceState.UNKNOWN if person is None else FaceState.SUGGESTED,
                ).where((Face.id == face) & Face.state.in_(WAITING)).execute()
        return len(changed)

    def _explained(
        self, found: Identification, face: int, probe: _Probe, confirmed: dict[int, dict[int, int]]
    ) -> Suggestion:
        if not found.candidates:
            return Suggestion(found.recommendation, found.reasons, ())
        caps = _caps(found.candidates[0].person, face, probe, confirmed)
        reasons = (*found.reasons, *(reason for _, reason in caps))
        return Suggestion(_lowered(found.recommendation, caps), reasons, self._views(found))

    def _views(self, found: Identification) -> tuple[CandidateView, ...]:
        names = dict(Person.select(Person.id, Person.name).tuples())
        return tuple(
            CandidateView(
                person_id=candidate.person,
                person=names.get(candidate.person, "?"),
                probability=candidate.probability,
                reasons=(f"{candidate.similarity:.2f} alike",),
                nearest=tuple(self._gallery[candidate.person][i] for i in candidate.nearest),
            )
            for candidate in found.candidates
        )


def _caps(person: int, face: int, probe: _Probe, confirmed: dict[int, dict[int, int]]) -> list[tuple[str, str]]:
    """What this photo and this crop say against trusting the numbers: the highest level left, and why."""
    caps = []
    if probe.size < SMALL_FACE:
        caps.append(("medium", f"the face is small ({probe.size:.0f} pixels)"))
    if probe.sharpness is not None and probe.sharpness < BLURRED:
        caps.append(("medium", "the face is blurred"))
    if confirmed.get(probe.photo, {}).get(person, face) != face:
        caps.append(("weak", "this person is already confirmed in this photo"))
    return caps


def _lowered(level: str, caps: Sequence[tuple[str, str]]) -> str:
    return min((level, *(limit for limit, _ in caps)), key=LEVELS.index)


def _rejected(face_ids: Sequence[int] | None = None) -> dict[int, frozenset[int]]:
    rows = Rejection.select(Rejection.face, Rejection.person)
    if face_ids is not None:
        rows = rows.where(Rejection.face.in_(face_ids))
    found: dict[int, set[int]] = defaultdict(set)
    for face, person in rows.tuples():
        found[face].add(person)
    return {face: frozenset(persons) for face, persons in found.items()}


def _confirmed_in(photos: Sequence[int] | None) -> dict[int, dict[int, int]]:
    """Per photo: the confirmed persons and one of their faces."""
    rows = Face.select(Face.photo, Face.person, Face.id).where(Face.state == FaceState.CONFIRMED)
    if photos is not None:
        rows = rows.where(Face.photo.in_(photos))
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for photo, person, face in rows.tuples():
        found[photo][person] = face
    return found
