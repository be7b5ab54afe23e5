"""Names from other programs, and lists for them."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tui_tagger.cli.commands import cli
from tui_tagger.cli.options import Db, Json
from tui_tagger.cli.output import Progress, count, emit, finish, list_failures, say
from tui_tagger.cli.running import run_scan, services
from tui_tagger.errors import UsageError


@cli.command("import")
def import_people(
    folders: Annotated[
        list[Path] | None, typer.Argument(metavar="[DIR...]", help="Folders of photos; else the whole library.")
    ] = None,
    from_export: Annotated[
        Path | None, typer.Option("--from-export", metavar="FILE", help="Take decisions from an export instead.")
    ] = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Takes in the people that other programs named in the photos: regions and names become confirmed faces."""
    from tui_tagger.services.from_export import restore
    from tui_tagger.services.importing import import_names

    with services(db) as opened:
        scanned = run_scan(opened, folders) if folders else None
        if from_export is not None:
            report = restore(from_export, opened.recognition)
        else:
            progress = Progress("Reading names")

            def go_on(done: int, total: int, _path: Path | None) -> bool:
                progress(done, total)
                return True

            report = import_names(opened.recognition, folders, go_on)
        if report.new_boxes:
            run_scan(opened, report.new_boxes)  # embeds them
            opened.recognition.update()
    row = asdict(report)
    del row["new_boxes"]
    known = {failure.path for failure in report.failed}
    failed = [*report.failed, *(each for each in (scanned.failed if scanned else ()) if each.path not in known)]
    if as_json:
        emit({**row, "failed": [asdict(failure) for failure in failed]})
    else:
        say(f"{count(report.people, 'person', 'people')} in {count(report.photos, 'photo')}, {report.unchanged} known")
        say(f"{count(report.matched, 'face')} confirmed, {report.added} added, {report.present} present without a face")
        for each in report.skipped:
            say(f"left alone: {each.path}: {each.reason}")
        list_failures(failed)
    finish(failed)


@cli.command("export")
def export_people(
    as_csv: Annotated[bool, typer.Option("--csv", help="A table with a line of headings; the default.")] = False,
    person: Annotated[
        str | None, typer.Option("--person", metavar="NAME", help="Only the confirmed faces of this person.")
    ] = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Lists all faces with what was decided: photo, its hash, box, state, person, when. JSON can be imported again."""
    from tui_tagger.services.exporting import export_faces, write_rows

    if as_csv and as_json:
        raise UsageError("--csv and --json exclude each other", "Leave one of them out.")
    with services(db) as opened:
        faces = export_faces(None if person is None else opened.people.find(person))
        write_rows(faces, sys.stdout, as_csv=not as_json)
