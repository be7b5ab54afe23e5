"""What recognition and the review queue must know of every face, as arrays, kept in step with the database.

Triggers record which faces changed (storage/migrations.py), whichever program changed them, so keeping in step costs
as much as changed.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tui_tagger.faces.identifier import LEVELS
from tui_tagger.services.views import FaceState
from tui_tagger.storage import bulk
from tui_tagger.storage.models import Person

Rows = NDArray[np.int64]

GONE = -1  # the state of a face that was deleted
STATES = (FaceState.UNKNOWN, FaceState.SUGGESTED, FaceState.CONFIRMED, FaceState.IGNORED, FaceState.NOT_A_FACE)
CONFIRMED = STATES.index(FaceState.CONFIRMED)
LAST_WAITING = STATES.index(FaceState.SUGGESTED)
NOBODY = -1

COLUMNS: dict[str, type[np.generic]] = {
    "id": np.int64,
    "photo": np.int64,
    "state": np.int8,  # index into STATES, or GONE
    "person": np.int64,  # NOBODY for none
    "probability": np.float64,  # -1 for none
    "level": np.int8,  # index into LEVELS
    "size": np.float32,  # shorter side, pixels
    "sharpness": np.float32,  # nan where it was not measured
    "x": np.float32,
    "taken": np.int64,  # local wall time yyyymmddhhmmss; 0 for none
    "dated": np.bool_,  # the date is from the photo, not the time of its file
    "shown": np.bool_,  # has a box, in a photo that is there
    "embedding": np.int64,  # its id; 0 for none by the model in use
}
STATE_NUMBERS = {state.value: number for number, state in enumerate(STATES)}
LEVEL_NUMBERS = {level: number for number, level in enumerate(LEVELS)}
AT_ONCE = 10_000  # faces that are read at a time
NONE: Rows = np.empty(0, np.int64)
UNMET = -1  # the row of a face that this program did not meet


def unit(vectors: NDArray[np.float16]) -> NDArray[np.float32]:
    """`vectors` [n, d] at unit length; zeros for those that are zero or not finite."""
    found = vectors.astype(np.float32)
    lengths = np.sqrt(np.einsum("nd,nd->n", found, found))
    if not (sound := np.isfinite(lengths)).all():
        found[~sound], lengths[~sound] = 0, 1
    found /= lengths.clip(1e-12)[:, None]
    return found


@dataclass(frozen=True, slots=True)
class News:
    """What a refresh found: rows that changed in any way, rows with another embedding, galleries that changed."""

    rows: Rows
    embedded: Rows
    people: frozenset[int]


class Facts:
    """One row a face, in the order in which this program met them; a row keeps its face for good.

    `table` has the arrays [n] of COLUMNS; `embedded` [n] tells for which rows there are `vectors` by `model`. These
    stay in the database: memory is some 70 bytes a face, whatever the model.
    """

    def __init__(self, model: str) -> None:
        self.rejected: dict[int, frozenset[int]] = {}  # row -> people whom it was said not to be
        self.born: dict[int, str] = {}  # person -> birth date
        self.hidden: frozenset[int] = frozenset()  # people who are nobody's candidates
        self._columns: dict[str, NDArray[Any]] = {name: np.empty(0, kind) for name, kind in COLUMNS.items()}
        self._row_of = np.empty(0, np.int32)  # of each face by its id, or UNMET
        self._count = 0
        self.use(model)

    def use(self, model: str) -> None:
        """Takes the embeddings by another model; the faces keep their rows. The next refresh reads everything."""
        self.model = model
        self.dimension = 0  # of its embeddings; 0 as long as there is none
        self._columns["embedding"][:] = 0
        self._seen = -1

    def copy(self) -> Facts:
        """What is known now; later changes leave it alone. Some 70 bytes a face."""
        same = copy.copy(self)
        same._columns = {name: column.copy() for name, column in self.table.items()}
        same.rejected = dict(self.rejected)
        return same

    @property
    def table(self) -> dict[str, NDArray[Any]]:
        return {name: column[: len(self)] for name, column in self._columns.items()}

    def __len__(self) -> int:
        return self._count

    @property
    def embedded(self) -> NDArray[np.bool_]:
        return np.asarray(self._columns["embedding"][: len(self)] > 0)

    @property
    def waiting(self) -> NDArray[np.bool_]:
        """Which rows [n] are unknown or suggested."""
        state = self._columns["state"][: len(self)]
        return np.asarray((state >= 0) & (state <= LAST_WAITING))

    def row(self, face: int) -> int | None:
        row = int(self._row_of[face]) if 0 <= face < len(self._row_of) else UNMET
        return None if row == UNMET else row

    def rows_of(self, faces: Collection[int]) -> Rows:
        """The rows of those of `faces` that are known."""
        wanted = np.fromiter(faces, np.int64, len(faces))
        rows = self._row_of[wanted[(wanted >= 0) & (wanted < len(self._row_of))]]
        return np.asarray(rows[rows != UNMET], np.int64)

    def within(self, photos: Collection[int] | None) -> NDArray[np.bool_]:
        """Which rows [n] are of one of these photos; all with None."""
        if photos is None:
            return np.ones(len(self), np.bool_)
        return np.isin(self.table["photo"], np.fromiter(photos, np.int64, len(photos)))

    def stored(self, rows: Rows) -> NDArray[np.float16]:
        """Embeddings [n, d] as the database has them now; zeros for one that is gone."""
        ids = self._columns["embedding"][rows]
        found = np.zeros((len(rows), self.dimension), np.float16)
        size = found.itemsize * self.dimension
        read = [(number, blob) for number, blob in bulk.vectors(ids.tolist()) if len(blob) == size]
        if read:
            known = np.array([number for number, _ in read], np.int64)
            vectors = np.frombuffer(b"".join(blob for _, blob in read), np.float16).reshape(len(read), -1)
            place = np.searchsorted(known, ids).clip(max=len(known) - 1)
            there = known[place] == ids
            found[there] = vectors[place[there]]
        return found

    def vectors(self, rows: Rows) -> NDArray[np.float32]:
        """Unit embeddings [n, d], float32, of embedded rows."""
        return unit(self.stored(rows))

    def gallery(self, person: int) -> Rows:
        """The faces that `person` is recognised by; none of somebody hidden."""
        return np.empty(0, np.int64) if person in self.hidden else self.faces_of(person)

    def faces_of(self, person: int) -> Rows:
        """The confirmed faces of `person` that have an embedding, by face id."""
        table = self.table
        rows = np.flatnonzero((table["person"] == person) & (table["state"] == CONFIRMED) & self.embedded)
        return rows[np.argsort(table["id"][rows])]

    def are_hidden(self, people: Rows) -> NDArray[np.bool_]:
        """Which of `people` [n] are hidden."""
        return np.isin(people, np.array([*self.hidden], np.int64))

    def refresh(self) -> News:
        """Reads what changed in the database since the last call; everything, the first time."""
        newest = bulk.newest_change()
        changed = None if self._seen < 0 or newest == self._seen else bulk.changes_since(self._seen)
        hidden = self.hidden
        self._read_people()
        if newest == self._seen:
            return News(NONE, NONE, hidden ^ self.hidden)
        if changed is None:
            bulk.forget_changes()
            faces = embedded = rejected = None
        else:
            faces, embedded, rejected = changed["face"], changed["embedding"], changed["rejection"]
        self._seen = newest
        before = self._galleries(faces)
        rows = self._read_facts(faces)
        with_vector = self._read_embeddings(embedded)
        self._read_rejections(rejected)
        news = rows if rejected is None else np.union1d(np.union1d(rows, with_vector), self.rows_of(rejected))
        return News(news, with_vector, self._moved(before, rows, with_vector) | (hidden ^ self.hidden))

    def store(self, rows: Rows, person: Rows, probability: NDArray[np.float64], level: NDArray[np.int8]) -> None:
        """Writes suggestions to the database alone: they are taken once that has them for good (`take`).

        A face that a human decided meanwhile is left alone.
        """
        told = []
        columns = (self.table["id"][rows], person, probability, level)
        for face, who, chance, how in zip(*(column.tolist() for column in columns), strict=True):
            words = (None, None, "none", "unknown") if who == NOBODY else (who, chance, LEVELS[how], "suggested")
            told.append((*words, face))
        bulk.store_suggestions(told)

    def take(self, rows: Rows, person: Rows, probability: NDArray[np.float64], level: NDArray[np.int8]) -> None:
        """The suggestions of waiting faces from now on, here alone."""
        table = self.table
        table["person"][rows], table["probability"][rows], table["level"][rows] = person, probability, level
        table["state"][rows] = np.where(person == NOBODY, 0, LAST_WAITING)

    def seen(self, begun: int, ended: int) -> None:
        """What changed from change `begun` to `ended` was done here, if that is what was seen last."""
        if self._seen == begun:
            self._seen = ended

    # --- reading ----------------------------------------------------------------------------------------------------

    def _read_people(self) -> None:
        fields = (Person.id, Person.birth_date, Person.hidden)
        rows = Person.select(*fields).where(Person.birth_date.is_null(False) | Person.hidden).tuples()
        told = [(person, born, hidden) for person, born, hidden in rows]
        self.born = {person: born for person, born, _ in told if born is not None}
        self.hidden = frozenset(person for person, _, hidden in told if hidden)

    def _galleries(self, faces: Sequence[int] | None) -> dict[int, int]:
        """Row -> the person in whose gallery it is, before those faces are read again."""
        return self._in_gallery(np.arange(len(self)) if faces is None else self.rows_of(faces))

    def _in_gallery(self, rows: Rows) -> dict[int, int]:
        confirmed = rows[self.table["state"][rows] == CONFIRMED]
        return dict(zip(confirmed.tolist(), self.table["person"][confirmed].tolist(), strict=True))

    def _moved(self, before: dict[int, int], rows: Rows, embedded: Rows) -> frozenset[int]:
        """The people whose gallery lost or won a face, or has a face with another embedding."""
        after = self._in_gallery(rows)
        people = {person for row, person in before.items() if after.get(row) != person}
        people |= {person for row, person in after.items() if before.get(row) != person}
        return frozenset(people | set(self._in_gallery(embedded).values()))

    def _read_facts(self, faces: Sequence[int] | None) -> Rows:
        found, parts = bulk.face_facts(faces), []
        while part := list(islice(found, AT_ONCE)):
            ids, photos, states, people, chances, levels, *others = zip(*part, strict=True)
            parts.append(rows := self._rows_for(np.array(ids, np.int64)))
            coded = [STATE_NUMBERS[state] for state in states], people, chances, [LEVEL_NUMBERS[at] for at in levels]
            for name, values in zip(COLUMNS, (ids, photos, *coded, *others), strict=False):
                self._columns[name][rows] = np.array(values, COLUMNS[name])
        rows = np.concatenate([*parts, np.empty(0, np.int64)])
        gone = np.setdiff1d(np.arange(len(self)) if faces is None else self.rows_of(faces), rows)
        self._columns["state"][gone] = GONE
        return np.concatenate([rows, gone])

    def _rows_for(self, faces: Rows) -> Rows:
        """The rows of `faces` [n], each another, made for those that are new."""
        beyond = int(faces.max()) + 1 - len(self._row_of)
        if beyond > 0:
            room = np.full(max(beyond, len(self._row_of) // 4), UNMET, np.int32)
            self._row_of = np.concatenate([self._row_of, room])
        new = faces[self._row_of[faces] == UNMET]
        self._row_of[new] = self._count + np.arange(len(new))
        self._count += len(new)
        missing = self._count - len(self._columns["id"])
        if missing > 0:
            more = max(missing, len(self._columns["id"]) // 4)
            for name, column in self._columns.items():
                self._columns[name] = np.concatenate([column, np.zeros(more, column.dtype)])
        return self._row_of[faces].astype(np.int64)

    def _read_embeddings(self, faces: Sequence[int] | None) -> Rows:
        """Which embedding each face has; returns the rows whose embedding came, went or is another one."""
        asked, parts = None if faces is None else self.rows_of(faces), []
        self._columns["embedding"][slice(None) if asked is None else asked] = 0
        found = bulk.embeddings(self.model, faces)
        while part := list(islice(found, AT_ONCE)):
            ids = {face: number for face, number in part if self.row(face) is not None}
            parts.append(rows := self.rows_of(ids))
            self._columns["embedding"][rows] = np.fromiter(ids.values(), np.int64, len(ids))
        rows = np.concatenate([*parts, np.empty(0, np.int64)])
        if len(rows) and not self.dimension:
            _, blob = next(bulk.vectors([int(self._columns["embedding"][rows[0]])]))
            self.dimension = len(blob) // np.dtype(np.float16).itemsize
        return rows if asked is None else asked

    def _read_rejections(self, faces: Sequence[int] | None) -> None:
        pairs: dict[int, set[int]] = defaultdict(set)
        for face, person in bulk.rejections(faces):
            if (row := self.row(face)) is not None:
                pairs[row].add(person)
        for row in list(self.rejected) if faces is None else self.rows_of(faces).tolist():
            self.rejected.pop(row, None)
        self.rejected |= {row: frozenset(people) for row, people in pairs.items()}
