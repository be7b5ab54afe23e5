from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import piexif
import pytest
from PIL import Image

from tests.conftest import faces_by_person
from tests.metadata.photos import PACKET
from tui_tagger.errors import UsageError
from tui_tagger.geometry import Box
from tui_tagger.metadata import safewrite
from tui_tagger.metadata.exif import read_info
from tui_tagger.metadata.writer import exif_bytes
from tui_tagger.metadata.xmp import read_keywords, read_people
from tui_tagger.services import Services, storing
from tui_tagger.services.extraction import File
from tui_tagger.services.listing import unwritten
from tui_tagger.storage.database import store_setting
from tui_tagger.storage.models import Decision, Face, FileWrite, Photo, Setting

ROOT = Path(__file__).resolve().parents[2]
DEAD = 2**31 - 2  # no system gives a process such an id


@pytest.fixture
def named(scanned: Services) -> Services:
    """The painted photos with one person confirmed in them."""
    faces = faces_by_person(scanned)[0]
    scanned.review.name(faces, "Anna")
    return scanned


def names(path: Path) -> list[str]:
    return [region.name for region in read_people(path)]


def test_a_write_can_be_stopped_and_goes_on_with_the_rest(named: Services) -> None:
    queue = unwritten()
    assert len(queue) == 4
    results = named.tagging.write(progress=lambda done, _total: done < 1)
    assert len(results) == 1
    assert unwritten() == queue - {results[0].photo_id}
    assert {result.photo_id for result in named.tagging.write()} == queue - {results[0].photo_id}
    assert not unwritten()
    assert not Setting.select().where(Setting.key.startswith("writing:")).exists()


def test_a_stopped_write_is_known_until_it_is_finished_or_left(named: Services) -> None:
    named.tagging.write(progress=lambda done, _total: done < 1)
    found = named.tagging.unfinished()
    assert found is not None
    assert (len(found.left), found.total) == (3, 4)
    named.tagging.write(found.left, progress=lambda done, _total: done < 1)
    found = named.tagging.unfinished()
    assert found is not None
    assert (len(found.left), found.total) == (2, 3)
    named.tagging.write(found.left)
    assert named.tagging.unfinished() is None
    named.review.undo()
    named.tagging.write(progress=lambda done, _total: done < 1)
    named.tagging.leave_unfinished()
    assert named.tagging.unfinished() is None
    assert unwritten()


def test_the_old_name_of_a_renamed_or_merged_person_is_replaced(named: Services) -> None:
    named.tagging.write()
    named.people.rename(named.people.find("Anna"), "Anna Berg")
    named.tagging.write()
    paths = [photo.path for photo in Photo.select() if photo.written]
    assert len(paths) == 4
    assert all(names(path) == ["Anna Berg"] for path in paths)
    named.people.add("Ann")
    named.people.merge([named.people.find("Anna Berg")], named.people.find("Ann"))
    named.tagging.write()
    assert all(names(path) == ["Ann"] for path in paths)
    for _ in range(3):
        named.tagging.undo_last()
    assert all(names(path) == [] for path in paths)


def test_what_another_program_wrote_is_not_ours_to_remove(named: Services) -> None:
    named.tagging.write()
    Photo.update(written=[]).execute()  # another program's names, as far as this database knows
    FileWrite.delete().execute()
    assert {result.result for result in named.tagging.write()} == {"unchanged"}
    named.people.delete(named.people.find("Anna"))
    named.tagging.write()
    assert all(names(photo.path) == ["Anna"] for photo in Photo.select() if photo.name in ("a1.jpg", "b2.jpg"))


def test_only_the_entries_that_we_added_are_removed(named: Services) -> None:
    """Another program's keyword with the same name stays when the face is no longer Anna's."""
    photo = Photo.get(Photo.name == "a1.jpg")
    image = Image.open(photo.path)
    image.load()
    image.save(photo.path, xmp=PACKET, quality=95)  # says "holiday" and "Anna" in dc:subject
    named.tagging.write([photo.id])
    assert names(photo.path) == ["Anna"]
    named.people.delete(named.people.find("Anna"))
    named.tagging.write([photo.id])
    assert names(photo.path) == []
    assert read_keywords(photo.path) == ("holiday", "Anna")


def test_an_unchanged_sidecar_is_nothing_to_tell(named: Services) -> None:
    named.tagging.write(to="sidecar")
    assert {(row.target, row.reason) for row in named.tagging.preview(named.library.photo_ids())} == {("none", "")}


def test_a_face_drawn_anew_elsewhere_leaves_no_second_region(named: Services) -> None:
    photo = Photo.get(Photo.name == "a1.jpg")
    named.tagging.write([photo.id])
    Face.update(x=200, y=100).where(Face.photo == photo.id).execute()
    named.tagging.write([photo.id])
    (region,) = read_people(photo.path)
    assert region.box is not None
    assert region.box.iou(Box(200, 100, region.box.width, region.box.height)) > 0.95


def test_a_description_is_offered_shown_written_and_undone(named: Services) -> None:
    Photo.update(place="Lisbon, Portugal", taken_at="2019-07-12T14:03:22", date_source="DateTimeOriginal").execute()
    Photo.update(description="Written by a human").where(Photo.name == "a1.jpg").execute()
    texts = {Path(row.path).name: row.description for row in named.tagging.preview(describe=True)}
    assert texts == {"a1.jpg": "", **dict.fromkeys(("a2.jpg", "a3.jpg", "b2.jpg"), "Anna, Lisbon, 12 July 2019")}
    assert not any(row.description for row in named.tagging.preview())
    results = named.tagging.write(describe=True)
    assert {Path(row.path).name: row.description for row in results} == texts
    for photo in Photo.select().where(Photo.name << list(texts)):
        told = "" if photo.name == "a1.jpg" else texts[photo.name]
        assert read_info(photo.path).description == told
        assert photo.description == (told or "Written by a human")
    assert named.tagging.preview(describe=True) == ()
    named.tagging.undo_last()
    assert not any(read_info(photo.path).description for photo in Photo.select())
    assert [photo.name for photo in Photo.select().where(Photo.description != "")] == ["a1.jpg"]


def test_a_description_in_the_file_that_the_database_does_not_know_stays(named: Services) -> None:
    named.tagging.write(describe=True)
    Photo.update(description="", place="Faro, Portugal").execute()
    assert {row.description for row in named.tagging.preview(describe=True)} == {""}


def test_names_written_before_do_not_keep_a_description_out(named: Services) -> None:
    named.tagging.write()
    Photo.update(taken_at=None).execute()
    assert {row.description for row in named.tagging.write(describe=True)} == {"Anna"}


def test_the_template_is_a_setting(named: Services) -> None:
    with pytest.raises(UsageError, match="poeple"):
        named.tagging.set_template("{poeple}")
    named.tagging.set_template("With {people}")
    assert {row.description for row in named.tagging.preview(describe=True)} == {"With Anna"}


def test_a_typed_description_is_written_replaced_and_undone(named: Services) -> None:
    photo = Photo.get(Photo.name == "none.jpg")
    before = photo.path.read_bytes()
    named.tagging.describe(photo.id, "  The \x1b[31m beach & sea ")
    assert photo.id in unwritten()
    named.tagging.write([photo.id])
    assert read_info(photo.path).description == "The [31m beach & sea"
    assert photo.id not in unwritten()
    named.tagging.describe(photo.id, "Another")
    named.tagging.write([photo.id])
    assert read_info(photo.path).description == "Another"
    named.tagging.describe(photo.id, "")
    named.tagging.write([photo.id])
    assert read_info(photo.path).description == ""
    for _ in range(3):
        named.review.undo()  # the write
        named.review.undo()  # the text
    assert photo.path.read_bytes() == before
    assert Photo.get_by_id(photo.id).description == ""
    assert photo.id not in unwritten()


def test_a_typed_description_never_replaces_one_from_elsewhere(named: Services) -> None:
    photo = Photo.get(Photo.name == "none.jpg")
    image = Image.open(photo.path)
    image.load()
    image.save(photo.path, exif=exif_bytes(description="By a human"), quality=95)
    before = photo.path.read_bytes()
    named.tagging.describe(photo.id, "Mine")
    assert "of its own" in named.tagging.preview([photo.id])[0].reason
    (result,) = named.tagging.write([photo.id])
    assert (result.result, "of its own" in result.reason) == ("unchanged", True)
    assert photo.path.read_bytes() == before


def interrupted(services: Services, happened: bool) -> Photo:
    """The state after a kill in the middle of the first file's write: its record is there, the rest may not be."""
    services.tagging.write(progress=lambda done, _total: done < 1)
    row = FileWrite.get()
    photo = row.photo
    if not happened:
        services.tagging.undo_write(row.decision)
        (photo.path.parent / f".tui-tagger-{DEAD}-abc.tmp").write_bytes(b"half")
    Photo.update(written=[]).where(Photo.id == photo.id).execute()
    Decision.update(changes=[]).where(Decision.id == row.decision_id).execute()
    store_setting(f"writing:{DEAD}", row.decision_id)
    return Photo.get_by_id(photo.id)  # type: ignore[no-any-return]


@pytest.mark.parametrize("happened", [True, False])
def test_the_next_start_finishes_an_interrupted_write(named: Services, happened: bool) -> None:
    photo = interrupted(named, happened)
    assert named.tagging.recover() == 1
    assert named.tagging.recover() == 0
    assert (photo.id in unwritten()) == (not happened)
    assert FileWrite.select().count() == int(happened)
    assert not list(photo.path.parent.glob(".tui-tagger-*"))
    if happened:
        named.tagging.undo_last()
        assert names(photo.path) == []
    else:
        with pytest.raises(UsageError):
            named.tagging.undo_last()


def test_a_write_that_runs_elsewhere_is_left_alone(named: Services) -> None:
    photo = interrupted(named, happened=False)
    Setting.delete().execute()
    store_setting(f"writing:{os.getppid()}", FileWrite.get().decision_id)
    (photo.path.parent / f".tui-tagger-{os.getppid()}-abc.tmp").write_bytes(b"half")
    assert named.tagging.recover() == 0
    assert FileWrite.select().count() == 1
    assert safewrite.sweep(photo.path.parent) == 1  # the one of the process that is gone


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX processes and signals")
def test_kills_at_random_moments_leave_old_or_new_files_and_no_litter() -> None:
    command = [sys.executable, "-m", "benchmarks.kills", "--times", "25", "--photos", "5"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, text=True)
    assert result.returncode == 0, result.stderr
    counts = json.loads(result.stdout)
    assert counts["kills"] == 25
    assert counts["interrupted"] > 0
    assert counts["old"] > 0
    assert counts["new"] > 0


def test_undo_finds_a_photo_that_was_moved_since(named: Services) -> None:
    photo = Photo.get(Photo.name == "a1.jpg")
    before = photo.path.read_bytes()
    named.tagging.write()
    moved = photo.path.rename(photo.path.with_name("z1.jpg"))
    Photo.update(path=moved).where(Photo.id == photo.id).execute()
    assert named.review.undo() is not None
    assert moved.read_bytes() == before
    assert len(unwritten()) == 4


def test_what_cannot_be_undone_now_can_be_undone_later(named: Services) -> None:
    path = Photo.get(Photo.name == "a1.jpg").path
    named.tagging.write()
    whole = path.read_bytes()
    path.write_bytes(b"broken")
    outcome = named.review.undo()
    assert outcome is not None
    assert "but not 1" in outcome.message
    path.write_bytes(whole)
    assert names(path) == ["Anna"]
    assert "1 file" in named.review.history()[0].message
    named.review.undo()
    assert names(path) == []


def test_names_on_other_faces_of_the_photo_are_a_difference(named: Services) -> None:
    photo = Photo.get(Photo.name == "a2.jpg")
    first, second = list(Face.select().where(Face.photo == photo.id).order_by(Face.x))
    named.review.name([second.id], "Bo")
    named.tagging.write()
    assert not unwritten()
    named.review.reset([first.id, second.id])
    named.review.name([second.id], "Anna")
    named.review.name([first.id], "Bo")
    assert unwritten() == {photo.id}
    named.tagging.write()
    boxes = {region.name: region.box for region in read_people(photo.path)}
    assert boxes["Anna"] is not None
    assert boxes["Anna"].iou(Box(second.x, second.y, second.width, second.height)) > 0.9
    assert len(read_people(photo.path)) == 2


def test_the_time_of_the_file_is_no_date_of_a_description(named: Services) -> None:
    assert {photo.date_source for photo in Photo.select()} == {"file"}
    assert {each.description for each in named.tagging.preview(describe=True)} == {"Anna"}


def test_nothing_is_offered_where_somebody_wrote_a_user_comment(named: Services) -> None:
    path = Photo.get(Photo.name == "a1.jpg").path
    data = path.read_bytes()
    comment = piexif.dump({"Exif": {piexif.ExifIFD.UserComment: b"ASCII\0\0\0By hand"}})
    path.write_bytes(data[:2] + b"\xff\xe1" + (len(comment) + 2).to_bytes(2, "big") + comment + data[2:])
    offered = {each.path.name: each.description for each in named.tagging.preview(describe=True)}
    assert offered["a1.jpg"] == ""
    assert offered["a2.jpg"] == "Anna"


def test_a_scan_that_runs_meanwhile_does_not_undo_the_books(named: Services, photos: Path) -> None:
    """The scan reads its rows at its start, and stores them photo by photo."""
    stale = Photo.get(Photo.name == "a1.jpg")
    named.tagging.write()
    status = stale.path.stat()
    storing._store_info(stale, File(stale.path, status.st_size, status.st_mtime_ns), read_info(stale.path))
    assert not unwritten()
