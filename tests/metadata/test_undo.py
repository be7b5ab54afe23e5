"""Any sequence of writes, undone in the reverse order, restores every byte; also through a sidecar."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.metadata.photos import FORMATS, PACKET, encoded, said
from tui_tagger.errors import MetadataError
from tui_tagger.geometry import Box
from tui_tagger.metadata import writer
from tui_tagger.metadata.people import Item
from tui_tagger.metadata.regions import NamedRegion
from tui_tagger.metadata.splice import Splice
from tui_tagger.metadata.writer import Target, UndoRecord, WriteRequest

NAMES = ("Anna", "Bo & Zoë", "李/A|B", "holiday", "<x>;,", "x" * 300)
BOXES = (None, Box(5, 5, 30, 30), Box(60, 40, 50, 60), Box(8, 8, 30, 30))

requests = st.lists(
    st.tuples(
        st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(BOXES)), max_size=4, unique_by=lambda each: each[0]),
        st.sampled_from(["", "Anna, Lisbon & <b>"]),
    ),
    min_size=1,
    max_size=5,
)


@given(st.sampled_from(sorted(FORMATS)), st.booleans(), st.sampled_from(["auto", "sidecar"]), requests)
@settings(max_examples=60, deadline=None)
def test_a_sequence_of_writes_is_undone_byte_by_byte(
    suffix: str, with_xmp: bool, to: Target, steps: list[tuple[list[tuple[str, Box | None]], str]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"photo{suffix}"
        path.write_bytes(encoded(suffix, 6, PACKET if with_xmp else b""))
        states = [contents(path)]
        records: list[UndoRecord] = []
        for people, description in steps:
            request = WriteRequest(
                path, tuple(NamedRegion(*each) for each in people), description=description, own=own(records)
            )
            plan = writer.plan(request, to)
            if plan.kind == "none":
                continue
            writer.apply(plan, records.append)
            states.append(contents(path))
            wanted = {name for name, _ in people}
            found = set(said(path, "person_in_image"))
            if to == "auto":
                assert found == wanted
                assert set(said(path, "subject")) == wanted | ({"holiday", "Anna"} if with_xmp else set())
            else:
                assert wanted <= found
            assert writer.plan(request, to).kind == "none"
        for record, before in zip(reversed(records), reversed(states[:-1]), strict=True):
            writer.undo(record)
            assert contents(path) == before
            writer.undo(record)  # once more changes nothing
            assert contents(path) == before


def own(records: list[UndoRecord]) -> tuple[Item, ...]:
    """What the writes so far added and did not remove, as the tagging service keeps it."""
    items: list[Item] = []
    for record in records:
        items = [item for item in items if not any(item.means(each) for each in record.removed)]
        items += [item for item in record.added if item.field != "description"]
    return tuple(items)


def contents(path: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in path.parent.iterdir()}


def test_a_record_whose_name_no_disk_can_hold_undoes_nothing(tmp_path: Path) -> None:
    """The database was damaged: such a file was never made."""
    name = tmp_path / ("8" * 5000)
    made = UndoRecord(name, "", "0" * 64, (), True, name, (), ())
    writer.undo(made)
    assert not writer.happened(made)
    assert made.at(tmp_path / "x.jpg").photo == tmp_path / "x.jpg"
    assert writer.happened(replace(made, path=name / "x.xmp", created=False))
    with pytest.raises(MetadataError):
        writer.undo(replace(made, created=False))


@pytest.mark.parametrize("at", ["1e999", "-1e999", "[" * 100_000, '"x"', "null", "9" * 5000])
def test_a_record_that_makes_no_sense_is_refused(at: str, tmp_path: Path) -> None:
    name = tmp_path / "a.jpg"
    whole = UndoRecord(name, "", "0" * 64, (Splice(12345, 0, b""),), True, name, (), ()).to_bytes()
    assert b"12345" in whole
    with pytest.raises(MetadataError, match="cannot be read"):
        UndoRecord.from_bytes(whole.replace(b"12345", at.encode()))
