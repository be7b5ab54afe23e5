"""What processes say to each other of their scans: a real process says it, this one hears it and asks it to end."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tui_tagger.services import elsewhere
from tui_tagger.services.elsewhere import Announcement, Elsewhere, ask_to_end, others
from tui_tagger.services.views import JobState, JobView

SCANNER = """
import sys, time
from pathlib import Path
from tui_tagger.services import elsewhere
from tui_tagger.services.views import JobState, JobView
elsewhere.BEAT = 0.05
said = elsewhere.Announcement(Path(sys.argv[1]))
job = JobView(1, "Scanning a", JobState.RUNNING, 3, 12, (), 1.5, None)
while not said.follow([Path("/photos/a")], job):
    time.sleep(0.02)
said.end()
"""


def until(met: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "library.db"


@pytest.fixture
def scanner(database: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", SCANNER, str(database)])
    try:
        until(lambda: bool(others(database)))
        yield process
    finally:
        process.kill()
        process.wait()


def test_another_process_sees_how_far_a_scan_is(scanner: subprocess.Popen[bytes], database: Path) -> None:
    assert others(database) == (Elsewhere(scanner.pid, (Path("/photos/a"),), 3, 12, 1.5),)
    assert others(database.with_name("other.db")) == ()


def test_a_scan_ends_when_another_process_asks_for_it(scanner: subprocess.Popen[bytes], database: Path) -> None:
    ask_to_end(database, scanner.pid)
    assert scanner.wait(30) == 0
    assert not [file for file in database.parent.iterdir() if "scan-" in file.name]


@pytest.mark.skipif(os.name != "posix", reason="process ids are asked on POSIX only")
def test_a_scan_that_was_killed_is_not_there(scanner: subprocess.Popen[bytes], database: Path) -> None:
    scanner.kill()
    scanner.wait()
    assert others(database) == ()
    assert not list(database.parent.glob("library.db.scan-*"))


@pytest.mark.skipif(os.name != "posix", reason="modes")
def test_what_is_said_is_for_its_owner_alone(scanner: subprocess.Popen[bytes], database: Path) -> None:
    for file in database.parent.glob("*scan-*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_one_who_is_silent_counts_as_gone(scanner: subprocess.Popen[bytes], database: Path) -> None:
    scanner.send_signal(19 if os.name == "posix" else 9)  # SIGSTOP: it is there and says nothing
    time.sleep(0.2)
    file = database.with_name(f"library.db.scan-{scanner.pid}")
    os.utime(file, (0, time.time() - elsewhere.SILENT - 1))
    assert others(database) == ()


def test_one_s_own_scan_and_other_files_are_none(database: Path) -> None:
    said = Announcement(database)
    said.follow([Path("/photos")], JobView(1, "Scanning", JobState.RUNNING, 0, 0, (), 0.0, None))
    database.with_name(f"library.db.scan-{os.getppid()}").write_bytes(b"\xff nothing of ours")
    database.with_name("library.db.scan-x").write_text("{}")
    assert others(database) == ()
    said.end()


def test_which_folders_are_covered() -> None:
    scan = Elsewhere(1, (Path("/a"), Path("/b/c")), 0, 0, 0.0)
    assert scan.covers([Path("/a"), Path("/b/c/d")])
    assert not scan.covers([Path("/a"), Path("/b")])
