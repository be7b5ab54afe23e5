from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import faces_by_person, paint_photo, scan_fake
from tests.services import workers
from tests.services.test_jobs import finish
from tests.shared import SHARED_DATA, needs_shared_data
from tui_tagger.services import Services, clustering
from tui_tagger.services.clustering import MADE, cluster, cluster_new
from tui_tagger.services.course import Course
from tui_tagger.services.groups import GroupKind, GroupView
from tui_tagger.services.jobs import JobService
from tui_tagger.services.recognition import current_model, to_blob
from tui_tagger.services.views import FaceState
from tui_tagger.storage.database import setting, store_setting
from tui_tagger.storage.models import Embedding, Face, Photo


def sets(services: Services, kind: GroupKind) -> set[frozenset[int]]:
    return {frozenset(view.face_ids) for view in services.review.groups() if view.kind == kind}


def clustered_faces() -> dict[int, int]:
    return dict(Face.select(Face.id, Face.cluster).where(Face.cluster.is_null(False)).tuples())


@pytest.fixture
def grouped(scanned: Services) -> Services:
    cluster()
    return scanned


def test_before_clusters_are_made_there_are_no_groups(scanned: Services) -> None:
    assert scanned.review.groups() == ()


def test_unknown_faces_are_grouped_by_who_they_are(grouped: Services) -> None:
    faces = faces_by_person(grouped)
    assert sets(grouped, GroupKind.UNKNOWN) == {frozenset(faces[person]) for person in (0, 1, 2)}
    first = grouped.review.groups()[0]
    assert (first.count, first.person, first.person_id, first.probability) == (4, None, None, None)


def test_the_least_likely_come_first(grouped: Services) -> None:
    fits = dict(Face.select(Face.id, Face.cohesion).tuples())
    for view in grouped.review.groups():
        order = [fits[face] for face in view.face_ids]
        assert order == sorted(order)
        assert 0.5 < min(order) <= max(order) <= 1


def test_one_key_names_a_group_and_takes_it_back(grouped: Services) -> None:
    before = grouped.review.groups()
    grouped.review.name(before[0].face_ids, "Anna")
    assert all(set(view.face_ids).isdisjoint(before[0].face_ids) for view in grouped.review.groups())
    assert grouped.review.groups() == before[1:]
    grouped.review.undo()
    assert grouped.review.groups() == before


@pytest.mark.parametrize("act", ["ignore", "not_a_face"])
def test_decided_faces_drop_out_at_once(grouped: Services, act: str) -> None:
    faces = faces_by_person(grouped)
    getattr(grouped.review, act)([faces[0][0]])
    assert frozenset(faces[0][1:]) in sets(grouped, GroupKind.UNKNOWN)
    cluster()
    assert faces[0][0] not in clustered_faces()
    assert frozenset(faces[0][1:]) in sets(grouped, GroupKind.UNKNOWN)


def test_suggested_people_come_before_the_unknown(grouped: Services) -> None:
    faces = faces_by_person(grouped)
    grouped.review.name(faces[1][:1], "Bo")
    (bo, *others) = grouped.review.groups()
    assert (bo.kind, bo.person, bo.person_id) == (GroupKind.PERSON, "Bo", grouped.people.find("Bo"))
    assert set(bo.face_ids) == set(faces[1][1:])
    assert bo.probability is not None and 0.5 < bo.probability <= 1
    assert [view.kind for view in others] == [GroupKind.UNKNOWN] * len(others)
    assert others[0].count > bo.count - 1


def test_a_group_of_a_person_spans_clusters(grouped: Services) -> None:
    faces = faces_by_person(grouped)
    grouped.review.name(faces[0][:1], "Anna")
    for number, face in enumerate(faces[0]):
        Face.update(cluster=100 + number).where(Face.id == face).execute()
    store_setting(MADE, setting(MADE) + 1)
    assert sets(grouped, GroupKind.PERSON) == {frozenset(faces[0][1:])}


def test_faces_beside_confirmed_ones_are_offered_as_that_person(grouped: Services) -> None:
    faces = faces_by_person(grouped)
    grouped.review.name(faces[0][:1], "Anna")
    doubtful = {"person": None, "probability": None, "recommendation": "none", "state": FaceState.UNKNOWN}
    Face.update(**doubtful).where(Face.id.in_(faces[0][1:])).execute()
    (anna,) = [view for view in grouped.review.groups() if view.kind == GroupKind.PERSON]
    assert (anna.person, set(anna.face_ids), anna.probability) == ("Anna", set(faces[0][1:]), None)


def test_nothing_is_known_of_a_cluster_with_two_people(grouped: Services) -> None:
    faces = faces_by_person(grouped)
    grouped.review.name(faces[0][:1], "Anna")
    grouped.review.name(faces[0][1:2], "Bo")
    rest = faces[0][2:]
    Face.update(person=None, recommendation="none", state=FaceState.UNKNOWN).where(Face.id.in_(rest)).execute()
    assert all(set(view.face_ids).isdisjoint(rest) for view in grouped.review.groups())


def test_a_rejection_takes_the_face_out(grouped: Services) -> None:
    faces = faces_by_person(grouped)
    grouped.review.name(faces[0][:1], "Anna")
    grouped.review.reject(faces[0][2], grouped.people.find("Anna"))
    assert all(faces[0][2] not in view.face_ids for view in grouped.review.groups())
    cluster()
    numbers = clustered_faces()
    assert numbers.get(faces[0][2]) not in {numbers[face] for face in faces[0] if face != faces[0][2]}


def test_where_a_person_is_confirmed_nobody_else_in_the_photo_is_offered(grouped: Services) -> None:
    faces = faces_by_person(grouped)
    grouped.review.name([faces[0][1]], "Anna")
    Face.update(photo=Face.get_by_id(faces[0][1]).photo_id).where(Face.id == faces[0][2]).execute()
    assert sets(grouped, GroupKind.PERSON) == {frozenset({faces[0][0], faces[0][3]})}


def test_who_is_like_nobody_can_be_ignored_by_the_page(scanned: Services) -> None:
    faces = sorted(face for many in faces_by_person(scanned).values() for face in many)
    assert [face for page in scanned.review.loners(3) for face in page] == faces
    assert [len(page) for page in scanned.review.loners(3)][:-1] == [3] * (len(faces) // 3 - (len(faces) % 3 == 0))
    cluster()
    grouped = {face for view in scanned.review.groups() for face in view.face_ids}
    assert {face for page in scanned.review.loners() for face in page} == set(faces) - grouped
    scanned.review.name(faces_by_person(scanned)[0][:1], "Anna")
    suggested = {face for (face,) in Face.select(Face.id).where(Face.state == FaceState.SUGGESTED).tuples()}
    assert suggested and suggested.isdisjoint(face for page in scanned.review.loners() for face in page)


def test_two_faces_of_one_photo_are_never_in_one_group(scanned: Services) -> None:
    faces = faces_by_person(scanned)
    photo = Face.get_by_id(faces[0][0]).photo_id
    Face.update(photo=photo).where(Face.id == faces[0][1]).execute()
    cluster()
    assert not any({faces[0][0], faces[0][1]} <= set(view.face_ids) for view in scanned.review.groups())
    scanned.review.name([faces[0][2]], "Anna")
    assert not any({faces[0][0], faces[0][1]} <= set(view.face_ids) for view in scanned.review.groups())
    for view in scanned.review.groups():
        assert scanned.review.name(view.face_ids, "Somebody").face_ids == view.face_ids
        scanned.review.undo()


def test_photos_that_are_away_are_not_asked_about(grouped: Services, photos: Path) -> None:
    faces = faces_by_person(grouped)
    (photos / "a1.jpg").unlink()
    scan_fake([photos])
    assert frozenset(faces[0]) - {faces[0][0]} in sets(grouped, GroupKind.UNKNOWN)


def test_clustering_twice_changes_nothing(grouped: Services) -> None:
    before = clustered_faces()
    assert cluster() == 0
    assert clustered_faces() == before


def test_new_clusters_only_for_new_faces(grouped: Services, photos: Path) -> None:
    asked: list[int] = []

    def count(done: int, _total: int) -> bool:
        asked.append(done)
        return True

    grouped.review.ignore([faces_by_person(grouped)[0][0]])
    assert (cluster_new(count), asked) == (0, [])
    paint_photo(photos / "more.jpg", (1,))
    scan_fake([photos])
    assert cluster_new(count) > 0
    assert asked


def test_ended_early_everything_stays_as_it_was(grouped: Services, photos: Path) -> None:
    before = clustered_faces()
    paint_photo(photos / "more.jpg", (1,))
    scan_fake([photos])
    assert cluster_new(lambda _done, _total: False) == 0
    assert clustered_faces() == before
    assert cluster_new() > 0


def test_an_empty_library(services: Services) -> None:
    assert (cluster(), services.review.groups()) == (0, ())


def test_the_worker_clusters_after_a_scan_and_on_demand(services: Services, photos: Path, tmp_path: Path) -> None:
    jobs = JobService(tmp_path / "library.db", workers.main)
    try:
        jobs.scan([photos])
        finish(jobs)
        faces = faces_by_person(services)
        assert sets(services, GroupKind.UNKNOWN) == {frozenset(faces[person]) for person in (0, 1, 2)}
        Face.update(cluster=None).execute()
        jobs.cluster()
        finish(jobs)
        assert jobs.error is None
        assert sets(services, GroupKind.UNKNOWN) == {frozenset(faces[person]) for person in (0, 1, 2)}
    finally:
        jobs.close()


@needs_shared_data
def test_real_faces_are_grouped_purely(services: Services) -> None:
    """Fifteen people of the validation set, embedded by the model that ships, each face in a photo of its own."""
    from tools import faces
    from tui_tagger.faces.weights import COMPACT_ID

    crops = faces.members(faces.validation(SHARED_DATA))
    members = [member for member in crops if faces.is_frontal(member[1])][:150]
    vectors = faces.embedded(members, faces.compact()).embeddings
    store_setting("embedder", COMPACT_ID)
    people: dict[int, str] = {}
    for number, ((_, name), vector) in enumerate(zip(members, vectors, strict=True)):
        path = Path(f"/{number}.jpg")
        photo = Photo.create(path=path, folder=path.parent, name=path.name, size=1, mtime_ns=1, image_hash=name)
        face = Face.create(photo=photo.id, x=1.0, y=1.0, width=50.0, height=50.0)
        Embedding.create(face=face.id, model=COMPACT_ID, vector=to_blob(np.asarray(vector)))
        people[face.id] = name.split("/")[0]
    cluster()
    found: tuple[GroupView, ...] = services.review.groups()
    in_groups = [[people[face] for face in view.face_ids] for view in found]
    wrong = sum(len(one) - max(map(one.count, one)) for one in in_groups)
    assert sum(map(len, in_groups)) > 0.3 * len(people)
    assert wrong <= 0.02 * sum(map(len, in_groups))


def test_of_a_person_with_many_confirmed_faces_some_take_part(
    grouped: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They say whose a cluster is; who waits takes part in any case."""
    faces = faces_by_person(grouped)
    grouped.review.name(faces[0][:-1], "Anna")
    model = current_model()
    waiting = {face for face, *_ in clustering._waiting(model)}
    assert [face for face, *_ in clustering._examples(model)] == faces[0][:-1]
    monkeypatch.setattr(clustering, "EXAMPLES", 2)
    few = [face for face, *_ in clustering._examples(model)]
    assert 1 <= len(few) <= 2 < len(faces[0][:-1])
    assert set(few) < set(faces[0])
    assert {face for face, *_ in clustering._waiting(model)} == waiting
    cluster()
    assert clustered_faces()[few[0]] == clustered_faces()[faces[0][-1]]


def test_a_question_has_so_many_faces_the_likeliest_first(grouped: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = grouped.review.groups()[0]
    monkeypatch.setattr("tui_tagger.services.groups.MOST", 3)
    course = Course(grouped.review)
    course.begin()
    assert course.question.face_ids == whole.face_ids[-3:]
    course.decided(grouped.review.name(course.question.face_ids, "Anna"))
    rest = course.question.face_ids
    assert set(rest) == {whole.face_ids[0]}
