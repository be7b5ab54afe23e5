"""A job in a thread of the app's own process: what needs no model, such as writing names into files."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from textual.worker import Worker, WorkerState

from tui_tagger import log
from tui_tagger.errors import UsageError
from tui_tagger.screens.base import Advance
from tui_tagger.services.views import JobState, JobView
from tui_tagger.shell.host import Host, in_words

NAME = "own job"  # of its Textual worker
T = TypeVar("T")


class OwnJob:
    """One at a time. It belongs to the app: leaving a screen does not stop it."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._began = 0.0
        self._leaving = False
        self._then: Callable[[Any], None] = lambda _result: None
        self._failed: Callable[[], None] = lambda: None
        self.view: JobView | None = None  # None while none runs
        self.may_stop = self.stopped = False

    def run(
        self,
        title: str,
        work: Callable[[Advance], T],
        then: Callable[[T], None],
        failed: Callable[[], None] = lambda: None,
        total: int = 0,
        may_stop: bool = True,
    ) -> None:
        """Starts `work` in a thread; `then` takes its result where the app's other calls are made.

        `failed` is called instead where it raises, after the error was told. Raises UsageError while another runs.
        """
        if self.view is not None:
            raise UsageError(f"{self.view.title} still goes on", "Try again when that has ended.")
        self._then, self._failed, self._began = then, failed, time.monotonic()
        self.may_stop, self.stopped = may_stop, False
        self.view = JobView(0, title, JobState.RUNNING, 0, total, (), 0.0, None)
        self._app.run_worker(lambda: self._work(work), name=NAME, thread=True, exit_on_error=False)
        self._app.draw_bars()

    def stop(self) -> None:
        """Ends the job after what it is at; what was done stays."""
        self.stopped = self.view is not None and self.may_stop

    def leave(self) -> None:
        """The app ends: nothing is shown any more, and a job that may be stopped is."""
        self._leaving = True
        self.stop()

    def _work(self, work: Callable[[Advance], T]) -> T:
        try:
            return work(self._advance)
        finally:
            self._app.services.database.close()  # this thread's connection

    def _advance(self, done: int, total: int) -> bool:
        if not (self._leaving or self.stopped):
            self._app.call_from_thread(self._show, done, total)
        return not self.stopped

    def _show(self, done: int, total: int) -> None:
        if self.view is not None:
            rate = done / max(time.monotonic() - self._began, 1e-3)
            left = (total - done) / rate if rate else None
            self.view = replace(self.view, done=done, total=total, rate=rate, eta=left)
            self._app.draw_bars()

    def on_worker(self, event: Worker.StateChanged) -> None:
        """Takes in that the thread ended. Raises what cannot be put into words for the user."""
        if event.worker.name != NAME or event.state not in (WorkerState.SUCCESS, WorkerState.ERROR):
            return
        title, self.view = self.view.title if self.view else "", None
        error = event.worker.error
        if error is None:
            self._then(event.worker.result)
        else:
            log.failure("a job of the app's failed", error)
            trouble = in_words(error)
            if trouble is None:
                raise error
            self._failed()
            self._app.stop_at(trouble, title)
        self._app.data_changed()
