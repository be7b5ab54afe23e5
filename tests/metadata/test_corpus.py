"""Real and broken files of many cameras and programs: reading never fails, writing changes nothing else."""

from __future__ import annotations

import contextlib
import hashlib
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from tests.metadata.photos import exiftool, needs_exiftool
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
def test_exiftool_sees_the_same_other_tags_and_the_new_names(tmp_path: Path) -> None:
    """A sample of real cameras' files, makers' notes and all."""
    sample = [each for each in PHOTOS if each.parent.name == "camera-jpeg"][::12]
    for source in sample:
        path = copied(source, tmp_path)
        before = exiftool(path, "-a")
        if writer.plan(WriteRequest(path, PEOPLE)).kind != "file":
            continue
        writer.apply(writer.plan(WriteRequest(path, PEOPLE)), lambda record: None)
        after = exiftool(path, "-a")
        changed = {key for key in before if before[key] != after.get(key)}
        assert {key for key in changed if not key.startswith(("System:", "File:", "XMP-"))} <= _moved(before), source
        assert "Zoë Test" in after["XMP-dc:Subject"]


def _moved(seen: dict[str, object]) -> set[str]:
    """Tags that are offsets into the file, which exiftool gives as absolute ones."""
    return {key for key in seen if "Offset" in key or "Start" in key}
