"""Each screen as it looks, at 80x24 and 120x40: with a small library, and with nothing in it.

`pytest tests/screens/test_snapshots.py --snapshot-update` draws them anew; look at what changed before committing it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Protocol

import pytest
from textual.pilot import Pilot

from tests.screens.screen_text import LARGE, PATIENCE, SMALL, press, settled
from tui_tagger.app import TaggerApp

KEYS = {
    "library": "f2",
    "grid": "f2 tab",
    "photo": "j j enter",
    "exif": "j enter tab",
    "groups": "f5",
    "review": "f5 t",
    "people": "f4",
    "person": "f4 enter",
    "times": "f4 t",
    "map": "f6 0",
    "write": "w",
    "history": "f5 t enter i H",
    "help": "f5 question_mark",
    "palette": "colon",
}
EMPTY_KEYS = {"library": "f2", "photo": "f3", "review": "f5", "people": "f4", "map": "f6"}


STILL = 6  # looks that show the same, and nothing more is expected


class Compare(Protocol):
    """The fixture of pytest-textual-snapshot."""

    def __call__(self, app: TaggerApp, *, terminal_size: tuple[int, int], run_before: object) -> bool: ...


class Noon(datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Noon:
        return cls(2026, 1, 1, 12, tzinfo=tz)


@pytest.fixture(autouse=True)
def _the_same_on_each_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("HOME", str(tmp_path))  # paths are shown from there
    monkeypatch.setattr("tui_tagger.storage.models.datetime", Noon)
    with monkeypatch.context() as zone:
        zone.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def shot(pilot: Pilot[None]) -> str:
    """What is on the screen, with its colours."""
    return repr([list(strip) for strip in pilot.app.screen._compositor.render_strips()])


def after(keys: str) -> object:
    async def run_before(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await press(pilot, *keys.split())
        before, still = "", 0
        for _ in range(
            PATIENCE
        ):  # pictures come when they are read, and once more when nothing was pressed for a while
            now = shot(pilot)
            quiet = now == before and all(worker.is_finished for worker in pilot.app.workers)
            before, still = now, still + 1 if quiet else 0
            if still == STILL:
                return
            await pilot.pause(0.05)

    return run_before


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
@pytest.mark.parametrize("name", KEYS)
def test_a_screen_looks_as_it_did(snap_compare: Compare, app: TaggerApp, name: str, size: tuple[int, int]) -> None:
    assert snap_compare(app, terminal_size=size, run_before=after(KEYS[name]))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
@pytest.mark.parametrize("name", EMPTY_KEYS)
def test_an_empty_screen_looks_as_it_did(
    snap_compare: Compare, empty_app: TaggerApp, name: str, size: tuple[int, int]
) -> None:
    assert snap_compare(empty_app, terminal_size=size, run_before=after(EMPTY_KEYS[name]))
