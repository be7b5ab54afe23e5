"""A scan that outlives the program that started it."""

from __future__ import annotations

import os
import stat
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import paint_photo
from tui_tagger.cli.detaching import LOG, command, scan_detached
from tui_tagger.config import log_dir
from tui_tagger.services import Services
from tui_tagger.services.elsewhere import Elsewhere, ask_to_end, others


def test_the_command_is_this_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = command(Path("library.db"), [Path("-odd"), tmp_path / "a"])
    assert words[:4] == [sys.executable, "-m", "tui_tagger", "scan"]
    assert words[4:] == ["--db", str(tmp_path / "library.db"), "--", str(tmp_path / "-odd"), str(tmp_path / "a")]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert command(Path("library.db"), [])[:2] == [sys.executable, "scan"]


COUNT = 3000  # photos: the scan is not over when it is asked to end


@pytest.mark.skipif(os.name != "posix", reason="sessions and modes")
def test_a_detached_scan_runs_in_a_session_of_its_own_and_can_be_ended(tmp_path: Path) -> None:
    folder, db = tmp_path / "photos", tmp_path / "library.db"
    paint_photo(tmp_path / "one.jpg", (0,))
    photo = (tmp_path / "one.jpg").read_bytes()
    folder.mkdir()
    for number in range(COUNT):
        (folder / f"{number:04}.jpg").write_bytes(photo + number.to_bytes(2, "big"))
    process = scan_detached(db, [folder])
    try:
        assert os.getsid(process) == process != os.getsid(0)
        assert stat.S_IMODE((log_dir() / LOG).stat().st_mode) == 0o600
        found = wait_for_it(db)
        assert (found.process, found.folders) == (process, (folder,))
        ask_to_end(db, process)
        assert os.waitpid(process, 0)[1] == 0
    finally:
        if others(db):
            os.kill(process, 9)
    assert others(db) == ()
    assert "photos:" in (log_dir() / LOG).read_text()
    opened = Services.open(db)
    assert 0 < opened.library.counts().photos < COUNT
    opened.close()


def wait_for_it(db: Path) -> Elsewhere:
    """Until the scan runs and has read something."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        found = others(db)
        if found and found[0].done:
            return found[0]
        time.sleep(0.05)
    raise AssertionError((log_dir() / LOG).read_text())
