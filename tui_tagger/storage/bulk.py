"""Statements over all faces at once, past the object mapper: a library has 100,000 of them, and a key waits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from tui_tagger.storage.models import proxy

KEPT = 200_000  # changes on record; a program that has seen fewer reads everything again
AT_ONCE = 500  # ids in one statement

FACTS = """
    SELECT face.id, photo_id, state, coalesce(person_id, -1), coalesce(probability, -1), recommendation,
        min(coalesce(face.width, 0), coalesce(face.height, 0)), sharpness, coalesce(x, 1e9),
        coalesce(CAST(replace(replace(replace(substr(taken_at, 1, 19), '-', ''), ':', ''), 'T', '') AS INTEGER), 0),
        date_source NOT IN ('', 'file'), x IS NOT NULL AND status != 'offline'
    FROM face JOIN photo ON photo.id = photo_id"""


def state() -> tuple[int, int, int]:
    """Another one as soon as anything may have changed in the database: a look that costs a few microseconds.

    Of this thread's connection (sqlite.org/pragma.html, data_version: whether another one changed anything).
    """
    connection = proxy.connection()
    (version,) = connection.execute("PRAGMA data_version").fetchone()
    return id(connection), version, connection.total_changes


def newest_change() -> int:
    """The number of the latest change ever recorded."""
    found = proxy.execute_sql("SELECT seq FROM sqlite_sequence WHERE name = 'change'").fetchone()
    return int(found[0]) if found else 0


def changes_since(number: int) -> dict[str, list[int]] | None:
    """The faces that changed after change `number`, by kind; None where the record does not go back so far."""
    oldest = proxy.execute_sql("SELECT min(id) FROM change").fetchone()[0]
    if number < newest_change() and (oldest is None or oldest > number + 1):
        return None
    found: dict[str, list[int]] = {"face": [], "embedding": [], "rejection": []}
    for kind, face in proxy.execute_sql("SELECT DISTINCT kind, face_id FROM change WHERE id > ?", (number,)):
        found[kind].append(face)
    return found


def forget_changes() -> None:
    """Keeps the record short."""
    proxy.execute_sql("DELETE FROM change WHERE id <= ?", (newest_change() - KEPT,))


def face_facts(faces: Collection[int] | None = None) -> Iterator[tuple[Any, ...]]:
    """What FACTS selects of the given faces, or of all, by id: the date as digits, 0 for none; -1 for no person."""
    return _of(FACTS, "face.id", faces, "ORDER BY face.id")


def embeddings(model: str, faces: Collection[int] | None = None) -> Iterator[tuple[int, int]]:
    """The given faces and the ids of their embeddings by `model`, or all; an index answers it."""
    return _of(f"SELECT face_id, id FROM embedding WHERE model = '{_plain(model)}'", "face_id", faces)  # noqa: S608


def vectors(embeddings: Collection[int]) -> Iterator[tuple[int, bytes]]:
    """Embeddings by id, ascending, with their vectors; without those that are gone."""
    return _of("SELECT id, vector FROM embedding", "id", embeddings, "ORDER BY id")


def rejections(faces: Collection[int] | None = None) -> Iterator[tuple[int, int]]:
    """Pairs of a face and a person whom it was said not to be."""
    return _of("SELECT face_id, person_id FROM rejection", "face_id", faces)


def photos_of(faces: Collection[int]) -> list[int]:
    """The photo of each of the faces, in the order of their ids."""
    return [photo for _face, photo in _of("SELECT id, photo_id FROM face", "id", faces, "ORDER BY id")]


def confirmed_in(photos: Collection[int], person: int) -> set[int]:
    """The faces in these photos that are confirmed to be `person`."""
    statement = f"SELECT id FROM face WHERE state = 'confirmed' AND person_id = {int(person)}"  # noqa: S608
    return {face for (face,) in _of(statement, "photo_id", photos)}


def clusters() -> Iterator[tuple[int, int, float]]:
    """The faces that are in a cluster: id, number of the cluster, cohesion."""
    return iter(proxy.execute_sql("SELECT id, cluster, cohesion FROM face WHERE cluster IS NOT NULL"))


def store_suggestions(rows: Iterable[tuple[int | None, float | None, str, str, int]]) -> None:
    """Person, probability, recommendation and state of faces; one that a human decided meanwhile is left alone."""
    statement = """UPDATE face SET person_id = ?, probability = ?, recommendation = ?, state = ?
        WHERE id = ? AND state IN ('unknown', 'suggested')"""
    proxy.connection().executemany(statement, rows)


def _plain(text: str) -> str:
    return text.replace("'", "''")


def _of(statement: str, column: str, ids: Collection[int] | None, order: str = "") -> Iterator[Any]:
    if ids is None:
        yield from proxy.execute_sql(f"{statement} {order}")
        return
    glue = "AND" if "WHERE" in statement else "WHERE"
    wanted: Sequence[int] = sorted(ids)
    for at in range(0, len(wanted), AT_ONCE):
        part = ",".join(map(str, map(int, wanted[at : at + AT_ONCE])))
        yield from proxy.execute_sql(f"{statement} {glue} {column} IN ({part}) {order}")
