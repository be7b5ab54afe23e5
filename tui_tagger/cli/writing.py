"""Names into the photos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tui_tagger.cli.commands import cli
from tui_tagger.cli.options import Db, Json, To
from tui_tagger.cli.output import Progress, emit, finish, say
from tui_tagger.cli.running import services
from tui_tagger.settings import load


@cli.command()
def write(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH...]", help="Photos or folders; else all.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be written.")] = False,
    to: Annotated[
        To | None,
        typer.Option(help="Into the file, into a sidecar, or as fits each file.", show_default="as in the settings"),
    ] = None,
    describe: Annotated[
        bool, typer.Option("--describe", help="Give photos without a description one: people, place and date.")
    ] = False,
    template: Annotated[
        str | None,
        typer.Option("--template", metavar="T", help='Of descriptions, kept: "{people}, {place}, {date}".'),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take the last write back.")] = False,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Writes confirmed names into the photos' metadata."""
    with services(db) as opened:
        if undo:
            message = opened.tagging.undo_last()
            emit({"undone": message}) if as_json else say(message)
            return
        if template is not None:
            opened.tagging.set_template(template)
        ids = opened.library.ids_below([path.absolute() for path in paths]) if paths else None
        target = To(load().write.target) if to is None else to
        rows = _previewed(opened, ids, target, describe) if dry_run else _written(opened, ids, target, describe)
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["result"]] = counts.get(row["result"], 0) + 1
        names = "".join(f" {sign}{name}" for sign, key in (("+", "added"), ("-", "removed")) for name in row[key])
        names += f' "{row["description"]}"' if row["description"] else ""
        reason = f" ({row['reason']})" if row["reason"] else ""
        emit(row) if as_json else say(f"{row['path']}: {row['result']}{names}{reason}")
    emit({"files": len(rows), **counts}) if as_json else say(_counted(counts, dry_run))
    finish([row for row in rows if row["result"] == "refused"])


def _previewed(opened: Any, ids: Sequence[int] | None, to: To, describe: bool) -> list[dict[str, Any]]:
    words = {"file": "would write", "sidecar": "would write sidecar"}
    return [
        {
            "path": row.path,
            "target": row.target,
            "result": words.get(row.target, "refused" if row.reason else "unchanged"),
            "reason": row.reason,
            "added": list(row.added),
            "removed": list(row.removed),
            "description": row.description,
            "notes": list(row.notes),
        }
        for row in opened.tagging.preview(ids, to.value, describe)
    ]


def _written(opened: Any, ids: Sequence[int] | None, to: To, describe: bool) -> list[dict[str, Any]]:
    results = opened.tagging.write(ids, Progress("Writing names"), to.value, describe)
    return [
        {
            "path": row.path,
            "target": row.target,
            "result": row.result,
            "reason": row.reason,
            "added": list(row.added),
            "removed": list(row.removed),
            "description": row.description,
        }
        for row in results
    ]


def _counted(counts: dict[str, int], dry_run: bool) -> str:
    text = ", ".join(f"{count} {result}" for result, count in sorted(counts.items())) or "nothing to write"
    return f"{text} (nothing was written)" if dry_run else text
