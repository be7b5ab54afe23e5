"""Where photos were taken, as arrays; and areas in the filter language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_tagger.errors import UsageError
from tui_tagger.services import Services
from tui_tagger.services.query import area_word
from tui_tagger.services.views import FaceState
from tui_tagger.storage.models import Face, Photo

PLACES = {
    "lisbon": (38.7223, -9.1393, "Lisbon, Portugal", "2019-07-02T14:00:00"),
    "porto": (41.1496, -8.6110, "Porto, Portugal", "2020-01-05T09:00:00"),
    "suva": (-18.1416, 178.4419, "Suva, Fiji", None),
    "taveuni": (-16.9, -179.99, "", "2020-03-05T09:00:00"),
    "date line": (-17.5, 180.0, "", "not a date"),
    "pole": (-90.0, 0.0, "", None),
    "nowhere": (None, None, "", None),
}


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    opened = Services.open(tmp_path / "library.db")
    for name, (latitude, longitude, place, taken) in PLACES.items():
        Photo.create(
            path=tmp_path / name,
            folder=tmp_path,
            name=name,
            size=1,
            mtime_ns=1,
            image_hash=name,
            latitude=latitude,
            longitude=longitude,
            place=place,
            taken_at=taken,
        )
    yield opened
    opened.close()


def names(services: Services, query: str) -> set[str]:
    return {row.path.name for row in services.library.page(query).rows}


def add_face(name: str, state: FaceState) -> None:
    Face.create(photo=Photo.get(Photo.name == name), state=state)


def test_photos_without_coordinates_are_left_out(services: Services) -> None:
    points = services.places.points()
    assert len(points) == 6
    assert points.latitude[0] == pytest.approx(38.7223)
    assert points.names[points.place[0]] == "Lisbon, Portugal"
    assert points.years == (2019, 2020)


def test_read_once_for_each_state_of_the_library(services: Services) -> None:
    before = services.places.points()
    assert services.places.points() is before
    add_face("porto", FaceState.SUGGESTED)
    add_face("lisbon", FaceState.CONFIRMED)
    after = services.places.points()
    assert after is not before
    assert after.waiting.tolist() == [False, True, False, False, False, False]
    Photo.update(latitude=10.0, longitude=20.0).where(Photo.name == "nowhere").execute()
    assert len(services.places.points()) == 7


def test_points_are_filtered(services: Services) -> None:
    add_face("porto", FaceState.UNKNOWN)
    points = services.places.points()
    assert len(points.only()) == 6
    assert points.only(waiting=True).latitude.tolist() == [pytest.approx(41.1496)]
    assert len(points.only(year=2020)) == 2
    assert len(points.only(waiting=True, year=2019)) == 0


def test_an_area_is_a_query(services: Services) -> None:
    assert names(services, "area:38,-10,42,-8") == {"lisbon", "porto"}
    assert names(services, "area:38,-10,40,-8 date:2019") == {"lisbon"}
    assert names(services, "area:-90,-180,90,180") == set(PLACES) - {"nowhere"}


def test_an_area_goes_across_the_antimeridian(services: Services) -> None:
    assert names(services, "area:-20,178,-10,-179") == {"suva", "taveuni", "date line"}
    assert names(services, "area:-20,-179,-10,178") == set()


@pytest.mark.parametrize("text", ["1,2,3", "a,b,c,d", "5,0,4,0", "-91,0,0,0", "0,0,0,181", "nan,0,1,1", "0,inf,1,1"])
def test_what_is_no_area(services: Services, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        services.library.page(f"area:{text}")
    assert "area:" in str(caught.value.hint)


def test_an_index_finds_an_area(services: Services) -> None:
    plan = services.database.execute_sql(
        "EXPLAIN QUERY PLAN SELECT id FROM photo WHERE latitude BETWEEN 38 AND 42 AND longitude BETWEEN -10 AND -8"
    ).fetchall()
    assert any("photo_position" in str(row) for row in plan)


degrees = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@given(st.lists(degrees, min_size=1, max_size=8), degrees)
def test_the_word_for_an_area_holds_what_the_area_held(
    places: list[tuple[float, float]], other: tuple[float, float]
) -> None:
    south, north = min(place[0] for place in places), max(place[0] for place in places)
    west, east = min(place[1] for place in places), max(place[1] for place in places)
    lowest, first, highest, last = (float(part) for part in area_word(south, west, north, east)[5:].split(","))

    def holds(latitude: float, longitude: float) -> bool:
        inside = first <= longitude <= last if first <= last else longitude >= first or longitude <= last
        return lowest <= latitude <= highest and inside

    assert all(holds(*place) for place in places)
    if holds(*other):
        outside = np.maximum(0, [south - other[0], other[0] - north])
        assert outside.max() < 1e-4
        gap = max(0.0, west - other[1], other[1] - east)
        assert min(gap, 360 - abs(other[1] - west), 360 - abs(other[1] - east)) < 1e-4
