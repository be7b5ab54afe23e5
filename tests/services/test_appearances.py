from __future__ import annotations

from tests.services.drawn import add_photo
from tui_tagger.services import Services


def library(services: Services) -> None:
    """Anna in 2018 and 2019, twice with Bo; Clara is hidden."""
    photos = [((0,), "2018-03-01T10:00:00"), ((0, 1), "2019-07-12T10:00:00"), ((0, 1, 2), "2019-07-30T10:00:00")]
    faces = [add_photo(people, taken) for people, taken in (*photos, ((0,), None), ((1,), "2020-01-01T00:00:00"))]
    services.recognition.update()
    services.review.name([each[0] for each in faces[:4]], "Anna")
    services.review.name([faces[1][1], faces[2][1], faces[4][0]], "Bo")
    services.review.name([faces[2][2]], "Clara")


def test_years_have_their_months_and_the_age(services: Services) -> None:
    library(services)
    anna = services.people.find("Anna")
    services.people.set_birth_date(anna, "2010-05-01")
    found = services.people.appearances(anna)
    assert [(year.year, year.photos, year.age) for year in found.years] == [(2018, 1, 8), (2019, 2, 9)]
    assert [month for month, photos in enumerate(found.years[1].months, 1) if photos] == [7]
    assert found.years[1].months[6] == 2
    assert found.undated == 1


def test_companions_are_counted_by_photo_with_dates_and_without_hidden_people(services: Services) -> None:
    library(services)
    anna, clara = services.people.find("Anna"), services.people.find("Clara")
    found = [(each.name, each.photos, (each.first or "")[:10], (each.last or "")[:10])
             for each in services.people.appearances(anna).companions]  # fmt: skip
    assert found == [("Bo", 2, "2019-07-12", "2019-07-30"), ("Clara", 1, "2019-07-30", "2019-07-30")]
    services.people.hide(clara)
    assert [each.name for each in services.people.appearances(anna).companions] == ["Bo"]


def test_somebody_without_faces_has_appeared_nowhere(services: Services) -> None:
    services.people.add("Anna")
    found = services.people.appearances(services.people.find("Anna"))
    assert (found.years, found.undated, found.companions) == ((), 0, ())
