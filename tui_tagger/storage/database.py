"""Opening the library's one SQLite file: permissions, migrations after a backup, settings."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path
from typing import Any

from peewee import DatabaseError as PeeweeDatabaseError
from peewee import SqliteDatabase

from tui_tagger.errors import DatabaseDamaged, DatabaseError
from tui_tagger.private import make_file, make_folder
from tui_tagger.storage.backups import backups, copy
from tui_tagger.storage.connection import LibraryDatabase
from tui_tagger.storage.integrity import (
    CHECKED_AT_ONCE,
    Connection,
    damage_in,
    has_open,
    header_damage,
    is_damage,
    is_locked,
)
from tui_tagger.storage.migrations import STEPS, applied, migrate
from tui_tagger.storage.models import TABLES, Setting, proxy

PRAGMAS = {
    "journal_mode": "wal",
    "foreign_keys": 1,
    "synchronous": "full",  # a decision that was shown as taken survives a power cut
    "busy_timeout": 10_000,  # milliseconds; the worker and a second app write too
    "cache_size": -8_000,  # KiB
}


def open_database(path: Path) -> SqliteDatabase:
    """Opens or makes the database at `path` and binds the models to it.

    Raises DatabaseDamaged where a backup is wanted, and DatabaseError.
    """
    try:
        _refuse_lost(path)
        if path.exists() and not path.is_file():
            raise DatabaseError(f"{path} is no file", "Choose another place with --db.")
        if not has_open(path):
            make_folder(path.parent)
            make_file(path)  # SQLite gives its -wal and -shm files the mode of the database
        _prepare(path)
        database = LibraryDatabase(str(path), pragmas=PRAGMAS, factory=Connection)
        database.connect()
    except (sqlite3.DatabaseError, PeeweeDatabaseError) as error:
        raise _refusal(path, error) from error
    except OSError as error:
        raise DatabaseError(f"{path} cannot be opened ({error.strerror})", "Choose another place with --db.") from error
    proxy.initialize(database)
    return database


def _refuse_lost(path: Path) -> None:
    """An empty database in the place of one that has backups would look as if all was forgotten."""
    if backups(path) and not (path.exists() and path.stat().st_size):
        raise DatabaseDamaged(f"{path} is lost: its backups are there, it is not", repair_hint(path))


def _refusal(path: Path, error: Exception) -> DatabaseError:
    if is_damage(error) and (backups(path) or has_open(path) or _is_database(path)):
        return DatabaseDamaged(f"{path} is damaged ({error})", repair_hint(path))
    if is_locked(error):
        return DatabaseError(f"{path} is in use by another program ({error})", "Try again when that has ended.")
    return DatabaseError(f"{path} cannot be used as a database ({error})", "Choose another with --db.")


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def repair_hint(path: Path) -> str:
    """What to do about a damaged database."""
    known = backups(path)
    if not known:
        return "There is no backup. `tui-tagger doctor --repair` saves what can still be read."
    at = time.strftime("%Y-%m-%d %H:%M", time.localtime(known[0].at))
    return f"`tui-tagger doctor --repair` restores the backup of {at} and keeps the damaged file."


def _prepare(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    try:
        found = "" if has_open(path) else header_damage(path)
        found = found or damage_in(connection, whole=path.stat().st_size <= CHECKED_AT_ONCE)
        if found and (backups(path) or _is_database(path)):
            raise DatabaseDamaged(f"{path} is damaged ({found})", repair_hint(path))
        have, newest = applied(connection), STEPS[-1].number
        if have > newest:
            text = f"{path} was made by a newer version of this program (schema {have}, known here: {newest})"
            raise DatabaseError(text, "Update the program, or choose another database with --db.")
        if 0 < have < newest:
            copy(path, path.with_name(f"{path.name}.before-{newest}"))
        if have < newest:
            migrate(connection)
        if found := lost_table(connection):
            raise DatabaseDamaged(f"{path} is damaged ({found})", repair_hint(path))
    finally:
        connection.close()


def lost_table(connection: sqlite3.Connection) -> str:
    """The first table that is gone though it was made, in words: a schema can lose one and look sound to SQLite."""
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    lost = sorted(TABLES.keys() - there) if applied(connection) == STEPS[-1].number else []
    return f"its table {lost[0]} is gone" if lost else ""


def setting(key: str, default: Any = None) -> Any:
    """Plain SQL, since every key that decides something asks for settings."""
    row = proxy.execute_sql("SELECT value FROM setting WHERE key = ?", (key,)).fetchone()
    return default if row is None else json.loads(row[0])


def store_setting(key: str, value: Any) -> None:
    Setting.insert(key=key, value=value).on_conflict(
        conflict_target=[Setting.key], update={Setting.value: value}
    ).execute()
