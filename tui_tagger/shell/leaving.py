"""Quitting: what is to become of a job that runs is asked first."""

from __future__ import annotations

from tui_tagger.shell.host import Host
from tui_tagger.shell.own_job import OwnJob


def leave(app: Host, own_job: OwnJob) -> None:
    """Ends the app, after a question where a job runs."""

    def quit_if(yes: bool) -> None:
        if yes:
            own_job.leave()
            app.exit()

    if app.ready is None or not (own_job.view or app.services.jobs.busy):
        quit_if(True)
    elif own_job.view:
        text = "the file at hand is finished first" if own_job.may_stop else "it is finished first"
        app.ready.status.ask(f"{own_job.view.title}: {text}. Quit?", quit_if)
    else:
        app.ready.status.ask("A job is running; the next scan goes on from there. Quit?", quit_if)
