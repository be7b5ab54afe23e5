"""Names that other programs wrote into files become confirmed faces, all of them as one decision.

A region is the detected face that it overlaps (intersection over union of at least 0.5); one that overlaps none becomes
a face of its own. A name that stands without a region becomes a person present without a face: which of the faces it
means is not guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from peewee import JOIN

from tui_tagger.errors import PhotoError, TaggerError, UsageError
from tui_tagger.metadata.naming import Named, read_naming
from tui_tagger.services.claims import Change, Claim, Verdict, key_of, weigh
from tui_tagger.services.inventory import Below
from tui_tagger.services.recognition import Recognition
from tui_tagger.services.review import NOBODY, clean_name
from tui_tagger.services.views import Failure, PhotoStatus
from tui_tagger.storage import journal
from tui_tagger.storage.journal import Recorder
from tui_tagger.storage.models import Alias, Face, Person, Photo

IMPORTED = "imported"  # begins the source of a face that a file named

GoOn = Callable[[int, int, Path | None], bool]  # done, total, the photo that comes next -> whether to go on


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What was found and what it changed."""

    photos: int  # that name somebody
    people: int  # different persons that they name
    faces: int  # regions that name somebody
    matched: int  # known faces that are confirmed now
    added: int  # faces that no detector had found
    present: int  # persons marked as present without a face
    unchanged: int  # what was known already
    skipped: tuple[Failure, ...]  # what was left alone, and why
    failed: tuple[Failure, ...]  # photos that could not be read
    new_boxes: tuple[Path, ...] = ()  # photos with faces that still want an embedding


@dataclass(frozen=True, slots=True)
class Weighed:
    """What is claimed about a photo, and what follows; `written` are names that turned out to stand in its file."""

    photo: Photo
    claims: tuple[Claim, ...]
    verdict: Verdict
    written: tuple[str, ...]


class Names:
    """Persons' names, also other ones, without case: claims are given the spelling that is known, or came first."""

    def __init__(self) -> None:
        names = [name for (name,) in Person.select(Person.name).order_by(Person.id.desc()).tuples()]
        others = Alias.select(Alias.name, Person.name).join(Person).order_by(Alias.id.desc()).tuples()
        self._exact, self._known = set(names), {key_of(alias): name for alias, name in others}
        self._known |= {key_of(name): name for name in names}

    def known(self, name: str) -> str:
        return name if name in self._exact else self._known.setdefault(key_of(name), name)


def import_names(
    recognition: Recognition | None, folders: Sequence[Path] | None = None, go_on: GoOn = lambda *_: True
) -> ImportReport:
    """Takes in the names in the files of the scanned photos below `folders`, or of all photos.

    One bad file does not stop the others. Taken back by undo as one decision; a second run changes nothing.
    `go_on` is asked before each photo and ends the reading by returning False: the names read until then are taken in.
    Without `recognition` the caller brings it up to date.
    """
    names, found = Names(), []
    skipped: list[Failure] = []
    failed: list[Failure] = []
    photos = _photos(folders)
    for number, photo in enumerate(photos):
        if not go_on(number, len(photos), photo.path):
            break
        try:
            claims, notes = _claims(photo, names)
            skipped += [Failure(photo.path, note) for note in notes]
            if claims:
                found.append(weighed(photo, claims))
        except TaggerError as error:
            failed.append(Failure(photo.path, error.message))
    else:
        go_on(len(photos), len(photos), None)
    carry_out(found, "import", recognition)
    return report(found, skipped, failed)


def weighed(photo: Photo, claims: Sequence[Claim]) -> Weighed:
    """What claims about a photo would change."""
    rows = Face.select(Face, Person).join(Person, JOIN.LEFT_OUTER).where(Face.photo == photo.id).order_by(Face.id)
    verdict = weigh(claims, list(rows))
    taken = [*verdict.agreed, *(change.claim for change in verdict.changes)]
    known = {entry["name"] for entry in photo.written}
    standing = (claim.name for claim in taken if claim.standing and claim.name not in known)
    return Weighed(photo, tuple(claims), verdict, tuple(name for name in dict.fromkeys(standing) if name is not None))


def carry_out(found: Iterable[Weighed], kind: str, recognition: Recognition | None) -> None:
    """Makes the changes as one decision of that kind, where there are any; the gallery learns from them."""
    wanted = [each for each in found if each.verdict.changes or each.written]
    if not wanted:
        return
    with journal.decision(kind) as (decision, record):
        for each in wanted:
            for change in each.verdict.changes:
                _change(record, each.photo, change)
            if each.written:  # so that the file does not count as unwritten; what others wrote is not ours to remove
                entries = [{"name": name, "ours": False} for name in each.written]
                record.update(Photo, each.photo.id, written=[*each.photo.written, *entries])
        decision.message = _message(wanted)
    if recognition is not None:
        recognition.update()


def report(found: Sequence[Weighed], skipped: Sequence[Failure], failed: Sequence[Failure]) -> ImportReport:
    changes = [change for each in found for change in each.verdict.changes]
    claims = [claim for each in found for claim in each.claims]
    refused = [Failure(each.photo.path, reason) for each in found for reason in each.verdict.refused]
    return ImportReport(
        photos=len(found),
        people=len({key_of(claim.name) for claim in claims if claim.name is not None}),
        faces=sum(claim.box is not None for claim in claims),
        matched=sum(change.face_id is not None for change in changes),
        added=sum(change.face_id is None and change.box is not None for change in changes),
        present=sum(change.face_id is None and change.box is None for change in changes),
        unchanged=sum(len(each.verdict.agreed) for each in found),
        skipped=(*skipped, *refused),
        failed=tuple(failed),
        new_boxes=tuple(each.photo.path for each in found if any(c.box is not None for c in each.verdict.changes)),
    )


def _photos(folders: Sequence[Path] | None) -> list[Photo]:
    rows = Photo.select().where(Photo.status != PhotoStatus.OFFLINE).order_by(Photo.path)
    if folders is None:
        return list(rows)
    is_below = Below(folders)
    return [photo for photo in rows if is_below(str(photo.path))]


def _claims(photo: Photo, names: Names) -> tuple[list[Claim], tuple[str, ...]]:
    if photo.status == PhotoStatus.FAILED:
        raise PhotoError(photo.failure)
    naming = read_naming(photo.path)
    return [claim for named in naming.people if (claim := _claim(named, names)) is not None], naming.notes


def _claim(named: Named, names: Names) -> Claim | None:
    try:
        name = names.known(clean_name(named.name))
    except UsageError:  # nothing of it can be seen
        return None
    return Claim(name, named.box, f"{IMPORTED}: {named.source}", standing=named.in_xmp and name == named.name)


def _change(record: Recorder, photo: Photo, change: Change) -> None:
    claim, box = change.claim, change.box
    fields = {**NOBODY, "state": claim.state, "person": _person(record, claim.name), "source": claim.source}
    place = {} if box is None else {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    if change.face_id is None:
        record.insert(Face, photo=photo.id, **fields, **place)
    else:
        record.update(Face, change.face_id, **fields, **place)


def _person(record: Recorder, name: str | None) -> int | None:
    if name is None:
        return None
    person = Person.get_or_none(Person.name == name)
    return int(person.id) if person is not None else record.insert(Person, name=name)


def _message(found: Sequence[Weighed]) -> str:
    changes = [change for each in found for change in each.verdict.changes]
    people = {change.claim.name for change in changes if change.claim.name is not None}
    faces = f"{len(changes)} {'face' if len(changes) == 1 else 'faces'}"
    return f"imported {faces} of {len(people)} {'person' if len(people) == 1 else 'people'}"
