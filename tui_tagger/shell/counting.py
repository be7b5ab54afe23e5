"""How much waits in the library, for every screen's header: counted again when something may have changed."""

from __future__ import annotations

import time

from tui_tagger.services.library import Counts
from tui_tagger.shell.host import Host

LONG = 0.03  # seconds: from then on a key would be seen to wait for it


class Counting:
    """Counts at once where that is quick, else in a thread while no key comes."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._counts: Counts | None = None
        self._takes_long = self._due = self._running = False

    def counts(self, fresh: bool = False) -> Counts:
        """What is in the library; the last count where a new one is left to the thread."""
        if self._counts is None or (fresh and not self._takes_long):
            began = time.monotonic()
            self._counts = self._app.services.library.counts()
            self._takes_long = time.monotonic() - began > LONG
        elif fresh:
            self._due = True
        return self._counts

    def rested(self) -> None:
        """No key came for a while: time for the thread."""
        if self._due and not self._running:
            self._due, self._running = False, True
            self._app.run_worker(self._count, thread=True, exit_on_error=False, group="count")

    def _count(self) -> None:
        try:
            found = self._app.services.library.counts()
        finally:
            self._running = False
            self._app.services.database.close()  # this thread's connection
        self._app.call_from_thread(self._counted, found)

    def _counted(self, found: Counts) -> None:
        self._counts = found
        self._app.draw_bars()
