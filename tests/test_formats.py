"""Photos that need an optional library: opened with it, listed with a hint without it."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from PIL import Image, features

from tests.conftest import paint_photo, scan_fake
from tests.fakes import paint
from tests.metadata.photos import drawn
from tui_tagger import formats
from tui_tagger.errors import PhotoError
from tui_tagger.formats import EXTRAS, open_image
from tui_tagger.geometry import Box
from tui_tagger.imaging import load_upright, probe_size
from tui_tagger.metadata import writer
from tui_tagger.metadata.exif import read_entries, read_info
from tui_tagger.metadata.frame import frame_at, read_frame
from tui_tagger.metadata.regions import Frame, NamedRegion
from tui_tagger.metadata.writer import WriteRequest, exif_bytes
from tui_tagger.metadata.xmp import read_people
from tui_tagger.services import Services
from tui_tagger.services.checkup import check_all

needs_heif = pytest.mark.skipif(not EXTRAS[0].installed(), reason="pillow-heif is not installed (the extra heif)")
needs_avif = pytest.mark.skipif(not features.check("avif"), reason="this Pillow cannot read AVIF")
needs_raw = pytest.mark.skipif(not EXTRAS[2].installed(), reason="rawpy is not installed (the extra raw)")

FACE = Box(20, 40, 60, 60)
Entry = tuple[int, int, int, int | bytes]  # of a TIFF directory: tag, type, count, value


def turned(orientation: int) -> Image.Image:
    """What is stored so that orientation 6 or 1 shows `paint`'s photo."""
    upright = paint((320, 200), [(0, FACE)])
    return upright.transpose(Image.Transpose.ROTATE_90) if orientation == 6 else upright


def saved_heic(folder: Path, orientation: int) -> Path:
    import pillow_heif

    pillow_heif.register_heif_opener()
    path = folder / "photo.heic"
    block = exif_bytes(taken_at="2019-07-12T14:03:22", model="One", orientation=orientation)
    turned(orientation).save(path, quality=95, exif=block)
    return path


@needs_heif
@pytest.mark.parametrize("orientation", [1, 6])
def test_heic_is_shown_upright_and_its_regions_are_the_stored_image_s(tmp_path: Path, orientation: int) -> None:
    path = saved_heic(tmp_path, orientation)
    image = load_upright(path)
    assert image.full_size == image.pixels.size == probe_size(path) == (320, 200)
    assert image.pixels.getpixel((50, 70))[0] > 200  # type: ignore[index]
    frame = Frame(*((200, 320) if orientation == 6 else (320, 200)), orientation)
    assert frame_at(path) == read_frame(path.read_bytes()) == frame
    info = read_info(path)
    assert (info.width, info.height, info.taken_at) == (320, 200, "2019-07-12T14:03:22")
    assert any(entry.name == "Model" for entry in read_entries(path))
    writer.apply(writer.plan(WriteRequest(path, (NamedRegion("Anna", FACE),))), lambda record: None)
    (anna,) = read_people(path)
    assert anna.box is not None
    assert anna.box.iou(FACE) > 0.99


@needs_avif
def test_avif_is_read(tmp_path: Path) -> None:
    path = tmp_path / "photo.avif"
    turned(6).save(path, quality=90, exif=exif_bytes(taken_at="2019-07-12T14:03:22", orientation=6))
    assert load_upright(path).full_size == (320, 200)
    assert read_info(path).taken_at == "2019-07-12T14:03:22"


def saved_dng(folder: Path, orientation: int) -> Path:
    """A DNG of 64x48 grey sensor values, with the photo as its preview."""
    preview = folder / "preview.jpg"
    drawn(640, 480).save(preview)
    jpeg, sensor = preview.read_bytes(), b"\x80\x40" * (64 * 48)
    entries: list[Entry] = [
        (254, 4, 1, 1), (256, 4, 1, 640), (257, 4, 1, 480), (258, 3, 1, 8), (259, 3, 1, 6), (262, 3, 1, 6),
        (271, 2, 4, b"Acm\0"), (272, 2, 4, b"One\0"), (274, 3, 1, orientation), (277, 3, 1, 3), (330, 4, 1, 0),
        (513, 4, 1, 0), (514, 4, 1, len(jpeg)), (50706, 1, 4, b"\1\4\0\0"), (50708, 2, 4, b"One\0"),
    ]  # fmt: skip
    raw: list[Entry] = [
        (254, 4, 1, 0), (256, 4, 1, 64), (257, 4, 1, 48), (258, 3, 1, 16), (259, 3, 1, 1), (262, 3, 1, 32803),
        (273, 4, 1, 0), (277, 3, 1, 1), (278, 4, 1, 48), (279, 4, 1, len(sensor)), (33421, 3, 2, b"\2\0\2\0"),
        (33422, 1, 4, b"\0\1\1\2"),
    ]  # fmt: skip
    second = 8 + 6 + 12 * len(entries)
    sensor_at = second + 6 + 12 * len(raw)
    places = {330: second, 513: sensor_at + len(sensor), 273: sensor_at}
    path = folder / "photo.dng"
    directories = b"".join(_directory(each, places) for each in (entries, raw))
    path.write_bytes(b"II*\0" + struct.pack("<I", 8) + directories + sensor + jpeg)
    preview.unlink()
    return path


def _directory(entries: list[Entry], places: dict[int, int]) -> bytes:
    found = struct.pack("<H", len(entries))
    for tag, kind, count, value in entries:
        content = places.get(tag, value)
        data = content if isinstance(content, bytes) else struct.pack("<I", content)
        found += struct.pack("<HHI", tag, kind, count) + data
    return found + struct.pack("<I", 0)


@needs_raw
@pytest.mark.parametrize(("orientation", "size"), [(1, (640, 480)), (6, (480, 640)), (3, (640, 480))])
def test_a_raw_photo_is_its_preview_upright(tmp_path: Path, orientation: int, size: tuple[int, int]) -> None:
    path = saved_dng(tmp_path, orientation)
    image = load_upright(path)
    assert image.full_size == image.pixels.size == size
    frame = frame_at(path)
    assert (frame.width, frame.height, frame.orientation) == (640, 480, orientation)
    info = read_info(path)
    assert (info.width, info.height, info.camera) == (*size, "Acm One")
    assert any(entry.value == "One" for entry in read_entries(path))


@pytest.mark.parametrize("suffix", [".heic", ".avif", ".nef"])
def test_without_the_library_a_photo_is_listed_with_what_to_install(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    missing = tuple(formats.Extra(each.name, each.photos, each.extensions, installed=lambda: False) for each in EXTRAS)
    path = tmp_path / "photos" / f"photo{suffix}"
    path.parent.mkdir()
    path.write_bytes(b"\0\0\0\x18ftypnone" + bytes(100))
    with monkeypatch.context() as patch:
        patch.setattr(formats, "EXTRAS", missing)
        with pytest.raises(PhotoError, match=r"pip install 'tui-tagger\[(heif|raw)\]'"):
            open_image(path)
        first, second = scan_fake([path.parent]), scan_fake([path.parent])
    assert [failure.path for failure in first.failed] == [failure.path for failure in second.failed] == [path]
    assert "need an optional part: pip install" in first.failed[0].reason


def test_what_was_missing_is_tried_again_once_it_is_installed(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "photos"
    paint_photo(folder / "a.jpg", (0,))
    (folder / "a.jpg").rename(folder / "a.nef")  # a RAW file's name on a JPEG, which needs no library
    missing = formats.Extra("raw", "RAW", formats.RAW, installed=lambda: False)
    with monkeypatch.context() as patch:
        patch.setattr(formats, "EXTRAS", (missing,))
        patch.setattr("PIL.Image.open", _refuse)
        assert len(scan_fake([folder]).failed) == 1
    monkeypatch.setattr(formats, "EXTRAS", ())
    report = scan_fake([folder])
    assert (report.failed, report.new) == ((), 1)


def _refuse(*_: object) -> None:
    raise OSError("cannot be opened")


def test_doctor_says_which_photos_can_be_opened(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = formats.Extra("raw", "RAW", formats.RAW, installed=lambda: False)
    monkeypatch.setattr("tui_tagger.services.checkup.EXTRAS", (missing,))
    check = list(check_all())[-1]
    assert check.ok
    assert check.hint == "RAW photos need an optional part: pip install 'tui-tagger[raw]'"


def test_the_standalone_program_sends_to_the_other_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.frozen", True, raising=False)
    need = EXTRAS[0].need
    assert need == (
        "HEIC photos need an optional part that the standalone program lacks; with Python: "
        "pip install 'tui-tagger[heif]'"
    )
