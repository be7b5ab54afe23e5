"""Building a stranger bank from a folder, from LFW as scikit-learn leaves it, and from ignored faces."""

from __future__ import annotations

import shutil
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.conftest import faces_by_person
from tests.fakes import FakeEmbedder
from tui_tagger import config
from tui_tagger.errors import ModelError, UsageError
from tui_tagger.faces.protocols import Detection
from tui_tagger.faces.strangers import bank_path, load_bank
from tui_tagger.geometry import Box
from tui_tagger.imaging import UprightImage
from tui_tagger.services import Services, strangers
from tui_tagger.services.banks import bank_in_use, bank_stamp, calibrated_path, store_bank
from tui_tagger.services.extraction import Models
from tui_tagger.services.strangers import MOST_FACES, build_bank
from tui_tagger.storage.models import Embedding, Face

GREY = (128, 128, 128)


class WholePicture:
    """Takes every picture for a face, but for grey ones."""

    model_id = "whole"

    def detect(self, image: UprightImage) -> list[Detection]:
        if tuple(np.median(image.array().reshape(-1, 3), 0)) == GREY:
            return []
        width, height = image.full_size
        whole, corner = Box(0, 0, width, height), Box(0, 0, 4, 4)
        marks = np.zeros((5, 2), np.float32)
        return [Detection(corner, marks, 0.9), Detection(whole, marks, 0.9)]


class ByColour(FakeEmbedder):
    """One person a colour, any colour; what differs between crops comes from all their pixels."""

    def _vector(self, crop: NDArray[np.uint8]) -> NDArray[np.float64]:
        colour = np.rint(np.median(crop.reshape(-1, 3), 0) / 16).astype(int)
        own = np.random.default_rng(list(colour)).standard_normal(self.dimension)
        other = np.random.default_rng(zlib.crc32(crop.tobytes())).standard_normal(self.dimension)
        vector = own / np.linalg.norm(own) + 0.4 * other / np.linalg.norm(other)
        return np.asarray(vector / np.linalg.norm(vector))


MODELS = Models(WholePicture, ByColour, FakeEmbedder.model_id)


def people_in(folder: Path, people: int, faces: int = 6) -> Path:
    for person in range(people):
        place = folder / f"Person {person}"
        place.mkdir(parents=True)
        for number in range(faces):
            picture = Image.new("RGB", (32, 32), (person % 6 * 48, person // 6 % 6 * 48, person // 36 * 48))
            picture.putpixel((31, 31), (number * 20, 0, 0))
            picture.save(place / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return people_in(tmp_path_factory.mktemp("strangers") / "people", 44)


def test_a_folder_of_people_becomes_a_bank_for_the_owner_only(services: Services, many: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(many, tmp_path / "people"))
    Image.new("RGB", (32, 32), GREY).save(folder / "Person 0" / "empty.png")
    (folder / "Person 0" / "bad.png").write_bytes(b"no picture")
    (folder / "readme.txt").write_text("not a person")
    steps: list[tuple[int, int]] = []
    report = build_bank(MODELS, folder, False, False, lambda done, total: steps.append((done, total)))
    assert (report.model, report.people, report.faces) == (FakeEmbedder.model_id, 44, 44 * 6)
    assert report.photos == 44 * 6 + 2
    assert [path.name for path in report.no_face] == ["empty.png"]
    assert [failure.path.name for failure in report.failed] == ["bad.png"]
    assert steps[-1] == (report.photos, report.photos)
    bank = load_bank(report.path)
    assert len(bank.stranger_means) == report.strangers == 44
    assert report.path == bank_path(FakeEmbedder.model_id)
    if sys.platform != "win32":
        assert report.path.stat().st_mode & 0o777 == 0o600
        assert report.path.parent.stat().st_mode & 0o777 == 0o700


def test_too_few_people_are_told_before_any_work(services: Services, tmp_path: Path) -> None:
    folder = people_in(tmp_path / "few", 39)

    def no_progress(done: int, total: int) -> None:
        raise AssertionError("nothing should be looked at")

    with pytest.raises(ModelError, match="few: 39 people") as caught:
        build_bank(MODELS, folder, False, False, no_progress)
    assert "40" in caught.value.hint
    assert not bank_path(FakeEmbedder.model_id).exists()


def test_a_person_with_many_photos_does_not_take_all_the_time(services: Services, many: Path, tmp_path: Path) -> None:
    folder = people_in(tmp_path / "one", 1, faces=MOST_FACES + 5)
    for extra in sorted(many.iterdir())[1:]:
        (folder / extra.name).symlink_to(extra, target_is_directory=True)
    assert build_bank(MODELS, folder, False, False).photos == MOST_FACES + 43 * 6


def test_sources_have_to_be_named_and_be_there(services: Services, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No strangers are named") as caught:
        build_bank(MODELS, None, False, False)
    assert "--ignored" in caught.value.hint
    with pytest.raises(UsageError, match="no such folder"):
        build_bank(MODELS, tmp_path / "nowhere", False, False)


def test_lfw_is_a_folder_like_others(services: Services, many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strangers, "lfw_folder", lambda: many)
    assert build_bank(MODELS, None, True, False).people == 44


def ignore_faces(services: Services, count: int) -> None:
    """Ignored faces of made-up strangers on the first photo."""
    photo = Face.get_by_id(faces_by_person(services)[0][0]).photo_id
    for number in range(count):
        vector = np.random.default_rng(1000 + number).standard_normal(FakeEmbedder.dimension)
        face = Face.create(photo=photo, x=1, y=1, width=50, height=50, state="ignored")
        blob = (vector / np.linalg.norm(vector)).astype(np.float16).tobytes()
        Embedding.create(face=face, model=FakeEmbedder.model_id, vector=blob)


def test_ignored_faces_alone_give_strangers_but_no_statistics(scanned: Services) -> None:
    ignore_faces(scanned, 25)
    before = bank_in_use(FakeEmbedder.model_id, FakeEmbedder.dimension)
    report = build_bank(MODELS, None, False, True)
    assert (report.ignored, report.strangers, report.people) == (25, 25, 0)
    bank = bank_in_use(FakeEmbedder.model_id, FakeEmbedder.dimension)
    assert len(bank.stranger_means) == 25
    assert bank.settings == before.settings
    assert np.array_equal(bank.basis, before.basis)


def test_too_few_ignored_faces_leave_the_bank_as_it_is(scanned: Services) -> None:
    for count in (0, 7):
        ignore_faces(scanned, count)
        with pytest.raises(ModelError, match=f"{count} ignored faces are too few"):
            build_bank(MODELS, None, False, True)
    assert not bank_path(FakeEmbedder.model_id).exists()


def test_folder_and_ignored_faces_together(scanned: Services, many: Path) -> None:
    ignore_faces(scanned, 25)
    assert build_bank(MODELS, many, False, True).strangers == 44 + 25


def test_a_new_bank_is_picked_up_and_replaces_what_was_calibrated(scanned: Services, many: Path) -> None:
    model, dimension = FakeEmbedder.model_id, FakeEmbedder.dimension
    scanned.review.name([faces_by_person(scanned)[0][0]], "Anna")
    store_bank(bank_in_use(model, dimension), calibrated_path(model))
    scanned.recognition.update()
    stamp = bank_stamp(model)
    assert calibrated_path(model).exists()
    build_bank(MODELS, many, False, False)
    assert not calibrated_path(model).exists()
    assert bank_stamp(model) != stamp
    scanned.recognition.update()
    assert scanned.recognition._identifier is not None
    assert len(scanned.recognition._identifier.bank.stranger_means) == 44


def test_a_damaged_calibration_is_passed_over(services: Services) -> None:
    model = FakeEmbedder.model_id
    calibrated_path(model).parent.mkdir(parents=True, exist_ok=True)
    calibrated_path(model).write_bytes(b"damaged")
    assert not len(bank_in_use(model, 64).stranger_means)


def test_a_cache_that_cannot_be_written_is_reported(services: Services, many: Path) -> None:
    config.cache_dir().parent.mkdir(parents=True, exist_ok=True)
    config.cache_dir().write_text("a file where the folder should be")
    with pytest.raises(ModelError, match="cannot be written"):
        build_bank(MODELS, many, False, False)
