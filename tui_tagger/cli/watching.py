"""Scanning whenever photos arrive, change or go."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import Event
from typing import Annotated, Any

import typer

from tui_tagger.cli.commands import cli
from tui_tagger.cli.options import Db, Dirs, Json
from tui_tagger.cli.output import Progress, emit, list_failures, say, tell
from tui_tagger.cli.running import services
from tui_tagger.errors import PhotoError, UsageError

TOLD = ("new", "changed", "reread", "moved", "gone")  # counts of a report, by their names
IDLE = 60.0  # seconds without work after which the models are let go of


@cli.command()
def watch(
    folders: Dirs,
    poll: Annotated[
        float | None,
        typer.Option(
            "--poll",
            metavar="SECONDS",
            min=1,
            help="Look at all files this often: for network drives, which do not tell what other machines change.",
        ),
    ] = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Scans, and again whenever photos arrive, change, move or go. Ctrl+c ends it; --json is one report a line."""
    from tui_tagger.services.watching import FolderWatch, knows

    with services(db) as opened, _ended_by_signals() as stop:
        for folder in folders:
            if not (folder.is_dir() or (not folder.exists() and knows(folder))):
                raise UsageError(f"{folder}: there is no such folder", "Check the name.")
        watched = FolderWatch(folders, tell, poll)
        worked = time.monotonic()
        for targets in watched.rounds(stop):
            if not targets:
                if time.monotonic() - worked > IDLE:
                    opened.jobs.close()
                continue
            try:
                report = _scan(opened, targets, stop)
                watched.note(report.unsettled)
                _report(report, as_json)
            except PhotoError:  # a folder went away while it was scanned
                watched.note(targets)
            worked = time.monotonic()


def _scan(opened: Any, targets: Sequence[Path], stop: Event) -> Any:
    from tui_tagger.services.watching import SETTLED

    progress, cancelled = Progress("Scanning"), False
    opened.jobs.scan(targets, SETTLED)
    while opened.jobs.busy:
        if stop.is_set() and not cancelled:
            opened.jobs.cancel()
            cancelled = True
        if opened.jobs.wait(0.2) and (view := opened.jobs.current()):
            progress(view.done, view.total)
    if opened.jobs.error is not None:
        raise opened.jobs.error
    return opened.jobs.report()


def _report(report: Any, as_json: bool) -> None:
    if as_json:
        emit(asdict(report))
    elif told := ", ".join(f"{count} {what}" for what in TOLD if (count := getattr(report, what))):
        say(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {told}")
    if not as_json:
        list_failures(report.failed)
    sys.stdout.flush()


@contextmanager
def _ended_by_signals() -> Iterator[Event]:
    """An event that ctrl+c and SIGTERM set; the second ctrl+c ends the program at once."""
    stop = Event()
    before: dict[signal.Signals, Any] = {}

    def end(number: int, _frame: Any) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    for each in (signal.SIGINT, signal.SIGTERM):
        before[each] = signal.signal(each, end)
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
