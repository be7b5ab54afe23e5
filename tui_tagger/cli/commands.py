"""The command line's groups: what every module of this package adds its commands to."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tui_tagger import __version__


class Commands(TyperGroup):
    """`tui-tagger ~/Pictures` is `tui-tagger open ~/Pictures`: what names no command opens the app."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        own = {*self.commands, "--help", "--version", "--install-completion", "--show-completion"}
        if not ctx.resilient_parsing and not (args and args[0] in own):
            args = ["open", *args]
        return super().parse_args(ctx, args)


cli = typer.Typer(cls=Commands, help="The app, and every job without a screen.", no_args_is_help=False)
people_cli = typer.Typer(help="The persons in the database.", no_args_is_help=True)
models_cli = typer.Typer(help="Models that embed faces.", no_args_is_help=True)
cli.add_typer(people_cli, name="people")
cli.add_typer(models_cli, name="models")


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
