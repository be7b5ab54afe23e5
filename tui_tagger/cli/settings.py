"""The settings: where they are, what they say, what there is to set."""

from __future__ import annotations

from typing import Annotated

import typer

from tui_tagger.cli.commands import cli
from tui_tagger.cli.options import Config
from tui_tagger.cli.output import say


@cli.command("settings")
def show_settings(
    path: Annotated[bool, typer.Option("--path", help="Only print where the file is.")] = False,
    default: Annotated[bool, typer.Option("--default", help="Print a file with every key at its default.")] = False,
    config: Config = None,
) -> None:
    """Prints the settings as they are; docs/settings.md explains them."""
    from tui_tagger.settings import Settings, load, source
    from tui_tagger.settings_text import as_toml

    if path:
        say(str(source(config)))
        return
    settings = Settings() if default else load(config)
    for line in as_toml(settings).rstrip().split("\n"):
        say(line)
