"""The record of one write: enough to take it back byte for byte, or by meaning where others wrote since."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from tui_tagger.errors import MetadataError
from tui_tagger.metadata.people import Field, Item
from tui_tagger.metadata.regions import Area
from tui_tagger.metadata.sidecar import new_path
from tui_tagger.metadata.splice import Splice

VERSION = 1


@dataclass(frozen=True, slots=True)
class UndoRecord:
    """What was written to `path`, with SHA-256 in hex before and after.

    `edits` restore the old bytes; `added` and `removed` are the items that the write was about. `created` says that
    the file (a sidecar) was not there before. `photo` is the photo that it speaks of.
    """

    path: Path
    sha256_old: str
    sha256_new: str
    edits: tuple[Splice, ...]
    created: bool
    photo: Path
    added: tuple[Item, ...] = ()
    removed: tuple[Item, ...] = ()

    def at(self, photo: Path) -> UndoRecord:
        """The record for the photo where it is now, if it was moved or renamed since."""
        if photo == self.photo or os.path.exists(self.path):  # noqa: PTH110  Path.exists raises where a name is too long
            return self
        beside = {new_path(self.photo): new_path(photo), self.photo.with_suffix(".xmp"): photo.with_suffix(".xmp")}
        return replace(self, path=beside.get(self.path, photo.resolve()), photo=photo)

    def to_bytes(self) -> bytes:
        """The record as JSON in UTF-8."""
        value = {
            "version": VERSION,
            "path": str(self.path),
            "photo": str(self.photo),
            "sha256": [self.sha256_old, self.sha256_new],
            "created": self.created,
            "edits": [[each.offset, each.length, base64.b64encode(each.new).decode()] for each in self.edits],
            "added": [_item_value(each) for each in self.added],
            "removed": [_item_value(each) for each in self.removed],
        }
        return json.dumps(value, ensure_ascii=True).encode()

    @staticmethod
    def from_bytes(data: bytes) -> UndoRecord:
        """Raises MetadataError for what `to_bytes` did not write."""
        try:
            value = json.loads(data)
            if value["version"] != VERSION:
                raise ValueError("another version")
            return _from_value(value)
        except (ValueError, KeyError, TypeError, IndexError, OverflowError, RecursionError) as error:
            raise MetadataError(
                f"An undo record cannot be read ({error})", "This write cannot be taken back."
            ) from error


def _from_value(value: dict[str, Any]) -> UndoRecord:
    old, new = value["sha256"]
    edits = tuple(Splice(int(at), int(length), base64.b64decode(text)) for at, length, text in value["edits"])
    return UndoRecord(
        Path(value["path"]),
        str(old),
        str(new),
        edits,
        bool(value["created"]),
        Path(value["photo"]),
        tuple(_item(each) for each in value["added"]),
        tuple(_item(each) for each in value["removed"]),
    )


def _item_value(item: Item) -> list[object]:
    area = item.area
    return [item.field, item.value, None if area is None else [area.x, area.y, area.width, area.height]]


def _item(value: list[Any]) -> Item:
    field, text, area = value
    if field not in get_args(Field):
        raise ValueError(f"unknown field {field!r}")
    return Item(field, str(text), None if area is None else Area(*(float(each) for each in area)))
