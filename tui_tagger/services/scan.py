"""Scanning: brings the database up to date with folders. One photo is one transaction, so any stop resumes.

Listing and comparing is services/inventory.py, extracting is done by `Extractors`, storing is services/storing.py; this
module alone writes while it runs.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from peewee import IntegrityError

from tui_tagger.errors import TaggerError
from tui_tagger.services import listing
from tui_tagger.services.extraction import Extracted, File
from tui_tagger.services.extractors import Extractors
from tui_tagger.services.inventory import Below, Inventory, known_identities, take_inventory
from tui_tagger.services.storing import Stored, store, store_failure, store_offline
from tui_tagger.services.views import Failure, ScanReport
from tui_tagger.storage.models import proxy

Checkpoint = Callable[[int, int, Path | None], bool]  # done, total, a photo that comes next -> whether to go on

FACES = "SELECT photo.path, faces FROM listing JOIN photo ON photo.id = listing.id WHERE listing.status != 'offline'"


@dataclass
class _Tally:
    stored: Counter[Stored] = field(default_factory=Counter)
    foreign: int = 0  # stored by another program meanwhile
    failed: list[Failure] = field(default_factory=list)


def scan(folders: Sequence[Path], extractors: Extractors, go_on: Checkpoint, resting: float = 0.0) -> ScanReport:
    """Brings the database up to date with what lies below `folders` (photos may be named themselves).

    `go_on` is asked before each photo and ends the scan by returning False; what was done stays. Files that were
    changed within the last `resting` seconds are left alone. Raises PhotoError for a folder that is not there, and
    ModelError when a model cannot be loaded.
    """
    began, found, tally = time.monotonic(), take_inventory(folders, resting), _Tally()
    finished = _store_all(found, extractors, go_on, tally)
    gone = store_offline(found.missing) if finished else 0
    go_on(len(found.todo), len(found.todo), None)
    listing.refresh()
    return ScanReport(
        photos=found.files,
        new=tally.stored[Stored.NEW],
        changed=tally.stored[Stored.CHANGED],
        reread=tally.stored[Stored.REREAD],
        moved=tally.stored[Stored.MOVED],
        gone=gone,
        unchanged=len(found.present) - len(found.failed) + tally.foreign,
        faces=_faces_below(folders),
        failed=(*found.failed, *tally.failed),
        unsettled=tuple(found.unsettled),
        seconds=round(time.monotonic() - began, 3),
    )


def _store_all(found: Inventory, extractors: Extractors, go_on: Checkpoint, tally: _Tally) -> bool:
    """Whether it came to the end."""
    files, known, done = list(found.todo), known_identities(found) if found.todo else frozenset[str](), 0
    while files:
        again: list[File] = []  # copies of one lost photo: it turned up as the first of them
        with closing(extractors.extract(files, known)) as results:
            for file in files:
                if not go_on(done, len(found.todo), file.path):
                    return False
                if not _keep(*next(results), found, tally, again):
                    continue
                done += 1
        files, known = again, frozenset()
    return True


def _keep(file: File, result: Extracted | TaggerError, found: Inventory, tally: _Tally, again: list[File]) -> bool:
    """Stores what came of a file; False where it has to be extracted again."""
    photo = found.rows.get(file.path)
    if isinstance(result, TaggerError):
        if file.path.exists():  # else it vanished meanwhile, which says nothing about the photo
            store_failure(file, photo, result.message)
        tally.failed.append(Failure(file.path, result.message))
        return True
    try:
        stored = store(file, result, photo)
    except IntegrityError:
        tally.foreign += 1  # another program that scans the same folder was faster
        return True
    if stored is None:
        again.append(file)
        return False
    tally.stored[stored] += 1
    return True


def _faces_below(folders: Sequence[Path]) -> int:
    """The faces of the photos that are there now, without those marked "not a face"."""
    is_below = Below(folders)
    return sum(faces for path, faces in proxy.execute_sql(FACES) if is_below(os.fsdecode(path)))
