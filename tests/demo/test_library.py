"""The demo's library: the same every time, readable where it should be, and with faces that a detector finds."""

from __future__ import annotations

import io
import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import exifread
import numpy as np
import pytest
from PIL import ExifTags, Image, ImageOps

from tests.conftest import first_photos
from tui_tagger.demo.cast import CAST, NAMED
from tui_tagger.demo.drawing import LEFT, TOP, face_box
from tui_tagger.demo.library import TRUTH_FILE, GroundTruth, draw_photo, load_ground_truth, make_library
from tui_tagger.demo.plan import Shot, plan_library
from tui_tagger.errors import PhotoError, UsageError
from tui_tagger.faces.detector import MtcnnDetector
from tui_tagger.geometry import Box
from tui_tagger.imaging import load_upright, probe_size

DRAWN = 14  # photos that have every orientation, format and kind of damage


@pytest.fixture(scope="module")
def library(demo_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    first_photos(demo_library, folder, DRAWN)
    return folder


@pytest.fixture(scope="module")
def truth(library: Path) -> GroundTruth:
    return load_ground_truth(library)


@pytest.fixture(scope="module")
def shots() -> dict[str, Shot]:
    return {shot.name: shot for shot in plan_library(1)[:DRAWN]}


def exif_of(path: Path) -> dict[str, Any]:
    return dict(exifread.process_file(io.BytesIO(path.read_bytes()), details=False))


def test_the_plan_has_people_places_and_years_enough() -> None:
    plan = plan_library(1)
    seen = Counter(standing.person.name for shot in plan for standing in shot.people)
    assert len(plan) == len({shot.name for shot in plan}) == 64
    assert len(NAMED) >= 8
    assert min(seen[person.name] for person in NAMED) >= 6
    assert 15 <= seen[None] <= 40
    assert {len(shot.people) for shot in plan} == {1, 2, 3, 4, 5}
    assert len({shot.taken_at.year for shot in plan}) >= 6
    assert len({shot.trip.camera for shot in plan}) >= 5
    assert any(shot.place is None for shot in plan)
    assert any(shot.direction is not None for shot in plan)


@pytest.mark.parametrize("seed", range(6))
def test_nobody_is_twice_in_a_photo_and_every_face_is_inside(seed: int) -> None:
    for shot in plan_library(seed):
        widths = [standing.person.face.face_width for standing in shot.people]  # nobody has another's
        boxes = [placed_box(shot, number) for number in range(len(shot.people))]
        assert len(set(widths)) == len(widths)
        assert all(b.x >= 0 and b.y >= 0 and b.right <= shot.size[0] and b.bottom <= shot.size[1] for b in boxes)
        assert all(80 <= box.width <= 410 for box in boxes)
        assert all(a.iou(b) < 0.1 for a in boxes for b in boxes if a is not b)


def placed_box(shot: Shot, number: int) -> Box:
    one = shot.people[number]
    box = face_box(one.person.face, one.look, one.pixels)
    return Box(box.x + one.x + LEFT * one.pixels, box.y + one.y + TOP * one.pixels, box.width, box.height)


def test_the_same_seed_draws_the_same_bytes(library: Path, shots: dict[str, Shot], tmp_path: Path) -> None:
    for name in list(shots)[2:4]:
        draw_photo(shots[name], tmp_path)
        assert (tmp_path / name).read_bytes() == (library / name).read_bytes()


def test_another_seed_draws_another_library() -> None:
    assert plan_library(2) != plan_library(1)


def test_a_complete_library_is_left_alone(library: Path, truth: GroundTruth) -> None:
    before = {path: path.stat().st_mtime_ns for path in library.rglob("*") if path.is_file()}
    assert make_library(library, photos=DRAWN) == truth
    assert {path: path.stat().st_mtime_ns for path in library.rglob("*") if path.is_file()} == before


def test_a_library_with_a_missing_photo_is_drawn_again(tmp_path: Path) -> None:
    reports: list[tuple[int, int]] = []
    name = next(iter(make_library(tmp_path, photos=1).photos))
    (tmp_path / name).unlink()
    make_library(tmp_path, progress=lambda done, all_: reports.append((done, all_)), photos=1)
    assert (tmp_path / name).is_file()
    assert reports == [(1, 1)]


def test_ground_truth_has_the_people_of_the_plan(truth: GroundTruth, shots: dict[str, Shot]) -> None:
    for name, faces in truth.photos.items():
        expected = [] if shots[name].damaged else [standing.person.name for standing in shots[name].people]
        assert Counter(face.name for face in faces) == Counter(expected)


def test_no_library_and_a_damaged_truth_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no demo library"):
        load_ground_truth(tmp_path)
    (tmp_path / TRUTH_FILE).write_text(json.dumps({"photos": {"a.jpg": [{"name": None}]}}))
    with pytest.raises(UsageError, match="damaged"):
        load_ground_truth(tmp_path)


def test_every_orientation_is_stored_so_that_the_upright_photo_is_right(library: Path, shots: dict[str, Shot]) -> None:
    sound = [shot for shot in shots.values() if not shot.damaged]
    assert {shot.orientation for shot in sound} == set(range(1, 9))
    for shot in sound:
        with Image.open(library / shot.name) as image:
            assert image.getexif().get(0x0112, 1) == shot.orientation
            assert ImageOps.exif_transpose(image).size == shot.size
        assert probe_size(library / shot.name) == shot.size


def test_dates_and_cameras_are_in_every_format(library: Path, shots: dict[str, Shot]) -> None:
    for shot in shots.values():
        with Image.open(library / shot.name) as image:
            exif = image.getexif()
        details = exif.get_ifd(ExifTags.IFD.Exif)
        taken = datetime.strptime(details[ExifTags.Base.DateTimeOriginal], "%Y:%m:%d %H:%M:%S")
        assert taken == shot.taken_at
        assert details[ExifTags.Base.OffsetTimeOriginal] == shot.trip.offset
        assert exif[ExifTags.Base.Model] == shot.trip.camera.model


def test_places_and_directions_can_be_read_back(library: Path, shots: dict[str, Shot]) -> None:
    photographed = [shot for shot in shots.values() if shot.name.endswith(".jpg")]
    assert any(shot.place for shot in photographed)
    assert any(shot.direction for shot in photographed)
    for shot in photographed:
        tags = exif_of(library / shot.name)
        assert ("GPS GPSLatitude" in tags) == (shot.place is not None)
        assert ("GPS GPSImgDirection" in tags) == (shot.direction is not None)
        if shot.place:
            assert exifread.utils.get_gps_coords(tags) == pytest.approx(shot.place[:2], abs=1e-4)


def test_one_png_one_webp_and_one_photo_that_breaks_off(library: Path, shots: dict[str, Shot]) -> None:
    kinds = Counter(Path(name).suffix for name in shots)
    assert (kinds[".png"], kinds[".webp"]) == (1, 1)
    damaged = [shot.name for shot in shots.values() if shot.damaged]
    assert len(damaged) == 1
    assert not (library / damaged[0]).read_bytes().endswith(b"\xff\xd9")
    with pytest.raises(PhotoError, match="cannot be decoded"):
        load_upright(library / damaged[0])


def test_the_detector_finds_the_faces_where_they_were_drawn(library: Path, truth: GroundTruth) -> None:
    detector, drawn, found, extra = MtcnnDetector(), 0, 0, 0
    for name, faces in truth.photos.items():
        if faces:
            boxes = [detection.box for detection in detector.detect(load_upright(library / name, 1280))]
            hits = [max((box.iou(face.box) for box in boxes), default=0.0) > 0.4 for face in faces]
            drawn, found, extra = drawn + len(faces), found + sum(hits), extra + len(boxes) - sum(hits)
    assert drawn > 20
    assert found >= 0.97 * drawn
    assert extra <= 1


def test_faces_differ_in_geometry_and_not_only_in_colour() -> None:
    shapes = np.array([
        (p.face.face_width, p.face.eye_gap, p.face.nose_length, p.face.mouth_width, p.face.lip_gap, p.face.brow_lift)
        for p in CAST
    ])  # fmt: skip
    apart = np.linalg.norm((shapes[:, None] - shapes) / shapes.std(0), axis=2)
    np.fill_diagonal(apart, np.inf)
    assert apart.min() > 1.0
