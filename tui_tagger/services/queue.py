"""The plan of a review: faces in an order that stands still while the human works through it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from tui_tagger.services.facts import Facts, Rows
from tui_tagger.services.orders import ORDERS, Order, askable, waiting
from tui_tagger.services.recognition import Recognition

LAST = np.iinfo(np.int64).min  # the run of what has no place in the plan


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows [n] of the facts in the order to ask, and the run [n] that each belongs to."""

    order: Order
    rows: Rows
    runs: Rows


def planned(facts: Facts, order: Order) -> Plan:
    """The plan that follows from what is known; a thread may make it from a copy of the facts."""
    faces = waiting(facts)
    found = ORDERS[order](faces)
    return Plan(order, faces.row[found.order], found.run)


class Faces(Sequence[int]):
    """Ids of faces: what a tuple is, for the price of an array. A key waits for 100,000 of them."""

    def __init__(self, ids: Rows | Sequence[int] = ()) -> None:
        self._ids = np.asarray(ids, np.int64)

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[int, ...]: ...
    def __getitem__(self, at: int | slice) -> int | tuple[int, ...]:
        return tuple(self._ids[at].tolist()) if isinstance(at, slice) else int(self._ids[at])

    def __iter__(self) -> Iterator[int]:
        return iter(self._ids.tolist())

    def __contains__(self, face: object) -> bool:
        return bool((self._ids == face).any())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and np.array_equal(self._ids, np.asarray(other))

    __hash__ = None  # type: ignore[assignment]

    def index(self, face: int, start: int = 0, stop: int | None = None) -> int:
        found = np.flatnonzero(self._ids[start:stop] == face)
        if not len(found):
            raise ValueError(f"{face} is not in the queue")
        return start + int(found[0])

    def within(self, faces: Collection[int]) -> Faces:
        """Those that are among `faces`."""
        return Faces(self._ids[np.isin(self._ids, np.fromiter(faces, np.int64, len(faces)))])


class Queue:
    """Which face is asked about next.

    The plan is a list of runs, such as the faces suggested to be one person (orders.py). The rule, so that nothing
    moves under the cursor:
    - A run is asked to its end in the order it was planned in, whatever decisions make of the suggestions in it.
    - When the last waiting face of a run is decided, what comes after it is planned anew, from what is known by then.
      What comes before it stays: passed-over faces keep their places.
    - Decided faces leave and, when undone, come back to where they were. Faces that are new wait at the end until the
      rest is planned anew. Skipped faces come last, in the order of skipping.
    """

    def __init__(self, recognition: Recognition, order: Order) -> None:
        self.order = order
        self._recognition = recognition
        self._skipped: list[int] = []  # faces
        self._due = False  # a run ended while the suggestions were behind the decisions
        self.foreseen: Plan | None = None  # made by a thread, of the suggestions as they are once all is settled
        self._rows = self._runs = np.empty(0, np.int64)  # of the facts; the run of each
        self.plan()

    @property
    def _facts(self) -> Facts:
        return self._recognition.facts

    def plan(self, keep: int = 0, order: Order | None = None) -> None:
        """Plans anew all but the first `keep` places, in another `order` if one is given."""
        self.order = order or self.order
        plan = self.foreseen
        if plan is None or plan.order is not self.order or not self._recognition.settled:
            plan = planned(self._facts, self.order)
        rows, runs = plan.rows, plan.runs
        skipped = self._facts.rows_of(self._skipped)
        skipped = skipped[askable(self._facts)[skipped]]
        fresh = ~self._marked(np.concatenate([self._rows[:keep], skipped]))[rows]
        skipped = skipped[~self._marked(self._rows[:keep])[skipped]]
        self._rows = np.concatenate([self._rows[:keep], rows[fresh], skipped])
        self._runs = np.concatenate([self._runs[:keep], runs[fresh], np.full(len(skipped), LAST)])

    def faces(self) -> Faces:
        """The waiting faces in the order to ask."""
        there = askable(self._facts)
        late = np.flatnonzero(there & ~self._marked(self._rows))
        self._rows = np.concatenate([self._rows, late])
        self._runs = np.concatenate([self._runs, np.full(len(late), LAST)])
        return Faces(self._facts.table["id"][self._rows[there[self._rows]]])

    def skip(self, face: int) -> None:
        """Asks about `face` last."""
        self._skipped = [*(one for one in self._skipped if one != face), face]
        row = self._facts.row(face)
        if row is not None:
            others = self._rows != row
            self._rows = np.append(self._rows[others], row)
            self._runs = np.append(self._runs[others], LAST)

    def decided(self, faces: Collection[int]) -> None:
        """After a decision on `faces`: plans the rest anew if that was the end of a run, or leaves it to `catch_up`."""
        places = np.flatnonzero(self._marked(self._facts.rows_of(faces))[self._rows])
        if not len(places):
            return
        place = int(places[-1])
        rest = self._rows[place:][self._runs[place:] == self._runs[place]]
        if not askable(self._facts)[rest].any():
            self._due = not self._recognition.settled
            if not self._due:
                self.plan(keep=place + 1)

    def catch_up(self, face: int | None) -> None:
        """Plans anew what comes after `face`, or everything, if a run ended before the suggestions were up to date."""
        if self._due and self._recognition.settled:
            self._due = False
            row = None if face is None else self._facts.row(face)
            places = np.flatnonzero(self._rows == row) if row is not None else self._rows[:0]
            self.plan(keep=int(places[0]) + 1 if len(places) else 0)

    def _marked(self, rows: Rows) -> NDArray[np.bool_]:
        marks = np.zeros(len(self._facts), np.bool_)
        marks[rows] = True
        return marks
