from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes import FakeEmbedder
from tests.services.drawn import add_face, add_photo
from tui_tagger.errors import UsageError
from tui_tagger.services import Services
from tui_tagger.services.library import face_view
from tui_tagger.services.review import TwiceInPhoto
from tui_tagger.storage.database import store_setting
from tui_tagger.storage.models import Embedding, Face, Photo


@pytest.fixture
def mixed(services: Services) -> Services:
    """Anna has ten faces of hers (1 to 10) and six of Bo's (11 to 16)."""
    faces = [add_photo([0])[0] for _ in range(10)] + [add_photo([1])[0] for _ in range(6)]
    services.recognition.update()
    services.review.name(faces, "Anna")
    return services


def going(services: Services, seeds: list[int]) -> set[int]:
    return {one.id for one in services.people.plan_split(services.people.find("Anna"), seeds) if one.goes}


def test_one_seed_takes_the_faces_that_are_like_it(mixed: Services) -> None:
    assert going(mixed, [12]) == {11, 12, 13, 14, 15, 16}
    assert going(mixed, [1]) == set(range(1, 11))


def test_the_least_sure_come_first_and_are_borderline(mixed: Services) -> None:
    plan = mixed.people.plan_split(mixed.people.find("Anna"), [12])
    unsure = [abs(one.chance - 0.5) for one in plan if not one.borderline]
    assert unsure == sorted(unsure)
    assert not next(one for one in plan if one.id == 12).borderline


def test_splitting_is_one_decision_that_survives_a_restart(mixed: Services, tmp_path: Path) -> None:
    anna = mixed.people.find("Anna")
    outcome = mixed.people.split(anna, [11, 12, 13, 14, 15, 16], "Bo")
    assert outcome.message == "6 faces of Anna split off: Bo"
    assert {face.id for face in mixed.people.faces(mixed.people.find("Bo"))} == set(outcome.face_ids)
    mixed.close()
    again = Services.open(tmp_path / "library.db")
    again.review.undo()
    assert [person.name for person in again.people.list()] == ["Anna"]
    assert len(again.people.faces(anna)) == 16
    again.review.redo()
    assert [(person.name, person.confirmed) for person in again.people.list()] == [("Anna", 10), ("Bo", 6)]
    again.close()


def test_faces_may_go_to_somebody_who_is_there(mixed: Services) -> None:
    (face,) = add_photo([1])
    mixed.review.name([face], "Bo")
    mixed.review.reject(11, mixed.people.find("Bo"))
    mixed.review.name([11], "Anna")
    mixed.people.split(mixed.people.find("Anna"), [11, 12], "Bo")
    assert mixed.people.row(mixed.people.find("Bo")).confirmed == 3


def test_of_two_faces_in_a_photo_one_goes(services: Services) -> None:
    faces = [add_photo([0])[0] for _ in range(5)] + [add_photo([1])[0] for _ in range(5)]
    both = add_photo([1])
    both.append(add_face(Photo.select().count(), 1, place=1))
    services.recognition.update()
    services.review.name([*faces, *both], "Anna", allow_twice=True)
    found = going(services, [6])
    assert found >= {6, 7, 8, 9, 10}
    assert len(found & set(both)) == 1
    with pytest.raises(TwiceInPhoto):
        services.people.split(services.people.find("Anna"), both, "Bo")
    services.people.split(services.people.find("Anna"), both, "Bo", allow_twice=True)


def test_faces_without_an_embedding_stay(mixed: Services) -> None:
    Embedding.delete().where(Embedding.face == 13).execute()
    plan = {one.id: one for one in mixed.people.plan_split(mixed.people.find("Anna"), [12])}
    assert not plan[13].goes
    assert not plan[13].compared
    assert not plan[13].borderline
    assert plan[14].goes


def test_what_cannot_be_split_is_refused(mixed: Services) -> None:
    anna = mixed.people.find("Anna")
    with pytest.raises(UsageError, match="Mark faces"):
        mixed.people.plan_split(anna, [])
    with pytest.raises(UsageError, match="not this person's"):
        mixed.people.plan_split(anna, [999])
    with pytest.raises(UsageError, match="No face is selected"):
        mixed.people.split(anna, [], "Bo")
    with pytest.raises(UsageError, match="no longer"):
        mixed.people.split(anna, [999], "Bo")
    with pytest.raises(UsageError, match="already"):
        mixed.people.split(anna, [11], "Anna")
    with pytest.raises(UsageError, match="No face would be left"):
        mixed.people.split(anna, list(range(1, 17)), "Bo")
    assert face_view(11).person == "Anna"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_split_is_a_partition(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Every face is on one side, seeds where they were put, and splitting then loses nobody."""
    services = Services.open(tmp_path_factory.mktemp("split") / "library.db")
    store_setting("embedder", FakeEmbedder.model_id)
    photos = data.draw(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=3), min_size=1, max_size=8))
    faces = [face for people in photos for face in add_photo(people)]
    services.recognition.update()
    services.review.name(faces, "Anna", allow_twice=True)
    anna = services.people.find("Anna")
    seeds = data.draw(st.sets(st.sampled_from(faces), min_size=1))
    plan = services.people.plan_split(anna, seeds)
    assert sorted(one.id for one in plan) == faces
    assert {one.id for one in plan if one.seed} == seeds
    gone = [one.id for one in plan if one.goes]
    assert seeds <= set(gone)
    if len(gone) < len(faces):
        services.people.split(anna, gone, "Bo", allow_twice=True)
        sides = [{face.id for face in services.people.faces(person.id)} for person in services.people.list()]
        assert sides == [set(faces) - set(gone), set(gone)]
    assert Face.select().count() == len(faces)
    services.close()
