"""What other programs see in files written here: exiftool and exiv2."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.metadata.photos import FORMATS, PACKET, drawn, exiftool, needs_exiftool, needs_exiv2, saved
from tui_tagger.geometry import Box
from tui_tagger.metadata import writer
from tui_tagger.metadata.regions import Frame, NamedRegion, to_area
from tui_tagger.metadata.writer import WriteRequest, exif_bytes

ANNA = NamedRegion("Anna & Zoë", Box(20, 30, 40, 50))
LI = NamedRegion("李", None)


def write(path: Path, to: writer.Target = "auto") -> None:
    writer.apply(writer.plan(WriteRequest(path, (ANNA, LI)), to), lambda record: None)


@needs_exiftool
@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("xmp", [b"", PACKET], ids=["no XMP", "XMP of others"])
def test_exiftool_shows_names_in_every_dialect_without_a_warning(tmp_path: Path, suffix: str, xmp: bytes) -> None:
    path = saved(tmp_path, suffix, xmp=xmp)
    before = exiftool(path, "-validate", "-all:all")
    write(path)
    seen = exiftool(path, "-validate", "-all:all")
    assert seen.get("ExifTool:Validate") == before.get("ExifTool:Validate")
    assert seen.get("ExifTool:Warning") == before.get("ExifTool:Warning")
    names = [ANNA.name, LI.name]
    assert seen["XMP-dc:Subject"] == (["holiday", "Anna"] if xmp else []) + names
    assert seen["XMP-iptcExt:PersonInImage"] == names
    assert seen["XMP-lr:HierarchicalSubject"] == [f"People|{name}" for name in names]
    assert seen["XMP-digiKam:TagsList"] == [f"People/{name}" for name in names]
    assert seen["XMP-MP:RegionInfoMP"]["Regions"][0]["PersonDisplayName"] == ANNA.name


@needs_exiftool
@pytest.mark.parametrize("to", ["file", "sidecar"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exiftool_sees_regions_where_the_stored_image_has_them(
    tmp_path: Path, orientation: int, to: writer.Target
) -> None:
    path = saved(tmp_path, orientation=orientation)
    write(path, to)
    seen = exiftool(path if to == "file" else path.with_name("photo.jpg.xmp"))
    assert ANNA.box is not None
    area = to_area(ANNA.box, Frame(160, 120, orientation))
    regions = seen["XMP-mwg-rs:RegionInfo"]
    assert (regions["AppliedToDimensions"]["W"], regions["AppliedToDimensions"]["H"]) == (160, 120)
    found = regions["RegionList"][0]["Area"]
    centre = (area.x + area.width / 2, area.y + area.height / 2)
    assert (found["X"], found["Y"]) == pytest.approx(centre, abs=1e-5)
    assert (found["W"], found["H"]) == pytest.approx((area.width, area.height), abs=1e-5)
    rectangle = seen["XMP-MP:RegionInfoMP"]["Regions"][0]["Rectangle"]
    corner = (area.x, area.y, area.width, area.height)
    assert [float(part) for part in rectangle.split(", ")] == pytest.approx(corner, abs=1e-5)
    if to == "sidecar" and orientation != 1:
        assert seen["XMP-tiff:Orientation"] == orientation


@needs_exiv2
@pytest.mark.parametrize("suffix", FORMATS)
def test_exiv2_shows_names_and_regions(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"photo{suffix}"
    drawn().save(path)
    write(path)
    result = subprocess.run(["exiv2", "-px", str(path)], capture_output=True, check=True, timeout=30)
    text = result.stdout.decode()
    assert ANNA.name in text
    assert "Xmp.mwg-rs.Regions/mwg-rs:RegionList[1]/mwg-rs:Area/stArea:x" in text
    assert "Xmp.MP.RegionInfo/MPRI:Regions[1]/MPReg:Rectangle" in text
    assert result.stderr == b""


@needs_exiftool
def test_exiftool_reads_the_exif_of_generated_photos(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    block = exif_bytes(
        taken_at="2019-07-12T14:03:22",
        offset="+02:00",
        lens="35 mm",
        latitude=-33.8567,
        longitude=151.2153,
        direction=90,
    )
    drawn().save(path, exif=block)
    seen = exiftool(path)
    assert seen["ExifIFD:DateTimeOriginal"] == "2019:07:12 14:03:22"
    assert seen["ExifIFD:OffsetTimeOriginal"] == "+02:00"
    assert seen["Composite:GPSLatitude"] == pytest.approx(-33.8567, abs=1e-6)
    assert seen["GPS:GPSImgDirection"] == 90
