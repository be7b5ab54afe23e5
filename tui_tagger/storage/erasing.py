"""Taking a person out of the database so that the bytes are gone: rows, journal, undo data, and free pages."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from tui_tagger.storage.database import store_setting
from tui_tagger.storage.models import (
    TABLES,
    Alias,
    Decision,
    Embedding,
    Face,
    FileWrite,
    Job,
    Listing,
    Outdated,
    Person,
    Photo,
    Setting,
    proxy,
)

SOMEBODY = "somebody"  # in the place of a name in the journal's messages
AT_ONCE = 500  # ids in one statement


@dataclass(frozen=True)
class Subject:
    """Who is to be forgotten: the person, all names they had, their confirmed faces.

    `merged`: ids of persons merged into them, each with the decision that did it: later, another may have that id.
    """

    person: int
    merged: tuple[tuple[int, int], ...]
    names: tuple[str, ...]
    faces: tuple[int, ...]
    photos: tuple[int, ...]  # with such a face, or with the name in their file as far as is known

    def ids_at(self, decision: int) -> set[int]:
        """The ids that meant the person in the journal's entry of this number."""
        return {self.person, *(person for person, until in self.merged if decision <= until)}

    def named_in(self, text: str) -> bool:
        """Whether a name stands in a text as a word, in any case."""
        return bool(self._pattern.search(text))

    def without_names(self, text: str) -> str:
        return self._pattern.sub(SOMEBODY, text)

    @property
    def _pattern(self) -> re.Pattern[str]:
        words = "|".join(re.escape(name) for name in sorted(self.names, key=len, reverse=True))
        return re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)


def subject_of(person_id: int) -> Subject:
    merged, names = _merged(person_id)
    names |= {name for (name,) in Person.select(Person.name).where(Person.id == person_id).tuples()}
    names |= {name for (name,) in Alias.select(Alias.name).where(Alias.person == person_id).tuples()}
    rows = Face.select(Face.id, Face.photo).where((Face.person == person_id) & (Face.state == "confirmed"))
    faces: dict[int, int] = dict(list(rows.tuples()))
    found = Subject(person_id, tuple(merged.items()), tuple(sorted(names)), tuple(faces), ())
    written = {row.id for row in Photo.select(Photo.id, Photo.written) if _holds(row.written, found)}
    return replace(found, photos=tuple(sorted({*faces.values(), *written})))


def _holds(value: Any, subject: Subject) -> bool:
    """Whether a name stands anywhere in a value that came from JSON."""
    if isinstance(value, str):
        return subject.named_in(value)
    if isinstance(value, dict):
        return any(_holds(each, subject) for each in value.values())
    return isinstance(value, list) and any(_holds(each, subject) for each in value)


def _merged(person_id: int) -> tuple[dict[int, int], set[str]]:
    """Who was merged into the person, by which decision, and the names that all of them had before."""
    merged: dict[int, int] = {}
    names: set[str] = set()
    rows = Decision.select().where(~Decision.undone & Decision.kind.in_(["merge", "rename"]))
    for row in rows.order_by(Decision.id.desc()):
        theirs = {person_id, *merged}
        for table, _, before, after in row.changes:
            if table == "face" and (after or {}).get("person") in theirs and (before or {}).get("person"):
                merged.setdefault(before["person"], row.id)
        for table, row_id, before, after in row.changes:
            if table == "person" and row_id in {person_id, *merged}:
                names |= {image["name"] for image in (before, after) if image and "name" in image}
    return merged, names


def erase(subject: Subject) -> int:
    """Removes all of it in one transaction, but for the records of file writes; how many decisions were scrubbed."""
    with _deleting_securely(), proxy.atomic("IMMEDIATE"):
        suggested = (Face.person == subject.person) & (Face.state == "suggested")
        Face.update(state="unknown", person=None, probability=None, recommendation="none").where(suggested).execute()
        for ids in _parts(subject.faces):
            Embedding.delete().where(Embedding.face.in_(ids)).execute()
            Face.delete().where(Face.id.in_(ids)).execute()
        Person.delete().where(Person.id == subject.person).execute()
        _scrub_photos(subject)
        _scrub_rest(subject)
        return _scrub_journal(subject)


def _scrub_photos(subject: Subject) -> None:
    for row in Photo.select(Photo.id, Photo.written, Photo.description, Photo.typed):
        changes: dict[str, Any] = {}
        written = [entry for entry in row.written if not _holds(entry, subject)]
        if len(written) < len(row.written):
            changes["written"] = written
        if subject.named_in(row.description):
            changes["description"] = ""
        if row.typed is not None and subject.named_in(row.typed):
            changes["typed"] = None
        if changes:
            Photo.update(**changes).where(Photo.id == row.id).execute()
    Listing.delete().where(Listing.id.in_(Outdated.select(Outdated.id))).execute()  # made anew without the name


def _scrub_rest(subject: Subject) -> None:
    """Records of jobs, whose arguments are folders, and what of the settings holds the name."""
    for job in list(Job.select()):
        if _holds([job.arguments, job.failures], subject):
            job.delete_instance()
    for setting in list(Setting.select()):
        if setting.key.startswith("calibration "):
            setting.delete_instance()
        elif _holds(setting.value, subject):
            store_setting(setting.key, _pruned(setting.value, subject))


def _pruned(value: Any, subject: Subject) -> Any:
    """A value from JSON without the texts and the entries that hold the name."""
    if isinstance(value, dict):
        kept = {key: each for key, each in value.items() if not subject.named_in(key)}
        return {key: _pruned(each, subject) for key, each in kept.items()}
    if isinstance(value, list):
        return [each for each in value if not _holds(each, subject)]
    return "" if _holds(value, subject) else value


def _scrub_journal(subject: Subject) -> int:
    count = 0
    for row in list(Decision.select()):
        changes = [kept for change in row.changes if (kept := _without(change, subject, row.id)) is not None]
        if changes == row.changes and not subject.named_in(row.message):
            continue
        count += 1
        if changes or FileWrite.select().where(FileWrite.decision == row.id).exists():
            row.changes, row.message = changes, subject.without_names(row.message)
            row.save()
        else:
            row.delete_instance()
    return count


def _without(change: list[Any], subject: Subject, decision: int) -> list[Any] | None:
    """What stays of one change of the journal; None where all of it is about the person."""
    table, row_id, before, after = change
    images, ids = [image for image in (before, after) if image], subject.ids_at(decision)
    about = (table == "person" and row_id in ids) or (table == "face" and row_id in subject.faces)
    about = about or any(image.get("person") in ids for image in images if table in _WITH_PERSON)
    about = about or any(image.get("face") in subject.faces for image in images if table == "rejection")
    if about:
        return None
    if not any(_holds(image, subject) for image in images):
        return change
    if table != "photo":
        return None
    kept = [image and _scrubbed(image, subject) for image in (before, after)]
    return [table, row_id, *kept] if any(kept) else None


_WITH_PERSON = frozenset(name for name, table in TABLES.items() if "person" in table._meta.fields)


def _scrubbed(image: dict[str, Any], subject: Subject) -> dict[str, Any]:
    """A photo's fields without the entries and texts that name the person."""
    found = {}
    for key, value in image.items():
        if isinstance(value, list):
            found[key] = [entry for entry in value if not _holds(entry, subject)]
        elif not _holds(value, subject):
            found[key] = value
    return found


def _parts(ids: Collection[int]) -> Iterable[list[int]]:
    every = list(ids)
    return (every[at : at + AT_ONCE] for at in range(0, len(every), AT_ONCE))


@contextmanager
def _deleting_securely() -> Iterator[None]:
    """Deleted content is overwritten with zeros, also in what a crash would leave."""
    proxy.execute_sql("PRAGMA secure_delete = 1")
    try:
        yield
    finally:
        proxy.execute_sql("PRAGMA secure_delete = 0")


def wipe() -> bool:
    """Rebuilds the file without free pages and empties the log; False where another program's reading prevents that."""
    proxy.execute_sql("VACUUM")
    busy, *_ = proxy.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy
