"""The app, and the demo."""

from __future__ import annotations

import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tui_tagger.cli import launch
from tui_tagger.cli.commands import cli
from tui_tagger.cli.options import Config, Db, ImagesOption, Json
from tui_tagger.cli.output import Progress, emit, say
from tui_tagger.cli.running import run_scan, services
from tui_tagger.errors import UsageError


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
    launch.run(launch.Order(tuple(folders or ()), db, images, config))


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
    launch.run(launch.Order((folder,), db or folder / "library.db", images, config))


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
