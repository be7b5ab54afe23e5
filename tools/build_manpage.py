"""Builds packaging/tui-tagger.1, the manual page, from the command line itself.

Usage: build_manpage.py [TARGET]       (`make man`)

The format is that of man(7).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from typer.main import get_command

from tui_tagger import __version__
from tui_tagger.cli import cli

NAME = "tui-tagger"
TARGET = Path(__file__).resolve().parents[1] / "packaging" / f"{NAME}.1"
BRIEF = "tag the people in your photos from the terminal"

END = r""".SH EXIT STATUS
.TP
0
Done.
.TP
1
Done, with failures listed.
.TP
2
Wrong use, or it could not start.
.SH ENVIRONMENT
.TP
XDG_DATA_HOME, XDG_CACHE_HOME, XDG_CONFIG_HOME, XDG_STATE_HOME
Where the database, models and previews, settings, and log files lie, on Linux.
.TP
HTTPS_PROXY
Used by the commands that fetch something: models install, and models strangers with \-\-lfw.
.TP
TUI_TAGGER_UNPACK
Where the standalone program unpacks itself, instead of the user's cache folder.
.SH FILES
\fBtui-tagger doctor\fR prints which database is used and what works here.
"""


def page() -> str:
    """The whole manual page."""
    return "".join(f"{line}\n" for line in _lines(get_command(cli))) + END


def _lines(root: Any) -> Iterator[str]:
    yield f'.TH TUI\\-TAGGER 1 "" "TUI Tagger {__version__}" "User Commands"'
    yield ".SH NAME"
    yield f"tui\\-tagger \\- {BRIEF}"
    yield ".SH SYNOPSIS"
    for usage in ("[\\fIDIR\\fR...]", "\\fICOMMAND\\fR [\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]"):
        yield f".B tui\\-tagger\n{usage}\n.br"
    yield ".SH DESCRIPTION"
    yield escaped(root.callback.__doc__)
    yield "Results go to standard output, progress and diagnostics to standard error."
    yield ".SH OPTIONS"
    yield from _options(root)
    yield ".SH COMMANDS"
    for words, command in _commands(root, ()):
        yield from _command(words, command)


def _commands(group: Any, before: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, (*before, name))
        else:
            yield (*before, name), command


def _command(words: tuple[str, ...], command: Any) -> Iterator[str]:
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    yield ".SS " + " ".join([escaped(" ".join(words)), *(f"\\fI{escaped(_shown(each))}\\fR" for each in arguments)])
    yield escaped(command.help)
    for argument in arguments:
        if argument.help:
            yield f".TP\n\\fI{escaped(_shown(argument))}\\fR\n{escaped(argument.help)}"
    yield from _options(command)


def _options(command: Any) -> Iterator[str]:
    for option in command.params:
        if option.param_type_name == "option" and not option.hidden and option.help:
            names = ", ".join(f"\\fB{escaped(name)}\\fR" for name in (*option.opts, *option.secondary_opts))
            value = "" if option.is_flag else f" \\fI{escaped(_shown(option))}\\fR"
            yield f".TP\n{names}{value}\n{escaped(option.help)}"


def _shown(param: Any) -> str:
    kind = param.type_descriptor.annotation
    if param.metavar or not (isinstance(kind, type) and issubclass(kind, Enum)):
        return str(param.metavar or param.name.upper())
    return "|".join(str(member.value) for member in kind)


def escaped(text: str | None) -> str:
    """`text` on one line, as roff sees nothing but text in it."""
    plain = " ".join((text or "").split()).replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain[:1] in (".", "'") else plain


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", nargs="?", type=Path, default=TARGET)
    parser.parse_args().target.write_text(page(), "utf-8")
