"""Fixtures: services on a database of their own, folders of painted photos, everything of the user's out of reach."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

# Before anything loads torch, for this process and its children: the tests share few cores.
os.environ["OMP_NUM_THREADS"] = "1"

from tests.fakes import FakeDetector, FakeEmbedder, paint
from tui_tagger.demo.library import TRUTH_FILE, GroundTruth, load_ground_truth, make_library
from tui_tagger.geometry import Box
from tui_tagger.services import Services
from tui_tagger.services.extraction import Models
from tui_tagger.services.extractors import InProcess
from tui_tagger.services.scan import scan
from tui_tagger.services.views import ScanReport
from tui_tagger.storage.database import store_setting
from tui_tagger.storage.integrity import has_open

PAINTED = {  # file -> persons from left to right (colours of tests/fakes.py)
    "a1.jpg": (0,),
    "a2.jpg": (0, 1),
    "a3.jpg": (0, 2),
    "b1.jpg": (1,),
    "b2.jpg": (1, 0),
    "trip/c1.jpg": (2, 3),
    "trip/c2.jpg": (2,),
    "trip/none.jpg": (),
}


def refuse_to_touch_open_databases(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: whoever closes the file of an open database gives up SQLite's locks (storage/integrity.py)."""
    if event == "open" and isinstance(arguments[0], (str, bytes, Path)):
        path = os.fsdecode(arguments[0])
        if path.endswith(".db") and has_open(Path(path)):
            raise RuntimeError(f"{path} is open in this process: SQLite alone may open it")


sys.addaudithook(refuse_to_touch_open_databases)


def pytest_xdist_auto_num_workers() -> int:
    """Twice as many processes as there are cores: half of the tests' time is waiting for screens and processes."""
    return min(2 * (os.cpu_count() or 1), 12)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that no process is left alone with them at the end."""
    items.sort(key=lambda item: "end_to_end" not in item.path.parts)


def keep_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the program keeps is under this folder."""
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(folder / name.lower()))


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_in(tmp_path, monkeypatch)


@pytest.fixture(scope="session")
def demo_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's photos, drawn once for all processes of a run; a test that changes them takes a copy."""
    run = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        run = run.parent
    with FileLock(run / "demo-library.lock"):
        make_library(run / "demo-library")
    return run / "demo-library"


def first_photos(drawn: Path, folder: Path, photos: int) -> GroundTruth:
    """Copies what `make_library(folder, photos=photos)` would draw."""
    stored = json.loads((drawn / TRUTH_FILE).read_text("utf-8"))
    stored["photos"] = dict(list(stored["photos"].items())[:photos])
    for name in stored["photos"]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(drawn / name, folder / name)
    (folder / TRUTH_FILE).write_text(json.dumps(stored), "utf-8")
    return load_ground_truth(folder)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """Services on an empty database, with the embedder of tests/fakes.py in use."""
    opened = Services.open(tmp_path / "library.db")
    store_setting("embedder", FakeEmbedder.model_id)
    yield opened
    opened.close()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of painted photos, as PAINTED describes them."""
    folder = tmp_path / "photos"
    for name, persons in PAINTED.items():
        paint_photo(folder / name, persons)
    return folder


@pytest.fixture
def scanned(services: Services, photos: Path) -> Services:
    """Services that know the painted photos."""
    scan_fake([photos])
    return services


def paint_photo(path: Path, persons: Sequence[int], side: int = 60) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    boxes = [(person, Box(20 + 110 * place, 40, side, side)) for place, person in enumerate(persons)]
    seed = sum(os.fsencode(path.name))  # the background tells the photos' pixels apart
    image = paint((320, 200), boxes)
    image.putpixel((319, 199), (seed % 256, seed // 256, 100))
    image.save(path, quality=95, subsampling=0)


def fake_models() -> Models:
    return Models(FakeDetector, FakeEmbedder, FakeEmbedder.model_id)


def scan_fake(folders: Sequence[Path], stop_after: int | None = None) -> ScanReport:
    """A scan in this process with the fake models, ended before photo number `stop_after`."""
    return scan(folders, InProcess(fake_models()), lambda done, _total, path: path is None or done != stop_after)


def faces_by_person(services: Services) -> dict[int, list[int]]:
    """The found faces by who was painted there, in the order of the photos' paths."""
    found: dict[int, list[int]] = {}
    for photo_id in services.library.photo_ids(sort="name"):
        photo = services.library.photo(photo_id)
        name = str(photo.row.path).partition("/photos/")[2]
        for face, person in zip(photo.faces, PAINTED[name], strict=True):
            found.setdefault(person, []).append(face.id)
    return found
