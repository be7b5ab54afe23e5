"""Real and broken files of many cameras and programs: reading never fails, writing changes nothing else."""

from __future__ import annotations

import contextlib
import hashlib
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from benchmarks import oracles
from tests.metadata.photos import encoded, needs_exiftool, needs_exiv2
from tests.shared import SHARED_DATA, needs_shared_data
from tui_tagger.errors import PhotoError
from tui_tagger.geometry import Box
from tui_tagger.metadata import container, writer
from tui_tagger.metadata.exif import read_entries, read_info
from tui_tagger.metadata.identity import file_hash
from tui_tagger.metadata.regions import NamedRegion
from tui_tagger.metadata.writer import UndoRecord, WriteRequest
from tui_tagger.metadata.xmp import read_keywords, read_people

CORPUS = SHARED_DATA / "metadata"
FILES = sorted(each for each in CORPUS.rglob("*") if each.suffix not in ("", ".tsv", ".txt"))
PHOTOS = [each for each in FILES if each.suffix != ".xmp"]
SHARES = 8  # the corpus in this many tests
PEOPLE = (NamedRegion("Zoë Test", Box(2, 3, 8, 9)), NamedRegion("Bob Test", None))

pytestmark = [
    needs_shared_data,
    pytest.mark.filterwarnings("ignore::UserWarning"),  # Pillow's, about broken metadata
]


@pytest.mark.parametrize("share", range(SHARES))
def test_reading_never_raises_anything_but_photo_errors(share: int) -> None:
    for path in FILES[share::SHARES]:
        read_people(path)
        read_keywords(path)
        with contextlib.suppress(PhotoError):
            info = read_info(path)
            assert info.width > 0
            assert 1 <= info.orientation <= 8
        with contextlib.suppress(PhotoError):
            for entry in read_entries(path):
                assert not any(unicodedata.category(each) == "Cc" for each in entry.value), (path, entry)
                assert len(entry.value) < 2100


def copied(source: Path, folder: Path) -> Path:
    target = folder / f"{hashlib.md5(str(source).encode()).hexdigest()[:6]}-{source.name}"
    target.write_bytes(source.read_bytes())
    return target


@pytest.mark.parametrize("share", range(SHARES))
def test_names_are_written_read_withdrawn_and_undone(tmp_path: Path, share: int) -> None:
    kinds: Counter[str] = Counter()
    for source in PHOTOS[share::SHARES]:
        path = copied(source, tmp_path)
        before, identity = path.read_bytes(), file_hash(path)
        request = WriteRequest(path, PEOPLE)
        plan = writer.plan(request)
        kinds[plan.kind] += 1
        if plan.kind == "refused":
            assert plan.reason
            continue
        records: list[UndoRecord] = []
        writer.apply(plan, records.append)
        assert file_hash(path) == identity
        if plan.kind == "file":
            kind = container.sniff(before)
            assert container.remainder(kind, path.read_bytes()) == container.remainder(kind, before)
        assert {"Zoë Test", "Bob Test"} <= {region.name for region in read_people(path)}
        assert writer.plan(request).kind == "none"
        if kinds.total() % 3 == 0:  # syncing to disk is what takes the time here
            writer.apply(writer.plan(WriteRequest(path, (), ("Zoë Test", "Bob Test"))), records.append)
            assert not {"Zoë Test", "Bob Test"} & {region.name for region in read_people(path)}
        for record in reversed(records):
            writer.undo(record)
        assert path.read_bytes() == before
        assert plan.kind == "file" or not plan.target_path.exists()
    assert kinds["file"] > kinds["sidecar"] > 0


@needs_exiftool
@needs_exiv2
def test_exiftool_and_exiv2_see_the_same_other_tags_and_no_new_warning(tmp_path: Path) -> None:
    """A sample of all kinds of files, makers' notes and all; benchmarks/metadata.py does it for every file."""
    copies = [copied(source, tmp_path) for source in PHOTOS[::12]]
    sizes = {path: path.stat().st_size for path in copies}
    before = oracles.exiftool_tags(copies)
    complaints = {path: oracles.exiv2_complaints(path) for path in copies}
    written = []
    for path in copies:
        plan = writer.plan(WriteRequest(path, PEOPLE))
        if plan.kind == "file":
            writer.apply(plan, lambda record: None)
            written.append(path)
    assert len(written) > len(copies) // 2
    after = oracles.exiftool_tags(copies)
    for path in copies:
        growth = path.stat().st_size - sizes[path]
        assert oracles.differences(before.get(path, {}), after.get(path, {}), growth) == [], path
    for path in written:
        assert "Zoë Test" in str(after[path]["XMP-dc:Subject"])
        assert oracles.exiv2_complaints(path) <= complaints[path], path


@needs_exiftool
def test_a_lost_or_changed_tag_is_noticed(tmp_path: Path) -> None:
    one, other = tmp_path / "one.jpg", tmp_path / "other.jpg"
    one.write_bytes(encoded(orientation=6))
    other.write_bytes(encoded(orientation=8))
    seen = oracles.exiftool_tags([one, other])
    found = oracles.differences(seen[one], seen[other], growth=0)
    assert [line.partition(":")[2].partition(":")[0] for line in found] == ["Orientation"]
    lacking = {key: value for key, value in seen[one].items() if key != "IFD0:Make"}
    assert oracles.differences(seen[one], lacking, growth=0) == ["IFD0:Make: ['Acme'] -> None"]
