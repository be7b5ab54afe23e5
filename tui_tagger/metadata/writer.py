"""Names into files: carrying out a plan safely and taking it back."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from tui_tagger.errors import MetadataError
from tui_tagger.metadata import merge, safewrite
from tui_tagger.metadata.exifblock import exif_bytes
from tui_tagger.metadata.packet import parse
from tui_tagger.metadata.planning import (
    Difference,
    Target,
    WritePlan,
    WriteRequest,
    plan,
    plan_file,
    plan_sidecar,
    read,
    standing,
)
from tui_tagger.metadata.regions import Frame
from tui_tagger.metadata.safewrite import digest, sweep
from tui_tagger.metadata.splice import Refused, apply_splices, reversed_splices
from tui_tagger.metadata.undo import UndoRecord

__all__ = [
    "Target",
    "UndoRecord",
    "WritePlan",
    "WriteRequest",
    "apply",
    "exif_bytes",
    "happened",
    "plan",
    "sweep",
    "undo",
]


def apply(planned: WritePlan, record: Callable[[UndoRecord], None]) -> None:
    """Carries out a plan; `record` is called with what takes it back, before the file is replaced.

    Raises MetadataError, with the file as it was, if it changed since the plan, cannot be written, or was refused.
    """
    if planned.kind == "none":
        return
    if planned.kind == "refused":
        raise MetadataError(f"{planned.path}: names cannot be written: {planned.reason}", "The photo was left alone.")
    created = not planned.sha256_old
    old, status = (b"", _mode(planned.path)) if created else _read_with_status(planned.target_path)
    if not created and digest(old) != planned.sha256_old:
        raise MetadataError(f"{planned.target_path}: changed since the write was planned", safewrite.CHANGED_HINT)
    new = apply_splices(old, planned.splices)
    if digest(new) != planned.sha256_new:
        raise MetadataError(f"{planned.target_path}: the plan does not fit the file", safewrite.CHANGED_HINT)
    record(_record_of(planned, old, created))
    _swap(planned.target_path, old, status, new)


def _record_of(planned: WritePlan, old: bytes, created: bool) -> UndoRecord:
    return UndoRecord(
        planned.target_path,
        planned.sha256_old,
        planned.sha256_new,
        () if created else reversed_splices(old, planned.splices),
        created,
        planned.path,
        planned.items_added,
        planned.items_removed,
    )


def _read_with_status(path: Path) -> tuple[bytes, os.stat_result]:
    """A file's bytes and the state they belong to. Raises MetadataError."""
    try:
        status = path.stat()
    except OSError as error:
        raise MetadataError(f"{path}: cannot be read ({error.strerror})", "Was it moved?") from error
    data = read(path)
    if len(data) != status.st_size:
        raise MetadataError(f"{path}: changed while it was read", safewrite.CHANGED_HINT)
    return data, status


def _mode(photo: Path) -> int:
    """A new sidecar is for those who may read its photo: it holds the names of who is in it."""
    try:
        return stat.S_IMODE(photo.stat().st_mode)
    except OSError as error:
        raise MetadataError(f"{photo}: cannot be read ({error.strerror})", "Was it moved?") from error


def _swap(path: Path, old: bytes, status: os.stat_result | int, new: bytes) -> None:
    """`status`: of the file as it was read, or the mode of one that is not there yet."""
    try:
        if isinstance(status, int):
            safewrite.create(path, new, status)
        else:
            safewrite.check_writable(path)
            safewrite.replace(path, old, status, new)
    except Refused as refusal:
        raise MetadataError(f"{path}: cannot be written: {refusal}", "The file is as it was.") from refusal
    except OSError as error:
        hint = "The file is as it was. Is the disk full or write-protected?"
        raise MetadataError(f"{path}: cannot be written ({error.strerror})", hint) from error


def happened(record: UndoRecord) -> bool:
    """Whether a recorded write took place, as far as the file shows: interrupted ones may not have."""
    if not os.path.isdir(record.path.parent):  # noqa: PTH112  Path's raises where a name is too long
        return True  # its disk is not here now and cannot be asked
    if record.created:
        return os.path.exists(record.path)  # noqa: PTH110
    try:
        return digest(read(record.path)) != record.sha256_old
    except MetadataError:
        return True


def undo(record: UndoRecord) -> None:
    """Takes a write back: byte for byte if nothing else wrote since, else exactly the items that were written.

    Raises MetadataError, with the file as it is, where neither is possible.
    """
    if record.created and not os.path.exists(record.path):  # noqa: PTH110
        return  # the write was interrupted before it happened, or another program took the sidecar away
    old, status = _read_with_status(record.path)
    found = digest(old)
    if not record.created and found == record.sha256_old:
        return  # likewise, or it was taken back already
    if found != record.sha256_new:
        _undo_by_meaning(record)
    elif record.created:
        record.path.unlink()
    else:
        restored = apply_splices(old, record.edits)
        if digest(restored) != record.sha256_old:
            raise MetadataError(f"{record.path}: its undo record is damaged", "The file was left alone.")
        _swap(record.path, old, status, restored)


def _undo_by_meaning(record: UndoRecord) -> None:
    def decide(packet: bytes, _frame: Frame) -> Difference:
        present = merge.items_in(parse(packet))
        again = [item for item in record.removed if item.area is not None or item.field not in ("mwg", "mp")]
        add = tuple(item for item in again if not any(item.means(each) for each in present))
        return Difference(add, standing(record.added, present))

    try:
        if record.path.suffix.lower() == ".xmp":
            planned = plan_sidecar(record.photo, record.path, True, read(record.photo), decide)
        else:
            planned = plan_file(record.photo, record.path, read(record.path), decide)
    except Refused as refusal:
        hint = "Another program changed it since. Remove the names there."
        raise MetadataError(f"{record.path}: the write cannot be taken back: {refusal}", hint) from refusal
    apply(planned, lambda _record: None)
