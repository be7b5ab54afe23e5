"""Opening the app: what is asked for most, and so without the command line's machinery, which takes 0.2 s to load.

`main` is the entry point. Only what plainly opens the app is taken here; everything else, and every mistake, is for
the command line to tell.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from tui_tagger import log, memory
from tui_tagger.cli.output import tell
from tui_tagger.cli.running import resources_of, services
from tui_tagger.config import database_path
from tui_tagger.errors import DatabaseDamaged, TaggerError, UsageError

PROTOCOLS = ("auto", "kitty", "sixel", "halfcell", "none")
CANNOT = 2  # the exit status
COMPLETING = "_TUI_TAGGER_COMPLETE"  # a shell asks how a word may end


def main() -> None:
    """Opens the app where that is all that is asked for, else does what the command line says."""
    multiprocessing.freeze_support()
    wanted = order(sys.argv[1:])
    if wanted is None:
        from tui_tagger.cli import cli

        guarded(cli)
    else:
        guarded(lambda: run(wanted))


@dataclass(frozen=True, slots=True)
class Order:
    """What the app is to be opened with."""

    folders: tuple[Path, ...] = ()
    db: Path | None = None
    images: str | None = None
    config: Path | None = None


def order(arguments: Sequence[str]) -> Order | None:
    """What these arguments open the app with; None for those that may mean anything else.

    A folder counts where it is there and its name cannot be a command's: with a separator in it.
    """
    given: dict[str, str] = {}
    folders: list[Path] = []
    left = list(reversed(arguments))
    while left:
        name, equals, value = left.pop().partition("=")
        if name in ("--db", "--images", "--config"):
            if not equals and not left:
                return None
            given[name] = value if equals else left.pop()
        elif not equals and not name.startswith("-") and os.sep in name and Path(name).exists():
            folders.append(Path(name))
        else:
            return None
    if COMPLETING in os.environ or given.get("--images", "auto") not in PROTOCOLS or "" in given.values():
        return None
    db, settings = (Path(given[name]) if name in given else None for name in ("--db", "--config"))
    return Order(tuple(folders), db, given.get("--images"), settings)


def run(wanted: Order) -> None:
    """Opens the app, and ends with it. Raises TaggerError."""
    from tui_tagger.settings import load
    from tui_tagger.widgets.terminal import install, probe

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "The app needs a terminal", "Without one: tui-tagger scan, identify, write and others; --help."
        )
    memory.hold()
    memory.be_frugal()
    settings, db = load(wanted.config), wanted.db or database_path()
    resources = resources_of(settings)
    terminal = probe(wanted.images or settings.pictures.protocol)
    install(terminal)
    from tui_tagger.app import TaggerApp

    with ExitStack() as stack:
        try:
            opened = stack.enter_context(services(db, resources))
        except DatabaseDamaged as error:
            _offer_repair(db, error)
            opened = stack.enter_context(services(db, resources))
        app = TaggerApp(opened, terminal, [folder.absolute() for folder in wanted.folders], settings=settings)
        app.run()
    if app.failure is not None:
        raise app.failure
    if app.left_running:
        from tui_tagger.cli.detaching import scan_detached

        process = scan_detached(db, app.left_running, wanted.config)
        tell(f"The scan goes on without the app, as process {process}; the app shows it when it is opened again.")


def guarded(task: Callable[[], None]) -> None:
    """Does `task`, with a log. TaggerErrors become a message with what to do, and exit status 2."""
    log.start()
    try:
        task()
    except TaggerError as error:
        _refuse(error)
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        raise SystemExit(0) from None
    except Exception as error:
        from tui_tagger.services.upkeep import told

        log.failure("a command ended", error)
        if (trouble := told(error)) is None:
            raise
        _refuse(trouble)


def _refuse(error: TaggerError) -> NoReturn:
    log.failure("refused", error)
    tell(f"{error.title}: {error.message}")
    if error.hint:
        tell(error.hint)
    raise SystemExit(CANNOT) from None


def _offer_repair(db: Path, error: DatabaseDamaged) -> None:
    """Before the app opens: says what is damaged and offers the last backup. Raises the error if that is declined."""
    import typer

    from tui_tagger.services.repair import restore_database, told_restored

    tell(f"{error.title}: {error.message}")
    tell("Nothing is deleted: the damaged file is kept beside the restored one.")
    if not typer.confirm("Restore the last backup, with what can be saved of the time since?", err=True):
        raise error
    tell(told_restored(restore_database(db)))
