"""Quitting: what is to become of a job that runs is asked first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tui_tagger.shell.host import Host
from tui_tagger.shell.own_job import OwnJob
from tui_tagger.widgets.status import Words

SCAN = Words("and leave it running", "and stop it", "stay")


def leave(app: Host, own_job: OwnJob, leave_running: Callable[[Sequence[Path]], None]) -> None:
    """Ends the app, after a question where a job runs; `leave_running` takes the folders of scans that are to go on."""
    scans = app.services.jobs.scans
    closing = app.settings.jobs.closing

    def quit_if(yes: bool) -> None:
        if yes:
            own_job.leave()
            app.exit()

    def scan_on(yes: bool) -> None:
        leave_running(scans if yes else ())
        quit_if(True)

    if app.ready is None or not (own_job.view or app.services.jobs.busy):
        quit_if(True)
    elif own_job.view:
        first = "the step at hand is finished first" if own_job.may_stop else "it is finished first"
        app.ready.status.ask(f"{own_job.view.title}: {first}. Quit?", quit_if)
    elif scans and closing != "ask":
        scan_on(closing == "leave")
    elif scans:
        app.ready.status.ask("A scan is running. Quit?", scan_on, SCAN)
    else:
        app.ready.status.ask("A job is running; the next start goes on from there. Quit?", quit_if)
