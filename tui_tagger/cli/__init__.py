"""The command line: the app, and every job without a screen.

Results go to stdout (`--json`: one object a line), progress and diagnostics to stderr. Exit status 0: done; 1: done,
with failures listed; 2: wrong use, or cannot start.

A module adds its commands to the groups in commands.py; they are imported here in the order of `--help`, and not
before a command is asked for.
"""

from typing import TYPE_CHECKING, Any

from tui_tagger.cli.launch import main

if TYPE_CHECKING:
    from tui_tagger.cli.commands import cli

__all__ = ["cli", "main"]


def __getattr__(name: str) -> Any:
    if name != "cli":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tui_tagger.cli import opening, scanning, watching, writing, exchange, people, models, settings, checks  # noqa: F401, I001
    from tui_tagger.cli.commands import cli

    return cli
