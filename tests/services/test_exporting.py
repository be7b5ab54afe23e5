from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import PAINTED, scan_fake
from tests.fakes import FakeEmbedder
from tests.services.test_importing import ELSEWHERE, LEFT, RIGHT, faces_in
from tui_tagger.services import Services
from tui_tagger.services.exporting import export_faces
from tui_tagger.services.importing import import_names
from tui_tagger.services.views import FaceState
from tui_tagger.storage.database import store_setting

Known = list[tuple[str, str, str | None, list[float] | None]]


def known(states: tuple[FaceState, ...]) -> Known:
    """Photo, state, person and box of every face in one of these states."""
    rows = [face.row() for face in export_faces() if face.state in states]
    return sorted(
        ((row["photo"].name, row["state"], row["person"], row["box"]) for row in rows),
        key=lambda row: (row[:2], row[2] or "", row[3] or []),
    )


def decide(services: Services, photos: Path) -> None:
    """Names whom PAINTED has, ignores person 3, and says of one face that it is none."""
    for name, persons in PAINTED.items():
        for face, person in zip(faces_in(photos / name), persons, strict=True):
            if person == 3:
                services.review.ignore([face.id])
            elif name == "b1.jpg":
                services.review.not_a_face([face.id])
            else:
                services.review.name([face.id], f"Person {person}")


def emptied(services: Services, folder: Path, photos: Path) -> Services:
    """Services on a new database that has scanned the photos."""
    services.close()
    fresh = Services.open(folder / "new.db")
    store_setting("embedder", FakeEmbedder.model_id)
    scan_fake([photos])
    return fresh


def exported(folder: Path) -> Path:
    path = folder / "export.jsonl"
    path.write_text("".join(json.dumps(face.row(), default=str) + "\n" for face in export_faces()), "utf-8")
    return path


def test_every_face_is_exported_with_what_was_decided(scanned: Services, photos: Path) -> None:
    first, second = faces_in(photos / "a2.jpg")
    scanned.review.name([first.id], "Anna")
    scanned.review.ignore([second.id])
    rows = {face.box.rounded()[0]: face for face in export_faces() if face.photo.name == "a2.jpg" and face.box}
    anna, stranger = rows[20], rows[130]
    assert (anna.state, anna.person, anna.source) == (FaceState.CONFIRMED, "Anna", "detected")
    assert anna.row()["box"] == [LEFT.x, LEFT.y, LEFT.width, LEFT.height]
    assert len(anna.hash) == 32
    assert anna.decided is not None
    assert (stranger.state, stranger.person) == (FaceState.IGNORED, None)
    assert all(face.decided is None for face in export_faces() if face.photo.name != "a2.jpg")


def test_the_database_is_rebuilt_from_the_files_alone(scanned: Services, tmp_path: Path, photos: Path) -> None:
    decide(scanned, photos)
    scanned.tagging.write(None, None, "auto")
    before = known((FaceState.CONFIRMED,))
    assert len(before) == sum(map(len, PAINTED.values())) - 2
    fresh = emptied(scanned, tmp_path, photos)
    assert known((FaceState.CONFIRMED,)) == []
    import_names(fresh.recognition, [photos])
    after = known((FaceState.CONFIRMED,))
    unwritten = fresh.library.counts().unwritten
    fresh.close()
    assert after == before
    assert unwritten == 0


def test_the_two_painted_places_and_the_free_one_are_apart() -> None:
    assert LEFT.iou(RIGHT) == LEFT.iou(ELSEWHERE) == RIGHT.iou(ELSEWHERE) == 0
