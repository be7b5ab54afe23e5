"""What a photo says against a name, whatever the numbers say: the highest recommendation left, and why."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tui_tagger.config import BLURRED, SMALL_FACE
from tui_tagger.faces.identifier import LEVELS
from tui_tagger.services.birth import age_at, first_day
from tui_tagger.services.facts import CONFIRMED, NOBODY, Facts, Rows

WEAK, MEDIUM = LEVELS.index("weak"), LEVELS.index("medium")
DAY = 1_000_000  # of a time as yyyymmddhhmmss
RIVAL = "another face in this photo is more like this person"
TWICE = "already confirmed in this photo"


def crop_caps(size: float, sharpness: float | None) -> tuple[str, ...]:
    """Why a crop is never strong evidence: `size` is its shorter side in pixels."""
    told = [f"the face is small ({size:.0f} pixels)"] if size < SMALL_FACE else []
    if sharpness is not None and sharpness < BLURRED:
        told.append("the face is blurred")
    return tuple(told)


def poor_crops(facts: Facts, rows: Rows) -> NDArray[np.bool_]:
    """Which `rows` [n] have such a crop."""
    table = facts.table
    return np.asarray((table["size"] < SMALL_FACE) | (table["sharpness"] < BLURRED))[rows]


def rivalled(photo: Rows, person: Rows, probability: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which of `n` faces, in the order of their ids, share photo and suggestion with a likelier face."""
    pair = np.where(person == NOBODY, -1 - np.arange(len(person)), _pair(photo, person))
    order = np.argsort(pair, kind="stable")
    same = np.diff(pair[order]) == 0
    shared = order[np.append(same, False) | np.append(False, same)] if len(order) else order
    ranked = shared[np.lexsort((-probability[shared], pair[shared]))]
    found = np.zeros(len(photo), np.bool_)
    found[ranked[1:]] = np.diff(pair[ranked]) == 0
    return found


class RuledOut:
    """Who cannot be a face: people confirmed elsewhere in its photo, and those not born when it was taken.

    The time of a file is no evidence of a photo's date.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._last: tuple[int, frozenset[int]] = -1, frozenset()
        self._people = np.array(sorted(facts.born), np.int64)
        self._born = np.array([first_day(facts.born[person]) for person in sorted(facts.born)], np.int64)

    @cached_property
    def _pairs(self) -> Rows:
        """Photos and the people confirmed in them, sorted."""
        table, confirmed = self._facts.table, self._facts.table["state"] == CONFIRMED
        return np.sort(_pair(table["photo"][confirmed], table["person"][confirmed]))

    def mask(self, rows: Rows, people: Rows) -> NDArray[np.bool_]:
        """Whether `people[i]` cannot be the waiting face at `rows[i]`; False for NOBODY."""
        return _among(_pair(self._facts.table["photo"][rows], people), self._pairs) | self._unborn(rows, people)

    def reason(self, row: int, person: int) -> str:
        """Why `person` cannot be the face at `row`; empty if they can."""
        if person in self._beside(row):
            return TWICE
        unborn = self._unborn(np.array([row]), np.array([person]))[0]
        return f"not born until {self._facts.born[person]}" if unborn else ""

    def _beside(self, row: int) -> frozenset[int]:
        """Who is confirmed elsewhere in the photo of the face at `row`; all its candidates are asked about in turn."""
        if self._last[0] != row:
            table = self._facts.table
            there = (table["photo"] == table["photo"][row]) & (table["state"] == CONFIRMED)
            there[row] = False
            self._last = row, frozenset(table["person"][there].tolist())
        return self._last[1]

    def age(self, row: int, person: int) -> int | None:
        """Age in full years when the photo of the face at `row` was taken, where both dates are known."""
        table, born = self._facts.table, self._facts.born.get(person)
        if born is None or not table["dated"][row] or not table["taken"][row]:
            return None
        return age_at(born, int(table["taken"][row]) // DAY)

    def _unborn(self, rows: Rows, people: Rows) -> NDArray[np.bool_]:
        if not len(self._people):
            return np.zeros(len(people), np.bool_)
        place = np.searchsorted(self._people, people).clip(max=len(self._people) - 1)
        table = self._facts.table
        taken = table["taken"][rows]
        known = (self._people[place] == people) & table["dated"][rows] & (taken > 0)
        return np.asarray(known & (taken // DAY < self._born[place]))


def _pair(photo: Rows, person: Rows) -> Rows:
    """Photo and person as one number."""
    return np.asarray(photo * np.int64(1 << 31) + person, np.int64)


def _among(keys: Rows, known: Rows) -> NDArray[np.bool_]:
    """Which of `keys` [n] are among the sorted `known`."""
    if not len(known):
        return np.zeros(len(keys), np.bool_)
    return np.asarray(known[np.searchsorted(known, keys).clip(max=len(known) - 1)] == keys)
