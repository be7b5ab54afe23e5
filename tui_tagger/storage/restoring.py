"""Putting a backup in the place of a damaged database, which is kept, and saving what can still be read of that."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from tui_tagger.errors import DatabaseError
from tui_tagger.private import make_file
from tui_tagger.storage.backups import Backup, backups, copy
from tui_tagger.storage.database import open_database
from tui_tagger.storage.integrity import connect, is_locked
from tui_tagger.storage.salvage import salvage

LOGS = ("", "-wal", "-shm")  # a database and what SQLite keeps beside it


@dataclass(frozen=True, slots=True)
class Restored:
    """`backup`: what the new database was made from, None where there was none; `aside`: the damaged file, if any.

    `decisions` were made since that backup, could still be read in the damaged file, and hold in the new one too.
    """

    backup: Backup | None
    aside: Path | None
    decisions: int


def restore(database: Path) -> Restored:
    """Restores the newest backup that is sound, else saves what can be read into a new database.

    Raises DatabaseError where another program has the database open.
    """
    _refuse_shared(database)
    part = database.with_name(f"{database.name}.restored")
    chosen = next((backup for backup in backups(database) if _copied(backup.path, part)), None)
    aside = _set_aside(database)
    if chosen is not None:
        part.replace(database)
    else:
        make_file(database)
        with closing(sqlite3.connect(database)) as empty:
            empty.execute("PRAGMA user_version = 1")  # a file with a header: not "lost"
    opened = open_database(database)
    try:
        decisions = salvage(aside) if aside is not None else 0
    finally:
        opened.close()
    return Restored(chosen, aside, decisions)


def keep_copy(database: Path) -> Path:
    """A copy of the database beside it, under the first free name for damaged ones. Raises DatabaseError."""
    aside = next(path for path in _names(database) if not path.exists())
    copy(database, aside)
    return aside


def _copied(source: Path, target: Path) -> bool:
    with suppress(DatabaseError, sqlite3.Error):
        return copy(source, target)
    target.unlink(missing_ok=True)
    return False


def _refuse_shared(database: Path) -> None:
    """Whoever has it open would go on writing to the file that is put aside."""
    if not database.exists():
        return
    with suppress(sqlite3.Error), closing(connect(database)) as connection:
        try:
            connection.execute("PRAGMA busy_timeout = 200")
            connection.execute("PRAGMA locking_mode = exclusive")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            if is_locked(error):
                raise DatabaseError(f"{database} is in use by another program", "End it first.") from error
            raise


def _set_aside(database: Path) -> Path | None:
    """Renames the database and its logs; the first free name of x.damaged-1, x.damaged-2 and so on."""
    if not any(database.with_name(database.name + log).exists() for log in LOGS):
        return None
    aside = next(path for path in _names(database) if not path.exists())
    for log in LOGS:
        with suppress(FileNotFoundError):
            database.with_name(database.name + log).rename(aside.with_name(aside.name + log))
    return aside


def _names(database: Path) -> Iterator[Path]:
    number = 0
    while True:
        number += 1
        yield database.with_name(f"{database.name}.damaged-{number}")
