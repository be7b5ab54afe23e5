from __future__ import annotations

import io
from pathlib import Path

import piexif
import pytest
from PIL import Image

from benchmarks import oracles
from tests.metadata.photos import drawn, exiftool, needs_exiftool, needs_exiv2
from tests.shared import SHARED_DATA, needs_shared_data
from tui_tagger.metadata import exiftext, jpeg
from tui_tagger.metadata.splice import Refused, apply_splices

TEXT = "Anna and Bo, Lisbon, 12 July 2019"
THUMBNAIL = io.BytesIO()
drawn(16, 12).save(THUMBNAIL, "JPEG")


def photo(**exif: object) -> bytes:
    block = {
        "0th": {piexif.ImageIFD.Make: b"Acme1", piexif.ImageIFD.XResolution: (72, 1)},
        "Exif": {piexif.ExifIFD.ExposureTime: (1, 250), piexif.ExifIFD.ExifVersion: b"0230"},
        "GPS": {piexif.GPSIFD.GPSLatitudeRef: b"N", piexif.GPSIFD.GPSLatitude: ((38, 1), (42, 1), (1, 3))},
        "1st": {piexif.ImageIFD.Compression: 6},
        "thumbnail": THUMBNAIL.getvalue(),
    }
    for name, tags in exif.items():
        block[name] = {**block.get(name, {}), **tags}  # type: ignore[dict-item]
    target = io.BytesIO()
    drawn().save(target, "JPEG", exif=piexif.dump(block))
    return target.getvalue()


def described(data: bytes, text: str = TEXT, old: str = "") -> bytes:
    splice = exiftext.describe(data, old, text)
    assert splice is not None
    return apply_splices(data, [splice])


@pytest.mark.parametrize("text", [TEXT, "Zoë, 李 & <b>"])
def test_both_fields_are_written_and_nothing_else_changes(text: str) -> None:
    old = photo()
    new = described(old, text)
    exiftext.verify(old, new)
    loaded = piexif.load(new)
    assert loaded["0th"][piexif.ImageIFD.ImageDescription].decode() == text
    assert piexif.helper.UserComment.load(loaded["Exif"][piexif.ExifIFD.UserComment]).rstrip("\0") == text
    assert exiftext.read(block_of(new)).thumbnail == exiftext.read(block_of(old)).thumbnail != b""
    assert loaded["Exif"][piexif.ExifIFD.ExposureTime] == (1, 250)
    assert jpeg.image_data(new) == jpeg.image_data(old)


def test_it_can_be_taken_out_again() -> None:
    assert exiftext.read(block_of(described(described(photo()), "", TEXT))) == exiftext.read(block_of(photo()))


def block_of(data: bytes) -> bytes:
    return next(each.payload(data) for each in jpeg.segments(data) if each.payload(data).startswith(exiftext.HEAD))


def test_a_text_that_is_there_stays() -> None:
    assert exiftext.describe(photo(**{"0th": {piexif.ImageIFD.ImageDescription: b"mine"}}), "", TEXT) is None
    comment = {piexif.ExifIFD.UserComment: b"ASCII\0\0\0mine"}
    assert exiftext.describe(photo(Exif=comment), "", TEXT) is None
    assert exiftext.describe(photo(Exif={piexif.ExifIFD.UserComment: b"ASCII\0\0\0   "}), "", TEXT) is not None


def test_a_maker_note_forbids_it() -> None:
    with pytest.raises(Refused, match="maker note"):
        exiftext.describe(photo(Exif={piexif.ExifIFD.MakerNote: b"secret offsets"}), "", TEXT)


def test_a_tag_that_piexif_would_drop_forbids_it() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Acme"
    exif[0xFDE8] = "known to no one"
    target = io.BytesIO()
    drawn().save(target, "JPEG", exif=exif)
    with pytest.raises(Refused, match="would change"):
        exiftext.describe(target.getvalue(), "", TEXT)


def test_values_that_depend_on_the_byte_order_forbid_turning_it() -> None:
    def little(tag: int, value: bytes) -> bytes:
        exif = Image.Exif()
        exif.endian = "<"
        exif[0x010F] = "Acme"
        exif.get_ifd(0x8769)[tag] = value
        target = io.BytesIO()
        drawn().save(target, "JPEG", exif=exif)
        assert b"Exif\0\0II" in target.getvalue()
        return target.getvalue()

    described(little(0x9000, b"0230"))
    with pytest.raises(Refused, match="byte order"):
        exiftext.describe(little(0xA302, b"\2\0\2\0\0\1\1\2"), "", TEXT)


def test_without_exif_there_is_nothing_to_change() -> None:
    target = io.BytesIO()
    drawn().save(target, "JPEG")
    assert exiftext.describe(target.getvalue(), "", TEXT) is None


@needs_exiftool
def test_exiftool_sees_both_fields_and_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(described(photo(), "Zoë"))
    seen = exiftool(path, "-validate", "-a", "-all:all")
    assert (seen["IFD0:ImageDescription"], seen["ExifIFD:UserComment"]) == ("Zoë", "Zoë")
    assert "Missing required" in seen["ExifTool:Warning"]  # of the drawn photo; nothing about its structure


@needs_exiv2
def test_exiv2_does_not_complain(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(described(photo(), "Zoë"))
    assert oracles.exiv2_complaints(path) == set()


@needs_shared_data
def test_of_real_files_each_is_refused_or_keeps_every_tag() -> None:
    done = 0
    for path in sorted((SHARED_DATA / "metadata").glob("*jpeg/*.jpg")):
        data = path.read_bytes()
        try:
            splice = exiftext.describe(data, "", TEXT)
        except Refused:
            continue
        if splice is not None:
            exiftext.verify(data, apply_splices(data, [splice]))
            done += 1
    assert done > 3
