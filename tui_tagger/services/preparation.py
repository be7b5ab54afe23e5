"""Reading, scoring and grouping the faces of a large library in a thread, so that no key waits for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tui_tagger.memory import give_back
from tui_tagger.services.review import Foreseen, ReviewService
from tui_tagger.services.scoring import Scoring
from tui_tagger.storage.models import Face, proxy

AT_ONCE = 200  # suggestions that are stored between two keys
MANY = 5_000  # faces that are read and scored in some 0.3 s: more of them are worth a thread

InTurn = Callable[[Callable[[], Any]], Any]


def begins_in_thread(review: ReviewService) -> bool:
    """Whether there are so many faces that `prepare` is to be run in a thread; from now on nobody else reads them."""
    review.recognition.reading = Face.select().count() > MANY
    return review.recognition.reading


def prepare(
    review: ReviewService,
    in_turn: InTurn,
    go_on: Callable[[], bool] = lambda: True,
    changed: Callable[[], Any] = lambda: None,
) -> None:
    """Reads all faces, then does what `catch_up` does; runs in a thread.

    Calls are answered from what is stored while faces are read, and leave scores alone while they are made.
    """
    try:
        review.recognition.read()
        scoring = in_turn(partial(_begin, review, review.foresee(review.recognition.facts)))
        in_turn(changed)
        _go_on(review, scoring, in_turn, go_on, changed)
    finally:
        _leave()


def catch_up(
    review: ReviewService,
    in_turn: InTurn,
    go_on: Callable[[], bool] = lambda: True,
    changed: Callable[[], Any] = lambda: None,
) -> None:
    """Scores the faces that wait, and groups them, until `go_on` ends it; runs in a thread.

    `in_turn` runs a function where all other calls come from, and waits for it: in between keys act. `changed` is run
    there when there are other questions.
    """
    try:
        _go_on(review, in_turn(review.recognition.begin_scoring), in_turn, go_on, changed)
    finally:
        _leave()


def _begin(review: ReviewService, foreseen: Foreseen) -> Scoring:
    review.take(foreseen)
    return review.recognition.begin_scoring()


def _go_on(
    review: ReviewService,
    scoring: Scoring,
    in_turn: InTurn,
    go_on: Callable[[], bool],
    changed: Callable[[], Any],
) -> None:
    if not scoring.run(go_on):
        return
    for part in scoring.answers.parts(AT_ONCE):
        if not go_on():
            return
        in_turn(partial(review.recognition.store, scoring, part))
    foreseen = review.foresee(scoring.facts)
    if go_on():
        in_turn(partial(_end, review, scoring, foreseen))
        in_turn(changed)


def _end(review: ReviewService, scoring: Scoring, foreseen: Foreseen) -> None:
    review.recognition.end_scoring(scoring)
    review.take(foreseen)


def _leave() -> None:
    proxy.close()  # this thread's connection
    give_back()
