"""Peewee's connection to the library's file, with the trouble that a user can do something about put into words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from peewee import PeeweeException, SqliteDatabase

from tui_tagger.errors import DatabaseDamaged, DatabaseError
from tui_tagger.storage.integrity import is_damage, result_code

REPAIR = "Quit, then: tui-tagger doctor --repair"
TROUBLE = {  # SQLite's primary result code -> what happened, and what to do
    sqlite3.SQLITE_FULL: ("the disk is full; nothing was stored", "Make room, then do it again."),
    sqlite3.SQLITE_IOERR: ("the disk failed", "Is the disk full, failing or gone? Nothing that was stored is lost."),
    sqlite3.SQLITE_READONLY: ("it is read-only; nothing was stored", "Give yourself the right to write to it."),
    sqlite3.SQLITE_BUSY: ("another program keeps it locked", "Try again when that has ended."),
    sqlite3.SQLITE_LOCKED: ("another program keeps it locked", "Try again when that has ended."),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened any more", "Was its folder moved or its disk removed?"),
}


def told(error: BaseException, path: object = "The database") -> DatabaseError | None:
    """The error as it is told to a user; None for what is a mistake in the program."""
    if is_damage(error) or "Could not decode to UTF-8" in str(error):
        return DatabaseDamaged(f"{path} is damaged ({error})", REPAIR)
    happened = TROUBLE.get(result_code(error) or 0)
    return DatabaseError(f"{path}: {happened[0]}", happened[1]) if happened else None


class LibraryDatabase(SqliteDatabase):  # type: ignore[misc]
    """Raises DatabaseError, which is told, for a full disk and the like; peewee's own errors for the rest."""

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        with self._telling():
            return super().execute_sql(sql, params)

    def begin(self, lock_type: str | None = None) -> None:
        with self._telling():
            super().begin(lock_type)

    def commit(self) -> None:
        with self._telling():
            super().commit()

    def rollback(self) -> None:
        """SQLite may have taken the transaction back itself, as when the disk is full."""
        if self.connection().in_transaction:
            super().rollback()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, PeeweeException) as error:
            problem = told(error, self.database)
            if problem is None:
                raise
            raise problem from error
