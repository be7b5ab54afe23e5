"""Forgetting a person: what is known of their face and name leaves the database, its journal, backups and caches."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tui_tagger import log
from tui_tagger.errors import MetadataError, UsageError
from tui_tagger.metadata.safewrite import runs
from tui_tagger.metadata.undo import UndoRecord
from tui_tagger.services.banks import forget_library
from tui_tagger.services.people import PeopleService
from tui_tagger.services.tagging import TaggingService
from tui_tagger.services.writelog import RUNNING
from tui_tagger.storage.backups import backup_folder, make_backup
from tui_tagger.storage.erasing import Subject, erase, subject_of, wipe
from tui_tagger.storage.models import FileWrite, Person, Photo, Setting, proxy

STEPS = 6  # of Forgetting.carry_out


@dataclass(frozen=True, slots=True)
class ForgetPreview:
    """What is known of a person; `files`: photos whose file holds a name of theirs that this program wrote."""

    name: str
    faces: int
    photos: int
    files: int


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed, and in `stays`, in words, what this program cannot remove."""

    faces: int
    decisions: int  # scrubbed or removed from the journal
    writes: int  # whose undo data was
    backups: int
    files: int  # photos or sidecars that the names were taken out of
    stays: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Begun:
    """Somebody who is being forgotten."""

    subject: Subject
    from_files: bool


class Forgetting:
    def __init__(
        self, database: Path, people: PeopleService, tagging: TaggingService, update: Callable[[], object]
    ) -> None:
        self._database, self._people, self._tagging, self._update = database, people, tagging, update

    def preview(self, person_id: int) -> ForgetPreview:
        subject = subject_of(person_id)
        files = sum(_ours(photo, subject) for photo in _photos(subject))
        return ForgetPreview(_name(person_id), len(subject.faces), len(subject.photos), files)

    def forget(self, person_id: int, from_files: bool = False) -> Forgotten:
        """Cannot be undone. With `from_files`, names that this program wrote are taken out of the files first.

        Raises UsageError while names are being written.
        """
        forgotten = self.carry_out(self.begin(person_id, from_files))
        self.end()
        return forgotten

    def begin(self, person_id: int, from_files: bool = False) -> Begun:
        """The first, short part of `forget`; with `from_files` the person is gone with it."""
        _name(person_id)
        if _writing():
            raise UsageError("Names are being written to files.", "Forget when that has ended.")
        begun = Begun(subject_of(person_id), from_files)
        if from_files:
            self._people.delete(person_id)
        return begun

    def carry_out(self, begun: Begun, progress: Callable[[int, int], object] = lambda *_: None) -> Forgotten:
        """The long part, which may run in a thread: it leaves alone what is kept in memory. `progress`: done, total."""
        subject, steps = begun.subject, iter(range(1, STEPS + 1))
        cleaned = self._clean(subject) if begun.from_files else 0
        progress(next(steps), STEPS)
        stays = _stays(subject)
        backups = _remove_backups(self._database)
        progress(next(steps), STEPS)
        writes = _scrub_writes(subject)
        progress(next(steps), STEPS)
        decisions = erase(subject)
        forget_library()
        progress(next(steps), STEPS)
        if not wipe():
            stays.append("Another program has the library open: what it reads stays in the log until it ends.")
        progress(next(steps), STEPS)
        make_backup(self._database)
        progress(next(steps), STEPS)
        log.event("forgotten", faces=len(subject.faces), decisions=decisions, writes=writes, backups=backups)
        return Forgotten(len(subject.faces), decisions, writes, backups, cleaned, tuple(stays))

    def end(self) -> None:
        """The last part, where `begin` was called: what is kept in memory follows."""
        self._update()

    def _clean(self, subject: Subject) -> int:
        results = self._tagging.write(list(subject.photos))
        return sum(result.result in ("written", "sidecar") for result in results)


def _writing() -> bool:
    rows = Setting.select().where(Setting.key.startswith(RUNNING))
    return any(runs(int(row.key.removeprefix(RUNNING))) for row in rows)


def _name(person_id: int) -> str:
    person: Person | None = Person.get_or_none(Person.id == person_id)
    if person is None:
        raise UsageError("This person is no longer in the database.", "Undo brings back who was deleted or merged.")
    return str(person.name)


def _photos(subject: Subject) -> list[Photo]:
    wanted = set(subject.photos)  # SQLite takes only so many ids at once
    return [photo for photo in Photo.select(Photo.id, Photo.path, Photo.written) if photo.id in wanted]


def _ours(photo: Photo, subject: Subject) -> bool:
    return any(entry["ours"] and subject.named_in(entry["name"]) for entry in photo.written)


def _stays(subject: Subject) -> list[str]:
    """What is not in this program's hands."""
    photos = _photos(subject)
    named = sum(any(subject.named_in(entry["name"]) for entry in photo.written) for photo in photos)
    paths = sum(subject.named_in(str(photo.path)) for photo in Photo.select(Photo.path))
    found = ["Exports, and copies of the database or the photos made by others, are yours to delete."]
    if named:
        found.append(f"{named} photos still have the name in their file: a later import would bring it back.")
    if paths:
        found.append(f"The names of {paths} photos or their folders hold the name: rename them, then scan again.")
    return found


def _remove_backups(database: Path) -> int:
    """Those of every day, those before changes of the schema, and damaged databases put aside; how many files."""
    beside = [path for kind in ("before", "damaged") for path in database.parent.glob(f"{database.name}.{kind}-*")]
    files = [*backup_folder(database).glob("*"), *beside]
    for path in files:
        path.unlink(missing_ok=True)
    return len(files)


def _scrub_writes(subject: Subject) -> int:
    """Takes the names out of what would undo writes; such a write is then undone by meaning, not byte by byte."""
    count = 0
    with proxy.atomic("IMMEDIATE"):
        for row in list(FileWrite.select()):
            kept = _without(bytes(row.undo), subject)
            if kept == row.undo:
                continue
            count += 1
            if kept is None:
                row.delete_instance()
            else:
                FileWrite.update(undo=kept).where(FileWrite.id == row.id).execute()
    return count


def _without(undo: bytes, subject: Subject) -> bytes | None:
    try:
        record = UndoRecord.from_bytes(undo)
    except MetadataError:
        return None  # it undoes nothing
    added = tuple(item for item in record.added if not subject.named_in(item.value))
    removed = tuple(item for item in record.removed if not subject.named_in(item.value))
    in_bytes = any(name in edit.new for edit in record.edits for name in _encoded(subject.names))
    if (added, removed) == (record.added, record.removed) and not in_bytes:
        return undo
    if not (added or removed):
        return None
    return replace(record, added=added, removed=removed, edits=(), sha256_new="").to_bytes()


def _encoded(names: Sequence[str]) -> list[bytes]:
    """How a name may stand in a file: UTF-8, XML, UTF-16 as Windows' EXIF fields have it."""
    texts = {form for name in names for form in (name, html.escape(name, quote=False), html.escape(name))}
    return [text.encode(encoding) for text in texts for encoding in ("utf-8", "utf-16-le", "utf-16-be")]
