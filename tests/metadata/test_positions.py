"""Where a face is in the pixels, where exiftool sees its region, and where we read it: three ways that must agree.

The pixels are the judge: a red rectangle is looked for in the stored image, as a viewer without EXIF would show it.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from tests.fakes import paint
from tests.metadata.photos import exiftool, needs_exiftool
from tui_tagger.demo.library import STORED_AS
from tui_tagger.geometry import Box
from tui_tagger.imaging import load_upright
from tui_tagger.metadata import writer
from tui_tagger.metadata.naming import read_naming
from tui_tagger.metadata.regions import NamedRegion
from tui_tagger.metadata.writer import WriteRequest, exif_bytes

FACE = Box(200, 24, 64, 40)  # nowhere near the middle, and not square
PIXEL = 1.0

ORIENTATIONS = range(1, 9)


def stored_photo(folder: Path, orientation: int) -> Path:
    upright = paint((320, 200), [(0, FACE)])
    stored = upright.transpose(STORED_AS[orientation]) if orientation != 1 else upright
    path = folder / "photo.jpg"
    stored.save(path, quality=95, subsampling=0, exif=exif_bytes(orientation=orientation))
    return path


def red(pixels: NDArray[np.uint8]) -> Box:
    """The rectangle of red pixels."""
    found = (pixels[..., 0] > 180) & (pixels[..., 1] < 80) & (pixels[..., 2] < 80)
    rows, columns = np.nonzero(found)
    left, top = float(columns.min()), float(rows.min())
    return Box(left, top, float(columns.max()) + 1 - left, float(rows.max()) + 1 - top)


def in_file(path: Path) -> tuple[Box, tuple[int, int]]:
    """Where the red is in the image as it is stored, and its size; Pillow turns nothing by itself."""
    with Image.open(path) as image:
        return red(np.asarray(image.convert("RGB"))), image.size


def assert_near(box: Box, other: Box) -> None:
    assert (box.x, box.y, box.width, box.height) == pytest.approx(
        (other.x, other.y, other.width, other.height), abs=PIXEL
    )


@needs_exiftool
@pytest.mark.parametrize("to", ["file", "sidecar"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_exiftool_sees_what_we_write_where_the_pixels_have_it(
    tmp_path: Path, orientation: int, to: writer.Target
) -> None:
    path = stored_photo(tmp_path, orientation)
    writer.apply(writer.plan(WriteRequest(path, (NamedRegion("Anna", FACE),)), to), lambda record: None)
    seen = exiftool(path if to == "file" else path.with_name("photo.jpg.xmp"))
    drawn, (width, height) = in_file(path)
    applied, area = (
        seen["XMP-mwg-rs:RegionInfo"]["AppliedToDimensions"],
        seen["XMP-mwg-rs:RegionInfo"]["RegionList"][0]["Area"],
    )
    assert (applied["W"], applied["H"]) == (width, height)
    centre = Box(
        (area["X"] - area["W"] / 2) * width, (area["Y"] - area["H"] / 2) * height, area["W"] * width, area["H"] * height
    )
    assert_near(centre, drawn)
    corner = [float(part) for part in seen["XMP-MP:RegionInfoMP"]["Regions"][0]["Rectangle"].split(", ")]
    assert_near(Box(corner[0] * width, corner[1] * height, corner[2] * width, corner[3] * height), drawn)


@needs_exiftool
@pytest.mark.parametrize("to", ["file", "sidecar"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_we_read_what_exiftool_writes_where_the_pixels_have_it(tmp_path: Path, orientation: int, to: str) -> None:
    path = stored_photo(tmp_path, orientation)
    drawn, (width, height) = in_file(path)
    x, y = (drawn.x + drawn.width / 2) / width, (drawn.y + drawn.height / 2) / height
    area = f"{{X={x:.6f},Y={y:.6f},W={drawn.width / width:.6f},H={drawn.height / height:.6f},Unit=normalized}}"
    region = f"RegionList=[{{Area={area},Name=Anna,Type=Face}}]"
    info = f"-XMP-mwg-rs:RegionInfo={{AppliedToDimensions={{W={width},H={height},Unit=pixel}},{region}}}"
    target = path if to == "file" else path.with_name("photo.jpg.xmp")
    subprocess.run(["exiftool", "-q", "-overwrite_original", info, str(target)], check=True, timeout=30)
    (anna,) = read_naming(path).people
    assert anna.box is not None
    assert_near(anna.box, red(load_upright(path).array()))
    assert_near(anna.box, FACE)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_the_program_turns_photos_as_pillow_does(tmp_path: Path, orientation: int) -> None:
    path = stored_photo(tmp_path, orientation)
    with Image.open(path) as image:
        turned = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    assert np.array_equal(load_upright(path).array(), turned)
    assert_near(red(turned), FACE)
