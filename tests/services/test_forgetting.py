"""After forgetting, the bytes of a person's embeddings and names are in no file of the program."""

from __future__ import annotations

import html
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import faces_by_person
from tui_tagger.config import cache_dir
from tui_tagger.errors import UsageError
from tui_tagger.metadata.xmp import read_people
from tui_tagger.services import Services
from tui_tagger.services.banks import calibrated_path
from tui_tagger.services.upkeep import after_session
from tui_tagger.storage.backups import backups
from tui_tagger.storage.database import setting, store_setting
from tui_tagger.storage.models import Decision, Embedding, Face, FileWrite, Person, Photo

NAME, FORMER, MERGED, OTHER = "Zebedée Quux", "Zebulon Quux", "Quentin Quirk", "Bo Lind"


def forms(name: str) -> set[bytes]:
    """How a name may stand in a file, of this program or in a photo."""
    return {name.encode(), json.dumps(name)[1:-1].encode(), html.escape(name).encode(), name.encode("utf-16-le")}


def kept_files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """All that the program keeps: everything but the photos and their sidecars."""
    for path in folder.rglob("*"):
        if path.is_file() and "photos" not in path.relative_to(folder).parts:
            yield (
                path,
                subprocess.run(["cat", path], capture_output=True, check=True).stdout,
            )  # the database is open here


def found_in(folder: Path, wanted: set[bytes]) -> set[str]:
    return {path.name for path, data in kept_files(folder) if any(each in data for each in wanted)}


@pytest.fixture
def known(scanned: Services, tmp_path: Path) -> Services:
    """Zebedée, whose name was another once and who was merged with Quentin, and Bo, written to files and backed up."""
    faces = faces_by_person(scanned)
    scanned.review.name(faces[0][:2], FORMER)
    scanned.review.name(faces[0][2:], MERGED)
    scanned.people.merge([scanned.people.find(MERGED)], scanned.people.find(FORMER))
    scanned.people.rename(scanned.people.find(FORMER), NAME)
    scanned.people.add_alias(scanned.people.find(NAME), "Zebby Q.")
    scanned.review.name(faces[1], OTHER)
    scanned.review.reject(faces[2][0], scanned.people.find(NAME))
    scanned.tagging.write(describe=True)
    store_setting("searches", [f"person:{NAME}", f"person:{OTHER}"])
    after_session(tmp_path / "library.db")
    (tmp_path / "library.db.before-3").write_bytes(NAME.encode())
    (tmp_path / "library.db.damaged-1").write_bytes(NAME.encode())
    cache_dir().mkdir(parents=True, exist_ok=True)
    calibrated_path("fake-embedder").write_bytes(b"statistics")
    return scanned


def vectors(name: str) -> set[bytes]:
    rows = Embedding.select(Embedding.vector).join(Face).join(Person).where(Person.name == name)
    return {bytes(vector) for (vector,) in rows.tuples()}


def test_nothing_of_the_person_is_left_in_any_file(known: Services, tmp_path: Path) -> None:
    secrets = vectors(NAME).union(*map(forms, (NAME, FORMER, MERGED, "Zebby Q.")))
    others = vectors(OTHER) | forms(OTHER)
    assert len(found_in(tmp_path, secrets)) > 3  # the database or its log, a backup, what was put aside
    done = known.forgetting.forget(known.people.find(NAME))
    assert done.faces == 4
    assert done.writes > 0
    assert found_in(tmp_path, secrets) == set()
    assert found_in(tmp_path, others) >= {"library.db", backups(tmp_path / "library.db")[0].path.name}
    assert not calibrated_path("fake-embedder").exists()
    assert setting("searches") == [f"person:{OTHER}"]
    known.close()
    assert found_in(tmp_path, secrets) == set()


def test_the_others_stay_and_their_decisions_can_still_be_undone(known: Services) -> None:
    bo = known.people.find(OTHER)
    before = Face.select().where(Face.person == bo).count()
    known.forgetting.forget(known.people.find(NAME))
    assert Face.select().where(Face.person == bo).count() == before
    assert [person.name for person in Person.select()] == [OTHER]
    while known.review.undo():
        pass
    assert not Person.select().exists()
    while known.review.redo():
        pass
    assert Face.select().where(Face.person == bo).count() == before


def test_a_write_is_then_undone_by_meaning(known: Services, photos: Path) -> None:
    known.forgetting.forget(known.people.find(NAME))
    assert FileWrite.select().exists()
    known.tagging.undo_last()
    names = {region.name for path in photos.rglob("*.jpg") for region in read_people(path)}
    assert names == {NAME}  # what this program can no longer take out


def test_names_in_files_are_told_or_taken_out_first(known: Services, photos: Path) -> None:
    person = known.people.find(NAME)
    assert known.forgetting.preview(person).files == 4
    done = known.forgetting.forget(person, from_files=True)
    assert done.files == 4
    assert {region.name for path in photos.rglob("*.jpg") for region in read_people(path)} == {OTHER}
    assert not any("later import" in text for text in done.stays)


def test_what_stays_is_said(known: Services) -> None:
    Photo.update(path=Path(f"/photos/{NAME}/1.jpg")).where(Photo.id == 1).execute()
    stays = " ".join(known.forgetting.forget(known.people.find(NAME)).stays)
    assert "4 photos still have the name" in stays
    assert "1 photos or their folders" in stays
    assert "Exports" in stays


def test_words_that_only_contain_a_name_are_left_alone(scanned: Services) -> None:
    faces = faces_by_person(scanned)
    scanned.review.name(faces[0], "Bo")
    scanned.review.name(faces[1], "Bob")
    scanned.forgetting.forget(scanned.people.find("Bo"))
    assert [row.message for row in Decision.select()] == ["3 faces: Bob"]


def test_not_while_names_are_written(known: Services) -> None:
    store_setting(f"writing:{os.getppid()}", 1)
    with pytest.raises(UsageError, match="being written"):
        known.forgetting.forget(known.people.find(NAME))
