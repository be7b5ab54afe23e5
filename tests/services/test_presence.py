"""People who are in a photo without a visible face, and how old people are in a photo."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.screens.small_library import fill
from tui_tagger.errors import UsageError
from tui_tagger.services import Services
from tui_tagger.services.review import TwiceInPhoto
from tui_tagger.services.views import FaceState
from tui_tagger.storage.models import Face, Person, Photo


@pytest.fixture
def services(tmp_path: Path) -> Services:
    opened = Services.open(tmp_path / "library.db")
    fill(opened, tmp_path / "Pictures", photos=2)
    return opened


def test_somebody_is_there_without_a_face(services: Services) -> None:
    photo = services.library.photo_ids()[0]
    before = services.library.photo(photo).faces
    outcome = services.review.add_present(photo, "  Dora   Behind ")
    added = services.library.photo(photo).faces[-1]
    assert (added.person, added.box, added.state) == ("Dora Behind", None, FaceState.CONFIRMED)
    assert outcome.face_ids == (added.id,)
    assert photo in services.library.photo_ids("person:Dora")
    services.review.undo()
    assert services.library.photo(photo).faces == before
    assert not Person.select().where(Person.name == "Dora Behind").exists()
    services.review.redo()
    assert services.library.photo(photo).faces[-1] == added
    services.close()


def test_twice_in_one_photo_asks(services: Services) -> None:
    photo = Face.get(Face.state == FaceState.CONFIRMED).photo_id
    faces = Face.select().count()
    with pytest.raises(TwiceInPhoto):
        services.review.add_present(photo, "Anna Rossi")
    assert Face.select().count() == faces
    services.review.add_present(photo, "Anna Rossi", allow_twice=True)
    assert Face.select().count() == faces + 1
    services.close()


def test_what_is_refused(services: Services) -> None:
    with pytest.raises(UsageError):
        services.review.add_present(services.library.photo_ids()[0], " \x00 ")
    with pytest.raises(UsageError):
        services.review.add_present(10_000, "Dora")
    services.close()


def test_the_age_in_the_photo(services: Services) -> None:
    confirmed = Face.get(Face.state == FaceState.CONFIRMED)
    Person.update(birth_date="1985-07-02").where(Person.id == confirmed.person_id).execute()

    def age() -> int | None:
        return next(each.age for each in services.library.photo(confirmed.photo_id).faces if each.id == confirmed.id)

    Photo.update(taken_at="2019-07-01T23:00:00").execute()
    assert age() == 33
    Photo.update(taken_at="2019-07-02T00:00:00").execute()
    assert age() == 34
    Photo.update(date_source="file").execute()
    assert age() is None
    Photo.update(date_source="DateTimeOriginal", taken_at=None).execute()
    assert age() is None
    services.close()
