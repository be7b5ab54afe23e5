"""What is copied arrives: at a terminal, in tmux as it is set up by default, and at the terminal around tmux."""

from __future__ import annotations

import base64
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.screens.small_library import fill
from tui_tagger.errors import UsageError
from tui_tagger.services import Services
from tui_tagger.services.models import first_offer
from tui_tagger.widgets.clipboard import KEPT_BY_TMUX, MOST, PERHAPS, copy, passed_through

TMUX = shutil.which("tmux")
NO_TMUX = {"PATH": os.environ["PATH"]}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def sent(text: str, in_tmux: bool = False) -> tuple[list[str], str]:
    written: list[str] = []

    def write(sequence: str) -> bool:
        written.append(sequence)
        return True

    return written, copy(text, write, in_tmux, NO_TMUX)


def test_a_terminal_gets_the_text_as_osc_52() -> None:
    assert sent("/photos/ä b.jpg") == ([f"\x1b]52;c;{encoded('/photos/ä b.jpg')}\x07"], "")


def test_a_tmux_at_the_other_end_of_a_connection_gets_both_ways() -> None:
    plain = f"\x1b]52;c;{encoded('x')}\x07"
    assert sent("x", in_tmux=True) == ([plain, passed_through(plain)], PERHAPS)
    assert passed_through(plain) == f"\x1bPtmux;\x1b\x1b]52;c;{encoded('x')}\x07\x1b\\"


def test_what_no_terminal_takes_is_refused() -> None:
    assert len(sent("x" * MOST)[0]) == 1
    with pytest.raises(UsageError, match="too much for a terminal"):
        sent("x" * (MOST + 1))


def test_without_a_tmux_that_answers_the_terminal_is_asked(tmp_path: Path) -> None:
    written: list[str] = []

    def write(text: str) -> bool:
        written.append(text)
        return True

    assert copy("x", write, True, {**NO_TMUX, "TMUX": f"{tmp_path}/nobody,1,0"}) == PERHAPS
    assert len(written) == 2


class Multiplexer:
    """A tmux of its own, without anybody's configuration, with a client whose output is read."""

    def __init__(self, folder: Path) -> None:
        self.socket = str(folder / "tmux")
        self.client = -1

    def run(self, *words: str) -> str:
        assert TMUX
        done = subprocess.run([TMUX, "-f", "/dev/null", "-S", self.socket, *words], capture_output=True, text=True)
        return done.stdout

    def attach(self) -> None:
        assert TMUX
        process, self.client = pty.fork()
        if process == 0:
            os.environ["TERM"] = "xterm-256color"
            os.environ.pop("TMUX", None)
            os.execv(TMUX, [TMUX, "-S", self.socket, "attach"])

    def read(self) -> bytes:
        return os.read(self.client, 65536) if select.select([self.client], [], [], 0)[0] else b""

    def end(self) -> None:
        self.run("kill-server")
        if self.client >= 0:
            os.close(self.client)


@pytest.fixture
def tmux(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Multiplexer]:
    made = Multiplexer(tmp_path_factory.mktemp("t"))
    yield made
    made.end()


def until(met: Callable[[], bool], told: Callable[[], str]) -> None:
    end = time.monotonic() + 60
    while not met():
        assert time.monotonic() < end, told()
        time.sleep(0.1)


@pytest.mark.skipif(not TMUX, reason="tmux is not installed")
def test_the_app_copies_a_path_through_tmux_as_it_is_by_default(tmux: Multiplexer, tmp_path: Path) -> None:
    opened = Services.open(tmp_path / "library.db")
    fill(opened, tmp_path / "Pictures")
    first_offer()  # not the first start: nothing is told at the start that would take the place of "Copied"
    first = opened.library.page().rows[0].path
    opened.close()
    app = f"{sys.executable} -m tui_tagger open --db {tmp_path / 'library.db'} --images none"
    tmux.run("new-session", "-d", "-x", "80", "-y", "24", f"{app}; sleep 60")

    def seen() -> str:
        return tmux.run("capture-pane", "-p")

    tmux.attach()
    until(lambda: "party" in seen(), seen)
    tmux.run("send-keys", "y")
    until(lambda: "Copied" in seen(), seen)
    until(lambda: tmux.run("show-buffer") == str(first), seen)
    outside = b""

    def at_the_terminal() -> bool:
        nonlocal outside
        outside += tmux.read()
        return f";{encoded(str(first))}".encode() in outside

    until(at_the_terminal, lambda: repr(outside[-500:]))
    assert "tmux keeps it" not in seen()
    tmux.run("set", "-s", "set-clipboard", "off")
    tmux.run("send-keys", "j", "y")
    until(lambda: KEPT_BY_TMUX[:30] in seen(), seen)
