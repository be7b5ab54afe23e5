"""Making clusters: the worker looks at all faces at once and leaves a number at each, from which groups follow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from peewee import fn

from tui_tagger.faces.cluster import Known, clusters
from tui_tagger.services.banks import bank_in_use
from tui_tagger.services.facts import Facts, Rows
from tui_tagger.services.query import WAITING
from tui_tagger.services.recognition import current_model
from tui_tagger.services.views import FaceState, PhotoStatus
from tui_tagger.storage import bulk
from tui_tagger.storage.database import setting, store_setting
from tui_tagger.storage.models import Embedding, Face, Photo, Rejection, proxy

CLUSTERED = "clustered"  # the setting that says of which embeddings the clusters are
MADE = "clusters made"  # the setting that says how often clusters were made
NOWHERE = -1  # the cluster of a face that is in none
AT_ONCE = 1_000  # rows that are read at a time
EXAMPLES = 40  # confirmed faces of a person that take part: enough to say whose a cluster is, and time grows with n^2


def cluster(go_on: Callable[[int, int], bool] = lambda _done, _total: True) -> int:
    """Clusters the faces anew; returns how many changed their cluster.

    When `go_on` ends it, or the process dies, the clusters stay as they were.
    """
    state = _embedded()
    faces, vectors, known = _input(state[0])
    made = clusters(bank_in_use(state[0], vectors.shape[1]), vectors, known, go_on) if faces else ()
    if made is None:
        return 0
    found: dict[int, tuple[int, float]] = {}
    for number, one in enumerate(made, 1):
        for index, cohesion in zip(one.members, one.cohesion, strict=True):
            found[faces[index]] = number, cohesion
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


def _waiting(model: str) -> Iterator[Row]:
    return _rows(model, Face.state.in_(WAITING))


def _examples(model: str) -> Iterator[Row]:
    """At most EXAMPLES confirmed faces of each person, from first to last."""
    known = Face.select(Face.person, Face.id).where(Face.state == FaceState.CONFIRMED).order_by(Face.id).tuples()
    faces: dict[int, list[int]] = defaultdict(list)
    for person, face in known:
        faces[person].append(face)
    chosen = sorted(face for every in faces.values() for face in every[:: -(-len(every) // EXAMPLES)])
    for at in range(0, len(chosen), AT_ONCE):
        yield from _rows(model, Face.id.in_(chosen[at : at + AT_ONCE]))


def _rows(model: str, wanted: Any) -> Iterator[Row]:
    """The faces to cluster that are `wanted`, in photos that are there."""
    return (  # type: ignore[no-any-return]
        Embedding.select(Face.id, Face.photo, Face.state, Face.person, Embedding.vector)
        .join(Face)
        .join(Photo)
        .where((Embedding.model == model) & wanted & (Photo.status != PhotoStatus.OFFLINE))
        .order_by(Face.id)
        .tuples()
        .iterator()
    )


def _input(model: str) -> tuple[list[int], NDArray[np.float16], Known]:
    """The faces to cluster, their embeddings [n, d] as they are stored, and what is known of them."""
    facts: list[tuple[int, int, str, int | None]] = []
    vectors = bytearray()  # of 100,000 faces 100 MB
    for face, photo, state, person, vector in chain(_waiting(model), _examples(model)):
        facts.append((face, photo, state, person))
        vectors += vector
    faces = [face for face, *_ in facts]
    places = {face: place for place, face in enumerate(faces)}
    persons = [person if state == FaceState.CONFIRMED and person else -1 for _, _, state, person in facts]
    rejected = Rejection.select(Rejection.face, Rejection.person).tuples()
    known = Known(
        np.array([photo for _, photo, *_ in facts], np.int64),
        np.array(persons, np.int64),
        np.zeros(len(facts), np.bool_),
        [(places[face], person) for face, person in rejected if face in places],
    )
    return faces, np.frombuffer(vectors, np.float16).reshape(len(facts), -1 if facts else 0), known


def _store(found: dict[int, tuple[int, float]], state: list[Any]) -> int:
    """Writes what changed, in one transaction."""
    nowhere = (None, None)
    with proxy.atomic("IMMEDIATE"):
        rows = Face.select(Face.id, Face.cluster, Face.cohesion).tuples()
        before = {face: (number, cohesion) for face, number, cohesion in rows}
        changed = [(*found.get(face, nowhere), face) for face in before if found.get(face, nowhere) != before[face]]
        proxy.connection().executemany("UPDATE face SET cluster = ?, cohesion = ? WHERE id = ?", changed)
        store_setting(CLUSTERED, state)
        store_setting(MADE, setting(MADE, 0) + 1)
    return len(changed)


class Clusters:
    """The cluster of every row of the facts, in memory; read again when clusters were made anew.

    What was read is replaced and never changed, so that a thread may read, too.
    """

    def __init__(self) -> None:
        self._read: tuple[int, Rows, NDArray[np.float32]] = (-1, *_empty(0))  # how often they were made by then

    def read(self, facts: Facts) -> tuple[Rows, NDArray[np.float32]]:
        """Cluster [n], NOWHERE for none, and how well the face fits into it [n], 0 to 1."""
        made, number, cohesion = self._read
        now = int(setting(MADE, 0))
        if now != made:
            number, cohesion = _empty(len(facts))
            clusters = bulk.clusters()
            while part := list(islice(clusters, AT_ONCE)):
                found = [row for row in part if facts.row(row[0]) is not None]
                rows = facts.rows_of([face for face, *_ in found])
                number, cohesion = _grown(number, cohesion, int(rows.max(initial=-1)) + 1)
                number[rows] = [each for _, each, _ in found]
                cohesion[rows] = [each for *_, each in found]
        number, cohesion = _grown(number, cohesion, len(facts))  # faces that are new are in no cluster yet
        self._read = now, number, cohesion
        return number[: len(facts)], cohesion[: len(facts)]


def _grown(number: Rows, cohesion: NDArray[np.float32], size: int) -> tuple[Rows, NDArray[np.float32]]:
    more = _empty(max(size - len(number), 0))
    return np.concatenate([number, more[0]]), np.concatenate([cohesion, more[1]])


def _empty(count: int) -> tuple[Rows, NDArray[np.float32]]:
    return np.full(count, NOWHERE, np.int64), np.zeros(count, np.float32)
