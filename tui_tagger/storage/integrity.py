"""Whether a database file is sound, as far as SQLite can tell by reading it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote
from weakref import WeakSet

CHECKED_AT_ONCE = 30_000_000  # bytes that are checked before the first frame; larger ones take longer than a start may
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


class Connection(sqlite3.Connection):
    """A connection that this process knows of until it is closed or gone."""

    def __init__(self, database: str, *arguments: Any, **options: Any) -> None:
        super().__init__(database, *arguments, **options)
        self.file = os.path.realpath(self.execute("PRAGMA database_list").fetchone()[2])
        _open.add(self)

    def close(self) -> None:
        super().close()
        _open.discard(self)


_open: WeakSet[Connection] = WeakSet()


def has_open(path: Path) -> bool:
    """Whether this process has a connection to the database: then SQLite alone may open the file.

    Closing a file gives up all the locks that a process holds on it, of whatever descriptor (POSIX.1-2017, fcntl;
    sqlite.org/howtocorrupt.html, 2.2). Another program's connection would then take itself for the last one and remove
    the log that this one writes to.
    """
    file = os.path.realpath(path)
    return any(connection.file == file for connection in tuple(_open))


def connect(path: Path, mode: str = "rw") -> sqlite3.Connection:
    """A plain connection to a file that is there, in autocommit; `mode` is SQLite's: "ro", "rw"."""
    uri = f"file:{quote(os.fsencode(path.absolute()))}?mode={mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=30, check_same_thread=False, factory=Connection)


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
    SQLite alone touches the file, so this program may have it open.
    """
    with closing(connect(path)) as connection:
        if cancelled is not None:
            connection.set_progress_handler(cancelled, 50_000)  # interrupts, which raises OperationalError
        return damage_in(connection)


def header_damage(path: Path) -> str:
    """What is wrong with the file's first bytes that SQLite would take for a wish, as to be read-only.

    Only for a process that has no connection to it (`has_open`).
    """
    with path.open("rb") as file:
        head = file.read(20)
    versions = set(head[18:20])  # of the format, for writing and for reading: 1, or 2 with a write-ahead log
    return "" if versions <= {1, 2} else "its header names an unknown format"


def broken_text(connection: sqlite3.Connection) -> str:
    """The first table with a text that is not UTF-8, in words; SQLite itself never looks at that. Reads all texts."""
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[2] == "TEXT"]
        try:
            for _ in connection.execute(f"SELECT {', '.join(columns)} FROM {table}") if columns else ():  # noqa: S608
                pass
        except (sqlite3.OperationalError, UnicodeDecodeError):
            return f"a text in its table {table} is broken"
    return ""


def damage_in(connection: sqlite3.Connection, whole: bool = True) -> str:
    """Like `find_damage`, of an open database; if not `whole`, only of its header and schema, which takes no time."""
    statement = "PRAGMA quick_check(1)" if whole else "SELECT 'ok', count(*) FROM sqlite_master"
    try:
        found = str(connection.execute(statement).fetchone()[0])
    except sqlite3.DatabaseError as error:
        if not is_damage(error) and result_code(error) != sqlite3.SQLITE_ERROR:  # such as "unsupported file format"
            raise
        found = str(error)
    except UnicodeDecodeError:  # the message quotes what stands in a broken schema
        found = "its schema cannot be read"
    return "" if found == "ok" else " ".join(found.split())


def broken_references(connection: sqlite3.Connection) -> int:
    """Rows that refer to rows which are not there."""
    return len(connection.execute("PRAGMA foreign_key_check").fetchall())
