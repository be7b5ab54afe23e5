"""Decisions out of a damaged database: rows that can still be read, one by one, into the one that is open."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from peewee import PeeweeException

from tui_tagger.storage import journal
from tui_tagger.storage.integrity import broken_references, connect
from tui_tagger.storage.models import TABLES, Decision, proxy

ROWS = ("photo", "person", "face", "embedding", "rejection", "decision", "filewrite", "setting")
FARTHEST = 1 << 20  # rows skipped in search of the next one that can be read
_UNREADABLE = (sqlite3.Error, UnicodeDecodeError)  # the second: its messages quote what is broken
_BROKEN = (*_UNREADABLE, PeeweeException, ValueError, TypeError, KeyError, AttributeError)


def salvage(damaged: Path) -> int:
    """Adds the rows that `damaged` has beyond the open database, and repeats the decisions made since, in their order.

    Returns how many decisions could be saved. What cannot be read is left out; nothing that is there is lost.
    """
    with suppress(*_UNREADABLE), closing(connect(damaged)) as source:
        proxy.execute_sql("PRAGMA foreign_keys = 0")
        try:
            with proxy.atomic("IMMEDIATE"):
                return _salvage(source)
        finally:
            proxy.execute_sql("PRAGMA foreign_keys = 1")
    return 0


def _salvage(source: sqlite3.Connection) -> int:
    known = proxy.execute_sql("SELECT coalesce(max(id), 0) FROM decision").fetchone()[0]
    _take_back(source)
    for table in ROWS:
        _add_rows(source, table)
    count = 0
    for row in Decision.select().where(Decision.id > known).order_by(Decision.id):
        with suppress(*_BROKEN):
            _repeat(row)
            count += 1
    drop_dangling(proxy.connection())
    return count


def _take_back(source: sqlite3.Connection) -> None:
    """Reverts the decisions that were undone since, as far as the damaged file shows that for sure."""
    try:
        later = dict(source.execute("SELECT id, undone FROM decision").fetchall())
    except _UNREADABLE:
        return
    for row in list(Decision.select().where(~Decision.undone).order_by(Decision.id.desc())):
        if later.get(row.id, 1):
            journal.revert(row)
            if row.id not in later:
                row.delete_instance()


def _add_rows(source: sqlite3.Connection, table: str) -> None:
    with suppress(*_UNREADABLE):
        theirs = {row[1] for row in source.execute(f"PRAGMA table_info({table})")}
        columns = [field.column_name for field in TABLES[table]._meta.sorted_fields if field.column_name in theirs]
        newest = proxy.execute_sql(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0]  # noqa: S608
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608
        for row in _readable(source, table, columns, newest):
            with suppress(*_BROKEN):
                proxy.execute_sql(statement, row)


def _readable(source: sqlite3.Connection, table: str, columns: Sequence[str], after: int) -> Iterator[tuple[Any, ...]]:
    """Rows by id; around a broken page the next ones are looked for in growing steps."""
    statement = f"SELECT id, {', '.join(columns)} FROM {table} WHERE id > ? ORDER BY id"  # noqa: S608
    step = 1
    while step < FARTHEST:
        try:
            for at, *row in source.execute(statement, (after,)):
                yield tuple(row)
                after, step = at, 1
            return
        except _UNREADABLE:
            after, step = after + step, step * 2


def _repeat(row: Decision) -> None:
    if row.undone:
        return
    for name, row_id, before, after in row.changes:
        table = TABLES[name]
        if after is None:
            table.delete_by_id(row_id)
            continue
        if before is None:
            table.insert(id=row_id, **after).on_conflict_ignore().execute()
        table.update(**after).where(table.id == row_id).execute()


def drop_dangling(connection: sqlite3.Connection) -> int:
    """Removes rows whose photo, face or decision is gone; faces of a person who is gone are unknown. How many."""
    count = broken_references(connection)
    if count:
        gone = "person_id IS NOT NULL AND person_id NOT IN (SELECT id FROM person)"
        nobody = "state = 'unknown', person_id = NULL, probability = NULL, recommendation = 'none'"
        connection.execute(f"UPDATE face SET {nobody} WHERE {gone}")  # noqa: S608
        for table, column, parent in _PARENTS:
            connection.execute(f"DELETE FROM {table} WHERE {column} NOT IN (SELECT id FROM {parent})")  # noqa: S608
    return count


_PARENTS = (
    ("face", "photo_id", "photo"),
    ("embedding", "face_id", "face"),
    ("alias", "person_id", "person"),
    ("rejection", "face_id", "face"),
    ("rejection", "person_id", "person"),
    ("filewrite", "decision_id", "decision"),
    ("filewrite", "photo_id", "photo"),
)
