"""What `doctor --repair` mends: a damaged database, rows that make no sense, cut-off writes, open permissions."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from tui_tagger import log
from tui_tagger.metadata.safewrite import sweep
from tui_tagger.private import close_to_others
from tui_tagger.services.storage_check import check_database, private_paths
from tui_tagger.services.tagging import TaggingService
from tui_tagger.storage.backups import backup_folder
from tui_tagger.storage.database import open_database
from tui_tagger.storage.integrity import connect, is_damage
from tui_tagger.storage.models import Photo
from tui_tagger.storage.restoring import Restored, keep_copy, restore
from tui_tagger.storage.salvage import drop_dangling
from tui_tagger.storage.values import find_nonsense, mend


def repair(database: Path) -> Iterator[str]:
    """Mends what can be mended and says what was done, a line each. Raises DatabaseError."""
    if not check_database(database).ok:
        yield told_restored(restore_database(database))
    if count := sum(close_to_others(path) for path in list(private_paths(database))):
        yield f"{count} files closed to others"
    if database.exists():
        try:
            yield from _rows(database)
        except sqlite3.DatabaseError as error:
            if not (is_damage(error) or isinstance(error, sqlite3.IntegrityError)):
                raise
            yield told_restored(restore_database(database))  # indexes that nothing mends
            yield from _rows(database)
        yield from _files(database)


def restore_database(database: Path) -> Restored:
    """Puts the newest sound backup in the place of a damaged database, with the decisions that can be saved."""
    done = restore(database)
    log.event("restored", backup=done.backup.number if done.backup else 0, decisions=done.decisions)
    return done


def told_restored(done: Restored) -> str:
    """What happened, and where the damaged file is."""
    if done.backup is None:
        text = "There was no sound backup: what could be read was saved"
    else:
        text = f"The backup of {time.strftime('%Y-%m-%d %H:%M', time.localtime(done.backup.at))} is in place"
    saved = f", with {done.decisions} later decisions" if done.decisions else ""
    return f"{text}{saved}." + (f" The damaged file is kept as {done.aside}." if done.aside else "")


def _rows(database: Path) -> Iterator[str]:
    if find_nonsense(database):
        yield f"Values that make no sense are mended; the database as it was is kept as {keep_copy(database)}"
    with closing(connect(database)) as connection:
        if connection.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
            connection.execute("REINDEX")  # first: no row can be changed that its index does not know
            yield "The indexes were made anew"
        connection.execute("BEGIN IMMEDIATE")
        count = drop_dangling(connection)
        mended = mend(connection)
        count += drop_dangling(connection)  # what referred to rows that were removed
        connection.execute("COMMIT")
        yield from (f"mended: {each}" for each in mended)
        if count:
            yield f"{count} rows that referred to nothing were removed"


def _files(database: Path) -> Iterator[str]:
    """Cut-off writes and backups, and the temporary files that they left."""
    opened = open_database(database)
    try:
        if count := TaggingService().recover():
            yield f"{count} writes that were cut off are finished in the books"
        folders = [folder for (folder,) in Photo.select(Photo.folder).distinct().tuples()]
    finally:
        opened.close()
    litter = 0
    for folder in folders:
        with suppress(OSError):
            litter += sweep(folder)
    for part in backup_folder(database).glob("*.part*"):
        part.unlink(missing_ok=True)
        litter += 1
    if litter:
        yield f"{litter} temporary files were removed"
