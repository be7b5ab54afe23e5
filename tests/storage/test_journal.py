from __future__ import annotations

from pathlib import Path

from tui_tagger.storage import journal
from tui_tagger.storage.database import open_database
from tui_tagger.storage.models import Decision, Face, Person, Photo, Rejection


def test_many_rows_change_alike_and_come_back(tmp_path: Path) -> None:
    database = open_database(tmp_path / "x.db")
    photo = Photo.create(path=Path("/a.jpg"), folder=Path("/"), name="a.jpg", size=1, mtime_ns=1, image_hash="x")
    anna, bo = Person.create(name="Anna"), Person.create(name="Bo")
    faces = [Face.create(photo=photo, person=anna if n % 2 else bo, state="confirmed").id for n in range(1203)]
    before_first = {"person": bo.id, "state": "confirmed"}
    before = list(Face.select(Face.id, Face.person, Face.state).tuples())
    with journal.decision("merge") as (_, record):
        record.update_all(Face, faces, person=anna.id, state="confirmed")
    done = Decision.get()
    assert len(done.changes) == 602
    assert done.changes[0] == ["face", faces[0], before_first, {"person": anna.id, "state": "confirmed"}]
    assert {person for (person,) in Face.select(Face.person).tuples()} == {anna.id}
    journal.revert(done)
    assert list(Face.select(Face.id, Face.person, Face.state).tuples()) == before
    journal.repeat(done)
    assert {person for (person,) in Face.select(Face.person).tuples()} == {anna.id}
    database.close()


def test_what_belonged_to_a_photo_that_was_removed_does_not_stop_the_rest(tmp_path: Path) -> None:
    """A rejection was undone, its photo removed from the library, then it is done again."""
    database = open_database(tmp_path / "x.db")
    photos = [
        Photo.create(path=Path(f"/{n}.jpg"), folder=Path("/"), name=f"{n}.jpg", size=1, mtime_ns=1, image_hash=str(n))
        for n in range(2)
    ]
    anna, faces = Person.create(name="Anna"), [Face.create(photo=photo).id for photo in photos]
    with journal.decision("reject") as (_, record):
        for face in faces:
            record.insert(Rejection, face=face, person=anna.id)
    done = Decision.get()
    journal.revert(done)
    photos[0].delete_instance()
    journal.repeat(done)
    assert [row.face_id for row in Rejection.select()] == faces[1:]
    database.close()
