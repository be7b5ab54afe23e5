"""Files with random damage: read as far as it goes, written whole or not at all."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.metadata.photos import FORMATS, PACKET, encoded
from tui_tagger.errors import PhotoError
from tui_tagger.geometry import Box
from tui_tagger.metadata import container, writer
from tui_tagger.metadata.exif import read_entries, read_info
from tui_tagger.metadata.identity import image_hash
from tui_tagger.metadata.regions import NamedRegion
from tui_tagger.metadata.splice import Splice, apply_splices, narrowed, reversed_splices
from tui_tagger.metadata.writer import UndoRecord, WriteRequest
from tui_tagger.metadata.xmp import read_people

WHOLE = {suffix: encoded(suffix, 6, PACKET) for suffix in FORMATS}

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, about broken metadata


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    suffix = draw(st.sampled_from(sorted(FORMATS)))
    data = bytearray(WHOLE[suffix])
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, min(len(data) - 1, 3000)))
        data[start : start + draw(st.integers(0, 8))] = draw(st.binary(max_size=8))
    return suffix, bytes(data[: draw(st.integers(len(data) // 2, len(data)))])


@given(damaged())
@settings(max_examples=250, deadline=None)
def test_damaged_files_are_read_as_far_as_it_goes_and_never_made_worse(case: tuple[str, bytes]) -> None:
    suffix, data = case
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"photo{suffix}"
        path.write_bytes(data)
        for read in (read_info, read_entries):
            with contextlib.suppress(PhotoError):
                read(path)
        read_people(path)
        identity = image_hash(data)
        plan = writer.plan(WriteRequest(path, (NamedRegion("Zoë", Box(1, 2, 30, 40)),)), to="file")
        if plan.kind == "file":
            new = apply_splices(data, plan.splices)
            kind = container.sniff(data)
            assert image_hash(new) == identity
            assert container.remainder(kind, new) == container.remainder(kind, data)
            assert apply_splices(new, reversed_splices(data, plan.splices)) == data


@st.composite
def damaged_packets(draw: st.DrawFn) -> bytes:
    """An XMP packet with pieces doubled, lost, swapped or overwritten."""
    data = PACKET
    for _ in range(draw(st.integers(1, 3))):
        first, last = sorted((draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))))
        piece = draw(
            st.sampled_from([b"", data[first:last], data[first:last] * 2, b"<x", b"&", b"\xff", b"<!DOCTYPE x>"])
        )
        data = data[:first] + piece + data[last:]
    return data


@given(damaged_packets())
@settings(max_examples=200, deadline=None)
def test_damaged_sidecars_are_extended_whole_or_refused(packet: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jpg"
        path.write_bytes(WHOLE[".jpg"])
        beside = path.with_name("photo.jpg.xmp")
        beside.write_bytes(packet)
        plan = writer.plan(WriteRequest(path, (NamedRegion("Zoë", Box(1, 2, 30, 40)),), description="A & B"))
        assert plan.kind in ("sidecar", "refused")
        if plan.kind == "refused":
            assert plan.reason
            return
        records: list[UndoRecord] = []
        writer.apply(plan, records.append)
        assert "Zoë" in {region.name for region in read_people(path)}
        writer.undo(records[0])
        assert beside.read_bytes() == packet
        assert path.read_bytes() == WHOLE[".jpg"]


@given(damaged())
@settings(max_examples=60, deadline=None)
def test_damaged_files_are_written_with_a_description_and_restored(case: tuple[str, bytes]) -> None:
    suffix, data = case
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"photo{suffix}"
        path.write_bytes(data)
        request = WriteRequest(path, (NamedRegion("Zoë", None),), description="Zoë, Lisbon")
        records: list[UndoRecord] = []
        plan = writer.plan(request)
        if plan.kind == "refused":
            return
        writer.apply(plan, records.append)
        assert image_hash(path.read_bytes()) == image_hash(data)
        assert writer.plan(request).kind == "none"
        for record in records:
            writer.undo(record)
        assert {each.name: each.read_bytes() for each in Path(folder).iterdir()} == {path.name: data}


@st.composite
def edits(draw: st.DrawFn) -> tuple[bytes, list[Splice]]:
    data = draw(st.binary(max_size=60))
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=8)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    return data, [Splice(start, end - start, draw(st.binary(max_size=10))) for start, end in pairs]


@given(edits())
def test_splices_can_be_narrowed_and_taken_back(case: tuple[bytes, list[Splice]]) -> None:
    data, splices = case
    new = apply_splices(data, splices)
    slim = [narrowed(data, each) for each in splices]
    assert apply_splices(data, slim) == new
    assert apply_splices(new, reversed_splices(data, slim)) == data


def test_splices_that_overlap_are_an_error() -> None:
    with pytest.raises(ValueError, match="overlap"):
        apply_splices(b"abcdef", [Splice(0, 3, b""), Splice(2, 2, b"")])
