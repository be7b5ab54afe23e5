"""The first reading and scoring of a large library, in a thread: the first question comes long before it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tui_tagger.faces.scores import Scores
from tui_tagger.memory import give_back
from tui_tagger.services.recognition import Recognition
from tui_tagger.storage.models import Face, proxy

AT_ONCE = 4096  # faces that are scored between two looks whether to go on
MANY = 5_000  # faces that are read and scored in some 0.3 s (benchmarks/review.py): more of them are worth a thread


def begins_in_thread(recognition: Recognition) -> bool:
    """Whether there are so many faces that `prepare` is to be run in a thread; from now on nobody else reads them."""
    recognition.reading = Face.select().count() > MANY
    return recognition.reading


def prepare(
    recognition: Recognition, in_turn: Callable[[Callable[[], Any]], Any], go_on: Callable[[], bool] = lambda: True
) -> None:
    """Reads all faces, then scores those that wait, until `go_on` ends it; runs in a thread.

    `in_turn` runs a function where all other calls come from, and waits for it. These are answered from what is stored
    while faces are read, and leave scores alone while they are made.
    """
    try:
        recognition.read()
        known = in_turn(recognition.begin_scoring)
        scores = None
        if known.identifier is not None:
            scores = Scores(known.identifier, np.empty((0, len(known.identifier.bank.mean)), np.float32))
            scores.reserve(len(known.rows))
            for at in range(0, len(known.rows), AT_ONCE):
                if not go_on():
                    return
                scores.add(recognition.facts.vectors(known.rows[at : at + AT_ONCE]))
        in_turn(lambda: recognition.end_scoring(known, scores))
    finally:
        proxy.close()  # this thread's connection
        give_back()
