"""The thread that reads, scores and groups the faces of a large library: at the start, and when no key comes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from textual.worker import Worker, WorkerState, get_current_worker

from tui_tagger import log
from tui_tagger.services.preparation import begins_in_thread, catch_up, prepare
from tui_tagger.shell.host import Host, in_words

NAME = "faces"  # of its Textual worker
SELDOM = 10.0  # seconds: a scan brings faces all the time, and they are grouped this often; likewise after a failure


class CatchingUp:
    """One thread at a time. What it made is taken over between two keys."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._running = False
        self._began = 0.0
        self._failed = -SELDOM  # when, by time.monotonic()

    def begin(self) -> None:
        """The first reading, in a thread where there are many faces."""
        self._app.services.recognition.patient = True
        if begins_in_thread(self._app.services.review):
            self._run(prepare)

    def rested(self) -> None:
        """No key came for a while: time for what was put off."""
        services = self._app.services
        due = services.review.outdated and time.monotonic() - self._began >= SELDOM
        may = not self._running and time.monotonic() - self._failed >= SELDOM
        if may and (services.recognition.owing or due):
            self._run(catch_up)

    def _run(self, work: Callable[..., None]) -> None:
        self._running, self._began = True, time.monotonic()
        self._app.run_worker(lambda: self._work(work), name=NAME, thread=True, exit_on_error=False)

    def _work(self, work: Callable[..., None]) -> None:
        worker, app = get_current_worker(), self._app

        def in_turn(task: Callable[[], Any]) -> Any:
            return app.call_from_thread(task)

        work(app.services.review, in_turn, lambda: not worker.is_cancelled, app.data_changed)

    def on_worker(self, event: Worker.StateChanged) -> None:
        """Takes in that the thread ended. Raises what cannot be put into words for the user."""
        if event.worker.name != NAME or event.state not in (WorkerState.SUCCESS, WorkerState.ERROR):
            return
        self._running = False
        error = event.worker.error
        if error is None:
            return
        self._failed = time.monotonic()
        log.failure("scoring faces failed", error)
        self._app.services.recognition.abandon_scoring()
        trouble = in_words(error)
        if trouble is None:
            raise error
        self._app.stop_at(trouble)
