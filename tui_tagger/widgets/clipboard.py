"""Copying to the clipboard of the terminal, over SSH and within tmux too.

A terminal takes text by the escape sequence OSC 52. tmux lets no program's through as it comes (its option
set-clipboard is "external"), but hands on what it is given itself: so within tmux, tmux is asked.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping

from tui_tagger import log
from tui_tagger.errors import UsageError

MOST = 74_994  # bytes of text: with more, OSC 52 is longer than 100,000 bytes, and terminals drop it without a word
PATIENCE = 2.0  # seconds that tmux is waited for
KEPT_BY_TMUX = "tmux keeps it to itself: tmux set -s set-clipboard external hands it to the terminal"
PERHAPS = "It arrives if the tmux on the way lets it through: set -s set-clipboard on"


def copy(
    text: str, write: Callable[[str], bool], in_tmux: bool = False, environment: Mapping[str, str] = os.environ
) -> str:
    """Copies; what there is to say about it, empty if nothing. `write` sends to the terminal, False without one.

    Raises UsageError where the text is too long for the terminal.
    """
    if environment.get("TMUX") and (found := _by_tmux(text, environment)) is not None:
        return "" if found != "off" else KEPT_BY_TMUX
    size = len(text.encode())
    if size > MOST:
        raise UsageError(f"{size:,} bytes are too much for a terminal's clipboard", "Choose less.")
    sequence = f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07"
    write(sequence)
    if not in_tmux:
        return ""
    write(passed_through(sequence))  # for one with allow-passthrough; the other was for one that listens
    return PERHAPS


def passed_through(sequence: str) -> str:
    """A sequence wrapped for tmux to hand on unread to the terminal around it."""
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}\x1b\\"


def _by_tmux(text: str, environment: Mapping[str, str]) -> str | None:
    """Gives the text to the tmux around this program: its option set-clipboard; None where that did not work."""
    program = shutil.which("tmux")
    if program is None:
        return None
    words = [program, "load-buffer", "-w", "-", ";", "show-options", "-sv", "set-clipboard"]
    try:
        done = subprocess.run(  # noqa: S603
            words, input=text.encode(), capture_output=True, timeout=PATIENCE, check=True, env=environment
        )
    except (OSError, subprocess.SubprocessError) as error:
        log.failure("tmux took no copy", error)
        return None
    return done.stdout.decode("utf-8", "replace").strip()
