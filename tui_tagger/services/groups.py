"""Groups of waiting faces that one answer can name: those suggested as one person, and clusters of unknown ones.

The worker makes the clusters and leaves a number at each face; what is shown follows from the faces as they are now.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from peewee import fn

from tui_tagger.faces.cluster import Known, clusters
from tui_tagger.faces.strangers import StrangerBank
from tui_tagger.services.banks import bank_in_use
from tui_tagger.services.query import WAITING
from tui_tagger.services.recognition import current_model, from_blobs
from tui_tagger.services.views import FaceState, PhotoStatus
from tui_tagger.storage.database import setting, store_setting
from tui_tagger.storage.models import Embedding, Face, Person, Photo, Rejection, proxy

TRUSTED = ("strong", "medium")  # recommendations that put a face into a person's group
PAGE = 24  # faces that a person takes in at once
CLUSTERED = "clustered"  # the setting that says of which embeddings the clusters are


class GroupKind(StrEnum):
    PERSON = "person"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class GroupView:
    """Waiting faces, at least two and no two of one photo, that are probably one person.

    `probability` is the mean of the faces' suggestions; None where nobody is suggested, as beside confirmed faces only.
    """

    kind: GroupKind
    person_id: int | None
    person: str | None
    probability: float | None
    face_ids: tuple[int, ...]  # the least likely first

    @property
    def count(self) -> int:
        return len(self.face_ids)


# --- making clusters ------------------------------------------------------------------------------------------------


def cluster(go_on: Callable[[int, int], bool] = lambda _done, _total: True) -> int:
    """Clusters the faces anew; returns how many changed their cluster.

    When `go_on` ends it, or the process dies, the clusters stay as they were.
    """
    state = _embedded()
    rows = list(_rows(state[0]))
    made = clusters(*_input(state[0], rows), go_on=go_on) if rows else ()
    if made is None:
        return 0
    found: dict[int, tuple[int, float]] = {}
    for number, one in enumerate(made, 1):
        for index, cohesion in zip(one.members, one.cohesion, strict=True):
            found[rows[index][0]] = number, cohesion
    return _store(found, state)


def cluster_new(go_on: Callable[[int, int], bool] = lambda _done, _total: True) -> int:
    """The same if faces or embeddings came or went since the last time; decisions alone need no new clusters."""
    return 0 if setting(CLUSTERED) == _embedded() else cluster(go_on)


def _embedded() -> list[Any]:
    """What tells whether clusters are up to date: the model, the newest of its embeddings, their number."""
    model = current_model()
    rows = Embedding.select(fn.MAX(Embedding.id), fn.COUNT(Embedding.id)).where(Embedding.model == model)
    return [model, *rows.tuples().get()]


Row = tuple[int, int, str, int | None, bytes]  # face, photo, state, person, vector


def _rows(model: str) -> Iterable[Row]:
    """The faces to cluster: those that wait, and the confirmed ones."""
    states = (*WAITING, FaceState.CONFIRMED)
    return (  # type: ignore[no-any-return]
        Embedding.select(Face.id, Face.photo, Face.state, Face.person, Embedding.vector)
        .join(Face)
        .join(Photo)
        .where((Embedding.model == model) & Face.state.in_(states) & (Photo.status != PhotoStatus.OFFLINE))
        .order_by(Face.id)
        .tuples()
    )


def _input(model: str, rows: Sequence[Row]) -> tuple[StrangerBank, Any, Known]:
    vectors = from_blobs([vector for *_, vector in rows])
    places = {face: place for place, (face, *_) in enumerate(rows)}
    persons = [person if state == FaceState.CONFIRMED and person else -1 for _, _, state, person, _ in rows]
    rejected = Rejection.select(Rejection.face, Rejection.person).tuples()
    return (
        bank_in_use(model, vectors.shape[1]),
        vectors,
        Known(
            np.array([photo for _, photo, *_ in rows]),
            np.array(persons),
            np.zeros(len(rows), np.bool_),
            [(places[face], person) for face, person in rejected if face in places],
        ),
    )


def _store(found: dict[int, tuple[int, float]], state: list[Any]) -> int:
    """Writes what changed, in one transaction."""
    nowhere = (None, None)
    with proxy.atomic("IMMEDIATE"):
        rows = Face.select(Face.id, Face.cluster, Face.cohesion).tuples()
        before = {face: (number, cohesion) for face, number, cohesion in rows}
        changed = [(*found.get(face, nowhere), face) for face in before if found.get(face, nowhere) != before[face]]
        proxy.connection().executemany("UPDATE face SET cluster = ?, cohesion = ? WHERE id = ?", changed)
        store_setting(CLUSTERED, state)
    return len(changed)


# --- showing groups -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Waiting:
    id: int
    photo: int
    suggested: int | None  # a person
    probability: float | None
    trusted: bool
    cluster: int | None
    cohesion: float | None

    @property
    def likelihood(self) -> tuple[float, float, int]:
        """What faces of a group are ordered by."""
        return self.probability or 0.0, self.cohesion or 0.0, self.id


def groups() -> tuple[GroupView, ...]:
    """The groups as they follow from all decisions up to now: suggested people first, within a kind the biggest."""
    waiting, rejected, confirmed = _waiting(), _rejected(), _Confirmed.read()
    people: dict[int, list[_Waiting]] = defaultdict(list)
    unknown: list[list[_Waiting]] = []
    for face in waiting:
        if face.trusted and face.suggested is not None:
            people[face.suggested].append(face)
    for number, faces in _by_cluster(waiting).items():
        rest = [face for face in faces if not face.trusted]
        persons = confirmed.in_cluster.get(number, set()) or _mostly(faces)
        if not persons:
            unknown.append(rest)
        elif len(persons) == 1:  # of a cluster with two people nothing is known
            (person,) = persons
            people[person] += [face for face in rest if face.suggested in (None, person)]
    names = dict(Person.select(Person.id, Person.name).tuples())
    views = [_of_person(person, names[person], faces, rejected, confirmed) for person, faces in people.items()]
    views += [GroupView(GroupKind.UNKNOWN, None, None, None, _ordered(faces)) for faces in unknown]
    kinds = list(GroupKind)
    found = [view for view in views if view.count > 1]
    return tuple(sorted(found, key=lambda view: (kinds.index(view.kind), -view.count, view.face_ids)))


def loners(page: int = PAGE) -> tuple[tuple[int, ...], ...]:
    """Pages of faces that are like nobody: neither suggested nor in a group, the oldest first.

    Most of them are strangers, so one answer ignores a whole page but for the faces that the human knows.
    """
    grouped = {face for view in groups() for face in view.face_ids}
    found = [face.id for face in _waiting() if face.suggested is None and face.id not in grouped]
    return tuple(tuple(found[at : at + page]) for at in range(0, len(found), page))


def _waiting() -> list[_Waiting]:
    fields = (Face.id, Face.photo, Face.person, Face.probability, Face.recommendation, Face.cluster, Face.cohesion)
    rows = (
        Face.select(*fields)
        .join(Photo)
        .where(Face.state.in_(WAITING) & (Photo.status != PhotoStatus.OFFLINE) & Face.x.is_null(False))
        .order_by(Face.id)
    )
    return [
        _Waiting(face, photo, person, probability, person is not None and level in TRUSTED, number, cohesion)
        for face, photo, person, probability, level, number, cohesion in rows.tuples()
    ]


def _rejected() -> set[tuple[int, int]]:
    return set(Rejection.select(Rejection.face, Rejection.person).tuples())


@dataclass(frozen=True, slots=True)
class _Confirmed:
    in_cluster: dict[int, set[int]]  # the persons confirmed there
    in_photos: set[tuple[int, int]]  # photo, person

    @classmethod
    def read(cls) -> _Confirmed:
        rows = Face.select(Face.photo, Face.person, Face.cluster).where(Face.state == FaceState.CONFIRMED)
        found = cls(defaultdict(set), set())
        for photo, person, number in rows.tuples():
            found.in_photos.add((photo, person))
            if number is not None:
                found.in_cluster[number].add(person)
        return found


def _by_cluster(faces: Iterable[_Waiting]) -> dict[int, list[_Waiting]]:
    found: dict[int, list[_Waiting]] = defaultdict(list)
    for face in faces:
        if face.cluster is not None:
            found[face.cluster].append(face)
    return found


def _mostly(faces: Sequence[_Waiting]) -> set[int]:
    """The person that more than half of `faces` are suggested as, so that it can be trusted; else nobody."""
    counts = Counter(face.suggested for face in faces if face.trusted and face.suggested is not None)
    return {person for person, count in counts.items() if 2 * count > len(faces)}


def _of_person(
    person: int, name: str, faces: Sequence[_Waiting], rejected: set[tuple[int, int]], confirmed: _Confirmed
) -> GroupView:
    able = [
        face for face in faces if (face.id, person) not in rejected and (face.photo, person) not in confirmed.in_photos
    ]
    chances = [face.probability for face in able if face.suggested == person and face.probability is not None]
    probability = round(float(np.mean(chances)), 4) if chances else None
    return GroupView(GroupKind.PERSON, person, name, probability, _ordered(able))


def _ordered(faces: Sequence[_Waiting]) -> tuple[int, ...]:
    """The least likely first; of two faces of one photo the likelier alone."""
    best = {face.photo: face for face in sorted(faces, key=lambda face: face.likelihood)}
    return tuple(face.id for face in sorted(best.values(), key=lambda face: face.likelihood))
