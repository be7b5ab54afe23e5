"""Backups of the database that make themselves: consistent, checked, few, readable by their owner alone."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tui_tagger.errors import DatabaseDamaged, DatabaseError
from tui_tagger.private import make_file, own_folder
from tui_tagger.storage.integrity import connect, damage_in

DAYS = 7  # of which the last backup is kept
MOST_BYTES = 2_000_000_000  # of all backups together; the newest stays whatever its size
DAY = 86_400.0  # seconds
_PAGES, _PAUSE = 500, 0.001  # copied at a time (2 MB), and seconds for others between

Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup; `number` rises from one to the next, whatever the clock does. `at`: seconds since 1970."""

    path: Path
    number: int
    at: float
    size: int


@dataclass(frozen=True, slots=True)
class Contents:
    """What tells whether there is anything new: the numbers of the latest decision and of the latest change."""

    decision: int
    change: int


def backup_folder(database: Path) -> Path:
    return database.with_name(f"{database.name}.backups")


def backups(database: Path) -> tuple[Backup, ...]:
    """The backups of a database, newest first."""
    found = []
    for path in backup_folder(database).glob("*.db"):
        if path.stem.isdecimal():
            status = path.stat()
            found.append(Backup(path, int(path.stem), status.st_mtime, status.st_size))
    return tuple(sorted(found, key=lambda backup: -backup.number))


def contents(path: Path) -> Contents:
    """Raises sqlite3.Error."""
    with closing(connect(path)) as connection:
        rows = dict(connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
    return Contents(rows.get("decision", 0), rows.get("change", 0))


def is_due(database: Path, age: float = DAY / 2) -> bool:
    """Whether something changed since the last backup, and that is older than `age` seconds or from the future.

    A database without any decision holds nothing that a scan would not find again. Raises sqlite3.Error.
    """
    now, known = contents(database), backups(database)
    if not now.decision or not known:
        return now.decision > 0
    return not 0 <= time.time() - known[0].at < age and contents(known[0].path) != now


def make_backup(database: Path, cancelled: Cancelled = lambda: False) -> Backup | None:
    """Copies the database while others may write to it, checks the copy, and removes backups that are too many.

    None if it was cancelled. Raises DatabaseDamaged, with the backups before untouched, and DatabaseError.
    """
    folder, known = backup_folder(database), backups(database)
    part = folder / f"{os.getpid()}.part"
    try:
        own_folder(folder)
        _check_room(database, folder)
        if not copy(database, part, cancelled):
            return None
        part.replace(folder / f"{known[0].number + 1 if known else 1:06}.db")
    except (OSError, sqlite3.Error) as error:
        raise DatabaseError(f"{folder}: no backup could be made ({error})", "Is the disk full or read-only?") from error
    finally:
        _remove(part)
    prune(database)
    return backups(database)[0]


def copy(source: Path, target: Path, cancelled: Cancelled = lambda: False) -> bool:
    """A checked copy in one file; False if it was cancelled. Raises DatabaseDamaged where the source is no better.

    The transaction holds one state of the source: SQLite would begin anew whenever another program wrote.
    """
    make_file(target, truncate=True)
    with closing(connect(source)) as old, closing(connect(target)) as new:
        old.execute("BEGIN")
        old.execute("SELECT count(*) FROM sqlite_master").fetchone()
        try:
            old.backup(new, pages=_PAGES, sleep=_PAUSE, progress=_stop_if(cancelled))
        except _Stopped:
            return False
        new.execute("PRAGMA journal_mode = delete")  # one file, without a log beside it
        if found := damage_in(new):
            raise DatabaseDamaged(f"{source} is damaged ({found})")
    with target.open("rb") as file:
        os.fsync(file.fileno())
    return True


class _Stopped(Exception):
    """The copy was cancelled."""


def _stop_if(cancelled: Cancelled) -> Callable[[int, int, int], None]:
    def progress(_status: int, _left: int, _total: int) -> None:
        if cancelled():
            raise _Stopped

    return progress


def prune(database: Path) -> None:
    """Keeps the last backup of each of the last days that have one, as far as their sizes together allow."""
    days: set[str] = set()
    size = 0
    for number, backup in enumerate(backups(database)):
        day = time.strftime("%Y-%m-%d", time.localtime(backup.at))
        if number and (day in days or len(days) >= DAYS or size + backup.size > MOST_BYTES):
            backup.path.unlink(missing_ok=True)
        else:
            size += backup.size
            days.add(day)


def _check_room(database: Path, folder: Path) -> None:
    """A backup must not be what fills the disk."""
    size = database.stat().st_size
    if shutil.disk_usage(folder).free < 2 * size + 50_000_000:
        raise DatabaseError(
            f"{folder}: there is no room for a backup of {size / 1e6:,.0f} MB", "Make room on the disk."
        )


def _remove(part: Path) -> None:
    for name in (part.name, f"{part.name}-journal", f"{part.name}-wal", f"{part.name}-shm"):
        part.with_name(name).unlink(missing_ok=True)
