"""Values in rows that make no sense, left by a fault, a failing disk or another program: found, and mended."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from string import Template

import numpy as np

from tui_tagger.storage.integrity import connect
from tui_tagger.storage.rules import RULES

AT_ONCE = 4_000  # embeddings looked at together


@dataclass(frozen=True, slots=True)
class Nonsense:
    """How many rows of a table hold something that makes no sense."""

    table: str
    what: str
    count: int

    def __str__(self) -> str:
        return f"{self.table}: {self.what} ({self.count})"


def find_nonsense(path: Path, cancelled: Callable[[], bool] | None = None) -> tuple[Nonsense, ...]:
    """What makes no sense in a database's rows; some 3 s for 300,000 faces. Raises sqlite3.Error."""
    with closing(connect(path)) as connection:
        if cancelled is not None:
            connection.set_progress_handler(cancelled, 50_000)  # interrupts, which raises OperationalError
        return nonsense(connection)


def nonsense(connection: sqlite3.Connection) -> tuple[Nonsense, ...]:
    """The same of an open database, most of it by one pass over each table."""
    found: list[Nonsense] = []
    for table in dict.fromkeys(rule.table for rule in RULES):
        rules = [rule for rule in RULES if rule.table == table]
        sums = ", ".join(f"total({rule.wrong})" for rule in rules)
        counts = connection.execute(f"SELECT {sums} FROM {table}").fetchone()  # noqa: S608
        found += [Nonsense(table, rule.what, int(count)) for rule, count in zip(rules, counts, strict=True) if count]
    vectors = sum(1 for _ in _wrong_vectors(connection))
    return (*found, *([Nonsense("embedding", "a vector", vectors)] if vectors else []))


def mend(connection: sqlite3.Connection) -> tuple[Nonsense, ...]:
    """Takes all of that out of the rows, within the caller's transaction; what it was."""
    done = []
    for rule in RULES:
        if count := connection.execute(f"SELECT count(*) FROM {rule.table} WHERE {rule.wrong}").fetchone()[0]:  # noqa: S608
            for statement in Template(rule.mend).substitute(wrong=rule.wrong).split(";"):
                connection.execute(statement)
            done.append(Nonsense(rule.table, rule.what, count))
    if wrong := list(_wrong_vectors(connection)):
        connection.executemany("DELETE FROM embedding WHERE id = ?", [(row,) for row in wrong])
        done.append(Nonsense("embedding", "a vector", len(wrong)))
    return tuple(done)


def _wrong_vectors(connection: sqlite3.Connection) -> Iterator[int]:
    """Ids of embeddings that are no float16 vectors about as long as 1 and of as many numbers as their model's most."""
    kinds = "SELECT model, typeof(vector), length(vector), count(*) FROM embedding GROUP BY 1, 2, 3"
    most: dict[object, tuple[int, int]] = {}
    for model, kind, size, count in connection.execute(kinds):
        if isinstance(model, str) and kind == "blob" and size and size % 2 == 0:
            most[model] = max(most.get(model, (0, 0)), (count, size))
    known = "".join(f" WHEN ? THEN {size}" for _, size in most.values())
    size = f"CASE model{known} ELSE -1 END" if most else "-1"
    wrong = f"SELECT id FROM embedding WHERE typeof(vector) != 'blob' OR length(vector) != {size}"  # noqa: S608
    yield from (row for (row,) in connection.execute(wrong, tuple(most)).fetchall())
    for model, (_, length) in most.items():
        rows = connection.execute(
            "SELECT id, vector FROM embedding WHERE model = ? AND typeof(vector) = 'blob' AND length(vector) = ?",
            (model, length),
        )
        while some := rows.fetchmany(AT_ONCE):
            stored = np.frombuffer(b"".join(vector for _, vector in some), np.float16).reshape(len(some), -1)
            numbers = stored.astype(np.float32)
            lengths = np.einsum("ij,ij->i", numbers, numbers)
            yield from (some[row][0] for row in np.flatnonzero(~((lengths > 0.25) & (lengths < 4.0))))
