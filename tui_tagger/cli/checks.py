"""What works here, and what does not."""

from __future__ import annotations

from dataclasses import asdict

from tui_tagger.cli.commands import cli
from tui_tagger.cli.options import Db, Json
from tui_tagger.cli.output import emit, finish, say
from tui_tagger.cli.running import services
from tui_tagger.config import database_path


@cli.command()
def doctor(db: Db = None, as_json: Json = False) -> None:
    """Shows what works here, what does not, and what to do."""
    from tui_tagger.services.checkup import Check, check_all
    from tui_tagger.widgets.terminal import probe

    terminal = probe("auto")
    note = "; ".join(terminal.notes)
    checks = [
        Check(
            "terminal",
            True,
            f"{terminal.name or 'none'}, pictures: {terminal.protocol}" + (f" ({note})" if note else ""),
        )
    ]
    path = db or database_path()
    with services(path):
        checks += check_all(path)
    for check in checks:
        if as_json:
            emit(asdict(check))
        else:
            say(
                f"{'ok ' if check.ok else 'NO '} {check.name}: {check.text}"
                + (f"\n    {check.hint}" if check.hint else "")
            )
    finish([check for check in checks if not check.ok])
