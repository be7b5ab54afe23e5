"""The entry point: the commands of all modules, and what an error becomes."""

from __future__ import annotations

import multiprocessing
import sys
from typing import Annotated, NoReturn

import typer

from tui_tagger import __version__, log
from tui_tagger.cli.commands import cli
from tui_tagger.cli.output import tell
from tui_tagger.errors import TaggerError

CANNOT = 2


def main() -> None:
    """The entry point. TaggerErrors become a message with what to do, and exit status 2."""
    multiprocessing.freeze_support()
    log.start()
    try:
        cli()
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


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"tui-tagger {__version__}")
        raise typer.Exit


@cli.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Tag the people in your photos from the terminal. With folders, or with nothing, the app opens."""
