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
from tui_tagger.faces.identifier import Identification, Identifier
from tui_tagger.faces.strangers import bank_for
from tui_tagger.geometry import Box
from tui_tagger.services.views import CandidateView, FaceState
from tui_tagger.storage.database import setting
from tui_tagger.storage.models import Embedding, Face, Person, Rejection, proxy

COMPACT = "compact-1"
LEVELS = ("none", "weak", "medium", "strong")
WAITING = (FaceState.UNKNOWN, FaceState.SUGGESTED)
MATTERING = (*WAITING, FaceState.CONFIRMED)


def current_model() -> str:
    """The id of the embedder in use."""
    return str(setting("embedder", COMPACT))


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


@dataclass(slots=True)
class _Probe:
    photo: int
    size: float
    sharpness: float | None


class Recognition:
    """Keeps the gallery and the waiting faces' embeddings in memory and in step with the database."""

    def __init__(self) -> None:
        self.model = current_model()
        self.identifier = Identifier(bank_for(self.model), {})
        self._vectors: dict[int, NDArray[np.float32]] = {}
        self._newest = 0
        self._gallery: dict[int, tuple[int, ...]] = {}

    def update(self) -> int:
        """Learns what was decided and found since the last call, and stores the suggestions that follow from it.

        Returns how many faces' suggestions changed.
        """
        if current_model() != self.model:
            self.__init__()  # type: ignore[misc]
        self._load_vectors()
        self._enrol_changes()
        return self._store(self._suggest())

    def suggestion(self, face_id: int) -> Suggestion:
        """Candidates, recommendation and reasons for one face; empty for a face without an embedding."""
        if face_id not in self._vectors:
            self._load_vectors()
        if face_id not in self._vectors:
            return Suggestion("none", ("there is no embedding of this face yet",), ())
        probe = self._probes([face_id])[face_id]
        excluded = _rejected([face_id]).get(face_id, frozenset())
        found = self.identifier.identify(self._vectors[face_id][None], [excluded])[0]
        recommendation, reasons = self._capped(face_id, probe, found, _confirmed_in([probe.photo]))
        return Suggestion(recommendation, reasons, self._views(found))

    def judge(self, faces: Sequence[FoundFace]) -> list[Suggestion]:
        """Candidates for faces of a photo that is not in the database."""
        if not faces:
            return []
        found = self.identifier.identify(np.stack([face.vector for face in faces]))
        answers = []
        for face, answer in zip(faces, found, strict=True):
            probe = _Probe(0, min(face.box.width, face.box.height), face.sharpness)
            recommendation, reasons = self._capped(0, probe, answer, {})
            answers.append(Suggestion(recommendation, reasons, self._views(answer)))
        return answers

    def likeness(self, face_ids: Sequence[int], person_id: int) -> dict[int, float]:
        """How well each face fits the other faces of a person: mean cosine, for an audit."""
        others = [i for i in self._gallery.get(person_id, ()) if i in self._vectors]
        found = {}
        for face_id in face_ids:
            rest = [self._vectors[i] for i in others if i != face_id]
            if rest and face_id in self._vectors:
                found[face_id] = float(np.mean(np.stack(rest) @ self._vectors[face_id]))
        return found

    def _load_vectors(self) -> None:
        rows = (
            Embedding.select(Embedding.id, Embedding.face, Embedding.vector)
            .where((Embedding.model == self.model) & (Embedding.id > self._newest))
            .order_by(Embedding.id)
            .tuples()
        )
        found = list(rows)
        if found:
            vectors = from_blobs([blob for _, _, blob in found])
            self._vectors.update(zip((face for _, face, _ in found), vectors, strict=True))
            self._newest = found[-1][0]

    def _enrol_changes(self) -> None:
        gallery: dict[int, list[int]] = defaultdict(list)
        rows = Face.select(Face.id, Face.person).where(Face.state == FaceState.CONFIRMED).order_by(Face.id).tuples()
        for face, person in rows:
            if face in self._vectors:
                gallery[person].append(face)
        for person in self._gallery.keys() - gallery.keys():
            self.identifier.forget(person)
        for person, faces in gallery.items():
            if self._gallery.get(person) != tuple(faces):
                self.identifier.enrol(person, np.stack([self._vectors[i] for i in faces]))
        self._gallery = {person: tuple(faces) for person, faces in gallery.items()}

    def _probes(self, face_ids: Iterable[int] | None = None) -> dict[int, _Probe]:
        """What caps look at, of the given faces or of all that wait, as far as they have an embedding."""
        condition = Face.state.in_(WAITING) if face_ids is None else Face.id.in_(list(face_ids))
        rows = Face.select(Face.id, Face.photo, Face.width, Face.height, Face.sharpness).where(condition)
        return {
            face: _Probe(photo, min(width or 0.0, height or 0.0), sharpness)
            for face, photo, width, height, sharpness in rows.tuples()
            if face in self._vectors
        }

    def _suggest(self) -> dict[int, tuple[int | None, float | None, str]]:
        probes = self._probes()
        if not probes:
            return {}
        ids = list(probes)
        rejected, confirmed = _rejected(), _confirmed_in(None)
        excluded = [rejected.get(i, frozenset()) for i in ids]
        answers = self.identifier.identify(np.stack([self._vectors[i] for i in ids]), excluded)
        best: dict[tuple[int, int], float] = {}
        for face, answer in zip(ids, answers, strict=True):
            if answer.candidates:
                key = probes[face].photo, answer.candidates[0].person
                best[key] = max(best.get(key, 0.0), answer.candidates[0].probability)
        found: dict[int, tuple[int | None, float | None, str]] = {}
        for face, answer in zip(ids, answers, strict=True):
            recommendation, _ = self._capped(face, probes[face], answer, confirmed)
            if answer.candidates and recommendation != "none":
                top = answer.candidates[0]
                if top.probability < best[probes[face].photo, top.person]:  # more likely elsewhere in this photo
                    recommendation = "weak"
                found[face] = top.person, round(top.probability, 4), recommendation
            else:
                found[face] = None, None, "none"
        return found

    def _store(self, found: dict[int, tuple[int | None, float | None, str]]) -> int:
        """Writes what changed; a face that a human decided meanwhile is left alone."""
        before = {
            face: (person, probability, recommendation)
            for face, person, probability, recommendation in Face.select(
                Face.id, Face.person, Face.probability, Face.recommendation
            )
            .where(Face.state.in_(WAITING))
            .tuples()
        }
        changed = [(face, now) for face, now in found.items() if before.get(face, now) != now]
        with proxy.atomic("IMMEDIATE"):
            for face, (person, probability, recommendation) in changed:
                Face.update(
                    person=person,
                    probability=probability,
                    recommendation=recommendation,
                    state=FaceState.UNKNOWN if person is None else FaceState.SUGGESTED,
                ).where((Face.id == face) & Face.state.in_(WAITING)).execute()
        return len(changed)

    def _capped(
        self, face: int, probe: _Probe, found: Identification, confirmed: dict[int, dict[int, int]]
    ) -> tuple[str, tuple[str, ...]]:
        """Recommendation and reasons after what the numbers cannot know: this photo and this crop."""
        level, reasons = found.recommendation, list(found.reasons)
        if not found.candidates:
            return level, tuple(reasons)

        def cap(limit: str, reason: str) -> None:
            nonlocal level
            level = min(level, limit, key=LEVELS.index)
            reasons.append(reason)

        if probe.size < SMALL_FACE:
            cap("medium", f"the face is small ({probe.size:.0f} pixels)")
        if probe.sharpness is not None and probe.sharpness < BLURRED:
            cap("medium", "the face is blurred")
        there = confirmed.get(probe.photo, {}).get(found.candidates[0].person)
        if there is not None and there != face:
            cap("weak", "this person is already confirmed in this photo")
        return level, tuple(reasons)

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
