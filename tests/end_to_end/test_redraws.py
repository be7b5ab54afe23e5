"""The real program in a pseudo terminal: after any keys the terminal shows what a whole redraw would show."""

from __future__ import annotations

import os
from pathlib import Path

import pyte
import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo terminal")
SIZE = (100, 30)
CASES = (  # keys, and what the header says then
    (("j", "\x04", "\x04", "j", "k", "G", "s", "\t", "j", "l"), "Library"),
    (("f4", "j", "\x04", "s", "enter", "j", "l"), "Person"),
    (("f5", "l", " ", "t", "s", "s", "n", "esc"), "Review"),
    (("f6", "+", "j", "f2", "j"), "Library"),
)
STATUS = -2  # the row whose message goes after a while


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from benchmarks.big_library import build

    monkeypatch.setattr("tui_tagger.config.cache_dir", lambda: tmp_path / "cache")
    return build(tmp_path / "library.db", photos=300, faces=900, people=40)


def test_the_terminal_shows_what_a_whole_redraw_would(library: Path, tmp_path: Path) -> None:
    from benchmarks.ssh import Session

    screen = pyte.Screen(*SIZE)
    stream = pyte.ByteStream(screen)
    with Session("halfcell", SIZE, ["--db", library], tmp_path, hear=stream.feed) as session:
        for keys, name in CASES:
            for key in keys:
                session.press(key)
            session.rest(20, least=0.5)
            before = list(screen.display)
            assert name in before[0]
            session.press("\x0c")  # measures the terminal and draws everything again
            session.rest(20, least=0.5)
            after = list(screen.display)
            del before[STATUS], after[STATUS]
            assert after == before
