"""What the database knows of writes: what stands in the files, what takes it back, and which write is under way."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from tui_tagger.errors import MetadataError
from tui_tagger.metadata.people import Item
from tui_tagger.metadata.planning import names_of
from tui_tagger.metadata.safewrite import runs, sweep
from tui_tagger.metadata.undo import UndoRecord
from tui_tagger.metadata.writer import happened
from tui_tagger.services.inventory import sidecar_time
from tui_tagger.services.listing import unwritten
from tui_tagger.services.unwritten import Written
from tui_tagger.services.views import Unfinished
from tui_tagger.storage import journal
from tui_tagger.storage.database import setting, store_setting
from tui_tagger.storage.models import Decision, FileWrite, Photo, Setting, proxy

QUEUE = "write queue"  # the setting with the photos of the last write, until all had their turn
RUNNING = "writing:"  # with the process's id: the setting that names the decision of a write under way


def own_items(photo: Photo) -> tuple[Item, ...]:
    """What writes that still stand added to the file, and later ones did not remove."""
    rows = FileWrite.select().join(Decision).where((FileWrite.photo == photo.id) & ~Decision.undone)
    own: list[Item] = []
    for row in rows.order_by(FileWrite.id):
        record = UndoRecord.from_bytes(row.undo)
        own = [item for item in own if not any(item.means(each) for each in record.removed)]
        own += record.added
    return tuple(own)


def store(decision: Decision, photo: Photo, written: Written, description: str) -> None:
    """Keeps what stands in a photo's file after a write, as a part of the undoable step."""
    after: dict[str, Any] = {"written": written} | ({"description": description} if description else {})
    if photo.typed is not None:
        after["typed"] = None
    before = {name: getattr(photo, name) for name in after}
    with proxy.atomic("IMMEDIATE"):
        if after != before:
            decision.changes = [*decision.changes, ["photo", photo.id, before, after]]
            decision.save()
            Photo.update(**after).where(Photo.id == photo.id).execute()
        remember_file(photo)


def remember_file(photo: Photo) -> None:
    """The file's size and times after our own write, so that the next scan does not take it for changed."""
    if photo.path.exists():
        stat, beside = photo.path.stat(), sidecar_time(photo.path)
        Photo.update(size=stat.st_size, mtime_ns=stat.st_mtime_ns, sidecar_ns=beside).where(
            Photo.id == photo.id
        ).execute()


def begin(photo_ids: Sequence[int]) -> Decision:
    """A new undoable step, known as under way until `close`, and the photos that it is to write."""
    with proxy.atomic("IMMEDIATE"):
        Decision.delete().where(Decision.undone).execute()
        decision: Decision = Decision.create(kind="write", message="Writing names")
        store_setting(f"{RUNNING}{os.getpid()}", decision.id)
        store_setting(QUEUE, list(photo_ids))
    return decision


def close(decision: Decision, done: bool = False) -> None:
    """Ends the step with the count of its files; one without any is forgotten. `done`: all photos had their turn."""
    written = FileWrite.select().where(FileWrite.decision == decision.id).count()
    with proxy.atomic("IMMEDIATE"):
        if decision.changes or written:
            Decision.update(message=summary(written)).where(Decision.id == decision.id).execute()
        else:
            decision.delete_instance()
        Setting.delete().where(Setting.key == f"{RUNNING}{os.getpid()}").execute()
        if done:
            forget_queue()


def unfinished() -> Unfinished | None:
    """The last write, if it was stopped or killed and photos of it are not written yet."""
    ids = setting(QUEUE, [])
    if not ids or Setting.select().where(Setting.key.startswith(RUNNING)).exists():
        return None
    left = unwritten().intersection(ids)  # SQLite takes only so many ids at once
    return Unfinished(tuple(photo for photo in ids if photo in left), len(ids)) if left else None


def forget_queue() -> None:
    """The last write is not to be offered again."""
    Setting.delete().where(Setting.key == QUEUE).execute()


def split(decision: Decision, photo_ids: Collection[int]) -> None:
    """Keeps what could not be undone of a step as a step of its own, which can be undone later."""
    stay = [change for change in decision.changes if change[0] == "photo" and change[1] in photo_ids]
    with proxy.atomic("IMMEDIATE"):
        message = f"names left in {len(photo_ids)} {'file' if len(photo_ids) == 1 else 'files'}"
        rest = Decision.create(kind="write", message=message, changes=stay)
        kept = (FileWrite.decision == decision.id) & FileWrite.photo.in_(list(photo_ids))
        FileWrite.update(decision=rest.id).where(kept).execute()
        decision.changes = [change for change in decision.changes if change not in stay]
        decision.save()


def recover() -> int:
    """Finishes the bookkeeping of writes whose process was killed; how many there were."""
    count = 0
    for row in list(Setting.select().where(Setting.key.startswith(RUNNING))):
        if not runs(int(row.key.removeprefix(RUNNING))):
            decision = Decision.get_or_none(Decision.id == row.value)
            if decision is not None:
                _tidy(decision)
            row.delete_instance()
            count += 1
    return count


def _tidy(decision: Decision) -> None:
    """After a kill: the last file may have its new bytes while the database does not know it, or only a record."""
    known = set(journal.touched(decision, Photo))
    folders: set[Path] = set()
    for row in list(FileWrite.select().where(FileWrite.decision == decision.id)):
        with contextlib.suppress(MetadataError, OSError):  # a disk that is gone must not keep the app from opening
            record = UndoRecord.from_bytes(row.undo)
            folders.add(record.path.parent)
            if row.photo_id not in known:
                _finish(decision, row, record)
    for folder in folders:
        with contextlib.suppress(OSError):
            sweep(folder)
    close(decision)


def _finish(decision: Decision, row: FileWrite, record: UndoRecord) -> None:
    if happened(record):
        description = "".join(item.value for item in record.added if item.field == "description")
        store(decision, row.photo, _after(row.photo.written, record), description)
    else:
        row.delete_instance()


def _after(written: Written, record: UndoRecord) -> Written:
    """What stands in a file after a recorded write."""
    added, removed = names_of(record.added), names_of(record.removed)
    stay = [entry for entry in written if entry["name"] not in removed or entry["name"] in added]
    present = {entry["name"] for entry in stay}
    return [*stay, *({"name": name, "ours": True} for name in added if name not in present)]


def summary(count: int) -> str:
    """The words of the journal."""
    return f"names written to {count} {'file' if count == 1 else 'files'}"
