"""Scans of other processes, as the job bar shows them: a scan that was left running, another app, a command."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from tui_tagger.services.elsewhere import Elsewhere, ask_to_end, others
from tui_tagger.services.views import JobState, JobView
from tui_tagger.shell.host import Host

EVERY = 1.0  # seconds between two looks


class ScansElsewhere:
    """Looked at by the app's timer."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._looked_at: float | None = None
        self.scans: tuple[Elsewhere, ...] = ()
        self._put_off: tuple[Path, ...] = ()

    def look(self) -> None:
        """Looks for scans at most once a second; what they found is new to the screens."""
        now = time.monotonic()
        if self._looked_at is not None and now - self._looked_at < EVERY:
            return
        self._looked_at = now
        before, self.scans = self.scans, others(self._app.services.path)
        if before == self.scans:
            return
        self._app.stale = True
        if before and not self.scans:
            self._app.tell("The scan elsewhere has ended")
            self._app.data_changed()
            self._take_over()
        self._app.draw_bars()

    def scan(self, folders: Sequence[Path]) -> bool:
        """Leaves a scan to the process that does it already, until that ends; False where there is none."""
        self.look()
        covered = any(scan.covers(folders) for scan in self.scans)
        if covered and folders:
            self._put_off = tuple(folders)
            self._app.tell("These folders are being scanned by another process")
        return covered

    def _take_over(self) -> None:
        """It may have been killed: what it did is passed over quickly."""
        folders, self._put_off = self._put_off, ()
        if folders:
            self._app.services.jobs.scan(folders)

    @property
    def view(self) -> JobView | None:
        """What the job bar shows of the first one."""
        if not self.scans:
            return None
        scan = self.scans[0]
        names = ", ".join(folder.name or str(folder) for folder in scan.folders)
        eta = (scan.total - scan.done) / scan.rate if scan.rate else None
        return JobView(0, f"Scanning elsewhere: {names}", JobState.RUNNING, scan.done, scan.total, (), scan.rate, eta)

    def ask_to_end(self) -> None:
        """Ends it, after a question: it is not this app's own."""
        if self._app.ready is None or not self.scans:
            return
        process = self.scans[0].process

        def end(yes: bool) -> None:
            if yes:
                self._put_off = ()
                ask_to_end(self._app.services.path, process)
                self._app.tell("The scan elsewhere ends after its photo")

        text = f"Another process ({process}) scans. End that?"
        self._app.ready.status.ask(text, end)
