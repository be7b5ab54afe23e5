from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.conftest import PAINTED, scan_fake
from tui_tagger.metadata import sidecar
from tui_tagger.services import Services
from tui_tagger.services.inventory import Below, find_files, take_inventory
from tui_tagger.storage.models import Photo

NAMES = [
    *("a.jpg", "a.png", "a.JPG", "a.cr2", "b.jpg"),
    *("a.jpg.xmp", "a.jpg.XMP", "a.xmp", "a.XMP", "b.xmp", "a.cr2.xmp", "a.JPG.xmp"),
]


@given(names=st.sets(st.sampled_from(NAMES)))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_a_listing_finds_the_sidecars_that_reading_finds(names: set[str], tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    for number, name in enumerate(sorted(names), 1):
        (folder / name).write_bytes(b"x")
        os.utime(folder / name, ns=(number, number))
    for file in find_files([folder]):
        beside = sidecar.find(file.path)
        assert file.sidecar_ns == (None if beside is None else beside.stat().st_mtime_ns), file.path.name


def test_the_sidecar_of_a_link_lies_beside_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "here").mkdir()
    (tmp_path / "there" / "a.jpg").write_bytes(b"x")
    (tmp_path / "there" / "a.jpg.xmp").write_bytes(b"x")
    (tmp_path / "here" / "b.jpg").symlink_to(tmp_path / "there" / "a.jpg")
    (tmp_path / "here" / "b.jpg.xmp").write_bytes(b"x")
    os.utime(tmp_path / "there" / "a.jpg.xmp", ns=(5, 5))
    assert [file.sidecar_ns for file in find_files([tmp_path / "here"])] == [5]
    assert [file.sidecar_ns for file in find_files([tmp_path / "here" / "b.jpg"])] == [5]


@pytest.mark.parametrize(
    ("folder", "path", "expected"),
    [
        ("/photos", "/photos/a.jpg", True),
        ("/photos", "/photos/x/a.jpg", True),
        ("/photos", "/photos2/a.jpg", False),
        ("/photos/a.jpg", "/photos/a.jpg", True),
        ("/photos/", "/photos/a.jpg", True),
        ("/photos/x/..", "/photos/a.jpg", True),
        ("/", "/photos/a.jpg", True),
    ],
)
def test_below_is_by_whole_names(folder: str, path: str, expected: bool) -> None:
    assert Below([Path("/elsewhere"), Path(folder)])(path) is expected


def test_what_did_not_change_is_not_opened(scanned: Services, photos: Path) -> None:
    for path in photos.rglob("*.jpg"):
        stat = path.stat()
        path.write_bytes(bytes(stat.st_size))  # whoever opened it would see that it is no photo
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    found = take_inventory([photos])
    assert (found.files, len(found.present), found.todo, found.missing) == (len(PAINTED), len(PAINTED), [], [])
    assert scan_fake([photos]).unchanged == len(PAINTED)


def test_an_inventory_tells_what_became_of_each(scanned: Services, photos: Path) -> None:
    ids = {photo.path.name: photo.id for photo in Photo.select()}
    (photos / "a1.jpg").unlink()
    (photos / "new.jpg").write_bytes(b"x")
    os.utime(photos / "a2.jpg", ns=(1, 1))
    (photos / "a3.jpg.xmp").write_text("<x/>")
    found = take_inventory([photos])
    assert {file.path.name for file in found.todo} == {"new.jpg", "a2.jpg", "a3.jpg"}
    rows = {path.name: photo for path, photo in found.rows.items()}
    assert rows == {name: ids[name] for name in ("a2.jpg", "a3.jpg")}
    assert found.missing == [ids["a1.jpg"]]
    assert len(found.present) == len(PAINTED) - 3


def test_a_folder_named_twice_is_looked_through_once(photos: Path) -> None:
    assert len(list(find_files([photos, photos / "trip"]))) == len(PAINTED)
