"""The doctor's look at what is kept: is it sound, backed up, private? Works on a broken database, too."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tui_tagger.config import cache_dir, log_dir
from tui_tagger.metadata.safewrite import runs
from tui_tagger.private import open_to_others
from tui_tagger.storage.backups import DAY, backup_folder, backups, contents
from tui_tagger.storage.database import lost_table, repair_hint
from tui_tagger.storage.integrity import broken_references, broken_text, connect, find_damage, has_open, header_damage
from tui_tagger.storage.values import find_nonsense

SCARCE = 500_000_000  # bytes left on the database's disk
OLD = 14 * DAY  # seconds; a backup of this age is too old for a library in which something was decided since
MEND = "tui-tagger doctor --repair"


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    ok: bool
    text: str
    hint: str = ""


def check_storage(database: Path) -> Iterator[Check]:
    """Each check with what to do where it fails; the first one tells whether the database can be used."""
    damage = check_database(database)
    yield damage
    if damage.ok and database.exists():
        yield _references(database)
        yield _values(database)
        yield _writes(database)
    yield _backups(database, damage.ok)
    yield _private(database)
    yield _disk(database)


def check_database(database: Path) -> Check:
    if not database.exists():
        lost = bool(backups(database))
        return Check("database", not lost, f"{database} is {'lost' if lost else 'not made yet'}", _hint(lost, database))
    try:
        found = _damage(database)
    except sqlite3.Error as error:
        return Check("database", False, f"{database} cannot be read ({error})", "Does another program have it locked?")
    if found:
        return Check("database", False, f"{database}: {found}", repair_hint(database))
    return Check("database", True, f"{database}, {database.stat().st_size / 1e6:.1f} MB, sound")


def _damage(database: Path) -> str:
    if not database.stat().st_size and backups(database):
        return "it is empty"
    if found := (not has_open(database) and header_damage(database)) or find_damage(database):
        return found
    with closing(connect(database)) as connection:
        return lost_table(connection) or broken_text(connection)


def _hint(wanted: bool, database: Path) -> str:
    return repair_hint(database) if wanted else ""


def _references(database: Path) -> Check:
    with closing(connect(database)) as connection:
        count = broken_references(connection)
    if count:
        return Check("references", False, f"{count} rows refer to what is not there", MEND)
    return Check("references", True, "every row refers to what is there")


def _values(database: Path) -> Check:
    found = find_nonsense(database)
    if found:
        return Check("values", False, f"what makes no sense: {', '.join(map(str, found))}", MEND)
    return Check("values", True, "every value makes sense")


def _writes(database: Path) -> Check:
    """Writes whose process ended in the middle; the next start of the program finishes their bookkeeping."""
    with closing(connect(database)) as connection:
        rows = connection.execute("SELECT key FROM setting WHERE key LIKE 'writing:%'").fetchall()
    stale = [key for (key,) in rows if not _under_way(key.partition(":")[2])]
    if stale:
        return Check("writes", False, f"{len(stale)} writes of names were cut off", MEND)
    return Check("writes", True, f"{len(rows)} under way" if rows else "none was cut off")


def _under_way(process: str) -> bool:
    return process.isdecimal() and runs(int(process))


def _backups(database: Path, sound: bool) -> Check:
    known = backups(database)
    if not known:
        hint = "One is made when the program ends after decisions, and once a day."
        return Check("backups", True, "none yet", hint)
    size, age = sum(backup.size for backup in known) / 1e6, time.time() - known[0].at
    at = time.strftime("%Y-%m-%d %H:%M", time.localtime(known[0].at))
    text = f"{len(known)}, {size:,.0f} MB, the newest of {at}, in {backup_folder(database)}"
    if sound and age > OLD and contents(known[0].path) != contents(database):
        return Check("backups", False, text, "Is there room on the disk? Opening the library makes another.")
    return Check("backups", True, text)


def _private(database: Path) -> Check:
    bare = sorted(path for path in private_paths(database) if open_to_others(path))
    if bare:
        more = f" and {len(bare) - 1} more" if len(bare) > 1 else ""
        return Check("permissions", False, f"{bare[0]}{more} can be read by others", MEND)
    return Check("permissions", True, "database, backups, caches and logs are yours alone")


def private_paths(database: Path) -> Iterator[Path]:
    """What only the owner may read: the database and what belongs to it, the caches, the logs."""
    yield from (path for path in database.parent.glob(f"{database.name}*") if path.exists())
    for folder in (cache_dir(), log_dir()):
        if folder.is_dir():
            yield folder
    for folder in (backup_folder(database), cache_dir(), log_dir()):
        if folder.is_dir():
            yield from (path for path in folder.iterdir() if not path.is_symlink())


def _disk(database: Path) -> Check:
    there = next(folder for folder in database.absolute().parents if folder.exists())
    free = shutil.disk_usage(there).free
    hint = "" if free > SCARCE else "Make room: decisions cannot be stored on a full disk."
    return Check("disk", free > SCARCE, f"{free / 1e9:.1f} GB free beside the database", hint)
