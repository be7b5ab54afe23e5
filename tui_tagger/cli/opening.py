"""The app, and the demo."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tui_tagger.cli.commands import cli
from tui_tagger.cli.detaching import scan_detached
from tui_tagger.cli.options import Config, Db, Images, ImagesOption, Json
from tui_tagger.cli.output import Progress, emit, say, tell
from tui_tagger.cli.running import resources_of, run_scan, services
from tui_tagger.config import database_path
from tui_tagger.errors import DatabaseDamaged, UsageError


@cli.command("open", hidden=True)
def open_app(
    folders: Annotated[list[Path] | None, typer.Argument(metavar="[DIR...]")] = None,
    db: Db = None,
    images: ImagesOption = None,
    config: Config = None,
) -> None:
    """Opens the app; new folders are scanned."""
    for folder in folders or []:
        if not folder.exists():
            raise UsageError(f"{folder}: there is neither such a folder nor such a command", "tui-tagger --help")
    _run_app(db or database_path(), folders or [], images, config)


def _run_app(db: Path, folders: Sequence[Path], images: Images | None, config: Path | None) -> None:
    from tui_tagger.settings import load
    from tui_tagger.widgets.terminal import install, probe

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "The app needs a terminal", "Without one: tui-tagger scan, identify, write and others; --help."
        )
    settings = load(config)
    terminal = probe(images.value if images else settings.pictures.protocol)
    install(terminal)
    from tui_tagger.app import TaggerApp

    with ExitStack() as stack:
        try:
            opened = stack.enter_context(services(db, resources_of(settings)))
        except DatabaseDamaged as error:
            _offer_repair(db, error)
            opened = stack.enter_context(services(db, resources_of(settings)))
        app = TaggerApp(opened, terminal, [folder.absolute() for folder in folders], settings=settings)
        app.run()
    if app.failure is not None:
        raise app.failure
    if app.left_running:
        process = scan_detached(db, app.left_running)
        tell(f"The scan goes on without the app, as process {process}; the app shows it when it is opened again.")


def _offer_repair(db: Path, error: DatabaseDamaged) -> None:
    """Before the app opens: says what is damaged and offers the last backup. Raises the error if that is declined."""
    from tui_tagger.services.repair import restore_database, told_restored

    tell(f"{error.title}: {error.message}")
    tell("Nothing is deleted: the damaged file is kept beside the restored one.")
    if not typer.confirm("Restore the last backup, with what can be saved of the time since?", err=True):
        raise error
    tell(told_restored(restore_database(db)))


@cli.command()
def demo(
    folder: Annotated[Path | None, typer.Option("--dir", metavar="D", help="Where the library is made.")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="No app: a report on stdout.")] = False,
    db: Db = None,
    as_json: Json = False,
    images: ImagesOption = None,
    config: Config = None,
) -> None:
    """Makes a small library of drawn photos, scans it, and opens the app on it."""
    from tui_tagger.demo.library import make_library

    began = time.monotonic()
    if headless:
        with tempfile.TemporaryDirectory(prefix="tui-tagger-demo-") as scratch:
            _rehearse(folder or Path(scratch), db, as_json, began)
        return
    folder = folder or Path("demo-library")
    make_library(folder, progress=Progress("Drawing photos"))
    _run_app(db or folder / "library.db", [folder], images, config)


def _rehearse(folder: Path, db: Path | None, as_json: bool, began: float) -> None:
    from tui_tagger.demo.library import load_ground_truth, make_library
    from tui_tagger.services.rehearsal import rehearse

    make_library(folder, progress=Progress("Drawing photos"))
    with services(db or folder / "library.db") as opened:
        if opened.review.history(1):
            raise UsageError(f"{folder} was reviewed before", "Choose a new folder: a rehearsal starts from nothing.")
        run_scan(opened, [folder])
        opened.recognition.update()
        report = rehearse(folder, load_ground_truth(folder), opened.review, opened.tagging, began)
    if as_json:
        emit(asdict(report))
        return
    found = report.faces_found / max(report.faces_drawn, 1)
    say(f"photos              {report.photos}")
    say(f"faces found         {report.faces_found} of {report.faces_drawn} drawn ({found:.1%})")
    for count, share in report.right_after.items():
        say(f"suggestions right   {share:.1%} after {count} confirmation{'s' if count > 1 else ''} a person")
    say(f"strangers           {report.strangers_taken:.1%} suggested to be somebody")
    say(f"files written       {report.written}")
    say(f"seconds             {report.seconds}")
