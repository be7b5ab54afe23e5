from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from benchmarks.detector import matches, reference
from tests.fakes import FakeDetector, paint
from tests.shared import SHARED_DATA, needs_shared_data
from tui_tagger.config import WORKING_SIDE
from tui_tagger.faces import detector as detector_module
from tui_tagger.faces.detector import MtcnnDetector
from tui_tagger.faces.protocols import Detector
from tui_tagger.geometry import Box
from tui_tagger.imaging import UprightImage, load_upright

PEOPLE = SHARED_DATA / "people"


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # tests share the machine
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def mtcnn() -> MtcnnDetector:
    return MtcnnDetector()


def upright(pixels: Image.Image) -> UprightImage:
    return UprightImage(pixels, 1.0, pixels.size)


def drawn_face(size: int) -> Image.Image:
    """A face of flat shapes: MTCNN takes it for one."""
    photo = Image.new("RGB", (size, size), (90, 120, 160))
    draw = ImageDraw.Draw(photo)

    def oval(x: float, y: float, width: float, height: float, colour: tuple[int, int, int]) -> None:
        box = ((x - width) * size, (y - height) * size, (x + width) * size, (y + height) * size)
        draw.ellipse(box, fill=colour)

    oval(0.5, 0.5, 0.2, 0.27, (70, 45, 30))
    oval(0.5, 0.53, 0.18, 0.23, (224, 180, 150))
    for side in (-1, 1):
        oval(0.5 + side * 0.075, 0.42, 0.05, 0.012, (80, 50, 35))
        oval(0.5 + side * 0.075, 0.475, 0.036, 0.018, (250, 250, 250))
        oval(0.5 + side * 0.075, 0.475, 0.016, 0.016, (40, 30, 25))
    oval(0.5, 0.565, 0.03, 0.025, (200, 150, 120))
    oval(0.5, 0.655, 0.065, 0.02, (170, 70, 70))
    return photo


# --- the whole ------------------------------------------------------------------------------------------------------


def test_a_detector_is_a_detector(mtcnn: MtcnnDetector) -> None:
    both: list[Detector] = [mtcnn, FakeDetector()]
    assert [each.model_id for each in both] == ["mtcnn", "fake-detector"]


@pytest.mark.parametrize("size", [(1, 1), (19, 400), (20, 20), (640, 33), (200, 300)])
def test_nothing_is_found_where_nothing_is(mtcnn: MtcnnDetector, size: tuple[int, int]) -> None:
    assert mtcnn.detect(upright(Image.new("RGB", size, "white"))) == []


def test_a_drawn_face_is_found_where_it_is(mtcnn: MtcnnDetector) -> None:
    (face,) = mtcnn.detect(upright(drawn_face(300)))
    assert face.box.iou(Box(96, 84, 108, 140)) > 0.6
    assert face.landmarks.shape == (5, 2)
    assert face.landmarks.dtype == np.float32
    wanted = np.array([(127, 142), (173, 142), (150, 169), (133, 196), (167, 196)])
    assert np.abs(face.landmarks - wanted).max() < 10
    assert 0.9 < face.score <= 1


def test_boxes_are_in_pixels_of_the_original(mtcnn: MtcnnDetector) -> None:
    small = upright(drawn_face(300))
    (face,) = mtcnn.detect(small)
    (scaled,) = mtcnn.detect(replace(small, scale=0.25, full_size=(1200, 1200)))
    assert scaled.box.iou(face.box.scaled(4)) > 0.999
    assert scaled.landmarks == pytest.approx(face.landmarks * 4)


def test_faces_come_from_left_to_right_and_inside_the_photo(mtcnn: MtcnnDetector) -> None:
    photo = Image.new("RGB", (760, 300), (90, 120, 160))
    face = drawn_face(300)
    photo.paste(face, (460, 0))
    photo.paste(face.crop((102, 0, 300, 300)), (0, 0))  # its left part is beyond the photo's edge
    photo.paste(face.resize((200, 200)), (230, 60))
    found = mtcnn.detect(upright(photo))
    assert len(found) == 3
    assert [each.box.x for each in found] == sorted(each.box.x for each in found)
    assert all(each.box == each.box.clipped(760, 300) for each in found)


def test_strips_change_nothing(mtcnn: MtcnnDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = upright(drawn_face(333))
    (whole,) = mtcnn.detect(photo)
    monkeypatch.setattr(detector_module, "STRIP", 16)
    monkeypatch.setattr(detector_module, "BATCH", 3 * 48 * 48)
    (in_parts,) = mtcnn.detect(photo)
    assert in_parts.box.iou(whole.box) > 0.999
    assert in_parts.landmarks == pytest.approx(whole.landmarks, abs=0.01)


# --- photos ---------------------------------------------------------------------------------------------------------


@needs_shared_data
def test_finds_what_facenet_pytorch_finds(mtcnn: MtcnnDetector) -> None:
    theirs = reference()
    """Landmarks agree to rounding, but where rounding moves the corner of a candidate over the border of a pixel."""
    wanted = found = both = 0
    distances: list[float] = []
    for path in sorted(PEOPLE.glob("*.jpg")):
        image = load_upright(path, 480)
        image = UprightImage(image.pixels, 1.0, image.pixels.size)
        pairs = matches(our := theirs(image.pixels), mine := mtcnn.detect(image))
        wanted, found, both = wanted + len(our), found + len(mine), both + len(pairs)
        distances += (float(np.abs(a.landmarks - b.landmarks).max()) for a, b in pairs)
        assert all(abs(a.score - b.score) < 1e-3 for a, b in pairs)
    assert wanted > 80
    assert both == wanted == found
    assert max(distances) < 1
    assert sorted(distances)[-3] < 0.001


@needs_shared_data
def test_finds_the_29_people_of_solvay(mtcnn: MtcnnDetector) -> None:
    found = mtcnn.detect(load_upright(PEOPLE / "solvay1927.jpg", WORKING_SIDE))
    assert len(found) == 29
    assert min(face.score for face in found) > 0.95


@needs_shared_data
def test_dogs_are_no_people(mtcnn: MtcnnDetector) -> None:
    assert mtcnn.detect(load_upright(PEOPLE / "dogs.jpg", 480)) == []


@needs_shared_data
@pytest.mark.parametrize("listing", ["training.xml", "testing.xml"])
def test_finds_annotated_faces(mtcnn: MtcnnDetector, listing: str) -> None:
    annotated = missed = 0
    for image in ElementTree.parse(PEOPLE / listing).iterfind("images/image"):
        found = mtcnn.detect(load_upright(PEOPLE / image.attrib["file"]))
        for box in image.iterfind("box"):
            left, top, width, height = (float(box.attrib[name]) for name in ("left", "top", "width", "height"))
            annotated += 1
            missed += not any(face.box.iou(Box(left, top, width, height)) > 0.3 for face in found)
    assert annotated >= 18
    assert missed <= annotated * 0.1


# --- the fake -------------------------------------------------------------------------------------------------------


def test_the_fake_finds_painted_faces(tmp_path: Path) -> None:
    faces = [(3, Box(200, 40, 60, 80)), (0, Box(20, 30, 50, 60)), (11, Box(300, 100, 48, 64))]
    paint((400, 300), faces).save(tmp_path / "photo.jpg", quality=85)
    found = FakeDetector().detect(load_upright(tmp_path / "photo.jpg", 200))
    assert len(found) == 3
    for face, (_, box) in zip(found, sorted(faces, key=lambda each: each[1].x), strict=True):
        assert face.box.iou(box) > 0.85
