from __future__ import annotations

from pathlib import Path

import pytest
from PIL.PngImagePlugin import PngInfo

from tests.metadata.photos import FORMATS, drawn, saved
from tui_tagger.errors import PhotoError
from tui_tagger.metadata.exif import read_entries, read_info
from tui_tagger.metadata.writer import exif_bytes

XMP_ONLY = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" exif:GPSLatitude="38,43.338N" exif:GPSLongitude="9,8.358W"
 photoshop:DateCreated="2001-02-03T04:05:06-03:00"><dc:description><rdf:Alt><rdf:li xml:lang="x-default">By the river
</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"""


@pytest.mark.parametrize("suffix", [*FORMATS, ".tif"])
def test_what_was_written_is_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"photo{suffix}"
    block = exif_bytes(
        taken_at="2019-07-12T14:03:22",
        offset="+02:00",
        make="Acme",
        model="Acme One",
        lens="Acme 35 mm",
        latitude=-33.8567,
        longitude=151.2153,
        altitude=-4.5,
        direction=271.5,
        orientation=6,
        description="At the opera",
    )
    drawn().save(path, exif=block)
    info = read_info(path)
    assert (info.width, info.height, info.orientation) == (120, 160, 6)
    assert (info.taken_at, info.offset, info.date_source) == ("2019-07-12T14:03:22", "+02:00", "DateTimeOriginal")
    assert info.camera == "Acme One"
    assert (info.latitude, info.longitude) == pytest.approx((-33.8567, 151.2153))
    assert (info.altitude, info.direction) == pytest.approx((-4.5, 271.5))
    assert info.description == "At the opera"
    entries = {(entry.group, entry.name): entry.value for entry in read_entries(path)}
    assert entries["EXIF", "LensModel"] == "Acme 35 mm"


@pytest.mark.parametrize("suffix", FORMATS)
def test_xmp_fills_in_for_exif(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"photo{suffix}"
    if suffix == ".png":
        text = PngInfo()
        text.add_itxt("XML:com.adobe.xmp", XMP_ONLY.decode())
        drawn().save(path, pnginfo=text)
    else:
        drawn().save(path, xmp=XMP_ONLY)
    info = read_info(path)
    assert (info.taken_at, info.offset, info.date_source) == ("2001-02-03T04:05:06", "-03:00", "XMP DateCreated")
    assert info.latitude == pytest.approx(38.7223)
    assert info.longitude == pytest.approx(-9.1393)
    assert info.description == "By the river"


def test_a_photo_without_metadata_has_empty_facts(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    drawn().save(path)
    info = read_info(path)
    assert (info.taken_at, info.offset, info.date_source, info.camera, info.latitude) == (None, None, "", "", None)
    assert read_entries(path) == ()


def test_position_zero_zero_is_none(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    drawn().save(path, exif=exif_bytes(latitude=0.0, longitude=0.0))
    assert read_info(path).latitude is None


def test_control_characters_are_visible_and_long_texts_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    drawn().save(path, exif=exif_bytes(model="\x1b[31mred\x9b\u202e", description="x" * 50_000))
    entries = {entry.name: entry for entry in read_entries(path)}
    assert entries["Model"].value == "\u241b[31mred\\x9b\\u202e"
    assert entries["ImageDescription"].value.endswith("… (50,000 characters in all)")
    assert all(len(entry.value) < 2100 and len(entry.raw) < 300 for entry in entries.values())
    assert read_info(path).camera == "\u241b[31mred\\x9b\\u202e"


def test_xmp_properties_are_in_the_table(tmp_path: Path) -> None:
    path = saved(tmp_path, xmp=XMP_ONLY)
    entries = {entry.name: entry.value for entry in read_entries(path) if entry.group == "XMP"}
    assert entries["photoshop:DateCreated"] == "2001-02-03T04:05:06-03:00"
    assert entries["dc:description"] == "By the river"


@pytest.mark.parametrize("content", [b"", b"no image", b"\xff\xd8\xff\xe1"])
def test_what_is_no_image_is_a_photo_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    with pytest.raises(PhotoError, match=r"photo\.jpg"):
        read_info(path)
    with pytest.raises(PhotoError, match="not there"):
        read_info(tmp_path / "gone.jpg")
