"""Writing names into files as a job of the app's: started by the Write screen, offered again if it was stopped."""

from __future__ import annotations

from collections.abc import Sequence

from tui_tagger.screens.write import WriteScreen
from tui_tagger.services.views import WriteResult
from tui_tagger.shell.host import Host
from tui_tagger.shell.own_job import OwnJob
from tui_tagger.widgets.text import counted

TITLE = "Writing names"


def write_names(app: Host, job: OwnJob, photo_ids: Sequence[int], describe: bool) -> None:
    """Writes in a thread; what is left when it is stopped is offered again. Raises UsageError while a job runs."""
    tagging, target = app.services.tagging, app.settings.write.target
    job.run(
        TITLE,
        lambda advance: tagging.write(photo_ids, progress=advance, to=target, describe=describe),
        lambda results: _written(app, results, job.stopped),
        lambda: _failed(app),
        len(photo_ids),
    )


def _written(app: Host, results: tuple[WriteResult, ...], stopped: bool) -> None:
    for screen in _waiting(app):
        screen.show_results(results)
    if stopped:
        again = app.key_names.told("<library.write> goes on")
        app.tell(f"Writing stopped after {counted(len(results), 'photo')}; {again}")
        return
    refused = sum(result.result == "refused" for result in results)
    said = f"{counted(len(results), 'photo')} written" if not refused else f"{refused} of {len(results)} refused"
    app.tell(said, error=bool(refused))


def _failed(app: Host) -> None:
    """Some files may be written: what is left to do is looked at again."""
    for screen in _waiting(app):
        screen.writing = False
        screen.look()


def _waiting(app: Host) -> list[WriteScreen]:
    return [screen for screen in app.screen_stack if isinstance(screen, WriteScreen) and screen.writing]


def offer_unfinished(app: Host) -> None:
    """A write that was stopped, or that a crash ended, can go on."""
    found = app.services.tagging.unfinished()
    if found is None or app.ready is None:
        return

    def answer(yes: bool) -> None:
        if yes:
            app.push_screen(WriteScreen(found.left))
        else:
            app.services.tagging.leave_unfinished()

    left = f"{len(found.left):,} of {counted(found.total, 'photo')}"
    app.ready.status.ask(f"A write was stopped: {left} not written yet. Go on?", answer)
