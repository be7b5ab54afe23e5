"""Changing to FaceNet and back on the real program; FaceNet has random weights in the official file's layout."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.conftest import first_photos
from tests.end_to_end.conftest import tagger
from tests.faces.test_embedder import pictures, spread
from tui_tagger import private
from tui_tagger.config import cache_dir
from tui_tagger.faces.facenet import SIDE
from tui_tagger.faces.mtcnn import import_facenet
from tui_tagger.faces.weights import COMPACT_ID, FACENET, FACENET_ID
from tui_tagger.services import Services
from tui_tagger.services.extractors import InProcess
from tui_tagger.services.scan import scan
from tui_tagger.services.worker import models

pytestmark = pytest.mark.xdist_group("models")

PHOTOS = 8
HUMAN = ("confirmed", "ignored")  # a fourth face is marked "not a face", which the list leaves out


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(5)
    net = import_facenet().InceptionResnetV1(classify=True, num_classes=8631)
    spread(net, pictures(12, SIDE))
    state = {name: value for name, value in net.state_dict().items() if not name.endswith("num_batches_tracked")}
    path = tmp_path_factory.mktemp("weights") / FACENET.name
    torch.save(state, path, _use_new_zipfile_serialization=False)
    assert path.stat().st_size <= FACENET.size
    with path.open("r+b") as file:
        file.truncate(FACENET.size)
    return path


@pytest.fixture
def installed(random_weights: Path) -> None:
    folder = cache_dir() / "models"
    private.make_folder(folder)
    (folder / FACENET.name).symlink_to(random_weights)


@pytest.fixture(scope="module")
def library(demo_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a scanned library in which some faces were decided."""
    folder = tmp_path_factory.mktemp("library")
    first_photos(demo_library, folder / "photos", PHOTOS)
    services = Services.open(folder / "x.db")
    scan([folder / "photos"], InProcess(models()), lambda *_: True)
    services.recognition.update()
    faces = services.review.queue()
    services.review.name([faces[0]], "Anna")
    services.review.name([faces[1]], "Bo", allow_twice=True)
    services.review.ignore([faces[2]])
    services.review.not_a_face([faces[3]])
    services.review.reject(faces[4], services.people.find("Anna"))
    services.close()
    return folder / "x.db"


@pytest.fixture
def reviewed(library: Path, tmp_path: Path) -> Path:
    """A copy of the database that a test may change."""
    return Path(shutil.copy(library, tmp_path / "x.db"))


def faces_of(db: Path) -> dict[int, dict[str, Any]]:
    return {face["id"]: face for face in tagger("faces", "--db", db).lines}


def decided(db: Path) -> dict[int, tuple[str, str | None]]:
    faces = faces_of(db).items()
    return {face: (row["state"], row["person"]) for face, row in faces if row["state"] in HUMAN}


def embedded(db: Path, model: str) -> int:
    with closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM embedding WHERE model = ?", (model,)).fetchone()[0])


def test_decisions_outlive_a_change_to_facenet_and_back(reviewed: Path, installed: None) -> None:
    before, decisions = faces_of(reviewed), decided(reviewed)
    assert len(decisions) == 3
    report = tagger("models", "use", FACENET_ID, "--db", reviewed).lines[-1]
    assert (report["in_use"], report["lacking"], report["failed"]) == (FACENET_ID, 0, [])
    assert report["faces"] == embedded(reviewed, FACENET_ID) == embedded(reviewed, COMPACT_ID) == len(before) + 1
    assert decided(reviewed) == decisions
    photo = next(iter(before.values()))["photo"]
    assert all("box" in answer for answer in tagger("identify", photo, "--db", reviewed).lines)
    back = tagger("models", "use", "compact", "--db", reviewed).lines[-1]
    assert (back["in_use"], back["faces"]) == (COMPACT_ID, 0)
    assert faces_of(reviewed) == before
    assert tagger("models", "remove", FACENET_ID, "--db", reviewed).lines[-1]["removed"] == len(before) + 1


@pytest.mark.skipif(os.name != "posix", reason="signals to a group are POSIX's")
def test_ctrl_c_stops_after_a_photo_and_the_next_start_goes_on(reviewed: Path, installed: None) -> None:
    whole = embedded(reviewed, COMPACT_ID)
    command = [sys.executable, "-m", "tui_tagger", "models", "use", FACENET_ID, "--db", str(reviewed), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as run:
        while not embedded(reviewed, FACENET_ID) and run.poll() is None:
            time.sleep(0.005)
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to the worker, too
        _, told = run.communicate()
    assert run.returncode == 0, told
    assert b"Traceback" not in told
    assert 0 < embedded(reviewed, FACENET_ID) < whole
    report = tagger("models", "use", FACENET_ID, "--db", reviewed).lines[-1]
    assert (report["lacking"], report["failed"]) == (0, [])
    assert embedded(reviewed, FACENET_ID) == whole


def test_the_list_and_the_doctor_tell_what_is_in_use(reviewed: Path, installed: None) -> None:
    rows = {row["id"]: row for row in tagger("models", "list", "--db", reviewed).lines}
    assert rows[FACENET_ID]["installed"]
    assert rows[COMPACT_ID]["in_use"]
    tagger("models", "use", FACENET_ID, "--db", reviewed)
    checks = {line["name"]: line for line in tagger("doctor", "--db", reviewed).lines}
    assert checks["model"]["text"].startswith(f"{FACENET_ID} is in use")
    assert "models strangers" in checks["strangers"]["hint"]
    assert "3 faces of 8 people" in checks["calibration"]["hint"]


def test_strangers_need_people(reviewed: Path, tmp_path: Path) -> None:
    (tmp_path / "few").mkdir()
    for arguments, words in (([], "--lfw"), ([tmp_path / "few"], "40 such people"), (["--ignored"], "at least 20")):
        result = tagger("models", "strangers", *arguments, "--db", reviewed, check=2)
        assert result.lines == []
        assert words in result.stderr
        assert "Traceback" not in result.stderr
