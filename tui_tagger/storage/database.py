"""Opening the library's one SQLite file: permissions, migrations after a backup, settings."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from peewee import SqliteDatabase

from tui_tagger.errors import DatabaseError
from tui_tagger.storage.migrations import STEPS, applied, migrate
from tui_tagger.storage.models import Setting, proxy

PRAGMAS = {
    "journal_mode": "wal",
    "foreign_keys": 1,
    "synchronous": "full",  # a decision that was shown as taken survives a power cut
    "busy_timeout": 10_000,  # milliseconds; the worker and a second app write too
    "cache_size": -32_000,  # KiB
}


def open_database(path: Path) -> SqliteDatabase:
    """Opens or makes the database at `path` and binds the models to it. Raises DatabaseError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # SQLite gives its -wal and -shm files the mode of the database; embeddings are biometric data.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
        _prepare(path)
        database = SqliteDatabase(str(path), pragmas=PRAGMAS)
        database.connect()
    except sqlite3.DatabaseError as error:
        raise DatabaseError(f"{path} cannot be used as a database ({error})", "Choose another with --db.") from error
    except OSError as error:
        raise DatabaseError(f"{path} cannot be opened ({error.strerror})", "Choose another place with --db.") from error
    proxy.initialize(database)
    return database


def _prepare(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    try:
        have, newest = applied(connection), STEPS[-1].number
        if have > newest:
            text = f"{path} was made by a newer version of this program (schema {have}, known here: {newest})"
            raise DatabaseError(text, "Update the program, or choose another database with --db.")
        if 0 < have < newest:
            backup(connection, path.with_name(f"{path.name}.before-{newest}"))
        if have < newest:
            migrate(connection)
    finally:
        connection.close()


def backup(connection: sqlite3.Connection, target: Path) -> None:
    """A consistent copy of the database, readable by its owner alone."""
    os.close(os.open(target, os.O_RDWR | os.O_CREAT, 0o600))
    copy = sqlite3.connect(target)
    try:
        connection.backup(copy)
    finally:
        copy.close()


def setting(key: str, default: Any = None) -> Any:
    row = Setting.get_or_none(Setting.key == key)
    return default if row is None else row.value


def store_setting(key: str, value: Any) -> None:
    Setting.insert(key=key, value=value).on_conflict(
        conflict_target=[Setting.key], update={Setting.value: value}
    ).execute()
