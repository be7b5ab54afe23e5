"""Photos kept small on disk: for the owner alone, bounded, never stale, and there when the photo's disk is away."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from PIL import Image

from tui_tagger.errors import PhotoError
from tui_tagger.imaging import UprightImage, load_upright
from tui_tagger.services.previews import SIDES, Previews
from tui_tagger.storage.models import Photo

LARGE = (2000, 1500)


def photo_of(path: Path, colour: str = "teal", size: tuple[int, int] = LARGE, identity: str = "a") -> Photo:
    Image.new("RGB", size, colour).save(path, quality=85)
    told = path.stat()
    return Photo(
        path=path,
        size=told.st_size,
        mtime_ns=told.st_mtime_ns,
        image_hash=identity * 64,
        width=size[0],
        height=size[1],
        orientation=1,
    )


def kept(previews: Previews) -> list[Path]:
    return sorted(previews.folder.iterdir()) if previews.folder.exists() else []


@pytest.fixture
def previews(tmp_path: Path) -> Previews:
    return Previews(tmp_path / "cache" / "previews")


def test_a_photo_is_decoded_once(previews: Previews, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = photo_of(tmp_path / "a.jpg")
    first = previews.picture(photo, 600)
    assert max(first.size) == 600
    (path,) = kept(previews)
    assert path.name == f"{'a' * 64}-1-{SIDES[0]}.jpg"
    opened: list[Path] = []

    def load(path: Path, side: int | None = None) -> UprightImage:
        opened.append(path)
        return load_upright(path, side)

    monkeypatch.setattr("tui_tagger.services.previews.load_upright", load)
    again = previews.picture(photo, 500)
    assert opened == [path]
    assert max(again.size) == 500
    red, green, blue = again.getpixel((10, 10))  # type: ignore[misc]
    assert abs(red) < 8 and abs(green - 128) < 8 and abs(blue - 128) < 8


@pytest.mark.skipif(os.name != "posix", reason="modes mean nothing elsewhere")
def test_only_the_owner_may_look(previews: Previews, tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        previews.picture(photo_of(tmp_path / "a.jpg"), 600)
    finally:
        os.umask(previous)
    assert stat.S_IMODE(previews.folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in kept(previews)] == [0o600]


def test_the_folder_is_bounded_and_the_oldest_go(tmp_path: Path) -> None:
    photos = [photo_of(tmp_path / f"{name}.jpg", identity=name) for name in "abcd"]
    one = Previews(tmp_path / "one")
    one.picture(photos[0], 600)
    size = kept(one)[0].stat().st_size
    previews = Previews(tmp_path / "cache", most_bytes=3 * size + size // 2)
    for age, photo in zip((40, 30, 20), photos, strict=False):
        previews.picture(photo, 600)
        path = next(path for path in kept(previews) if path.name.startswith(photo.image_hash))
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    previews.picture(photos[0], 600)  # used again: now the youngest
    previews.picture(photos[3], 600)
    assert {path.name[0] for path in kept(previews)} == {"a", "c", "d"}


def test_a_photo_that_changed_is_read_from_its_file(previews: Previews, tmp_path: Path) -> None:
    photo = photo_of(tmp_path / "a.jpg")
    previews.picture(photo, 600)
    Image.new("RGB", LARGE, "white").save(tmp_path / "a.jpg", quality=80)
    assert previews.picture(photo, 600).getpixel((5, 5)) == (255, 255, 255)


def test_it_is_there_while_the_photo_is_away(previews: Previews, tmp_path: Path) -> None:
    photo = photo_of(tmp_path / "a.jpg")
    previews.picture(photo, 600)
    (tmp_path / "a.jpg").unlink()
    assert max(previews.picture(photo, 600).size) == 600
    with pytest.raises(PhotoError):
        previews.picture(photo, 1000)  # of this size none was kept


def test_a_damaged_file_is_made_again(previews: Previews, tmp_path: Path) -> None:
    photo = photo_of(tmp_path / "a.jpg")
    previews.picture(photo, 600)
    kept(previews)[0].write_bytes(b"\xff\xd8 no")
    assert max(previews.picture(photo, 600).size) == 600
    assert len(kept(previews)) == 1
    assert kept(previews)[0].stat().st_size > 1000


def test_small_photos_and_large_sizes_are_not_kept(previews: Previews, tmp_path: Path) -> None:
    assert max(previews.picture(photo_of(tmp_path / "s.jpg", size=(300, 200)), 600).size) == 300
    assert max(previews.picture(photo_of(tmp_path / "a.jpg"), SIDES[-1] + 1).size) == max(LARGE)
    assert kept(previews) == []


def test_a_cache_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    previews = Previews(tmp_path / "file" / "previews")
    assert max(previews.picture(photo_of(tmp_path / "a.jpg"), 600).size) == 600
