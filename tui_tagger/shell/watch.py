"""Watching the jobs: takes in what the worker reports, shows how far it is, says how it ended."""

from __future__ import annotations

import time

from tui_tagger.services.views import JobState, JobView
from tui_tagger.shell.catching_up import CatchingUp
from tui_tagger.shell.counting import Counting
from tui_tagger.shell.elsewhere import ScansElsewhere
from tui_tagger.shell.endings import ending
from tui_tagger.shell.host import Host, in_words
from tui_tagger.widgets.job_bar import ACTIVE

REST = 0.3  # seconds without a key, until what was put off is done in threads
FRESH = 2.0  # seconds: a list that a job changes is read again this often, not at every photo


class Watch:
    """Polled by the app's timer."""

    def __init__(self, app: Host, counting: Counting, elsewhere: ScansElsewhere, catching_up: CatchingUp) -> None:
        self._app = app
        self._catching_up = catching_up
        self._elsewhere = elsewhere
        self._counting = counting
        self._seen: JobView | None = None
        self._told = ""  # the last trouble, so that it is not told at every poll
        self.acted_at = 0.0  # when a key last did something, by time.monotonic()

    def poll(self) -> None:
        """One look. Trouble that can be put into words is told once, and does not end the app."""
        try:
            self._look()
            self._told = ""
        except Exception as error:
            trouble = in_words(error)
            if trouble is None:
                raise
            if trouble.message != self._told:
                self._told = trouble.message
                self._app.tell_error(trouble)

    def _look(self) -> None:
        if time.monotonic() - self.acted_at >= REST:
            self._counting.rested()
            self._catching_up.rested()
        self._elsewhere.look()
        jobs = self._app.services.jobs
        self._app.stale = jobs.poll() or self._app.stale
        job = jobs.current()
        if job is not None and job != self._seen:
            self._changed(job)
        if self._app.stale and time.monotonic() - self._app.read_at >= FRESH:
            self._app.data_changed()

    def _changed(self, job: JobView) -> None:
        ended = job.state not in ACTIVE
        news = ended and (self._seen is None or self._seen.state is not job.state)
        self._seen = job
        if not news:
            self._app.draw_bars()
            return
        self._app.services.recognition.update()  # what the job found or decided
        self._app.data_changed()
        jobs = self._app.services.jobs
        if job.state is JobState.FAILED and jobs.error is not None:
            self._app.stop_at(jobs.error, job.title)
        else:
            self._app.tell(ending(job, jobs, self._app.key_names), error=job.state is JobState.FAILED)
