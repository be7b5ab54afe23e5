"""What works here, what does not, and mending what can be mended."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from tui_tagger.cli.commands import cli
from tui_tagger.cli.options import Config, Db, ImagesOption, Json
from tui_tagger.cli.output import emit, finish, say, tell
from tui_tagger.cli.running import services
from tui_tagger.config import database_path


@cli.command()
def doctor(
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Mend what can be mended; the last backup replaces a damaged database."),
    ] = False,
    card: Annotated[
        bool | None, typer.Option("--test-card/--no-test-card", help="A picture to look at; by itself on a terminal.")
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option("--bundle", metavar="FILE", help="A zip file for a bug report: no photos, names, paths, places."),
    ] = None,
    db: Db = None,
    as_json: Json = False,
    images: ImagesOption = None,
    config: Config = None,
) -> None:
    """Shows what works here, what does not, and what to do."""
    path = db or database_path()
    if repair:
        _repair(path, as_json)
    terminal = _terminal(images, config)
    checks = list(_checks(path, terminal))
    for check in checks:
        emit(asdict(check)) if as_json else say(_told(check))
    if bundle is not None:
        _bundle(bundle, path, terminal, checks, config)
        return
    if card or (card is None and not as_json and sys.stdout.isatty()):
        _show_card(terminal)
    finish([check for check in checks if not check.ok])


def _bundle(target: Path, path: Path, terminal: Any, checks: list[Any], config: Path | None) -> None:
    """Says what will be inside, then writes it. To stderr: the checks may be read by a program."""
    from tui_tagger.services.bundle import INSIDE, contents, write
    from tui_tagger.settings import load

    tell(f"\n{target} will hold:")
    for name, what in INSIDE.items():
        tell(f"  {name:14} {what}")
    lines = [f"{terminal.name or 'none'}, pictures: {terminal.protocol}", *terminal.notes, *terminal.found]
    write(target, contents(path, lines, load(config), checks))
    tell("It is written. Look into it before you send it.")


def _repair(path: Path, as_json: bool) -> None:
    from tui_tagger.services.repair import repair

    done = list(repair(path)) or ["There was nothing to mend."]
    for text in done:
        emit({"repaired": text}) if as_json else say(text)


def _checks(path: Path, terminal: Any) -> Iterator[Any]:
    from tui_tagger.services.checkup import check_all
    from tui_tagger.services.storage_check import Check, check_storage

    note = "; ".join(terminal.notes)
    text = f"{terminal.name or 'none'}, pictures: {terminal.protocol}" + (f" ({note})" if note else "")
    yield Check("terminal", True, text)
    answers = [*terminal.found, *([f"answered in {terminal.round_trip * 1000:.0f} ms"] if terminal.round_trip else [])]
    yield Check("terminal says", True, "; ".join(answers))
    damage, *rest = check_storage(path)
    yield damage
    yield from rest
    if damage.ok:
        with services(path):
            yield from check_all()


def _terminal(images: Any, config: Path | None) -> Any:
    from tui_tagger.settings import load
    from tui_tagger.widgets.terminal import install, probe

    terminal = probe(images.value if images else load(config).pictures.protocol)
    install(terminal)
    return terminal


def _show_card(terminal: Any) -> None:
    """The test card as the app would draw a picture, and what one should see."""
    from tui_tagger.widgets.test_card import EXPECTED, shown

    if drawn := shown(terminal):
        say(f"\nThis is a picture as {terminal.protocol}. You should see:")
        for line in EXPECTED:
            say(f"  - {line}")
        sys.stdout.write(drawn)
        sys.stdout.flush()
        say("If not: --images halfcell always works; pictures.protocol in the settings makes it stay.")


def _told(check: Any) -> str:
    """The check and its hint; on a terminal no word is cut where a line ends."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    fill = partial(textwrap.fill, width=width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    told = [fill(f"{'ok ' if check.ok else 'NO '} {check.name}: {check.text}")]
    told += [fill(check.hint, initial_indent="    ")] if check.hint else []
    return "\n".join(told)
