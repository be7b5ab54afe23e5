"""When a calibration from confirmed faces is made, where it lies, and that suggestions are made with it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import paint_photo
from tests.fakes import FakeEmbedder
from tests.services.test_checkup import checks
from tui_tagger import config
from tui_tagger.faces.bank import Floats, StrangerBank
from tui_tagger.faces.calibration import Recalibration, recalibration
from tui_tagger.faces.strangers import bank_path
from tui_tagger.services import Services
from tui_tagger.services import calibration as service
from tui_tagger.services.banks import bank_in_use, base_bank, calibrated_path, forget_calibrations, store_bank
from tui_tagger.services.calibration import calibrate, calibration, confirmed, due
from tui_tagger.services.models import work_waits
from tui_tagger.storage.models import Embedding, Face, Person, Photo

MODEL, DIMENSION = FakeEmbedder.model_id, FakeEmbedder.dimension


def fitted(bank: StrangerBank, embeddings: Floats, people: Sequence[str]) -> Recalibration:
    """Stands for the fit: leaves a mark in the settings that can be found again."""
    assert embeddings.shape == (len(people), DIMENSION)
    changed = replace(bank, settings=replace(bank.settings, temperature=float(len(people))))
    return Recalibration(changed, True, len(set(people)), len(people), before=0.21, after=0.04)


@pytest.fixture(autouse=True)
def _fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "recalibration", fitted)


@pytest.fixture
def photo(services: Services, tmp_path: Path) -> Photo:
    path = tmp_path / "photos" / "all.jpg"
    paint_photo(path, (0,))
    row: Photo = Photo.create(path=path, folder=path.parent, name=path.name, size=1, mtime_ns=1, image_hash="x")
    return row


def confirm(photo: Photo, people: int, faces: int, first: int = 0) -> None:
    for number in range(first, first + people):
        person = Person.create(name=f"Person {number}")
        own = np.random.default_rng(number).standard_normal(DIMENSION)
        for _ in range(faces):
            vector = (own + 0.3 * np.random.default_rng().standard_normal(DIMENSION)).astype(np.float32)
            face = Face.create(photo=photo, x=1, y=1, width=9, height=9, state="confirmed", person=person)
            blob = (vector / np.linalg.norm(vector)).astype(np.float16).tobytes()
            Embedding.create(face=face, model=MODEL, vector=blob)


def test_it_waits_until_enough_people_are_known(photo: Photo) -> None:
    confirm(photo, people=7, faces=3)
    confirm(photo, people=5, faces=2, first=100)
    assert confirmed(MODEL) == (7, 21)
    assert not due(MODEL)
    confirm(photo, people=1, faces=3, first=200)
    assert due(MODEL)
    assert work_waits()


def test_it_is_made_again_only_when_clearly_more_is_known(photo: Photo) -> None:
    confirm(photo, people=10, faces=3)
    assert calibrate(MODEL) is not None
    assert not due(MODEL)
    confirm(photo, people=1, faces=5, first=100)
    assert not due(MODEL)
    confirm(photo, people=1, faces=3, first=200)
    assert due(MODEL)


def test_what_is_lost_is_made_again(photo: Photo) -> None:
    confirm(photo, people=10, faces=3)
    calibrate(MODEL)
    calibrated_path(MODEL).unlink()
    assert calibration(MODEL) is None
    assert due(MODEL)


def test_suggestions_are_made_with_it_and_only_its_owner_can_read_it(services: Services, photo: Photo) -> None:
    services.recognition.update()
    confirm(photo, people=10, faces=3)
    services.recognition.update()
    done = calibrate(MODEL)
    assert done is not None
    assert done == calibration(MODEL)
    assert (done.people, done.faces, done.before, done.after) == (10, 30, 0.21, 0.04)
    assert bank_in_use(MODEL, DIMENSION).settings.temperature == 30
    services.recognition.update()
    assert services.recognition._identifier is not None
    assert services.recognition._identifier.bank.settings.temperature == 30
    assert base_bank(MODEL, DIMENSION).settings.temperature != 30
    if sys.platform != "win32":
        assert calibrated_path(MODEL).stat().st_mode & 0o777 == 0o600


def test_each_library_has_its_own(photo: Photo, tmp_path: Path) -> None:
    confirm(photo, people=10, faces=3)
    calibrate(MODEL)
    other = Services.open(tmp_path / "other.db")
    try:
        assert calibration(MODEL) is None
        assert bank_in_use(MODEL, DIMENSION).settings.temperature != 30
    finally:
        other.close()


def test_a_model_that_ships_with_a_bank_is_left_alone(
    photo: Photo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirm(photo, people=10, faces=3)
    monkeypatch.setattr(config, "DATA", tmp_path / "data")
    store_bank(base_bank(MODEL, DIMENSION), tmp_path / "data" / bank_path(MODEL).name)
    assert not due(MODEL)


def test_a_bank_that_needs_no_change_stays_and_is_not_tried_again(
    photo: Photo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirm(photo, people=10, faces=3)
    calibrate(MODEL)
    monkeypatch.setattr(service, "recalibration", lambda bank, *_: Recalibration(bank, False, 10, 30, 0.03, 0.03))
    done = calibrate(MODEL)
    assert done is not None
    assert not done.changed
    assert not calibrated_path(MODEL).exists()
    assert not due(MODEL)
    assert "error 3%, nothing to change" in checks(tmp_path)["calibration"].text


def test_faces_that_say_too_little_change_nothing(photo: Photo, monkeypatch: pytest.MonkeyPatch) -> None:
    assert calibrate(MODEL) is None
    confirm(photo, people=10, faces=3)
    monkeypatch.setattr(service, "recalibration", lambda bank, *_: Recalibration(bank, False, 7, 21))
    assert calibrate(MODEL) is None
    assert not calibrated_path(MODEL).exists()


def test_another_bank_of_strangers_is_calibrated_anew(photo: Photo) -> None:
    confirm(photo, people=10, faces=3)
    calibrate(MODEL)
    store_bank(base_bank(MODEL, DIMENSION), bank_path(MODEL))
    forget_calibrations(MODEL)
    assert not calibrated_path(MODEL).exists()
    assert calibration(MODEL) is None
    assert due(MODEL)


def test_the_fit_itself_works_on_what_the_library_holds(photo: Photo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "recalibration", recalibration)
    confirm(photo, people=12, faces=4)
    done = calibrate(MODEL)
    assert done is not None
    assert (done.people, done.faces) == (12, 48)
    assert 0 <= done.after <= 1
    assert bank_in_use(MODEL, DIMENSION).mean.shape == (DIMENSION,)


def test_the_doctor_tells_what_it_came_from(photo: Photo, tmp_path: Path) -> None:
    check = checks(tmp_path)["calibration"]
    assert (check.text, "so far 0" in check.hint) == ("not calibrated yet", True)
    confirm(photo, people=12, faces=3)
    calibrate(MODEL)
    text = checks(tmp_path)["calibration"].text
    assert text.startswith("calibrated from 12 people, 36 faces on 20")
    assert text.endswith("error 4%, before 21%")
