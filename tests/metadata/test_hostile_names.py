"""Names that could break XML, hierarchies, lists or terminals: written to every kind of file and read back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.metadata.photos import FORMATS, exiftool, needs_exiftool, said, saved
from tui_tagger.geometry import Box
from tui_tagger.metadata import writer
from tui_tagger.metadata.people import Field, clean_name
from tui_tagger.metadata.regions import NamedRegion
from tui_tagger.metadata.writer import Target, UndoRecord, WriteRequest
from tui_tagger.metadata.xmp import read_people

HOSTILE = {
    "control characters": "An\x00na\x1b]0;title\x07\x9b31m\r\nBo",
    "hierarchy": "People/A|B\\C",
    "lists": "Doe, Jane; Dr.",
    "markup": "[bold red]Bo[/bold red] [@click=app.quit]x[/]",
    "right to left": "\u202eannA\u2066 אנה محمد",
    "long": "Ä" * 5000,
    "emoji": "👩‍👩‍👧‍👦 🇵🇹",
    "XML": "<rdf:li>&amp;\"'</rdf:li>]]><!-- --><?x?>",
    "surrogate": "A\ud800B",
    "not characters": "A\ufffeB\uffff",
    "path": "../../etc/passwd",
    "format": "%s {0} $HOME `id`",
}


@pytest.mark.parametrize("to", ["file", "sidecar"])
@pytest.mark.parametrize("suffix", FORMATS)
def test_all_of_them_at_once_are_read_back_and_undone(tmp_path: Path, suffix: str, to: Target) -> None:
    path = saved(tmp_path, suffix)
    before = path.read_bytes()
    people = tuple(NamedRegion(name, Box(2 + 9 * at, 10, 8, 60)) for at, name in enumerate(HOSTILE.values()))
    request = WriteRequest(path, people, description="&<>\x1b[31m {x}")
    plan = writer.plan(request, to)
    if plan.kind == "refused":  # five dialects of 10,000 bytes do not fit into a JPEG segment
        assert (suffix, "larger" in plan.reason or "grow" in plan.reason) == (suffix, True)
        people = tuple(each for each in people if len(each.name) < 1000)
        request = WriteRequest(path, people)
        plan = writer.plan(request, to)
    records: list[UndoRecord] = []
    writer.apply(plan, records.append)
    wanted = {clean_name(person.name) for person in people}
    fields: tuple[Field, ...] = ("person_in_image", "subject", "mwg", "mp")
    for field in fields:
        assert set(said(path, field)) == wanted
    assert {name for name in wanted if len(name) < 100} <= {region.name for region in read_people(path)}
    assert writer.plan(request, to).kind == "none"
    writer.undo(records[0])
    assert path.read_bytes() == before


def test_a_name_too_long_for_a_jpeg_goes_into_a_sidecar(tmp_path: Path) -> None:
    path = saved(tmp_path)
    plan = writer.plan(WriteRequest(path, (NamedRegion("x" * 20_000, None),)))
    assert plan.kind == "sidecar"
    assert "larger" in plan.reason


@needs_exiftool
def test_exiftool_reads_the_same_names(tmp_path: Path) -> None:
    path = saved(tmp_path)
    names = [name for key, name in HOSTILE.items() if key != "long"]
    writer.apply(writer.plan(WriteRequest(path, tuple(NamedRegion(name, None) for name in names))), lambda _: None)
    assert exiftool(path)["XMP-iptcExt:PersonInImage"] == [clean_name(name) for name in names]
