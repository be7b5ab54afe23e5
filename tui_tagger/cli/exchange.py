"""Names from other programs, and lists for them."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from tui_tagger.cli.commands import cli
from tui_tagger.cli.options import Db, Json
from tui_tagger.cli.output import Progress, count, emit, finish, list_failures, printable, say
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
    from tui_tagger.services.exporting import restore
    from tui_tagger.services.importing import import_names

    with services(db) as opened:
        scanned = run_scan(opened, folders) if folders else None
        if from_export is not None:
            report = restore(from_export, opened.recognition)
        else:
            report = import_names(opened.recognition, folders, Progress("Reading names"))
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
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Lists all faces with what was decided: photo, its hash, box, state, person, when. JSON can be imported again."""
    import csv

    from tui_tagger.services.exporting import FIELDS, export_faces

    if as_csv and as_json:
        raise UsageError("--csv and --json exclude each other", "Leave one of them out.")
    table = csv.writer(sys.stdout, lineterminator="\n")
    with services(db):
        if not as_json:
            table.writerow(FIELDS)
        for face in export_faces():
            row = face.row()
            emit(row) if as_json else table.writerow([_cell(row[field]) for field in FIELDS])


def _cell(value: Any) -> str:
    """A cell for people and spreadsheets: control characters made visible, a box as four numbers."""
    if value is None:
        return ""
    return printable(" ".join(map(str, value)) if isinstance(value, list) else str(value))
