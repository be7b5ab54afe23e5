"""Keeps the listing in step: what the library's lists sort and filter by, one narrow row a photo.

Triggers note the photos whose row is out of date (storage/migrations.py), whichever program changed them; `refresh`
makes those rows anew, so a reader pays for what changed and never for the whole library.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tui_tagger.services.unwritten import differing
from tui_tagger.storage.models import UNDATED, proxy
from tui_tagger.text import folded

AT_ONCE = 5000  # photos in one transaction
COUNTS = """SELECT photo_id, sum(state != 'not a face'), sum(state IN ('unknown', 'suggested')),
    sum(state = 'confirmed') FROM face WHERE photo_id IN ({}) GROUP BY photo_id"""
NAMES = """SELECT photo_id, person.name, alias.name FROM face JOIN person ON person.id = face.person_id
    LEFT JOIN alias ON alias.person_id = person.id WHERE state = 'confirmed' AND photo_id IN ({})"""
PHOTOS = """SELECT id, folder, name, taken_at, status, path, place, camera, description FROM photo WHERE id IN ({})"""


def refresh() -> None:
    """Brings the listing in step with the photos, faces and names. Every reader calls it; mostly nothing is to do."""
    while _refresh_these(f"ORDER BY id LIMIT {AT_ONCE}"):
        pass


def _refresh_these(which: str) -> bool:
    """Those of the photos that are out of date; says whether there was one."""
    if not proxy.execute_sql(f"SELECT 1 FROM outdated {which}").fetchone():  # noqa: S608
        return False
    with _quick_commit(), proxy.atomic("IMMEDIATE"):
        rows = proxy.execute_sql(f"SELECT id FROM outdated {which}").fetchall()  # noqa: S608
        _renew([photo for (photo,) in rows])
    return True


def unwritten(photo_ids: Collection[int] | None = None) -> set[int]:
    """Photos whose confirmed names are not those that were written, or with a description that was typed since.

    Of the given ones, or of all.
    """
    if photo_ids is None or len(photo_ids) > AT_ONCE:
        refresh()
        found = {photo for (photo,) in proxy.execute_sql("SELECT id FROM listing WHERE unwritten")}
        return found if photo_ids is None else found.intersection(photo_ids)
    ids = ",".join(map(str, map(int, photo_ids)))
    _refresh_these(f"WHERE id IN ({ids})")
    return {photo for (photo,) in proxy.execute_sql(f"SELECT id FROM listing WHERE unwritten AND id IN ({ids})")}  # noqa: S608


def folder_text(folder: Path) -> str:
    """A folder as the listing has it: bytes that are not UTF-8 as their codes."""
    return os.fsencode(folder).decode("utf-8", "backslashreplace")


@contextmanager
def _quick_commit() -> Iterator[None]:
    """No wait for the disk: what a power cut takes of the listing, it takes of the record of what is done, too."""
    proxy.execute_sql("PRAGMA synchronous = normal")
    try:
        yield
    finally:
        proxy.execute_sql("PRAGMA synchronous = full")


def _renew(photo_ids: Sequence[int]) -> None:
    connection, ids = proxy.connection(), ",".join(map(str, photo_ids))
    counts = {photo: found for photo, *found in connection.execute(COUNTS.format(ids))}
    names: dict[int, set[str]] = defaultdict(set)
    for photo, *found in connection.execute(NAMES.format(ids)):
        names[photo].update(filter(None, found))
    differ = differing(photo_ids)
    rows = [
        (
            *_place(photo, *place),
            *counts.get(photo, (0, 0, 0)),
            photo in differ,
            *map(folded, texts),
            folded("\n".join(sorted(names[photo]))),
        )
        for photo, *place, path, at, camera, description in connection.execute(PHOTOS.format(ids))
        for texts in [(path, at, camera, description)]
    ]
    marks = ", ".join("?" * 14)
    connection.execute(f"DELETE FROM listing WHERE id IN ({ids})")  # noqa: S608
    connection.executemany(f"INSERT INTO listing VALUES ({marks})", rows)  # noqa: S608
    connection.execute(f"DELETE FROM outdated WHERE id IN ({ids})")  # noqa: S608


def _place(photo: int, folder: str | bytes, name: str, taken: str | None, status: str) -> tuple[Any, ...]:
    """What a row begins with: by what the lists are sorted and divided."""
    return photo, folder_text(Path(os.fsdecode(folder))), folded(name), taken or UNDATED, status
