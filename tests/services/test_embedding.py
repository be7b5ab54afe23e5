"""Changing the model: embeddings are made anew in the background, and no decision is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.conftest import PAINTED, faces_by_person, fake_models, paint_photo
from tests.fakes import FakeEmbedder
from tests.services.test_jobs import finish, until
from tests.services.workers import OTHER, other_main, other_models
from tui_tagger.errors import ModelError
from tui_tagger.faces.protocols import Embedder
from tui_tagger.services import Services
from tui_tagger.services.embedding import embed_missing, faces_lacking
from tui_tagger.services.extraction import Models
from tui_tagger.services.extractors import InProcess
from tui_tagger.services.jobs import JobService
from tui_tagger.services.library import all_faces, face_view
from tui_tagger.services.scan import scan
from tui_tagger.services.views import FaceState, JobState, PhotoStatus
from tui_tagger.storage.database import store_setting
from tui_tagger.storage.models import Embedding, Face, Photo

FACES = sum(map(len, PAINTED.values()))
WITH_FACES = sum(map(bool, PAINTED.values()))


def go_on(*_: object) -> bool:
    return True


def switch(services: Services) -> None:
    store_setting("embedder", OTHER)


def decided() -> list[tuple[int, FaceState, str | None]]:
    human = (FaceState.CONFIRMED, FaceState.IGNORED, FaceState.NOT_A_FACE)
    return [(face.id, face.state, face.person) for face in all_faces() if face.state in human]


Faces = dict[int, list[int]]


@pytest.fixture
def faces(scanned: Services) -> Faces:
    """The faces by who was painted there."""
    return faces_by_person(scanned)


@pytest.fixture
def reviewed(scanned: Services, faces: Faces) -> Services:
    """Anna and Bo are confirmed once, a face was said not to be Anna's, one is ignored and one is not a face."""
    scanned.review.name([faces[0][0]], "Anna")
    scanned.review.name([faces[1][0]], "Bo")
    scanned.review.reject(faces[0][1], scanned.people.find("Anna"))
    scanned.review.ignore([faces[2][0]])
    scanned.review.not_a_face([faces[3][0]])
    return scanned


def test_every_face_is_embedded_once_and_the_old_embeddings_stay(scanned: Services) -> None:
    assert faces_lacking(OTHER) == FACES
    report = embed_missing(other_models(), go_on)
    assert (report.photos, report.faces, report.failed) == (WITH_FACES, FACES, ())
    assert faces_lacking(OTHER) == 0
    again = embed_missing(other_models(), go_on)
    assert (again.photos, again.faces) == (0, 0)
    for model in (OTHER, FakeEmbedder.model_id):
        assert Embedding.select().where(Embedding.model == model).count() == FACES


def test_decisions_outlive_the_change_and_suggestions_come_back(reviewed: Services, faces: Faces) -> None:
    before = decided()
    waiting = {face.id: (face.state, face.person) for face in all_faces()}
    switch(reviewed)
    assert reviewed.recognition.update() == 0
    assert {face.id: (face.state, face.person) for face in all_faces()} == waiting
    embed_missing(other_models(), go_on)
    reviewed.recognition.update()
    assert decided() == before
    assert face_view(faces[0][1]).person != "Anna"
    assert {face_view(face).person for face in faces[0][2:]} == {"Anna"}
    assert {face_view(face).person for face in faces[1][1:]} == {"Bo"}


def test_a_review_goes_on_through_the_change_and_can_be_undone_across_it(reviewed: Services, faces: Faces) -> None:
    start = decided()
    switch(reviewed)
    done: list[int] = []

    def decide_between(number: int, total: int, path: Path | None) -> bool:
        """The human decides while the worker embeds: every question can be asked, every answer given."""
        for face in reviewed.review.queue():
            assert reviewed.review.item(face).face.id == face
        if number == 2 and path is not None:
            reviewed.review.name([faces[0][2]], "Anna")
            reviewed.review.ignore([faces[2][1]])
            done.extend((faces[0][2], faces[2][1]))
        return True

    embed_missing(other_models(), decide_between)
    assert face_view(done[0]).person == "Anna"
    assert face_view(done[1]).state == FaceState.IGNORED
    reviewed.review.name([faces[0][3]], "Anna")
    for _ in range(3):
        assert reviewed.review.undo() is not None
    assert decided() == start
    reviewed.review.undo()  # "not a face", decided with the model before
    assert face_view(faces[3][0]).state in (FaceState.UNKNOWN, FaceState.SUGGESTED)
    for _ in range(4):
        assert reviewed.review.redo() is not None
    assert face_view(faces[0][3]).person == "Anna"
    assert face_view(faces[3][0]).state == FaceState.NOT_A_FACE


def test_photos_of_confirmed_faces_come_first(scanned: Services) -> None:
    face = faces_by_person(scanned)[2][-1]
    scanned.review.name([face], "Cleo")
    seen: list[Path | None] = []

    def watch(_done: int, _total: int, path: Path | None) -> bool:
        seen.append(path)
        return True

    embed_missing(other_models(), watch)
    assert seen[0] == face_view(face).photo_path


@pytest.mark.parametrize("stop", [0, 1, 3])
def test_what_was_stopped_goes_on(scanned: Services, stop: int) -> None:
    first = embed_missing(other_models(), lambda done, _total, _path: done != stop)
    assert first.photos == stop
    second = embed_missing(other_models(), go_on)
    assert first.faces + second.faces == FACES
    assert faces_lacking(OTHER) == 0


def test_photos_that_cannot_be_read_are_named_and_kept(reviewed: Services, photos: Path) -> None:
    before = decided()
    (photos / "a1.jpg").unlink()
    (photos / "a2.jpg").write_bytes(b"broken")
    paint_photo(photos / "a3.jpg", (5, 6))
    report = embed_missing(other_models(), go_on)
    assert {failure.path.name for failure in report.failed} == {"a1.jpg", "a2.jpg", "a3.jpg"}
    assert all(failure.path.name in failure.reason for failure in report.failed)
    assert report.photos == WITH_FACES - 3
    assert decided() == before
    assert faces_lacking(OTHER) == 5


def test_a_photo_that_was_only_tagged_since_is_embedded(scanned: Services, photos: Path) -> None:
    data = (photos / "a1.jpg").read_bytes()
    (photos / "a1.jpg").write_bytes(data[:2] + b"\xff\xfe\x00\x07hello" + data[2:])
    assert embed_missing(other_models(), go_on).failed == ()


def test_offline_photos_wait_until_they_are_back(scanned: Services, photos: Path) -> None:
    Photo.update(status=PhotoStatus.OFFLINE).where(Photo.name == "a1.jpg").execute()
    assert embed_missing(other_models(), go_on).faces == FACES - 1
    Photo.update(status=PhotoStatus.READY).where(Photo.name == "a1.jpg").execute()
    assert embed_missing(other_models(), go_on).faces == 1


def broken() -> Embedder:
    raise ModelError("FaceNet's weights are not installed", "tui-tagger models install")


def test_a_model_that_cannot_be_loaded_is_no_photo_s_fault(services: Services, scanned: Services, photos: Path) -> None:
    models = Models(fake_models().detector, broken, OTHER)
    with pytest.raises(ModelError, match="not installed"):
        embed_missing(models, go_on)
    paint_photo(photos / "new.jpg", (0,))
    with pytest.raises(ModelError, match="not installed"):
        scan([photos], InProcess(models), go_on)
    assert scanned.library.counts().failed == 0


class Deleting(FakeEmbedder):
    """Deletes a face while it is being embedded, as another program might."""

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        Face.delete().where(Face.id == Face.select(Face.id).order_by(Face.id.desc()).limit(1)).execute()
        return super().embed(crops)


def test_faces_that_vanish_meanwhile_do_no_harm(scanned: Services) -> None:
    embed_missing(Models(fake_models().detector, Deleting, OTHER), go_on)
    assert faces_lacking(OTHER) == 0


# --- in the worker process ------------------------------------------------------------------------------------------


@pytest.fixture
def jobs(services: Services, tmp_path: Path) -> Iterator[JobService]:
    made = JobService(tmp_path / "library.db", other_main)
    yield made
    made.close()


def test_the_job_embeds_suggests_and_reports(reviewed: Services, faces: Faces, jobs: JobService, photos: Path) -> None:
    (photos / "b2.jpg").unlink()
    switch(reviewed)
    jobs.embed()
    view = jobs.current()
    assert view is not None
    assert view.title == f"Embedding faces with {OTHER}"
    finish(jobs)
    report = jobs.embedded()
    assert (report.model, report.faces) == (OTHER, FACES - 2)
    assert [failure.path.name for failure in report.failed] == ["b2.jpg"]
    view = jobs.current()
    assert view is not None
    assert (view.state, len(view.failures)) == (JobState.DONE, 1)
    assert face_view(faces[0][2]).person == "Anna"
    assert decided()


def test_a_scan_embeds_what_lacks_an_embedding_in_other_folders(
    scanned: Services, jobs: JobService, photos: Path
) -> None:
    switch(scanned)
    (photos / "a1.jpg").unlink()
    jobs.scan([photos / "trip"])
    finish(jobs)
    assert faces_lacking(OTHER) == 1
    assert jobs.report().failed == ()


def test_a_change_of_mind_ends_the_work_for_the_model_before(scanned: Services, jobs: JobService, photos: Path) -> None:
    for number in range(30):
        paint_photo(photos / "many" / f"{number}.jpg", (number % 4,))
    scan([photos], InProcess(fake_models()), go_on)
    switch(scanned)
    jobs.embed()
    until(jobs, lambda: faces_lacking(OTHER) < FACES + 25)
    store_setting("embedder", FakeEmbedder.model_id)
    finish(jobs)
    assert 0 < faces_lacking(OTHER) < FACES + 30
