"""A lost database: people, boxes and decisions come back from the files, and the rest from an export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import first_photos
from tests.end_to_end.conftest import tagger
from tui_tagger.demo.library import GroundTruth
from tui_tagger.geometry import Box
from tui_tagger.services import Services
from tui_tagger.services.library import all_faces
from tui_tagger.storage.models import Embedding

SOME = 14  # photos: every orientation, every format and the damaged one
TOLERANCE = 1.0  # pixels: metadata keeps six decimals of the photo's width and height
DRAWN = Box(40, 30, 120, 140)  # a box drawn by hand where no detector sees a face

Row = dict[str, Any]


def decide(db: Path, library: Path, truth: GroundTruth) -> None:
    """Names the drawn people, ignores strangers, and adds a face by hand."""
    opened = Services.open(db)
    try:
        for face in all_faces():
            drawn = truth.photos[str(face.photo_path.relative_to(library))]
            assert face.box is not None
            box = face.box
            nearest = max(drawn, key=lambda each: each.box.iou(box), default=None)
            name = nearest.name if nearest is not None and nearest.box.iou(box) > 0.3 else None
            if name is None:
                opened.review.ignore([face.id])
            else:
                opened.review.name([face.id], name)
        photo = next(face.photo_id for face in all_faces("confirmed") if face.photo_path.suffix == ".jpg")
        before = {face.id for face in all_faces()}
        opened.jobs.add_face(photo, DRAWN)
        while opened.jobs.busy:
            opened.jobs.wait(1.0)
        (added,) = {face.id for face in all_faces()} - before
        opened.review.name([added], "Drawn By-Hand")
    finally:
        opened.close()


def rows(db: Path, state: str) -> list[Row]:
    found = [row for row in tagger("export", "--db", db).lines if row["state"] == state]
    return sorted(found, key=lambda row: (row["photo"], row["person"] or "", row["box"] or []))


def told(row: Row) -> tuple[str, str, str, str | None]:
    return row["photo"], row["hash"], row["state"], row["person"]


def assert_same(after: list[Row], before: list[Row]) -> None:
    assert [told(row) for row in after] == [told(row) for row in before]
    for new, old in zip(after, before, strict=True):
        assert new["box"] == pytest.approx(old["box"], abs=TOLERANCE)


def test_a_lost_database_is_rebuilt_from_the_files(demo_library: Path, tmp_path: Path) -> None:
    library, db, new = tmp_path / "photos", tmp_path / "old.db", tmp_path / "new.db"
    truth = first_photos(demo_library, library, SOME)
    tagger("scan", library, "--db", db, check=1)  # one photo is damaged
    decide(db, library, truth)
    photos = sorted({row["photo"] for row in rows(db, "confirmed")})
    tagger("write", *photos[::2], "--to", "sidecar", "--db", db)
    tagger("write", *photos[1::2], "--to", "file", "--db", db)
    assert sum(Path(f"{photo}.xmp").exists() for photo in photos) == len(photos[::2])
    confirmed, ignored = rows(db, "confirmed"), rows(db, "ignored")
    assert len(confirmed) > 12
    assert ignored
    export = tmp_path / "export.jsonl"
    export.write_text("".join(json.dumps(row) + "\n" for row in tagger("export", "--db", db).lines))

    db.unlink()
    report = tagger("import", library, "--db", new, check=1).lines[-1]
    assert (report["matched"], report["added"], report["present"]) == (len(confirmed) - 1, 1, 0)
    assert report["skipped"] == []
    assert len(report["failed"]) == 1
    assert_same(rows(new, "confirmed"), confirmed)
    again = tagger("import", library, "--db", new, check=1).lines[-1]
    assert (again["matched"], again["added"], again["unchanged"]) == (0, 0, len(confirmed))

    tagger("import", library, "--from-export", export, "--db", new, check=1)
    assert_same(rows(new, "ignored"), ignored)
    opened = Services.open(new)
    try:
        drawn = next(face for face in all_faces() if face.person == "Drawn By-Hand")
        assert Embedding.select().where(Embedding.face == drawn.id).count() == 1
        assert opened.library.counts().unwritten == 0
    finally:
        opened.close()
