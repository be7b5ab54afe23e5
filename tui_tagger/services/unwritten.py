"""Which photos' confirmed names are not those that were written into their files."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from peewee import ModelSelect

from tui_tagger.geometry import Box
from tui_tagger.metadata.regions import SAME_FACE
from tui_tagger.services.views import FaceState, PhotoStatus
from tui_tagger.storage.models import Face, Person, Photo, proxy

Named = tuple[str, tuple[float, ...] | None]  # a name, and the box that has it
# What stands in a photo's file, as Photo.written keeps it: {"name": str, "ours": whether we added it, "box": [x, y,
# width, height] in upright pixels, or None}; without "box" where it is not known.
Written = list[dict[str, Any]]


def differing(photo_ids: Sequence[int]) -> set[int]:
    """Those of the photos whose confirmed names are not the written ones, or with a description typed since."""
    place = (Face.x, Face.y, Face.width, Face.height)
    confirmed = Face.select(Face.photo, Person.name, *place).join(Person)
    confirmed = confirmed.where((Face.state == FaceState.CONFIRMED) & Face.photo.in_(photo_ids))
    photos = Photo.select(Photo.id, Photo.written, Photo.typed, Photo.status).where(Photo.id.in_(photo_ids))
    wanted: dict[int, set[Named]] = defaultdict(set)
    for photo, name, *box in plain(confirmed):
        wanted[photo].add((name, None if box[0] is None else tuple(box)))
    return {
        photo
        for photo, written, typed, status in plain(photos)
        if not _agree(wanted[photo], json.loads(written)) or (typed is not None and status == PhotoStatus.READY)
    }


def plain(query: ModelSelect) -> Iterator[Any]:
    """The rows as SQLite gives them: the object mapper takes most of the time for 100,000 faces."""
    return iter(proxy.execute_sql(*query.sql()))


def _agree(wanted: set[Named], written: Written) -> bool:
    """Whether the names are the same, and on the same faces as far as it is known where they were written."""
    placed = {(entry["name"], entry["box"] and tuple(entry["box"])) for entry in written if "box" in entry}
    if placed == wanted and len(placed) == len(written):
        return True
    if {name for name, _ in wanted} != {entry["name"] for entry in written}:
        return False
    anywhere = {entry["name"] for entry in written if "box" not in entry}
    here = [each for each in wanted if each[0] not in anywhere]
    return _all_alike(here, placed) and _all_alike(placed, wanted)


def _all_alike(first: Iterable[Named], second: Iterable[Named]) -> bool:
    return all(any(_alike(each, other) for other in second) for each in first)


def _alike(first: Named, second: Named) -> bool:
    if first[0] != second[0] or first[1] is None or second[1] is None:
        return first == second
    return Box(*first[1]).iou(Box(*second[1])) >= SAME_FACE
