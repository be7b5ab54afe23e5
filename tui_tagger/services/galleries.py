"""The faces by which each person is recognised: which they are, and their embeddings when somebody asks."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from tui_tagger.services.facts import Facts, Rows, unit

KEPT = 8_000_000  # bytes of embeddings that were asked for last: all that the next faces of a review compare with
NONE = np.empty(0, np.int64)


class Galleries:
    """Rows of `facts` for each person, as they were enrolled; the embeddings stay in the database."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._rows: dict[int, Rows] = {}
        self._read: OrderedDict[int, NDArray[np.float16]] = OrderedDict()  # the last one was asked for last
        self._bytes = 0

    def __contains__(self, person: int) -> bool:
        return person in self._rows

    def rows(self, person: int) -> Rows:
        """The faces of `person` [n], none of somebody who is not enrolled."""
        return self._rows.get(person, NONE)

    def enrol(self, person: int, rows: Rows) -> NDArray[np.float32]:
        """Makes the faces at `rows` the gallery of `person`; their embeddings [n, d]."""
        self.forget(person)
        self._rows[person] = rows
        return self.vectors(person)

    def take(self, person: int, rows: Rows) -> None:
        """The same where somebody has the embeddings already; no rows: forgets the person."""
        self.forget(person)
        if len(rows):
            self._rows[person] = rows

    def forget(self, person: int) -> None:
        self._rows.pop(person, None)
        read = self._read.pop(person, None)
        self._bytes -= 0 if read is None else read.nbytes

    def vectors(self, person: int) -> NDArray[np.float32]:
        """Unit embeddings [n, d] of the gallery; zeros where one is gone by now."""
        found = self._read.pop(person, None)
        if found is None:
            found = self._facts.stored(self.rows(person))
            self._bytes += found.nbytes
        self._read[person] = found
        while self._bytes > KEPT and len(self._read) > 1:
            self._bytes -= self._read.popitem(last=False)[1].nbytes
        return unit(found)
