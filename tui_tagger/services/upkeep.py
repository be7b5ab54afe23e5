"""What looks after the database while nobody waits: the check of a large one, and backups."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tui_tagger import log
from tui_tagger.errors import DatabaseDamaged, DatabaseError
from tui_tagger.storage.backups import Backup, is_due, make_backup
from tui_tagger.storage.connection import REPAIR
from tui_tagger.storage.connection import told as told_of_sqlite
from tui_tagger.storage.integrity import CHECKED_AT_ONCE, broken_references, connect, find_damage
from tui_tagger.storage.models import proxy
from tui_tagger.storage.values import find_nonsense

SMALL = 50_000_000  # bytes; such a database is copied within half a second, which may pass when a session ends


def look_after(database: Path, cancelled: Callable[[], bool] = lambda: False) -> Backup | None:
    """For a thread, after the first frame: checks what was too large to be checked at once; backs up if that is due.

    Before a backup it looks at all values, so that no backup holds what makes no sense in the place of one that did.
    Raises DatabaseDamaged, and DatabaseError where no backup can be made. What `cancelled` stops is done another time.
    """
    try:
        _check(database, cancelled)
        due = is_due(database)
        if due and (refusal := _nonsense(database, cancelled)) is not None:
            raise refusal
        backup = make_backup(database, cancelled) if due else None
    except sqlite3.Error as error:
        if cancelled():
            return None
        raise told(error, database) or error from error
    except DatabaseError as error:
        log.failure("no backup", error)
        raise
    if backup is not None:
        log.event("backup", number=backup.number, bytes=backup.size)
    return backup


def told(error: BaseException, database: Path | None = None) -> DatabaseError | None:
    """An error that nobody expected, as it is told to a user: trouble of SQLite, or values that make no sense.

    None for what is a mistake in the program. Without `database` it is the one that was opened last.
    """
    path = database or (Path(proxy.obj.database) if proxy.obj is not None else None)
    if (trouble := told_of_sqlite(error, path or "The database")) is not None or path is None:
        return trouble
    try:
        return _nonsense(path)
    except sqlite3.Error:
        return None


def _nonsense(database: Path, cancelled: Callable[[], bool] | None = None) -> DatabaseDamaged | None:
    found: list[object] = [*find_nonsense(database, cancelled)]
    with closing(connect(database)) as connection:
        if count := broken_references(connection):
            found.append(f"{count} rows refer to what is not there")
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    text = f"{database} holds values that make no sense ({found[0]}{more})" if found else ""
    return DatabaseDamaged(text, REPAIR) if found else None


def after_session(database: Path) -> None:
    """A backup of a small database in which something was decided. Trouble is for the next start to tell."""
    try:
        if database.stat().st_size <= SMALL and is_due(database, age=0):
            backup = make_backup(database)
            log.event("backup", number=backup.number if backup else 0)
    except (OSError, sqlite3.Error, DatabaseError) as error:
        log.failure("no backup", error)


def _check(database: Path, cancelled: Callable[[], bool]) -> None:
    if database.stat().st_size > CHECKED_AT_ONCE and (found := find_damage(database, cancelled)):
        raise DatabaseDamaged(f"{database} is damaged ({found})", REPAIR)
