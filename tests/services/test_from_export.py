from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.services.test_exporting import decide, emptied, exported, known
from tests.services.test_importing import faces_in
from tui_tagger.errors import UsageError
from tui_tagger.geometry import Box
from tui_tagger.services import Services
from tui_tagger.services.exporting import ExportedFace, export_faces
from tui_tagger.services.from_export import DECIDED, FARTHEST, LONGEST_LINE, as_entry, restore
from tui_tagger.services.importing import Names
from tui_tagger.services.review import clean_name
from tui_tagger.services.storage_check import check_storage
from tui_tagger.services.views import FaceState

Row = dict[str, Any]
FACE: Row = {"photo": "/a.jpg", "hash": "0" * 32, "box": [1, 2, 3, 4], "state": "confirmed", "person": "Anna",
             "probability": None, "decided": None, "source": "detected"}  # fmt: skip


class Anyhow(Names):
    """Without a database."""

    def __init__(self) -> None:
        self._exact, self._known = set(), {}


def test_an_export_restores_what_files_cannot_hold(scanned: Services, tmp_path: Path, photos: Path) -> None:
    decide(scanned, photos)
    before, file = known(tuple(FaceState)), exported(tmp_path)
    fresh = emptied(scanned, tmp_path, photos)
    report = restore(file, fresh.recognition)
    again = restore(file, fresh.recognition)
    after = known(tuple(FaceState))
    fresh.close()
    assert after == before
    assert {state for _, state, _, _ in after} == {"confirmed", "ignored", "not a face"}
    assert (report.matched, report.skipped) == (11, ())
    assert (again.matched, again.unchanged) == (0, 11)


def test_photos_that_moved_are_found_by_their_pixels(scanned: Services, tmp_path: Path, photos: Path) -> None:
    (face,) = faces_in(photos / "a1.jpg")
    scanned.review.name([face.id], "Anna")
    file = exported(tmp_path)
    (photos / "a1.jpg").rename(photos / "trip" / "renamed.jpg")
    (photos / "a2.jpg").unlink()
    fresh = emptied(scanned, tmp_path, photos)
    restore(file, fresh.recognition)
    names = [face.person for face in faces_in(photos / "trip" / "renamed.jpg")]
    fresh.close()
    assert names == ["Anna"]


def test_decisions_on_photos_that_are_not_there_are_listed(scanned: Services, tmp_path: Path, photos: Path) -> None:
    scanned.review.name([faces_in(photos / "a1.jpg")[0].id], "Anna")
    file = exported(tmp_path)
    (photos / "a1.jpg").unlink()
    fresh = emptied(scanned, tmp_path, photos)
    report = restore(file, fresh.recognition)
    fresh.close()
    assert [(failure.path.name, failure.reason[:27]) for failure in report.skipped] == [
        ("a1.jpg", "its photo is not in the lib")
    ]


def test_an_entry_that_is_there_twice_counts_once(scanned: Services, tmp_path: Path, photos: Path) -> None:
    scanned.review.name([faces_in(photos / "a1.jpg")[0].id], "Anna")
    scanned.review.add_present(faces_in(photos / "a2.jpg")[0].photo_id, "Bo")
    before, file = known((FaceState.CONFIRMED,)), exported(tmp_path)
    file.write_text(file.read_text("utf-8") * 2, "utf-8")
    fresh = emptied(scanned, tmp_path, photos)
    restore(file, fresh.recognition)
    after = known((FaceState.CONFIRMED,))
    fresh.close()
    assert after == before


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"box": [float("nan"), 1, 2, 3]}, "box"),
        ({"box": [0, 0, float("inf"), 3]}, "box"),
        ({"box": [0, 0, 10**400, 3]}, "box"),
        ({"box": [0, 0, -5, 5]}, "box"),
        ({"box": [0, 0, 5, 0]}, "box"),
        ({"box": [0, True, 5, 5]}, "box"),
        ({"box": ["1", "2", "3", "4"]}, "box"),
        ({"box": "1234"}, "box"),
        ({"box": {"0": 1, "1": 2, "2": 3, "3": 4}}, "box"),
        ({"box": [1, 2]}, "box"),
        ({"box": None, "state": "ignored", "person": None}, "box"),
        ({"state": "odd"}, "state"),
        ({"state": ["confirmed"]}, "state"),
        ({"person": None}, "person"),
        ({"person": 7}, "person"),
        ({"person": " \u200b\n"}, "person"),
        ({"person": "\udc80"}, "person"),
        ({"photo": None}, "photo"),
        ({"photo": ""}, "photo"),
        ({"photo": "a\0b"}, "photo"),
        ({"hash": 5}, "hash"),
        ({"source": "\udcff"}, "source"),
        ({"source": "a\x1b[2J"}, "source"),
        ({"source": None}, "source"),
    ],
)
def test_a_wrong_entry_is_named_and_nothing_changes(
    scanned: Services, tmp_path: Path, photos: Path, wrong: Row, reason: str
) -> None:
    (face,) = faces_in(photos / "a1.jpg")
    scanned.review.name([face.id], "Anna")
    file = exported(tmp_path)
    scanned.review.undo()
    lines = file.read_text("utf-8").splitlines()
    file.write_text("\n".join([lines[0], "", json.dumps(FACE | wrong), *lines[1:]]), "utf-8")
    with pytest.raises(UsageError, match=rf"export\.jsonl: line 3: .*{reason}") as refusal:
        restore(file, scanned.recognition)
    assert "Nothing was changed" in refusal.value.hint
    assert known((FaceState.CONFIRMED,)) == []


@pytest.mark.parametrize(
    "text",
    [b"no JSON", b"[]", b"7", b'"photo"', b'{"photo": "x"}', b"\xff\xfe{}", b"[" * 100_000, b"9" * 5000, b"\0" * 9,
     b'{"photo": "' + b"x" * LONGEST_LINE + b'"}', b"photo,hash,box,state\n"],
    ids=lambda text: repr(text[:12]),
)  # fmt: skip
def test_what_is_no_export_is_said_so(scanned: Services, tmp_path: Path, text: bytes) -> None:
    (tmp_path / "file").write_bytes(text)
    with pytest.raises(UsageError, match=r"file: line 1: .*(export|JSON|bytes|has no)"):
        restore(tmp_path / "file", scanned.recognition)


def test_what_cannot_be_read_is_said_so(scanned: Services, tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            restore(path, scanned.recognition)


def test_a_box_outside_of_its_photo_is_left_alone(scanned: Services, tmp_path: Path, photos: Path) -> None:
    (face,) = faces_in(photos / "a1.jpg")
    scanned.review.name([face.id], "Anna")
    (row,) = (face.row() for face in export_faces() if face.state == FaceState.CONFIRMED)
    scanned.review.undo()
    file = tmp_path / "file"
    file.write_text(json.dumps(row | {"box": [90_000, 5, 50, 50]}, default=str), "utf-8")
    report = restore(file, scanned.recognition)
    assert [each.reason for each in report.skipped] == ["Anna: the face lies outside of the photo"]
    assert (report.added, report.matched) == (0, 0)


numbers = st.floats(-FARTHEST, FARTHEST)
sides = st.floats(1e-6, FARTHEST)
boxes = st.builds(Box, numbers, numbers, sides, sides)
names = st.text(min_size=1).filter(lambda text: any(char.isprintable() and not char.isspace() for char in text))


@given(boxes, names, st.sampled_from(sorted(DECIDED)), st.text(st.characters(exclude_characters="\0"), min_size=1))
def test_whatever_is_exported_can_be_taken_back(box: Box, name: str, state: FaceState, path: str) -> None:
    person = clean_name(name) if state == FaceState.CONFIRMED else None
    face = ExportedFace(Path(path), "ab", box, state, person, None, None, "imported: XMP")
    entry = as_entry(json.loads(json.dumps(face.row(), default=str)), Anyhow())
    assert entry.claim is not None and entry.claim.box is not None
    assert (entry.photo, entry.claim.name, entry.claim.state) == (face.photo, person, state)
    for side in ("x", "y", "width", "height"):
        assert getattr(entry.claim.box, side) == pytest.approx(getattr(box, side), abs=0.006)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(sorted(FaceState)),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
)
odd_boxes = st.lists(st.floats() | st.integers() | st.text(max_size=2), min_size=3, max_size=5)


@given(st.sampled_from(sorted(FACE)), anything | odd_boxes)
def test_any_value_in_a_field_is_taken_as_it_should_be_or_refused(field: str, value: object) -> None:
    try:
        claim = as_entry(json.loads(json.dumps(FACE | {field: value})), Anyhow()).claim
    except ValueError:
        return
    if claim is not None:
        assert claim.name is None or clean_name(claim.name) == claim.name
        assert claim.box is None or (0 < claim.box.area < float("inf") and abs(claim.box.right) <= 2 * FARTHEST)
        (str(claim.name) + claim.source).encode("utf-8")


def test_what_was_taken_in_makes_sense_to_the_doctor(scanned: Services, tmp_path: Path, photos: Path) -> None:
    decide(scanned, photos)
    file = exported(tmp_path)
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    rows.append(rows[0] | {"box": [-40.5, -0.25, 90, 1e7], "source": "drawn", "state": "ignored", "person": None})
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    fresh = emptied(scanned, tmp_path, photos)
    restore(file, fresh.recognition)
    fresh.close()
    checks = {check.name: check.ok for check in check_storage(tmp_path / "new.db")}
    assert checks["database"] and checks["references"] and checks["values"]
