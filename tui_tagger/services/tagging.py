"""Confirmed names into files: what would be written, writing it, taking it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from tui_tagger.config import DESCRIPTION_TEMPLATE
from tui_tagger.errors import MetadataError, TaggerError, UsageError
from tui_tagger.metadata.description import MAX_LENGTH, Template, field_values, parse_template
from tui_tagger.metadata.people import clean_name
from tui_tagger.metadata.planning import KEPT, WritePlan, WriteRequest, plan
from tui_tagger.metadata.regions import NamedRegion
from tui_tagger.metadata.undo import UndoRecord
from tui_tagger.metadata.writer import apply, undo
from tui_tagger.services import writelog
from tui_tagger.services.library import face_box
from tui_tagger.services.listing import unwritten
from tui_tagger.services.unwritten import Written
from tui_tagger.services.views import FaceState, Outcome, PhotoStatus, Unfinished, WritePreview, WriteResult
from tui_tagger.storage import journal
from tui_tagger.storage.database import setting, store_setting
from tui_tagger.storage.models import Decision, Face, FileWrite, Person, Photo

Target = Literal["auto", "file", "sidecar"]
TEMPLATE = "description template"  # a setting
RESULTS = {"file": "written", "sidecar": "sidecar", "none": "unchanged", "refused": "refused"}


class TaggingService:
    def preview(
        self, photo_ids: Sequence[int] | None = None, to: Target = "auto", describe: bool = False
    ) -> tuple[WritePreview, ...]:
        """What a write would do, photo by photo, of the given ones or of all that differ from their files.

        With `describe`, photos without a description get one by the template.
        """
        template = self._template() if describe else None
        return tuple(_previewed(photo, to, template) for photo in _wanted(photo_ids, describe))

    def queue(self, photo_ids: Sequence[int]) -> list[int]:
        """Those of the photos whose confirmed names were not yet written, by the database alone, in their order."""
        waiting = unwritten(photo_ids)
        return [photo_id for photo_id in photo_ids if photo_id in waiting]

    def describe(self, photo_id: int, text: str) -> Outcome:
        """Keeps a description that the human typed; the next write puts it into the file, unless that has its own."""
        text = clean_name(text)[:MAX_LENGTH]
        with journal.decision("describe") as (decision, record):
            record.update(Photo, photo_id, description=text, typed=text)
            decision.message = f"Description: {text}" if text else "No description"
        return Outcome(decision.id, decision.message, ())

    def template(self) -> str:
        """The template of descriptions."""
        return str(setting(TEMPLATE, DESCRIPTION_TEMPLATE))

    def set_template(self, text: str) -> None:
        """Raises UsageError for fields that are not known."""
        parse_template(text)
        store_setting(TEMPLATE, text)

    def _template(self) -> Template:
        return parse_template(self.template())

    def write(
        self,
        photo_ids: Sequence[int] | None = None,
        progress: Callable[[int, int], bool | None] | None = None,
        to: Target = "auto",
        describe: bool = False,
    ) -> tuple[WriteResult, ...]:
        """Writes the confirmed names. One bad file does not stop the others; all of it is one step for undo.

        `progress` hears of each photo (done, total) and ends the write by returning False; what is left is still
        known as not written.
        """
        template = self._template() if describe else None
        photos = _wanted(photo_ids, describe)
        decision = writelog.begin([photo.id for photo in photos])
        results: list[WriteResult] = []
        try:
            for number, photo in enumerate(photos, 1):
                results.append(_write(decision, photo, to, template))
                if progress is not None and progress(number, len(photos)) is False:
                    break
        finally:
            writelog.close(decision, done=len(results) == len(photos))
        return tuple(results)

    def unfinished(self) -> Unfinished | None:
        """The last write, if it was stopped or killed and photos of it are not written yet."""
        return writelog.unfinished()

    def leave_unfinished(self) -> None:
        """The human does not want the stopped write to be offered again."""
        writelog.forget_queue()

    def recover(self) -> int:
        """Finishes the bookkeeping of writes whose process was killed; how many there were.

        Temporary files go, records of writes that did not happen too; names that are in the files count as written.
        """
        return writelog.recover()

    def undo_write(self, decision: Decision) -> str:
        """Gives the files of a write their former bytes. Those that cannot be restored keep their names and are told.

        Raises MetadataError when not one could be restored.
        """
        failed: dict[int, str] = {}
        writes = list(FileWrite.select().where(FileWrite.decision == decision.id).order_by(FileWrite.id.desc()))
        for row in writes:
            try:
                undo(UndoRecord.from_bytes(row.undo).at(row.photo.path))
                writelog.remember_file(row.photo)
            except (TaggerError, OSError) as error:
                failed[row.photo_id] = str(error)
        if failed and len(failed) == len(writes):
            raise MetadataError(next(iter(failed.values())), "The file was left as it is.")
        if failed:
            writelog.split(decision, failed.keys())
        reasons = "".join(f"; {reason}" for reason in list(failed.values())[:3])
        return f"Undone: {decision.message}" + (f", but not {len(failed)}{reasons}" if failed else "")

    def undo_last(self) -> str:
        """Takes back the latest write that still stands, whatever was decided since. Raises UsageError without one."""
        latest = Decision.select().where((Decision.kind == "write") & ~Decision.undone).order_by(Decision.id.desc())
        decision = latest.first()
        if decision is None:
            raise UsageError("There is no write to take back.", "The history (H in the app) shows what was done.")
        message = self.undo_write(decision)
        journal.revert(decision)
        return message

    def redo_write(self, decision: Decision) -> str:
        """Writes the same photos again, as a new step."""
        photos = journal.touched(decision, Photo)
        described = any("description" in (after or {}) for _, _, _, after in decision.changes)
        results = self.write(photos, describe=described)
        return f"Redone: {writelog.summary(sum(result.result in ('written', 'sidecar') for result in results))}"


def _wanted(photo_ids: Sequence[int] | None, describe: bool) -> list[Photo]:
    ids = photo_ids
    if ids is None:
        ids = [*unwritten(), *(_undescribed() if describe else ())]
    return list(Photo.select().where(Photo.id.in_(list(ids))).order_by(Photo.folder, Photo.name))


def _undescribed() -> list[int]:
    """Photos of named people without a description."""
    named = Face.select(Face.photo).where((Face.state == FaceState.CONFIRMED) & Face.person.is_null(False))
    wanted = (Photo.description == "") & (Photo.status == PhotoStatus.READY) & Photo.id.in_(named)
    return [photo_id for (photo_id,) in Photo.select(Photo.id).where(wanted).tuples()]


def _request(photo: Photo, template: Template | None = None) -> WriteRequest:
    rows = (
        Face.select(Face, Person.id, Person.name)
        .join(Person)
        .where((Face.photo == photo.id) & (Face.state == FaceState.CONFIRMED))
        .order_by(Face.x.is_null(), Face.x)
    )
    regions = tuple(NamedRegion(face.person.name, face_box(face)) for face in rows)
    description = ""
    if template is not None and not photo.description and photo.typed is None:
        people = [region.name for region in regions]
        taken_at = None if photo.date_source == "file" else photo.taken_at  # the file's own time is not the photo's
        description = template.fill(field_values(people, photo.place, taken_at))
    typed = photo.typed is not None
    return WriteRequest(
        photo.path, regions, description=photo.typed or description, own=writelog.own_items(photo), typed=typed
    )


def _planned(photo: Photo, to: Target, template: Template | None) -> WritePlan:
    if photo.status != PhotoStatus.READY:
        raise MetadataError(f"{photo.path}: {photo.failure or 'the file is not there'}")
    return plan(_request(photo, template), to)


def _previewed(photo: Photo, to: Target, template: Template | None) -> WritePreview:
    try:
        found = _planned(photo, to, template)
    except (TaggerError, OSError) as error:
        return WritePreview(photo.id, photo.path, "none", (), (), str(error))
    if found.kind == "none":  # why a sidecar would be used is of no interest then
        return WritePreview(photo.id, photo.path, "none", (), (), KEPT if KEPT in found.notes else "")
    target = "none" if found.kind == "refused" else found.kind
    return WritePreview(
        photo.id, photo.path, target, found.added, found.removed, found.reason, found.description, found.notes
    )


def _write(decision: Decision, photo: Photo, to: Target, template: Template | None) -> WriteResult:
    def record(entry: UndoRecord) -> None:  # durable before the file is replaced
        FileWrite.create(decision=decision.id, photo=photo.id, undo=entry.to_bytes())

    try:
        found = _planned(photo, to, template)
        if found.kind in ("file", "sidecar"):
            apply(found, record)
    except (TaggerError, OSError) as error:
        FileWrite.delete().where((FileWrite.decision == decision.id) & (FileWrite.photo == photo.id)).execute()
        return WriteResult(photo.id, photo.path, "none", "refused", str(error), ())
    if found.kind != "refused":
        _remember(decision, photo, found)
    result = RESULTS[found.kind]
    because = "; ".join(filter(None, (found.reason, *found.notes)))
    told = (because, found.added, found.removed, found.description)
    return WriteResult(photo.id, photo.path, found.kind, result, *told)


def _remember(decision: Decision, photo: Photo, found: WritePlan) -> None:
    """Keeps which names stand in the file now and which of them are ours, as a part of the undoable step."""
    before: Written = photo.written
    known = {entry["name"]: bool(entry["ours"]) for entry in before}
    # A write that was killed between file and database left its record: then the names there are ours.
    recorded = FileWrite.select().join(Decision).where((FileWrite.photo == photo.id) & ~Decision.undone).exists()
    after: Written = []
    for region in _request(photo).regions:
        ours = clean_name(region.name) in found.added or known.get(region.name, found.kind == "none" and recorded)
        box = region.box and [region.box.x, region.box.y, region.box.width, region.box.height]
        after.append({"name": region.name, "ours": ours, "box": box})
    writelog.store(decision, photo, after, found.description)
