"""Whether a database file is sound, as far as SQLite can tell by reading it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

CHECKED_AT_ONCE = 30_000_000  # bytes that are checked before the first frame: 30 ms (benchmarks/faults.py --check)
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def connect(path: Path, mode: str = "rw") -> sqlite3.Connection:
    """A plain connection to a file that is there, in autocommit; `mode` is SQLite's: "ro", "rw"."""
    uri = f"file:{quote(os.fsencode(path.absolute()))}?mode={mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=30, check_same_thread=False)


def is_damage(error: BaseException) -> bool:
    """Whether SQLite, or whatever wraps its error, says that the file's content is broken."""
    return result_code(error) in _DAMAGE


def is_locked(error: BaseException) -> bool:
    """Likewise, that another program keeps the database to itself."""
    return result_code(error) in _LOCKED


def result_code(error: BaseException | None) -> int | None:
    """SQLite's primary result code, of the error or of what it came from; None where SQLite has no part in it."""
    while error is not None:
        code = getattr(error, "sqlite_errorcode", None)
        if code is not None:
            return int(code) & 0xFF
        error = error.__cause__ or error.__context__
    return None


def find_damage(path: Path, cancelled: Callable[[], bool] | None = None) -> str:
    """What `PRAGMA quick_check` finds, in a line; empty where all is well. Other trouble raises sqlite3.Error.

    It reads all pages and their order, not whether each index entry has its row: damage to the file is what it is for.
    """
    with closing(connect(path)) as connection:
        if cancelled is not None:
            connection.set_progress_handler(cancelled, 50_000)  # interrupts, which raises OperationalError
        return damage_in(connection)


def damage_in(connection: sqlite3.Connection) -> str:
    """Like `find_damage`, of an open database."""
    try:
        found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        found = str(error)
    return "" if found == "ok" else " ".join(found.split())


def broken_references(connection: sqlite3.Connection) -> int:
    """Rows that refer to rows which are not there."""
    return len(connection.execute("PRAGMA foreign_key_check").fetchall())
