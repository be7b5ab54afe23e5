"""What looks after the database while nobody waits: the check of a large one, and backups."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from tui_tagger import log
from tui_tagger.errors import DatabaseDamaged, DatabaseError
from tui_tagger.storage.backups import Backup, is_due, make_backup
from tui_tagger.storage.connection import REPAIR
from tui_tagger.storage.connection import told as told
from tui_tagger.storage.integrity import CHECKED_AT_ONCE, find_damage

SMALL = 50_000_000  # bytes; such a database is copied within half a second, which may pass when a session ends


def look_after(database: Path, cancelled: Callable[[], bool] = lambda: False) -> Backup | None:
    """For a thread, after the first frame: checks what was too large to be checked at once; backs up if that is due.

    Raises DatabaseDamaged, and DatabaseError where no backup can be made. What `cancelled` stops is done another time.
    """
    try:
        _check(database, cancelled)
        backup = make_backup(database, cancelled) if is_due(database) else None
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
