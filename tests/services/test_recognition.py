"""Suggestions follow from decisions: the same whether learnt one by one or all at once, whoever wrote them."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services.drawn import SIZE, add_face, add_photo, embedding, suggested
from tui_tagger.errors import UsageError
from tui_tagger.faces.scores import Scores
from tui_tagger.services import Services
from tui_tagger.services.birth import age_at, clean_birth_date
from tui_tagger.services.facts import Facts
from tui_tagger.services.library import face_view
from tui_tagger.services.recognition import Recognition, current_model, to_blob
from tui_tagger.services.scoring import Scoring
from tui_tagger.services.views import FaceState
from tui_tagger.storage import bulk
from tui_tagger.storage.database import store_setting
from tui_tagger.storage.models import Embedding, Face, Person, Photo, Rejection

CLOSE = 0.011  # of stored probabilities: they have two digits, and sums may round the other way


@pytest.fixture
def library(services: Services) -> Services:
    """Three people in twelve photos, alone and together."""
    for number in range(12):
        add_photo([[0], [1], [0, 1], [2], [0, 2], [1, 2]][number % 6])
    services.recognition.update()
    return services


def agree(services: Services) -> None:
    """What is stored is what a program that starts now would find."""
    before = suggested()
    services_free = Recognition()
    services_free.update()
    for face, (state, person, chance, level) in suggested().items():
        assert before[face][:2] == (state, person)
        assert before[face][3] == level
        assert before[face][2] == pytest.approx(chance, abs=CLOSE)


# --- learning ---------------------------------------------------------------------------------------------------------


def test_an_empty_gallery_suggests_nobody(library: Services) -> None:
    assert {state for state, *_ in suggested().values()} == {FaceState.UNKNOWN}
    assert library.review.item(1).candidates == ()
    assert library.review.item(1).reasons == ("nobody to compare with",)
    assert Recognition().suggestion(1).reasons == ("nobody to compare with",)
    assert library.recognition.update() == 0


def test_a_fresh_program_knows_the_gallery_before_the_first_decision(library: Services) -> None:
    library.review.name([1], "Anna")
    assert [candidate.person for candidate in Recognition().suggestion(3).candidates] == ["Anna"]


@pytest.mark.parametrize("step", ["reading", "beginning", "scoring", "writing", "committing", "ending"])
def test_after_a_failure_the_next_update_makes_good(
    library: Services, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    library.review.name([2], "Bo")
    write = Facts.store

    def full(*_: object) -> None:
        raise OSError("no room")

    def full_at_last(self: Facts, *told: Any) -> None:
        write(self, *told)
        full()

    with monkeypatch.context() as broken:
        match step:
            case "reading":
                broken.setattr(Facts, "refresh", full)
            case "beginning":
                broken.setattr(Facts, "copy", full)
            case "scoring":
                broken.setattr(Scoring, "run", full)
            case "writing":
                broken.setattr(Facts, "store", full)
            case "committing":
                broken.setattr(Facts, "store", full_at_last)
            case _:
                broken.setattr(Recognition, "end_scoring", full)
        with pytest.raises(OSError, match="no room"):
            library.review.name([1], "Anna")
        assert not library.recognition.settled
    assert face_view(1).person == "Anna"
    library.recognition.update()
    assert library.recognition.settled
    assert face_view(3).person == "Anna"
    agree(library)


def test_only_suggestions_that_differ_are_stored(library: Services) -> None:
    library.review.name([1], "Anna")
    begun = bulk.newest_change()
    assert library.recognition.update() == 0
    assert bulk.newest_change() == begun
    library.review.ignore([4])  # nobody's evidence changes
    assert bulk.newest_change() == begun + 1


def test_a_decision_reads_only_what_changed(library: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    library.review.name([1], "Anna")
    read: list[Collection[int] | None] = []
    original = bulk.face_facts

    def watched(faces: Collection[int] | None = None) -> Iterator[tuple[Any, ...]]:
        read.append(faces)
        return original(faces)

    monkeypatch.setattr(bulk, "face_facts", watched)
    library.review.name([2], "Bo")
    assert read == [[2]]


def test_a_library_of_any_size_costs_the_same_number_of_statements(services: Services) -> None:
    def statements() -> int:
        seen: list[str] = []
        faces = add_photo([0])
        services.recognition.update()
        services.database.connection().set_trace_callback(seen.append)
        services.review.ignore(faces)
        services.review.queue()
        services.database.connection().set_trace_callback(None)
        return len(seen)

    add_photo([0])
    statements()  # the first time everything is read
    few = statements()
    for _ in range(60):
        add_photo([1, 2, 3])
    assert statements() == few


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    acts=st.lists(
        st.tuples(st.integers(0, 7), st.integers(1, 18), st.sampled_from(["Anna", "Bo", "Cleo"])), max_size=12
    )
)
def test_learning_one_by_one_is_learning_all_at_once(library: Services, acts: list[tuple[int, int, str]]) -> None:
    for kind, face, name in acts:
        act(library, kind, face, name)
        rejected = set(Rejection.select(Rejection.face, Rejection.person).tuples())
        pairs = {(face, person) for face, (_, person, *_) in suggested().items()}
        assert not rejected & pairs
    agree(library)
    while library.review.undo():
        pass
    assert {state for state, *_ in suggested().values()} == {FaceState.UNKNOWN}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    acts=st.lists(
        st.tuples(st.integers(0, 8), st.integers(1, 18), st.sampled_from(["Anna", "Bo", "Cleo"])), max_size=12
    ),
    at_once=st.integers(1, 20),
)
def test_a_process_that_keeps_no_scores_suggests_the_same(
    library: Services, acts: list[tuple[int, int, str]], at_once: int
) -> None:
    """It follows what others decide and find, scores few faces at a time, and answers the others in the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tui_tagger.services.scoring.AT_ONCE", at_once)
        small = Recognition()
        for kind, face, name in acts:
            if kind == 8:
                add_photo([face % 3, (face + 1) % 3])
                small.pass_over(whole=False)
            else:
                act(library, kind, face, name)
        Face.update(person=None, probability=None, recommendation="none", state=FaceState.UNKNOWN).where(
            Face.state == FaceState.SUGGESTED
        ).execute()
        small.pass_over(whole=True)
        assert small.pass_over(whole=True) == 0
    agree(library)


def test_of_a_new_face_only_its_photo_is_scored(library: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    small = Recognition()
    library.review.name([1], "Anna")
    small.pass_over(whole=True)
    scored: list[int] = []
    original = Scores.add

    def watched(self: Scores, probes: Any) -> Any:
        scored.append(len(probes))
        return original(self, probes)

    monkeypatch.setattr(Scores, "add", watched)
    first, second = add_photo([0, 1])
    assert small.pass_over(whole=False) == 1
    assert sum(scored) == 2
    assert (suggested()[first][0], suggested()[second][0]) == (FaceState.SUGGESTED, FaceState.UNKNOWN)
    library.review.name([2], "Bo")
    assert small.pass_over(whole=False) == 0
    assert sum(scored) > 2  # by the app's own update
    assert small.stirred
    small.pass_over(whole=True)
    assert not small.stirred


def act(services: Services, kind: int, face: int, name: str) -> None:
    person = next((person.id for person in services.people.list(name)), None)
    if kind == 0:
        services.review.ignore([face])
    elif kind == 1:
        services.review.undo()
    elif kind == 2:
        services.review.redo()
    elif kind == 3 and person is not None:
        services.review.reject(face, person)
    elif kind == 4 and person is not None:
        services.people.delete(person)
    elif kind == 5:
        services.review.reset([face])
    else:
        services.review.name([face], name, allow_twice=True)


def test_undo_and_redo_restore_suggestions_exactly(library: Services) -> None:
    steps = [suggested()]
    for face, name in ((1, "Anna"), (2, "Bo"), (5, "Cleo"), (3, "Anna"), (4, "Bo")):
        library.review.name([face], name, allow_twice=True)
        steps.append(suggested())
    for expected in reversed(steps[:-1]):
        library.review.undo()
        assert suggested() == expected
    for expected in steps[1:]:
        library.review.redo()
        assert suggested() == expected


def test_undo_after_a_suggestion_came_meanwhile_leaves_nothing_of_it(library: Services) -> None:
    library.review.ignore([3])
    library.review.name([1], "Anna")
    library.review.reset([3])
    assert suggested()[3][0] == FaceState.SUGGESTED
    library.review.undo()
    face = Face.get_by_id(3)
    assert (face.state, face.person_id, face.probability) == (FaceState.IGNORED, None, None)
    assert [person.suggested for person in library.people.list()] == [4]


def test_redo_names_whom_the_human_named_though_the_suggestion_has_changed(library: Services) -> None:
    anna, bo = (Person.create(name=name).id for name in ("Anna", "Bo"))
    guess = {"state": FaceState.SUGGESTED, "probability": 0.9, "recommendation": "strong"}
    Face.update(person=anna, **guess).where(Face.id == 3).execute()
    library.review.accept([3], anna)
    library.review.undo()
    Face.update(person=bo, **guess).where(Face.id == 3).execute()  # as another program does
    library.review.redo()
    face = Face.get_by_id(3)
    assert (face.state, face.person_id) == (FaceState.CONFIRMED, anna)


def test_contradictory_decisions_leave_what_was_said_last(library: Services) -> None:
    before = suggested()
    library.review.name([1], "Anna")
    library.review.name([1], "Bo")
    anna, bo = library.people.find("Anna"), library.people.find("Bo")
    assert face_view(1).person == "Bo"
    library.review.reject(1, anna)
    assert (face_view(1).person, face_view(1).state) == ("Bo", FaceState.CONFIRMED)
    library.review.reject(1, bo)
    assert face_view(1).state == FaceState.UNKNOWN
    assert library.review.item(1).candidates == ()
    library.review.name([1], "Anna")  # what was rejected can still be said
    assert face_view(1).person == "Anna"
    agree(library)
    for _ in range(5):
        library.review.undo()
    assert suggested() == before


# --- others write too -------------------------------------------------------------------------------------------------


def test_what_another_program_confirms_is_learnt(library: Services) -> None:
    library.review.name([1], "Anna")
    other = Recognition()
    library.review.name([2], "Bo")
    other.update()
    Face.update(state=FaceState.CONFIRMED, person=library.people.find("Bo")).where(Face.id == 6).execute()
    assert {candidate.person for candidate in other.suggestion(8).candidates} == {"Anna", "Bo"}
    library.recognition.update()
    agree(library)


def test_faces_and_embeddings_that_come_later_are_suggested(library: Services) -> None:
    library.review.name([1], "Anna")
    late = Face.create(photo=3, x=1.0, y=1.0, width=80.0, height=80.0)
    assert library.recognition.suggestion(late.id).reasons == ("there is no embedding of this face yet",)
    assert late.id in library.review.queue()
    Embedding.create(face=late.id, model=library.recognition.model, vector=to_blob(embedding(0, 999)))
    (again,) = add_photo([0])
    library.recognition.update()
    assert face_view(late.id).person == face_view(again).person == "Anna"


def test_an_embedding_made_anew_counts(library: Services) -> None:
    library.review.name([1], "Anna")
    assert face_view(2).person is None
    Embedding.update(vector=to_blob(embedding(0, 998))).where(Embedding.face == 2).execute()
    library.recognition.update()
    assert face_view(2).person == "Anna"


def test_deleted_faces_leave_and_their_ids_may_come_again(library: Services) -> None:
    library.review.name([1], "Anna")
    newest = max(suggested())
    Face.delete_by_id(newest)
    library.recognition.update()
    assert newest not in library.review.queue()
    assert add_photo([0]) == [newest]
    library.recognition.update()
    assert face_view(newest).person == "Anna"
    agree(library)


def test_a_record_of_changes_that_was_cut_short_means_reading_all(
    library: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Recognition()
    other.update()
    library.review.name([1], "Anna")
    monkeypatch.setattr(bulk, "KEPT", 0)
    bulk.forget_changes()
    assert bulk.changes_since(0) is None
    assert other.suggestion(3).candidates[0].person == "Anna"


def test_a_face_decided_meanwhile_is_left_alone(library: Services) -> None:
    other = Recognition()
    other.update()
    library.review.name([1], "Anna")
    Face.update(state=FaceState.IGNORED).where(Face.id == 3).execute()
    other.update()
    assert face_view(3).state == FaceState.IGNORED


def test_another_model_in_the_middle_of_a_review(library: Services) -> None:
    library.review.name([1], "Anna")
    Face.delete_by_id(4)
    order = library.review.queue()
    store_setting("embedder", "other")
    assert library.review.queue() == order
    library.review.name([2], "Bo")  # nothing is embedded by the other model yet
    assert set(library.review.queue()) == set(order) - {2}
    for face in suggested():
        person = [0, 1, 0, 1, 2, 0, 2, 1, 2][(face - 1) % 9]
        Embedding.create(face=face, model="other", vector=to_blob(embedding(person + 50, face)))
    library.recognition.update()
    assert {face_view(face).person for face in (3, 6)} == {"Anna"}
    assert face_view(1).state == face_view(2).state == FaceState.CONFIRMED
    agree(library)


# --- caps -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "sharpness", "word"), [(20.0, 200.0, "small"), (90.0, 10.0, "blurred")])
def test_a_poor_crop_is_never_strong(library: Services, size: float, sharpness: float, word: str) -> None:
    (good,) = add_photo([0])
    poor = add_face(Photo.select().count(), 1, 3, size, sharpness)
    for faces, name in (((1, 3), "Anna"), ((2, 4), "Bo")):
        library.review.name(faces, name)
    item = library.review.item(poor)
    assert library.review.item(good).recommendation == face_view(good).recommendation == "strong"
    assert item.recommendation == face_view(poor).recommendation == "medium"
    assert any(word in reason for reason in item.reasons)


def test_somebody_confirmed_in_the_photo_lets_the_next_move_up(services: Services) -> None:
    twin = 0.51 * embedding(0, 1, 0) + 0.49 * embedding(1, 1, 0)  # more like Anna than like Bo
    first, second = add_photo([0, 0])
    Embedding.update(vector=to_blob(twin / np.linalg.norm(twin))).where(Embedding.face == second).execute()
    (bo,) = add_photo([1])
    services.review.name([bo], "Bo")
    services.review.name(add_photo([0]), "Anna")
    assert [one.person for one in services.review.item(second).candidates] == ["Anna", "Bo"]
    services.review.name([first], "Anna")
    item = services.review.item(second)
    assert [one.person for one in item.candidates][-1] == "Anna"
    assert "already confirmed in this photo" in item.candidates[-1].reasons
    assert item.recommendation == face_view(second).recommendation
    assert face_view(second).person == item.candidates[0].person


def test_where_nobody_else_is_plausible_the_capped_one_stays_first_and_weak(library: Services) -> None:
    library.review.name([1], "Anna")
    first, second = add_photo([0, 0])
    library.review.accept([first], library.people.find("Anna"))
    item = library.review.item(second)
    assert (item.candidates[0].person, item.recommendation) == ("Anna", "weak")
    assert item.reasons[-1] == "already confirmed in this photo"
    assert face_view(second).recommendation == "weak"


def test_of_two_faces_of_a_photo_one_is_trusted(library: Services) -> None:
    library.review.name([1, 3], "Anna")
    pair = add_photo([0, 0])
    library.recognition.update()
    levels = {face: face_view(face).recommendation for face in pair}
    assert sorted(levels.values()) == ["strong", "weak"]
    weak = next(face for face, level in levels.items() if level == "weak")
    assert library.review.item(weak).recommendation == "weak"
    assert library.review.item(weak).reasons[-1] == "another face in this photo is more like this person"


@pytest.mark.parametrize(
    ("born", "taken", "source", "level"),
    [
        ("2019-05", "2019-04-30T23:00:00", "DateTimeOriginal", "weak"),
        ("2019-05", "2019-05-01T00:00:00", "DateTimeOriginal", "strong"),
        ("2019", "2018-12-31T23:59:59", "DateTimeOriginal", "weak"),
        ("2019", "2019-01-01T00:00:00", "DateTimeOriginal", "strong"),
        ("2019-05-20", "2019-05-19T10:00:00", "DateTimeOriginal", "weak"),
        ("2019-05-20", "2019-05-19T10:00:00", "file", "strong"),
        ("2019-05-20", None, "", "strong"),
    ],
)
def test_nobody_is_recommended_before_their_birth(
    library: Services, born: str, taken: str | None, source: str, level: str
) -> None:
    library.review.name([1, 3], "Anna")
    (face,) = add_photo([0], taken, source)
    outcome = library.people.set_birth_date(library.people.find("Anna"), born)
    assert outcome.message == f"Anna: born {born}"
    item = library.review.item(face)
    assert item.recommendation == face_view(face).recommendation == level
    assert (f"not born until {born}" in item.reasons) == (level == "weak")
    library.review.undo()
    assert face_view(face).recommendation == "strong"
    library.review.redo()
    assert face_view(face).recommendation == level
    library.people.set_birth_date(library.people.find("Anna"), None)
    assert face_view(face).recommendation == "strong"


def test_the_age_is_told_where_both_dates_are_known(library: Services) -> None:
    library.review.name([1], "Anna")
    library.people.set_birth_date(library.people.find("Anna"), "2009-07-13")
    assert library.review.item(3).candidates[0].age == 9
    assert library.people.list()[0].birth_date == "2009-07-13"


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [("2000", 20010101, 1), ("2000-06", 20010531, 0), ("2000-06", 20010601, 1), ("2000-06-10", 20010609, 0),
     ("2000-06-10", 20010610, 1), ("2000", 19991231, None), ("2000-06-10", 20000609, None)],
)  # fmt: skip
def test_ages(born: str, day: int, age: int | None) -> None:
    assert age_at(born, day) == age


@pytest.mark.parametrize(
    "text", ["", "19", "1978-13", "1978-02-30", "1978-3-5", "5.3.1978", "9999", "0978", "-", "１９７８"]
)
def test_what_is_no_birth_date_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as error:
        clean_birth_date(text)
    assert error.value.message


def test_birth_dates_may_be_partial() -> None:
    assert [clean_birth_date(text) for text in (" 1978", "1978-03 ", "1978-03-05")] == ["1978", "1978-03", "1978-03-05"]


# --- size -------------------------------------------------------------------------------------------------------------


def test_a_person_with_2000_faces_and_1000_people(services: Services) -> None:
    photo = Photo.get_by_id(face_view(add_photo([0])[0]).photo_id).id
    people = [0] * 2000 + list(range(1, 1000))
    random.Random(0).shuffle(people)
    rows, names = [], sorted(set(people))
    for name in names:
        services.people.add(f"P{name}")
    ids = {name: services.people.find(f"P{name}") for name in names}
    first = max(suggested()) + 1
    for face, person in enumerate(people, first):
        rows.append({"id": face, "photo": photo, "x": 1.0 * face, "y": 0.0, "width": 90.0, "height": 90.0,
                     "state": FaceState.CONFIRMED, "person": ids[person]})  # fmt: skip
    vectors = [to_blob(embedding(person, face)) for face, person in enumerate(people, first)]
    model = current_model()
    for at in range(0, len(rows), 500):
        Face.insert_many(rows[at : at + 500]).execute()
        part = enumerate(vectors[at : at + 500], first + at)
        Embedding.insert_many([{"face": f, "model": model, "vector": v} for f, v in part]).execute()
    faces = [add_photo([person])[0] for person in (0, 1, 500, 999)]
    services.recognition.update()
    assert [face_view(face).person for face in faces] == ["P0", "P1", "P500", "P999"]
    assert len(embedding(0, 0)) == SIZE


def test_numbers_that_are_none_do_no_harm(library: Services) -> None:
    library.review.name([1], "Anna")
    broken = np.full(SIZE, np.nan, np.float32)
    Embedding.update(vector=to_blob(broken)).where(Embedding.face.in_([3, 6])).execute()
    library.review.accept([3], library.people.find("Anna"))
    assert face_view(6).state == FaceState.UNKNOWN
    assert face_view(10).person == "Anna"
    assert Path("/library/0.jpg") == face_view(1).photo_path
