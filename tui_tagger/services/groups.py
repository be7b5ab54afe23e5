"""Groups of waiting faces that one answer can name: those suggested as one person, and clusters of unknown ones.

What is shown follows from the faces as they are now and from the clusters that the worker made (clustering.py). All of
it is arithmetic over arrays: 100,000 faces wait in a large library, and a key waits for the answer.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from tui_tagger.services.caps import RuledOut
from tui_tagger.services.clustering import NOWHERE, Clusters
from tui_tagger.services.facts import CONFIRMED, NOBODY, Facts, Rows
from tui_tagger.services.orders import MEDIUM, askable
from tui_tagger.storage.models import Person

PAGE = 24  # faces that a person takes in at once
MOST = 240  # faces of a question: more are asked about in turn, so that a look at all of them and its answer stay short
TWO_PEOPLE = -2  # the person of a cluster of which nothing is known; NOBODY where nobody is known
APART = np.iinfo(np.int64).min  # the group of a face that is in none


class GroupKind(StrEnum):
    PERSON = "person"
    UNKNOWN = "unknown"
    LONERS = "loners"  # a page of faces that are like nobody, not even each other


@dataclass(frozen=True, slots=True)
class GroupView:
    """Waiting faces that one answer can decide: probably one person, no two of one photo; or a page of loners.

    `probability` is the mean of the faces' suggestions; None where nobody is suggested, as beside confirmed faces only.
    """

    kind: GroupKind
    person_id: int | None
    person: str | None
    probability: float | None
    face_ids: tuple[int, ...]  # the least likely first; loners by age

    @property
    def count(self) -> int:
        return len(self.face_ids)

    def without(self, faces: Collection[int]) -> GroupView:
        gone = set(faces)
        return replace(self, face_ids=tuple(face for face in self.face_ids if face not in gone))


class Groups:
    """The groups at one moment: those of people first, within a kind the biggest; pages of loners last.

    What was decided later is left out where a single group is asked for; `apart` are further faces to leave out.
    With `photos`, only faces of these are grouped. Where `facts` are a copy, `now` are those that go on.
    """

    def __init__(
        self, facts: Facts, clusters: Clusters, photos: Collection[int] | None = None, now: Facts | None = None
    ) -> None:
        number, cohesion = clusters.read(facts)
        rows = np.flatnonzero(askable(facts) & facts.within(photos))
        key = _keys(facts, rows, number)
        self._facts = now or facts
        self.size = len(facts)  # faces that were known
        self._rows, self._starts, self._keys = _sorted(facts, rows, key, cohesion)
        grouped = np.zeros(len(facts), np.bool_)
        grouped[self._rows] = True
        alone = rows[(facts.table["person"][rows] == NOBODY) & ~grouped[rows]]
        self._alone = alone[np.argsort(facts.table["id"][alone])]

    def views(self) -> tuple[GroupView, ...]:
        """All groups, without pages of loners."""
        return tuple(self._view(index, self._free(())) for index in range(len(self._keys)))

    def left(self, apart: Collection[int] = ()) -> int:
        """How many groups there still are."""
        return int((self._sizes(self._free(apart)) > 1).sum())

    def first(self, kind: GroupKind, apart: Collection[int] = ()) -> GroupView | None:
        """The biggest group of a kind that still has two faces: its likeliest ones, `MOST` at a time."""
        free = self._free(apart)
        found = np.flatnonzero((self._sizes(free) > 1) & ((self._keys >= 0) == (kind is GroupKind.PERSON)))
        return self._view(int(found[0]), free, MOST) if len(found) else None

    def holding(self, face: int, apart: Collection[int] = ()) -> GroupView | None:
        """The group that a face is in."""
        places = np.flatnonzero(self._rows == self._facts.row(face))
        return (
            self._view(int(np.searchsorted(self._starts, places[0], "right")) - 1, self._free(apart))
            if len(places)
            else None
        )

    def page(self, size: int = PAGE, apart: Collection[int] = ()) -> GroupView | None:
        """The first page of loners."""
        faces = self._faces(self._alone[self._free(apart)[self._alone]][:size])
        return GroupView(GroupKind.LONERS, None, None, None, faces) if faces else None

    def loners(self, page: int = PAGE) -> tuple[tuple[int, ...], ...]:
        """Pages of faces that are like nobody: neither suggested nor in a group, the oldest first.

        Most of them are strangers, so one answer ignores a whole page but for the faces that the human knows.
        """
        return tuple(self._faces(self._alone[at : at + page]) for at in range(0, len(self._alone), page))

    def _free(self, apart: Collection[int]) -> NDArray[np.bool_]:
        """Which rows of the facts may be asked about now."""
        free = askable(self._facts)
        free[self._facts.rows_of(apart)] = False
        return free

    def _sizes(self, free: NDArray[np.bool_]) -> Rows:
        """How many faces of each group may be asked about."""
        counts = np.cumsum(np.append(0, free[self._rows]))
        return np.asarray(np.diff(counts[self._starts]))

    def _faces(self, rows: Rows) -> tuple[int, ...]:
        return tuple(self._facts.table["id"][rows].tolist())

    def _view(self, index: int, free: NDArray[np.bool_], most: int | None = None) -> GroupView:
        rows, key = self._rows[self._starts[index] : self._starts[index + 1]], int(self._keys[index])
        rows, table = rows[free[rows]], self._facts.table
        rows = rows if most is None else rows[-most:]
        faces = self._faces(rows)
        if key < 0:
            return GroupView(GroupKind.UNKNOWN, None, None, None, faces)
        chances = table["probability"][rows][table["person"][rows] == key]
        chances = chances[chances >= 0]
        probability = round(float(chances.mean()), 4) if len(chances) else None
        return GroupView(GroupKind.PERSON, key, Person.get_by_id(key).name, probability, faces)


def _keys(facts: Facts, rows: Rows, number: Rows) -> Rows:
    """The group [n] of the waiting faces at `rows` [n]: a person, a negative number for a cluster, or APART."""
    table = facts.table
    person, cluster = table["person"][rows], number[rows]
    trusted = (person != NOBODY) & (table["level"][rows] >= MEDIUM)
    known = _person_of_clusters(facts, rows, number, trusted)[cluster]
    open_to = (known >= 0) & ((person == NOBODY) | (person == known))
    by_cluster = np.where(known == NOBODY, -1 - cluster, np.where(open_to, known, APART))
    key = np.where(trusted, person, np.where(cluster == NOWHERE, APART, by_cluster))
    of_person = np.flatnonzero(key >= 0)
    key[of_person[RuledOut(facts).mask(rows[of_person], key[of_person])]] = APART
    place = {row: at for at, row in enumerate(rows.tolist())} if facts.rejected else {}
    for row, people in facts.rejected.items():
        if row in place and int(key[place[row]]) in people:
            key[place[row]] = APART
    return np.asarray(key, np.int64)


def _person_of_clusters(facts: Facts, rows: Rows, number: Rows, trusted: NDArray[np.bool_]) -> Rows:
    """Who the faces of every cluster are: the one person confirmed there, else who most of the waiting ones seem."""
    table, size = facts.table, int(number.max(initial=0)) + 1
    found = np.full(size + 1, NOBODY, np.int64)  # the last for NOWHERE, which is -1
    clustered = number[rows] != NOWHERE
    waiting = np.bincount(number[rows][clustered], minlength=size)
    pairs = np.stack([number[rows], table["person"][rows]])[:, trusted & clustered]
    (where, who), counts = np.unique(pairs, axis=1, return_counts=True)
    most = 2 * counts > waiting[where]
    found[where[most]] = who[most]
    confirmed = (table["state"] == CONFIRMED) & (table["person"] != NOBODY) & ~facts.are_hidden(table["person"])
    sure = np.flatnonzero(confirmed & (number != NOWHERE))
    least, largest = np.full(size, np.iinfo(np.int64).max), np.full(size, NOBODY)
    np.minimum.at(least, number[sure], table["person"][sure])
    np.maximum.at(largest, number[sure], table["person"][sure])
    told = np.flatnonzero(largest != NOBODY)
    found[told] = np.where(least[told] == largest[told], largest[told], TWO_PEOPLE)
    return found


def _sorted(facts: Facts, rows: Rows, key: Rows, cohesion: NDArray[np.float32]) -> tuple[Rows, Rows, Rows]:
    """Rows group after group, the least likely first; where each group starts, and its key.

    Of two faces of one photo the likelier alone; groups of one face are none.
    """
    table = facts.table
    rows, key = rows[key != APART], key[key != APART]
    likelihood = table["id"][rows], cohesion[rows], np.maximum(table["probability"][rows], 0)
    order = np.lexsort((*likelihood, table["photo"][rows], key))
    rows, key = rows[order], key[order]
    last = np.append((np.diff(key) != 0) | (np.diff(table["photo"][rows]) != 0), len(rows) > 0)
    rows, key = rows[last[: len(rows)]], key[last[: len(rows)]]
    _, inverse, counts = np.unique(key, return_inverse=True, return_counts=True)
    size = counts[inverse] if len(rows) else np.empty(0, np.int64)
    rows, key, size = rows[size > 1], key[size > 1], size[size > 1]
    likelihood = table["id"][rows], cohesion[rows], np.maximum(table["probability"][rows], 0)
    order = np.lexsort((*likelihood, np.abs(key), -size, key < 0))
    rows, key = rows[order], key[order]
    starts = np.flatnonzero(np.append(True, np.diff(key) != 0)) if len(rows) else np.empty(0, np.int64)
    return rows, np.append(starts, len(rows)), key[starts]
