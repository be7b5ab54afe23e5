"""The real program in a pseudo terminal: after any keys the terminal shows what a whole redraw would show."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.graphics import GraphicTerminal, Part
from tests.screens.small_library import fill
from tui_tagger.services import Services
from tui_tagger.services.models import first_offer

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo terminal")
SIZE, SMALL = (150, 42), (90, 26)
CASES = (  # keys, and what the header says then
    (("j", "\x04", "\x04", "j", "k", "G", "s", "\t", "j", "l"), "Library"),
    (("f4", "j", "\x04", "s", "enter", "j", "l"), "Person"),
    (("f5", "l", " ", "t", "s", "s", "n", "esc"), "Review"),
    (("f6", "+", "j", "f2", "j"), "Library"),
)
WITH_PICTURES = (
    (("j", "j"), "Library"),
    (("/", "zzz", "enter"), "Library"),  # the preview goes
    (("esc", "esc", "enter", "]", "2"), "Photo"),
    (("?", "esc"), "Photo"),
    (("b", "l", "esc", "n", "esc", "\t", "m", "esc"), "Photo"),
    (("f5", "l", "z"), "Review"),
    (("z", ":", "esc", "l"), "Review"),
    (("t", "s", "H", "esc", "z"), "Review"),
    (("z", "\t", "n", "a", "esc", "s"), "Review"),
    (SMALL, "Review"),
    (("s", "z", "z", "u", "x"), "Review"),
    (SIZE, "Review"),
    (("f4", "enter", "l", "l", "j"), "Person"),
    (("esc", "f2", "G", "k"), "Library"),  # a photo that is not there any more
)
STATUS = -2  # the row whose message goes after a while


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from benchmarks.big_library import build

    monkeypatch.setattr("tui_tagger.config.cache_dir", lambda: tmp_path / "cache")
    return build(tmp_path / "library.db", photos=300, faces=900, people=40)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A library of photos that are there, but for the last."""
    services = Services.open(tmp_path / "photos.db")
    first_offer()
    fill(services, tmp_path / "Pictures", photos=9)
    services.close()
    (tmp_path / "Pictures" / "party [8].jpg").unlink()
    return tmp_path / "photos.db"


def walk(database: Path, home: Path, protocol: str, size: tuple[int, int], cases: object) -> GraphicTerminal:
    from benchmarks.ssh import Session

    terminal = GraphicTerminal(*size)
    with Session(protocol, size, ["--db", database], home, hear=terminal.feed) as session:
        for keys, name in cases:  # type: ignore[attr-defined]
            if isinstance(keys[0], int):
                terminal.screen.resize(keys[1], keys[0])
                session.resize(keys)
            else:
                for key in keys:
                    session.press(key)
            session.rest(20, least=0.7)
            assert name in terminal.screen.display[0]
            before = terminal.shows()
            session.press("\x0c")  # measures the terminal and draws everything again
            session.rest(20, least=0.7)
            after = terminal.shows()
            del before[STATUS], after[STATUS]
            wrong = [row for row, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
            assert not wrong, f"after {keys} in {name} these rows were not what they were to be"
            assert not any(isinstance(cell, Part) and cell.picture == "lost" for row in after for cell in row)
    return terminal


def test_the_terminal_shows_what_a_whole_redraw_would(library: Path, tmp_path: Path) -> None:
    walk(library, tmp_path, "halfcell", (100, 30), CASES)


@pytest.mark.parametrize("protocol", ["halfcell", "sixel", "kitty"])
def test_pictures_leave_nothing_behind_and_lose_nothing(photos: Path, tmp_path: Path, protocol: str) -> None:
    """Another picture, none, zoom, a screen on top, another size, a photo that is gone."""
    terminal = walk(photos, tmp_path, protocol, SIZE, WITH_PICTURES)
    assert protocol == "halfcell" or terminal.pictures > len(WITH_PICTURES)
