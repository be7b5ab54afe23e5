"""The projection of the map, there and back, around the antimeridian and at the poles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_tagger.widgets.map_view import LAST_ZOOM, View, fitting, scale_bar, view_of, wrapped

LISBON = (38.72, -9.14)
latitudes, longitudes = st.floats(-90, 90), st.floats(-180, 180)
views = st.builds(
    view_of, st.integers(1, 250), st.integers(1, 80), st.tuples(latitudes, longitudes), st.integers(0, LAST_ZOOM)
)


def test_the_world_fits_at_zoom_0_and_does_not_leave_the_poles() -> None:
    view = view_of(90, 22, LISBON, 0)
    assert view.half_width == 180
    assert view.half_height >= 90
    assert abs(view.latitude) < 1e-9


def test_the_last_zoom_shows_a_town() -> None:
    view = view_of(80, 20, (0.0, 0.0), LAST_ZOOM)
    assert 8 < view.half_width * 2 * 111 < 12


@pytest.mark.parametrize("zoom", range(LAST_ZOOM + 1))
def test_the_scale_bar_is_as_long_as_it_says(zoom: int) -> None:
    view = view_of(80, 20, LISBON, zoom)
    text = scale_bar(view, 20)
    bar, number, unit = text.split()
    km = float(number.replace(",", "")) / (1000 if unit == "m" else 1)
    assert str(km).strip("0.")[0] in "125"
    assert len(bar) == pytest.approx(km / (2 * view.degrees * 111.2), abs=1.1)
    assert len(bar) <= 21


@given(views, st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True))
def test_a_dot_is_a_place_and_the_place_is_that_dot(view: View, across: float, down: float) -> None:
    """Where the window reaches beyond the world, its dots are the world's edge."""
    half = view.half_width * view.shortening / view.degrees
    x = view.width / 2 + (2 * across - 1) * min(half, view.width / 2) * 0.999
    reach = 90 / view.degrees
    y = np.clip(down * view.height, view.height / 2 - reach, view.height / 2 + reach)
    latitude, longitude = view.place(x, float(y))
    assert -90 <= latitude <= 90 and -180 <= longitude <= 180
    if abs(latitude) < 90:
        assert view.dots(latitude, longitude) == pytest.approx((x, float(y)), abs=0.01)


@given(views, latitudes, longitudes)
def test_the_same_longitude_a_turn_further_is_the_same_place(view: View, latitude: float, longitude: float) -> None:
    one, other = view.dots(latitude, longitude), view.dots(latitude, longitude + 360)
    turn = 360 * view.shortening / view.degrees  # opposite of the centre both sides are right
    assert one[1] == other[1]
    assert min(abs(one[0] - other[0]), abs(abs(one[0] - other[0]) - turn)) < 0.01


@given(st.integers(1, 250), st.integers(1, 80), longitudes, longitudes, latitudes)
def test_every_place_is_in_the_view_of_the_world(
    columns: int, rows: int, centre: float, longitude: float, latitude: float
) -> None:
    view = view_of(columns, rows, (0.0, centre), 0)
    x, y = view.project(np.array([latitude, 90.0, -90.0]), np.array([longitude, 0.0, 0.0]))
    assert view.inside(np.clip(x, 0, view.width - 1e-6), y).all()
    assert -1e-6 <= x[0] <= view.width + 1e-6


@given(st.integers(20, 250), st.integers(5, 80), latitudes, latitudes, longitudes, st.floats(0, 359))
def test_an_area_fits_into_the_view_that_is_made_for_it(
    columns: int, rows: int, one: float, other: float, west: float, across: float
) -> None:
    area = min(one, other), west, max(one, other), (wrapped(west + across))
    centre, zoom = fitting(columns, rows, area)
    view = view_of(columns, rows, centre, zoom)
    if zoom:
        x, y = view.project(np.array(area[::2]), np.array(area[1::2]))
        assert view.inside(x, y).all()


@given(views)
def test_the_area_of_a_window_is_what_is_in_it(view: View) -> None:
    south, west, north, east = view.area(0, 0, view.width, view.height)
    assert south <= view.latitude <= north
    width = 360.0 if (west, east) == (-180.0, 180.0) else (east - west) % 360
    assert width == pytest.approx(min(360, 2 * view.half_width), abs=1e-6)
