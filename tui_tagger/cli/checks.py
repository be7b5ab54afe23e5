"""What works here, what does not, and mending what can be mended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from tui_tagger.cli.commands import cli
from tui_tagger.cli.options import Db, Json
from tui_tagger.cli.output import emit, finish, say
from tui_tagger.cli.running import services
from tui_tagger.config import database_path


@cli.command()
def doctor(
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Mend what can be mended; the last backup replaces a damaged database."),
    ] = False,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Shows what works here, what does not, and what to do."""
    path = db or database_path()
    if repair:
        _repair(path, as_json)
    checks = list(_checks(path))
    for check in checks:
        emit(asdict(check)) if as_json else say(_told(check))
    finish([check for check in checks if not check.ok])


def _repair(path: Path, as_json: bool) -> None:
    from tui_tagger.services.repair import repair

    done = list(repair(path)) or ["There was nothing to mend."]
    for text in done:
        emit({"repaired": text}) if as_json else say(text)


def _checks(path: Path) -> Iterator[Any]:
    from tui_tagger.services.checkup import check_all
    from tui_tagger.services.storage_check import Check, check_storage
    from tui_tagger.widgets.terminal import probe

    terminal = probe("auto")
    note = "; ".join(terminal.notes)
    text = f"{terminal.name or 'none'}, pictures: {terminal.protocol}" + (f" ({note})" if note else "")
    yield Check("terminal", True, text)
    damage, *rest = check_storage(path)
    yield damage
    yield from rest
    if damage.ok:
        with services(path):
            yield from check_all()


def _told(check: Any) -> str:
    hint = f"\n    {check.hint}" if check.hint else ""
    return f"{'ok ' if check.ok else 'NO '} {check.name}: {check.text}{hint}"
