"""The services of a command, and the jobs that it waits for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tui_tagger.cli.output import Progress, tell
from tui_tagger.config import database_path
from tui_tagger.errors import UsageError
from tui_tagger.settings import Settings, load


@contextmanager
def services(db: Path | None, resources: Any = None) -> Iterator[Any]:
    """The services on the database, closed afterwards, with a backup if something was decided.

    Jobs use the `resources` given, or those of the user's settings.
    """
    from tui_tagger.services import Services
    from tui_tagger.services.upkeep import after_session

    allowed = resources or resources_of(load())
    opened = Services.open(db or database_path())
    opened.jobs.resources = allowed
    try:
        yield opened
    finally:
        opened.close()
        after_session(opened.path)


def resources_of(
    settings: Settings, device: str | None = None, processes: int | None = None, cluster: str | None = None
) -> Any:
    """What jobs may use: what the settings say, unless it is given."""
    from tui_tagger.services.resources import Resources

    told = settings.scan
    own = told.processes if processes is None else processes
    return Resources(device or told.device, own, told.memory, cluster or "")


def run_scan(opened: Any, folders: Sequence[Path]) -> Any:
    """A scan in the worker process, with progress on stderr; ctrl+c ends it after the photo it is at."""
    for folder in folders:
        if not folder.exists():
            raise UsageError(f"{folder}: there is no such folder", "Check the name.")
    opened.jobs.scan(folders)
    await_jobs(opened, "Scanning")
    return opened.jobs.report()


def await_jobs(opened: Any, title: str) -> None:
    """Shows the progress of the jobs until they end. Raises the error of one that broke."""
    progress = Progress(title)
    while opened.jobs.busy:
        try:
            if opened.jobs.wait(0.5) and (view := opened.jobs.current()):
                progress(view.done, view.total)
        except KeyboardInterrupt:
            tell("Stopping after this photo; start again to go on.")
            opened.jobs.cancel()
    if opened.jobs.error is not None:
        raise opened.jobs.error
