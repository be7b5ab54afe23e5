from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tui_tagger import imaging
from tui_tagger.errors import PhotoError
from tui_tagger.geometry import Box
from tui_tagger.imaging import ORIENTATION_TAG, TURNS, crop_upright, load_upright, probe_size

UNDO = {1: None, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}  # the turn that takes an upright image back to stored


def upright() -> Image.Image:
    """A picture of 60x40 whose four corners have different colours."""
    image = Image.new("RGB", (60, 40), "white")
    for corner, colour in (((0, 0), "red"), ((30, 0), "lime"), ((0, 20), "blue"), ((30, 20), "black")):
        image.paste(colour, (*corner, corner[0] + 30, corner[1] + 20))
    return image


def store(path: Path, orientation: int) -> None:
    undo = UNDO[orientation]
    stored = upright() if undo is None else upright().transpose(TURNS[undo])
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    stored.save(path, exif=exif, quality=95, subsampling=0) if path.suffix == ".jpg" else stored.save(path, exif=exif)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp", ".tif"])
def test_every_orientation_comes_upright(tmp_path: Path, orientation: int, ending: str) -> None:
    path = tmp_path / f"x{ending}"
    store(path, orientation)
    assert probe_size(path) == (60, 40)
    for side in (None, 30):
        image = load_upright(path, side)
        assert image.full_size == (60, 40)
        assert image.scale == pytest.approx(1.0 if side is None else 0.5)
        pixels = image.array().astype(int)
        height, width = pixels.shape[:2]
        middle = pixels[height // 4 :: height // 2, width // 4 :: width // 2][:2, :2]
        expected = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [0, 0, 0]]])
        assert np.abs(middle - expected).max() < 40


@pytest.mark.parametrize(
    ("mode", "ending"), [("L", ".jpg"), ("CMYK", ".jpg"), ("RGBA", ".png"), ("P", ".png"), ("I;16", ".png")]
)
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str, ending: str) -> None:
    source = upright().convert("L") if mode == "I;16" else upright()
    source.convert(mode).save(tmp_path / f"x{ending}")
    assert load_upright(tmp_path / f"x{ending}").array().shape == (40, 60, 3)


def test_a_crop_shows_the_box(tmp_path: Path) -> None:
    upright().resize((1200, 800)).save(tmp_path / "x.png")
    crop = crop_upright(tmp_path / "x.png", Box(0, 0, 300, 300), side=50, margin=0)
    assert crop.size == (50, 50)
    assert crop.getpixel((25, 25)) == (255, 0, 0)


def test_a_crop_outside_is_an_error(tmp_path: Path) -> None:
    upright().save(tmp_path / "x.png")
    with pytest.raises(PhotoError):
        crop_upright(tmp_path / "x.png", Box(500, 500, 10, 10), side=50, margin=0)


@pytest.mark.parametrize("data", [b"", b"hello", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_is_a_photo_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.jpg").write_bytes(data)
    for act in (lambda: load_upright(tmp_path / "x.jpg"), lambda: probe_size(tmp_path / "x.jpg")):
        with pytest.raises(PhotoError, match=r"x\.jpg"):
            act()


def test_a_missing_file_and_a_folder_are_photo_errors(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jpg", tmp_path):
        with pytest.raises(PhotoError):
            load_upright(path)


def test_a_truncated_photo_is_a_photo_error(tmp_path: Path) -> None:
    Image.fromarray(np.frombuffer(os.urandom(400 * 300 * 3), np.uint8).reshape(300, 400, 3)).save(tmp_path / "x.jpg")
    data = (tmp_path / "x.jpg").read_bytes()
    (tmp_path / "x.jpg").write_bytes(data[: len(data) // 2])
    with pytest.raises(PhotoError):
        load_upright(tmp_path / "x.jpg")


def test_too_many_pixels_are_refused_before_decoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upright().save(tmp_path / "x.png")
    monkeypatch.setattr(imaging, "MAX_PIXELS", 60 * 40 - 1)
    with pytest.raises(PhotoError, match="60x40"):
        load_upright(tmp_path / "x.png")
