from __future__ import annotations

import io
import os
import re
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.metadata.photos import FORMATS, PACKET, encoded, pixels, saved
from tui_tagger.errors import MetadataError
from tui_tagger.geometry import Box
from tui_tagger.metadata import container, jpeg, writer
from tui_tagger.metadata.packet import XMP, parse
from tui_tagger.metadata.regions import NamedRegion
from tui_tagger.metadata.writer import UndoRecord, WriteRequest
from tui_tagger.metadata.xmp import read_keywords, read_people

pytestmark = pytest.mark.filterwarnings("ignore:Image appears to be a malformed MPO")

ANNA = NamedRegion("Anna", Box(20, 30, 40, 50))
BOB = NamedRegion("Bob", None)


def written(path: Path, *regions: NamedRegion, withdrawn: tuple[str, ...] = ()) -> UndoRecord:
    """Plans and applies, and gives back the one undo record."""
    records: list[UndoRecord] = []
    writer.apply(writer.plan(WriteRequest(path, regions, withdrawn)), records.append)
    assert len(records) == 1
    return records[0]


def segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2, "big") + payload


def with_segment(data: bytes, marker: int, payload: bytes) -> bytes:
    """The JPEG with a segment before its first table."""
    table = next(each for each in jpeg.segments(data) if each.marker == 0xDB)
    return data[: table.start] + segment(marker, payload) + data[table.start :]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("xmp", [b"", PACKET], ids=["no XMP", "XMP of others"])
def test_names_go_into_the_file_and_nothing_else_changes(tmp_path: Path, suffix: str, xmp: bytes) -> None:
    path = saved(tmp_path, suffix, orientation=6, xmp=xmp)
    before = path.read_bytes()
    record = written(path, ANNA, BOB)
    after = path.read_bytes()
    kind = container.sniff(before)
    assert container.remainder(kind, after) == container.remainder(kind, before)
    assert pixels(after) == pixels(before)
    people = {region.name: region.box for region in read_people(path)}
    assert set(people) == {"Anna", "Bob"}
    assert people["Anna"] is not None
    assert ANNA.box is not None
    assert people["Anna"].iou(ANNA.box) > 0.99
    assert {"Anna", "Bob"} <= set(read_keywords(path))
    assert writer.plan(WriteRequest(path, (ANNA, BOB))).kind == "none"
    writer.undo(UndoRecord.from_bytes(record.to_bytes()))
    assert path.read_bytes() == before


def test_a_withdrawn_name_goes_and_a_foreign_keyword_stays(tmp_path: Path) -> None:
    path = saved(tmp_path, xmp=PACKET)
    written(path, ANNA, BOB)
    plan = writer.plan(WriteRequest(path, (), ("Bob",)))
    assert (plan.added, plan.removed) == ((), ("Bob",))
    writer.apply(plan, lambda record: None)
    assert read_keywords(path) == ("holiday", "Anna")
    assert [region.name for region in read_people(path)] == ["Anna"]


def test_a_name_given_to_another_face_leaves_the_first(tmp_path: Path) -> None:
    path = saved(tmp_path)
    written(path, ANNA)
    other = NamedRegion("Anna", Box(100, 60, 30, 40))
    written(path, other, withdrawn=("Anna",))
    people = read_people(path)
    assert [region.name for region in people] == ["Anna"]
    assert people[0].box is not None
    assert other.box is not None
    assert people[0].box.iou(other.box) > 0.99


def test_an_undo_after_another_program_wrote_removes_exactly_our_names(tmp_path: Path) -> None:
    path = saved(tmp_path, xmp=PACKET)
    record = written(path, ANNA, BOB)
    changed = path.read_bytes().replace(b'xmp:Rating="4"', b'xmp:Rating="5"')
    path.write_bytes(changed)
    writer.undo(record)
    assert read_keywords(path) == ("holiday", "Anna")  # Anna was a keyword before
    assert read_people(path) == ()
    packet = parse(container.packets(path.read_bytes())[0])
    assert packet.simple(XMP, "Rating") == "5"


def test_an_undo_of_a_withdrawal_after_another_write_brings_the_name_back(tmp_path: Path) -> None:
    path = saved(tmp_path, xmp=PACKET)
    written(path, ANNA)
    record = written(path, withdrawn=("Anna",))
    path.write_bytes(path.read_bytes().replace(b'xmp:Rating="4"', b'xmp:Rating="5"'))
    writer.undo(record)
    assert [region.name for region in read_people(path)] == ["Anna"]
    assert read_people(path)[0].box is not None


def test_the_record_comes_before_the_swap(tmp_path: Path) -> None:
    path = saved(tmp_path)
    before = path.read_bytes()

    def fail(record: UndoRecord) -> None:
        assert path.read_bytes() == before
        raise RuntimeError("the journal is full")

    with pytest.raises(RuntimeError, match="journal"):
        writer.apply(writer.plan(WriteRequest(path, (ANNA,))), fail)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_changed_since_the_plan_is_left_alone(tmp_path: Path) -> None:
    path = saved(tmp_path)
    plan = writer.plan(WriteRequest(path, (ANNA,)))
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(MetadataError, match="changed since"):
        writer.apply(plan, lambda record: None)


def test_the_packet_goes_directly_after_exif(tmp_path: Path) -> None:
    path = saved(tmp_path)
    written(path, ANNA)
    data = path.read_bytes()
    walked = jpeg.segments(data)
    exif = next(index for index, each in enumerate(walked) if each.payload(data).startswith(b"Exif\0"))
    assert jpeg.is_xmp(data, walked[exif + 1])


def test_old_photoshop_wrapper_stays(tmp_path: Path) -> None:
    path = saved(tmp_path, xmp=PACKET.replace(b"x:xmpmeta", b"x:xapmeta"))
    written(path, ANNA)
    assert b"</x:xapmeta>" in path.read_bytes()


def mp_index(data: bytes) -> bytes:
    return data[:2] + segment(0xE2, b"MPF\0" + bytes(40)) + data[2:]


REFUSED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "junk between segments": (lambda data: data[:20] + b"\0\0" + data[20:], "between its segments"),
    "several packets": (
        lambda data: with_segment(with_segment(data, 0xE1, jpeg.XMP + PACKET), 0xE1, jpeg.XMP + PACKET),
        "more than one XMP",
    ),
    "UTF-16": (lambda data: with_segment(data, 0xE1, jpeg.XMP + PACKET.decode().encode("utf-16")), "UTF-8"),
    "DTD": (
        lambda data: with_segment(data, 0xE1, jpeg.XMP + b"<!DOCTYPE a>" + PACKET),
        "not well-formed|document type",
    ),
    "managed property in Extended XMP": (
        lambda data: with_segment(data, 0xE1, jpeg.EXTENDED_XMP + bytes(40) + b"<dc:subject>"),
        "Extended XMP",
    ),
    "MPF first": (mp_index, "multi-picture"),
    "AFCP": (lambda data: data + b"AXS!" + bytes(8), "AFCP"),
    "preview after the image": (lambda data: data + b"\xff\xd8\xff\xdb" + bytes(50), "preview"),
    "AFCP before another trailer": (lambda data: data + b"AXS!" + bytes(200), "AFCP"),
    "Content Credentials": (
        lambda data: with_segment(data, 0xEB, b"JP\0\1\0\0\0\1\0\0\0\x40jumb\0\0\0\x20jumdc2pa"),
        "Content Credentials",
    ),
    "too large": (
        lambda data: with_segment(
            data, 0xE1, jpeg.XMP + PACKET.replace(b"comment", b"c" * (jpeg.MAX_PACKET - len(PACKET)))
        ),
        "larger than",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_jpegs_that_are_not_written_in_file(tmp_path: Path, case: str) -> None:
    damage, reason = REFUSED[case]
    path = tmp_path / "photo.jpg"
    path.write_bytes(damage(encoded()))
    before = path.read_bytes()
    plan = writer.plan(WriteRequest(path, (ANNA,)), to="file")
    assert plan.kind == "refused"
    assert re.search(reason, plan.reason), plan.reason
    with pytest.raises(MetadataError, match="cannot be written"):
        writer.apply(plan, lambda record: None)
    assert path.read_bytes() == before


def test_harmless_bytes_after_the_image_stay(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded() + b"\0\xff\xd9phone trailer")
    written(path, ANNA)
    assert path.read_bytes().endswith(b"\0\xff\xd9phone trailer")


def test_a_multi_picture_index_after_exif_is_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(with_segment(encoded(), 0xE2, b"MPF\0" + bytes(40)))
    assert writer.plan(WriteRequest(path, (ANNA,))).kind == "file"


def test_png_and_webp_with_broken_structure_are_not_written_in_file(tmp_path: Path) -> None:
    png, webp = tmp_path / "a.png", tmp_path / "a.webp"
    data = bytearray(encoded(".png"))
    data[-14] ^= 1  # in the last image chunk's checksum
    png.write_bytes(data)
    webp.write_bytes(encoded(".webp") + b"junk")
    assert "checksum" in writer.plan(WriteRequest(png, (ANNA,)), to="file").reason
    assert "size field" in writer.plan(WriteRequest(webp, (ANNA,)), to="file").reason


def test_png_with_metadata_in_imagemagicks_form_is_not_written_in_file(tmp_path: Path) -> None:
    data = encoded(".png")
    body = b"tEXtRaw profile type xmp\0" + b"\nxmp\n 0\n"
    chunk = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    path = tmp_path / "a.png"
    path.write_bytes(data[:33] + chunk + data[33:])
    assert "ImageMagick" in writer.plan(WriteRequest(path, (ANNA,)), to="file").reason


@pytest.mark.parametrize("lossless", [True, False])
def test_a_plain_webp_becomes_an_extended_one_with_the_same_picture(tmp_path: Path, lossless: bool) -> None:
    target = io.BytesIO()
    Image.new("RGBA" if lossless else "RGB", (33, 21), (200, 100, 50, 128)[: 4 if lossless else 3]).save(
        target, "WEBP", lossless=lossless
    )
    path = tmp_path / "a.webp"
    path.write_bytes(target.getvalue())
    assert b"VP8X" not in target.getvalue()
    written(path, BOB)
    assert b"VP8X" in path.read_bytes()
    assert pixels(path.read_bytes()) == pixels(target.getvalue())
    assert [region.name for region in read_people(path)] == ["Bob"]


def test_regions_made_for_another_size_are_left_alone(tmp_path: Path) -> None:
    path = saved(tmp_path)
    written(path, ANNA)
    data = path.read_bytes().replace(b"<stDim:w>160<", b"<stDim:w>320<")
    path.write_bytes(data)
    plan = writer.plan(WriteRequest(path, (NamedRegion("Carl", Box(90, 50, 30, 30)),)))
    assert plan.kind == "file"
    assert any("another image size" in note for note in plan.notes)
    assert {item.field for item in plan.items_added}.isdisjoint({"mwg", "mp"})


def test_regions_made_for_the_upright_size_count_as_the_photos_own(tmp_path: Path) -> None:
    path = saved(tmp_path, orientation=6)
    written(path, ANNA)
    data = path.read_bytes().replace(b"<stDim:w>160<", b"<stDim:w>120<").replace(b"<stDim:h>120<", b"<stDim:h>160<")
    path.write_bytes(data)
    people = read_people(path)
    assert people[0].box is not None
    assert ANNA.box is not None
    assert people[0].box.iou(ANNA.box) > 0.99
    assert writer.plan(WriteRequest(path, (ANNA,))).kind == "none"
    plan = writer.plan(WriteRequest(path, (ANNA, NamedRegion("Carl", Box(70, 90, 30, 30)))))
    assert "mwg" in {item.field for item in plan.items_added}


def test_names_that_programs_would_split_are_warned_about(tmp_path: Path) -> None:
    plan = writer.plan(WriteRequest(saved(tmp_path), (NamedRegion("Doe, Jane", None),)))
    assert any("gThumb" in note for note in plan.notes)


def test_names_with_separators_and_control_characters(tmp_path: Path) -> None:
    path = saved(tmp_path)
    written(path, NamedRegion("A/B|C\x1b[31m <&>", None))
    assert read_keywords(path) == ("A/B|C [31m <&>",)
    assert b"People|A-B-C [31m &lt;&amp;&gt;" in path.read_bytes()
    assert [region.name for region in read_people(path)] == ["A/B|C [31m <&>"]


def test_a_wrong_extension_a_hard_link_and_a_read_only_file_are_refused(tmp_path: Path) -> None:
    wrong, linked, locked = tmp_path / "a.png", tmp_path / "b.jpg", tmp_path / "c.jpg"
    for path in (wrong, linked, locked):
        path.write_bytes(encoded())
    os.link(linked, tmp_path / "other name")
    locked.chmod(0o444)
    reasons = [writer.plan(WriteRequest(path, (ANNA,)), to="file").reason for path in (wrong, linked, locked)]
    for reason, word in zip(reasons, ("extension", "hard links", "read-only"), strict=True):
        assert word in reason


def test_a_symlink_stays_one(tmp_path: Path) -> None:
    path = saved(tmp_path)
    link = tmp_path / "link.jpg"
    link.symlink_to(path)
    written(link, ANNA)
    assert link.is_symlink()
    assert [region.name for region in read_people(path)] == ["Anna"]


def test_a_photo_that_is_not_there_is_a_metadata_error(tmp_path: Path) -> None:
    with pytest.raises(MetadataError, match=r"gone\.jpg"):
        writer.plan(WriteRequest(tmp_path / "gone.jpg", (ANNA,)))


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"\xff", b'{"version": 2}'])
def test_damaged_undo_records_are_metadata_errors(data: bytes) -> None:
    with pytest.raises(MetadataError, match="undo record"):
        UndoRecord.from_bytes(data)
