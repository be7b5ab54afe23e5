"""In which order the waiting faces are asked about.

An order sorts the faces and cuts them into runs, of which one after the other is asked: the queue (queue.py) keeps a
run as it is and plans the rest anew when one ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from tui_tagger.faces.identifier import LEVELS
from tui_tagger.services.facts import CONFIRMED, NOBODY, Facts, Rows

FEW = 5  # confirmed faces from which on one more teaches little (benchmarks/identification.py: DIR by enrolled faces)
MEDIUM = LEVELS.index("medium")


class Order(StrEnum):
    """The orders that can be chosen; `DESCRIPTIONS` says a line about each."""

    PERSON = "person"
    LEARNING = "learning"
    SURE = "sure"
    DOUBTFUL_LAST = "doubtful last"
    PHOTO = "photo"
    DATE = "date"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Waiting:
    """The waiting faces as an order sees them, all arrays [n]; in the order of date, photo and place from the left."""

    row: Rows  # of the facts
    photo: Rows
    person: Rows  # suggested, or NOBODY
    probability: NDArray[np.float64]
    level: NDArray[np.int8]  # index into LEVELS
    suggested: Rows  # how many faces wait with the same suggestion; 0 without one
    confirmed: Rows  # how many faces of that person are confirmed


@dataclass(frozen=True, slots=True)
class Planned:
    """Indices [n] of the faces in the order to ask, and the run [n] that each belongs to."""

    order: Rows
    run: Rows


def askable(facts: Facts) -> NDArray[np.bool_]:
    """Which rows [n] of the facts wait and can be shown."""
    return np.asarray(facts.waiting & facts.table["shown"])


def waiting(facts: Facts) -> Waiting:
    """The faces that can be asked about."""
    table = facts.table
    rows = np.flatnonzero(askable(facts))
    taken = table["taken"][rows]
    date = np.where(taken > 0, taken, np.iinfo(np.int64).max)
    rows = rows[np.lexsort((table["id"][rows], table["x"][rows], table["photo"][rows], date))]
    person, sure = table["person"][rows], table["person"][table["state"] == CONFIRMED]
    most = max(int(person.max(initial=0)), int(sure.max(initial=0))) + 2
    suggested, confirmed = (np.bincount(people + 1, minlength=most) for people in (person, sure))
    suggested[0] = confirmed[0] = 0
    probability, level = table["probability"][rows], table["level"][rows]
    counts = suggested[person + 1], confirmed[person + 1]
    return Waiting(rows, table["photo"][rows], person, probability, level, *counts)


def by_person(faces: Waiting) -> Planned:
    """The person with most waiting faces first, strongest suggestion first; then the unknown by date."""
    unknown = faces.person == NOBODY
    keys = (-faces.probability, faces.person, -faces.suggested, unknown)
    return _runs(faces, keys, faces.person)


def learning(faces: Waiting) -> Planned:
    """People of whom a few faces are known first, most waiting faces first: one more face of them helps most.

    A run is what is missing to those few; then, as by_person, everybody's further faces.
    """
    inside = _place_within(faces.person, -faces.probability)
    early = (faces.confirmed + inside < FEW) & (faces.person != NOBODY)
    unknown = faces.person == NOBODY
    keys = (-faces.probability, faces.person, -faces.suggested, ~early, unknown)
    return _runs(faces, keys, faces.person * 2 + early)


def sure(faces: Waiting) -> Planned:
    """Strong suggestions of everybody, then the likely ones, then weak ones, then the unknown; by person within."""
    level = np.where(faces.person == NOBODY, -1, faces.level).astype(np.int64)
    keys = (-faces.probability, faces.person, -faces.suggested, -level)
    return _runs(faces, keys, faces.person * len(LEVELS) + level)


def doubtful_last(faces: Waiting) -> Planned:
    """By person what can be accepted with one key; then the unknown by date; weak suggestions last."""
    weak, unknown = (faces.level < MEDIUM) & (faces.person != NOBODY), faces.person == NOBODY
    keys = (-faces.probability, faces.person, -faces.suggested, unknown, weak)
    return _runs(faces, keys, faces.person * 2 + weak)


def by_photo(faces: Waiting) -> Planned:
    """Photo by photo, the one with most waiting faces first; from left to right."""
    _, inverse, counts = np.unique(faces.photo, return_inverse=True, return_counts=True)
    order = np.lexsort((faces.photo, -counts[inverse]))
    return Planned(order, faces.photo[order])


def by_date(faces: Waiting) -> Planned:
    """Oldest photo first."""
    return Planned(np.arange(len(faces.row)), np.zeros(len(faces.row), np.int64))


def newest(faces: Waiting) -> Planned:
    """Newest photo first."""
    order = np.arange(len(faces.row))[::-1]
    return Planned(order, np.zeros(len(order), np.int64))


ORDERS: dict[Order, Callable[[Waiting], Planned]] = {
    Order.PERSON: by_person,
    Order.LEARNING: learning,
    Order.SURE: sure,
    Order.DOUBTFUL_LAST: doubtful_last,
    Order.PHOTO: by_photo,
    Order.DATE: by_date,
    Order.NEWEST: newest,
}
DESCRIPTIONS: dict[Order, str] = {
    Order.PERSON: "person by person, strongest suggestion first, then the unknown",
    Order.LEARNING: "the first faces of each person first: what helps recognition most",
    Order.SURE: "strong suggestions of everybody first",
    Order.DOUBTFUL_LAST: "person by person, weak suggestions after the unknown",
    Order.PHOTO: "photo by photo",
    Order.DATE: "oldest photo first",
    Order.NEWEST: "newest photo first",
}


def _runs(faces: Waiting, keys: tuple[NDArray[np.generic], ...], run: Rows) -> Planned:
    """Sorted by `keys`, the last the first to count; every unknown face is a run of its own: its name changes all."""
    order = np.lexsort(keys)
    alone = faces.person[order] == NOBODY
    return Planned(order, np.where(alone, -2 - np.arange(len(order)), run[order].astype(np.int64)))


def _place_within(group: Rows, key: NDArray[np.float64]) -> Rows:
    """The place, from 0, of each of `n` faces within its group by `key`."""
    order = np.lexsort((key, group))
    starts = np.flatnonzero(np.concatenate([[True], np.diff(group[order]) != 0])) if len(group) else np.empty(0, int)
    lengths = np.diff(np.append(starts, len(group)))
    place = np.empty(len(group), np.int64)
    place[order] = np.arange(len(group)) - np.repeat(starts, lengths)
    return place
