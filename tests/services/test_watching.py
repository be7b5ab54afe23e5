"""What is to be scanned when, in real folders; tests/test_watch_command.py runs the command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
import watchfiles

from tests.conftest import paint_photo
from tui_tagger.services import Services
from tui_tagger.services import watching as watching_module
from tui_tagger.services.watching import MOST_TARGETS, SETTLED, FolderWatch, Unrest, knows


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Watching:
    """A FolderWatch that runs in a thread: what it wanted scanned, and what it told."""

    def __init__(self, *folders: Path, poll: float | None = None) -> None:
        self.told: list[str] = []
        self.targets: list[Path] = []
        self.stop = threading.Event()
        self.watch = FolderWatch(folders, self.told.append, poll)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        for targets in self.watch.rounds(self.stop):
            self.targets += targets

    def __enter__(self) -> Watching:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join(10)
        assert not self.thread.is_alive()

    def until(self, *wanted: Path, seconds: float = 30) -> None:
        """Waits until these are to be scanned, and forgets what was."""
        end = time.monotonic() + seconds
        while not set(wanted) <= set(self.targets):
            assert time.monotonic() < end, (wanted, self.targets, self.told)
            time.sleep(0.05)
        self.targets.clear()


@pytest.fixture
def folder(tmp_path: Path, services: Services) -> Path:
    paint_photo(tmp_path / "watched" / "first.jpg", (0,))
    return tmp_path / "watched"


@pytest.fixture
def watching(folder: Path) -> Iterator[Watching]:
    with Watching(folder) as made:
        made.until(folder)
        yield made


def test_what_grows_is_waited_for(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "a.jpg"
    unrest = Unrest(clock)
    path.write_bytes(b"1")
    unrest.note([path])
    clock.now = SETTLED - 0.1
    assert unrest.settled() == []
    path.write_bytes(b"12")  # no event: network drives send none
    clock.now = SETTLED + 0.1
    assert unrest.settled() == []
    clock.now = 2 * SETTLED
    assert unrest.settled() == []
    clock.now = 2 * SETTLED + 0.2
    assert unrest.settled() == [path]
    assert unrest.settled() == []


def test_a_vanished_file_settles_too(tmp_path: Path) -> None:
    clock = Clock()
    unrest = Unrest(clock)
    unrest.note([tmp_path / "gone.jpg"])
    clock.now = SETTLED
    assert unrest.settled() == [tmp_path / "gone.jpg"]


def test_arrivals_changes_and_leavings_are_seen(watching: Watching, folder: Path) -> None:
    paint_photo(folder / "deep" / "er" / "second.jpg", (1,))
    watching.until(folder / "deep")
    (folder / "first.jpg").write_bytes(b"other")
    watching.until(folder / "first.jpg")
    (folder / "deep" / "er" / "second.jpg").unlink()
    watching.until(folder / "deep" / "er")


def test_a_move_is_both_ends(watching: Watching, folder: Path) -> None:
    (folder / "first.jpg").rename(folder / "renamed.jpg")
    watching.until(folder)  # where the old name was; the new one is below


def test_what_a_scan_does_not_look_at_wakes_nobody(watching: Watching, folder: Path, tmp_path: Path) -> None:
    paint_photo(folder / ".hidden" / "a.jpg", (1,))
    paint_photo(tmp_path / "elsewhere" / "a.jpg", (1,))
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    (folder / "library.db-wal").write_bytes(b"1")
    (folder / "library.db-wal").unlink()
    time.sleep(SETTLED + 1)
    paint_photo(folder / "link" / "b.jpg", (1,))
    (folder / "real.jpg").write_bytes(b"1")
    end = time.monotonic() + 30
    while not watching.targets and time.monotonic() < end:
        time.sleep(0.05)
    assert watching.targets == [folder / "real.jpg"]


def test_a_folder_of_the_library_that_leaves_is_noticed(services: Services, scanned: Services, photos: Path) -> None:
    assert knows(photos)
    assert knows(photos / "trip")
    assert not knows(photos / "tri")
    with Watching(photos) as watching:
        watching.until(photos)
        (photos / "trip").rename(photos.parent / "away")
        watching.until(photos)


def test_a_drive_that_goes_is_looked_for_again(watching: Watching, folder: Path, tmp_path: Path) -> None:
    folder.rename(tmp_path / "away")
    end = time.monotonic() + 30
    while not watching.told and time.monotonic() < end:
        time.sleep(0.05)
    assert str(folder) in watching.told[0]
    folder.mkdir()  # an empty mount point
    time.sleep(SETTLED + 1)
    assert watching.targets == []
    folder.rmdir()
    (tmp_path / "away").rename(folder)
    watching.until(folder)
    assert watching.told[-1] == f"{folder}: there again"
    paint_photo(folder / "later.jpg", (2,))
    watching.until(folder / "later.jpg")


def test_a_folder_that_is_not_there_yet_is_waited_for(tmp_path: Path, services: Services) -> None:
    with Watching(tmp_path / "later") as watching:
        paint_photo(tmp_path / "made" / "a.jpg", (0,))
        (tmp_path / "made").rename(tmp_path / "later")
        watching.until(tmp_path / "later")


def test_polling_sees_the_same(folder: Path) -> None:
    with Watching(folder, poll=1) as watching:
        watching.until(folder)
        paint_photo(folder / "second.jpg", (1,))
        watching.until(folder / "second.jpg")


def test_many_files_are_their_folders(folder: Path, services: Services) -> None:
    many = [folder / f"{place}" / f"{number}.jpg" for place in range(3) for number in range(MOST_TARGETS)]
    for path in many:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    watch = FolderWatch([folder], print)
    watch._there = {folder: (0, 0)}
    assert watch._targets(many[:3]) == sorted(many[:3])
    assert watch._targets(many) == [folder / "0", folder / "1", folder / "2"]
    assert watch._targets([folder / "nowhere" / "x.jpg", folder / "0" / "0.jpg"]) == [folder]
    watch._there = {}  # a drive that went
    assert watch._targets([folder / "0" / "0.jpg"]) == []


LIMITED = """
    import sys, threading
    from pathlib import Path
    from tui_tagger.services.watching import FolderWatch
    stop = threading.Event()
    told = []
    for targets in FolderWatch([Path(sys.argv[1])], told.append).rounds(stop):
        if len(told) == 1 and targets:
            print(told[0], targets, flush=True)
            stop.set()
"""


@pytest.mark.parametrize("limit", ["max_inotify_watches", "max_inotify_instances"])
def test_the_system_s_limit_ends_in_polling(folder: Path, limit: str) -> None:
    for number in range(5):
        (folder / str(number)).mkdir()
    program = [sys.executable, "-c", textwrap.dedent(LIMITED), str(folder)]
    script = f'echo {2 if "watches" in limit else 0} > /proc/sys/user/{limit} && exec "$@"'
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-Ur", "true"], capture_output=True).returncode:
        pytest.skip("no user namespace to set a limit in")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [unshare, "-Ur", "sh", "-c", script, "sh", *program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert "max_user_watches" in done.stdout, done.stderr
    assert str(folder) in done.stdout


def test_a_folder_that_may_not_be_read_does_not_hide_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the "lost+found" of a drive. The refusal is put in by hand: the tests may run as root, who reads all."""

    def refused(*_: object, **__: object) -> Generator[None, None, None]:
        raise PermissionError(13, "Permission denied", str(folder / "lost+found"))
        yield

    monkeypatch.setattr(watchfiles, "watch", refused)
    monkeypatch.setattr(watching_module, "POLLED", 1.0)
    with Watching(folder) as watching:
        watching.until(folder)
        assert "lost+found" in watching.told[0]
        paint_photo(folder / "zz" / "second.jpg", (1,))
        watching.until(folder / "zz" / "second.jpg")
        (folder / "first.jpg").unlink()
        watching.until(folder)
