from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.metadata.photos import PACKET, drawn, encoded, saved
from tui_tagger.geometry import Box
from tui_tagger.metadata import jpeg, sidecar, writer
from tui_tagger.metadata.packet import TIFF, XMP, parse
from tui_tagger.metadata.regions import NamedRegion
from tui_tagger.metadata.splice import Refused
from tui_tagger.metadata.writer import UndoRecord, WriteRequest
from tui_tagger.metadata.xmp import read_keywords, read_people

ANNA = NamedRegion("Anna", Box(20, 30, 40, 50))


def written(path: Path, to: writer.Target = "auto") -> UndoRecord:
    records: list[UndoRecord] = []
    writer.apply(writer.plan(WriteRequest(path, (ANNA,)), to), records.append)
    return records[0]


def test_a_new_sidecar_carries_the_photos_own_metadata_and_undo_removes_it(tmp_path: Path) -> None:
    path = saved(tmp_path, orientation=6, xmp=PACKET)
    before = path.read_bytes()
    record = written(path, "sidecar")
    beside = tmp_path / "photo.jpg.xmp"
    packet = parse(beside.read_bytes())
    assert packet.simple(XMP, "Rating") == "4"
    assert packet.simple(TIFF, "Orientation") == "6"
    assert path.read_bytes() == before
    assert [region.name for region in read_people(path)] == ["Anna"]
    writer.undo(record)
    assert not beside.exists()


def test_a_tiff_gets_a_sidecar_seeded_with_its_own_packet(tmp_path: Path) -> None:
    path = tmp_path / "scan.tif"
    drawn().save(path, tiffinfo={700: PACKET})
    assert writer.plan(WriteRequest(path, (ANNA,))).kind == "sidecar"
    written(path)
    assert read_keywords(path) == ("holiday", "Anna")
    assert parse((tmp_path / "scan.tif.xmp").read_bytes()).simple(XMP, "Rating") == "4"


def test_an_existing_sidecar_is_updated_and_the_photo_left_alone(tmp_path: Path) -> None:
    path = saved(tmp_path)
    before = path.read_bytes()
    beside = tmp_path / "photo.xmp"
    beside.write_bytes(PACKET)
    record = written(path)
    assert path.read_bytes() == before
    assert b"People|Anna" in beside.read_bytes()
    assert not (tmp_path / "photo.jpg.xmp").exists()
    writer.undo(record)
    assert beside.read_bytes() == PACKET


def test_the_short_name_counts_only_where_no_other_image_shares_the_stem(tmp_path: Path) -> None:
    path = saved(tmp_path)
    raw, short = tmp_path / "photo.CR2", tmp_path / "photo.xmp"
    short.write_bytes(PACKET)
    assert sidecar.find(path) == short
    raw.write_bytes(b"II*\0")
    assert sidecar.find(path) is None
    assert sidecar.find(raw) == short


def test_a_file_that_cannot_be_written_gets_a_sidecar_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded() + b"AXS!" + bytes(8))
    plan = writer.plan(WriteRequest(path, (ANNA,)))
    assert plan.kind == "sidecar"
    assert "AFCP" in plan.reason


def test_a_photo_whose_own_packet_is_unreadable_gets_no_sidecar(tmp_path: Path) -> None:
    path = saved(tmp_path, xmp=PACKET.replace(b"</rdf:Bag>", b""))
    plan = writer.plan(WriteRequest(path, (ANNA,)))
    assert plan.kind == "refused"
    assert "carried over" in plan.reason
    with pytest.raises(Refused, match="for sure"):
        sidecar.seed(b"some format" + PACKET + PACKET)


def test_undo_of_a_new_sidecar_that_others_changed_removes_only_our_names(tmp_path: Path) -> None:
    path = tmp_path / "scan.tif"
    Image.new("RGB", (160, 120)).save(path)
    record = written(path)
    beside = tmp_path / "scan.tif.xmp"
    other = b'<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="3"/></rdf:RDF>'
    beside.write_bytes(beside.read_bytes().replace(b"</rdf:RDF>", other))
    writer.undo(record)
    assert parse(beside.read_bytes()).simple(XMP, "Rating") == "3"
    assert read_people(path) == ()


def test_a_sidecar_that_is_a_link_stays_one(tmp_path: Path) -> None:
    photo, elsewhere = saved(tmp_path), tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "real.xmp").write_bytes(PACKET)
    link = tmp_path / "photo.jpg.xmp"
    link.symlink_to(elsewhere / "real.xmp")
    writer.apply(writer.plan(WriteRequest(photo, (NamedRegion("Bob", None),))), lambda record: None)
    assert link.is_symlink()
    assert b"Bob" in (elsewhere / "real.xmp").read_bytes()


def test_extended_xmp_is_not_hidden_by_a_sidecar(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    data = encoded(xmp=PACKET)
    extension = jpeg.EXTENDED_XMP + b"0" * 32 + bytes(8) + b"<rdf:RDF/>"
    segment = b"\xff\xe1" + (len(extension) + 2).to_bytes(2, "big") + extension
    path.write_bytes(data[:2] + segment + data[2:])
    plan = writer.plan(WriteRequest(path, (NamedRegion("Bob", None),)), to="sidecar")
    assert (plan.kind, "Extended XMP" in plan.reason) == ("refused", True)
    assert writer.plan(WriteRequest(path, (NamedRegion("Bob", None),))).kind == "file"
