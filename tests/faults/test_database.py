"""The database locked, broken, on a full or read-only disk, used by two programs, under a clock that jumps."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import PAINTED, fake_models, scan_fake
from tests.faults.harm import Acknowledged, decisions, hashes, judge
from tui_tagger.errors import DatabaseDamaged, DatabaseError
from tui_tagger.services import Services
from tui_tagger.services.extractors import InProcess
from tui_tagger.services.repair import repair
from tui_tagger.services.scan import scan
from tui_tagger.storage import database as module
from tui_tagger.storage.backups import backups, make_backup
from tui_tagger.storage.database import open_database, store_setting
from tui_tagger.storage.models import Decision, Face, Photo

NOBODY = 65534
posix_root = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs root to mount or to change user")


def waiting(services: Services) -> list[int]:
    return list(services.review.queue())


def test_locked_by_another_program(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(module.PRAGMAS, "busy_timeout", 100)
    services = Services.open(library)
    (face, *_), before = waiting(services), decisions(library)
    other = sqlite3.connect(library, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseError, match="another program keeps it locked") as raised:
        services.review.ignore([face])
    assert raised.value.hint
    other.execute("ROLLBACK")
    services.review.ignore([face])
    assert decisions(library) == before + 1
    other.close()
    services.close()
    judge(library)


def test_broken_at_random_places(library: Path, chance: random.Random) -> None:
    services = Services.open(library)
    services.review.ignore(waiting(services)[:1])
    make_backup(library)
    backed_up = decisions(library)
    services.review.ignore(waiting(services)[:1])
    services.close()
    whole = library.read_bytes()
    for _ in range(25):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            start = chance.choice([chance.randrange(len(data)), chance.randrange(200), 4096 * chance.randrange(20)])
            damage = chance.randbytes(chance.choice([1, 16, 512, 4096]))
            data[start : start + len(damage)] = damage
        _restart_with(library, bytes(data[: len(whole)] if chance.random() < 0.8 else data[: len(data) // 2]))
        told = hint_of(lambda: open_database(library).close(), DatabaseDamaged)
        assert told is None or "doctor --repair" in told
        list(repair(library))
        judge(library)
        assert decisions(library) >= backed_up
        opened = Services.open(library)
        assert {person.name for person in opened.people.list()} >= {"Anna Rossi", "Bo Lind", "Clara Ek"}
        opened.close()


def hint_of(act: Callable[[], object], kind: type[DatabaseError]) -> str | None:
    """What the error of this kind says to do; None where nothing went wrong."""
    try:
        act()
    except kind as error:
        return error.hint
    return None


def decide_until_it_fails(services: Services) -> None:
    """The log has some room left on a full disk."""
    for _ in range(1000):
        services.review.ignore(waiting(services)[:1])
        services.review.undo()


def _restart_with(library: Path, data: bytes) -> None:
    for path in library.parent.glob("library.db*"):
        if path.is_file():
            path.unlink()
    library.write_bytes(data)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB that only this test fills."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], capture_output=True)
    if done.returncode:
        pytest.skip(f"no small disk can be mounted: {done.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@posix_root
def test_the_disk_is_full(library: Path, small_disk: Path) -> None:
    for path in (library.parent / "Pictures").iterdir():
        shutil.copy(path, small_disk)
    shutil.copy(library, small_disk / "library.db")
    services = Services.open(small_disk / "library.db")
    for photo in list(Photo.select()):
        Photo.update(path=small_disk / photo.path.name, folder=small_disk).where(Photo.id == photo.id).execute()
    photos, before = hashes(small_disk), decisions(small_disk / "library.db")
    filler = small_disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass
    with pytest.raises(DatabaseError, match="disk"):
        decide_until_it_fails(services)
    stored = decisions(small_disk / "library.db")
    assert stored >= before
    with pytest.raises(DatabaseError):
        make_backup(small_disk / "library.db")
    assert hint_of(services.tagging.write, DatabaseError) != ""
    assert hashes(small_disk) == photos
    filler.unlink()
    services.review.ignore(waiting(services)[:1])
    assert {result.result for result in services.tagging.write()} <= {"written"}
    assert hashes(small_disk) == photos
    services.close()
    judge(small_disk / "library.db")


def test_files_may_not_grow(library: Path) -> None:
    """A full disk for who may not mount one: a limit on the size of files."""
    size = library.stat().st_size

    def decide(report: Callable[[int], None]) -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        services = Services.open(library)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        assert hint_of(lambda: decide_until_it_fails(services), DatabaseError)
        report(-1)

    status, reported = Acknowledged(decide).wait()
    assert status == 0
    assert reported[-1] == -1
    judge(library)
    services = Services.open(library)
    services.review.ignore(waiting(services)[:1])
    services.close()


def as_nobody(work: Callable[[], None]) -> None:
    """Runs `work` in a forked process that is not root; what it prints is the reason of a failure."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            work()
            status = 0
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.fixture
def others_library(library: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The library, and the way to it, for a user who is not root."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    shutil.copytree(library.parent / "Pictures", folder / "Pictures")
    (folder / "cache").mkdir()
    shutil.copy(library, folder / "library.db")
    services = Services.open(folder / "library.db")
    for photo in list(Photo.select()):
        new = folder / "Pictures" / photo.path.name
        Photo.update(path=new, folder=new.parent).where(Photo.id == photo.id).execute()
    services.close()
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    yield folder
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700)
    shutil.rmtree(folder)


@posix_root
def test_folders_are_read_only(others_library: Path) -> None:
    photos = hashes(others_library)
    (others_library / "Pictures").chmod(0o500)

    def write() -> None:
        services = Services.open(others_library / "library.db")
        results = services.tagging.write()
        assert {result.result for result in results} == {"refused"}
        assert all("read-only" in result.reason for result in results)
        services.close()

    def open_read_only() -> None:
        assert hint_of(lambda: Services.open(others_library / "library.db"), DatabaseError)

    as_nobody(write)
    assert hashes(others_library) == photos
    for path in others_library.glob("library.db*"):
        os.chown(path, 0, 0)
        path.chmod(0o444)
    others_library.chmod(0o500)
    as_nobody(open_read_only)
    others_library.chmod(0o700)
    judge(others_library / "library.db")


def test_the_photos_vanish_while_they_are_scanned(scanned: Services, photos: Path, chance: random.Random) -> None:
    before, away = hashes(photos), photos.with_name("away")
    faces = [face for (face,) in Face.select(Face.id).order_by(Face.id).tuples()]
    scanned.review.name(faces[:2], "Anna")
    for path in photos.rglob("*.jpg"):
        os.utime(path, ns=(1, 1))  # to be looked at again
    gone = chance.randrange(len(before))

    def go_on(done: int, _total: int, path: Path | None) -> bool:
        if done == gone and path is not None:
            photos.rename(away)
        return True

    report = scan([photos], InProcess(fake_models()), go_on)
    assert len(report.failed) <= len(before)
    away.rename(photos)
    scan_fake([photos])
    assert Face.select().where(Face.person.is_null(False) & (Face.state == "confirmed")).count() == 2
    assert {photo.status for photo in Photo.select()} == {"ready"}
    assert len(faces) == Face.select().count()
    assert hashes(photos) == before


def test_two_programs_decide_at_once(library: Path) -> None:
    def decide(odd: int) -> Callable[[Callable[[int], None]], None]:
        def work(report: Callable[[int], None]) -> None:
            services = Services.open(library)
            mine = [face for (face,) in Face.select(Face.id).order_by(Face.id).tuples()][odd::2]
            for number in range(40):
                act = services.review.ignore if number % 2 else services.review.reset
                report(act([mine[number % len(mine)]]).decision_id)
            services.close()

        return work

    both = [Acknowledged(decide(odd)) for odd in range(2)]
    results = [each.wait() for each in both]
    assert [status for status, _ in results] == [0, 0]
    reported = [number for _, numbers in results for number in numbers]
    assert len(set(reported)) == 80
    services = Services.open(library)
    assert set(reported) <= {row for (row,) in Decision.select(Decision.id).tuples()}
    services.close()
    judge(library)


def test_two_programs_scan_one_folder_at_once(services: Services, photos: Path, tmp_path: Path) -> None:
    services.close()

    def work(report: Callable[[int], None]) -> None:
        opened = Services.open(tmp_path / "library.db")
        store_setting("embedder", "fake-embedder")
        report(scan_fake([photos]).photos)
        opened.close()

    both = [Acknowledged(work) for _ in range(2)]
    assert [each.wait() for each in both] == [(0, [8]), (0, [8])]
    opened = open_database(tmp_path / "library.db")
    paths = [photo.path for photo in Photo.select()]
    assert len(paths) == len(set(paths)) == 8
    assert Face.select().count() == sum(map(len, PAINTED.values()))
    opened.close()


def test_the_clock_jumps(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    services = Services.open(library)
    times = iter(["2031-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2026-06-01T12:00:00Z"])
    monkeypatch.setattr(Decision._meta, "_default_callable_list", [("at", lambda: next(times))])
    for face in waiting(services)[:3]:
        services.review.ignore([face])
    history = services.review.history(3)
    numbers = [row.decision_id for row in history]
    assert numbers == sorted(numbers, reverse=True)
    assert [row.at[:4] for row in history] == ["2026", "1999", "2031"]
    undone = [services.review.undo() for _ in history]  # goes back in the order of the acts
    assert [outcome and outcome.decision_id for outcome in undone] == numbers
    first = make_backup(library)
    assert first is not None
    os.utime(first.path, (4e9, 4e9))
    second = make_backup(library)
    assert second is not None
    assert [each.number for each in backups(library)] == [2, 1]
    services.close()
    judge(library)


def test_the_judge_can_tell(library: Path) -> None:
    make_backup(library)
    whole = library.read_bytes()
    library.write_bytes(whole[:8192] + bytes(8192) + whole[16384:])
    with pytest.raises(AssertionError):
        judge(library)
