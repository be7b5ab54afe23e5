from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_tagger.metadata import gps


def test_coordinates_are_written_with_their_hemisphere() -> None:
    assert gps.format_coordinates(38.72231, -9.13934) == "38.7223 N, 9.1393 W"
    assert gps.format_coordinates(-33.0, 151.5) == "33.0000 S, 151.5000 E"
    assert gps.format_coordinates(-0.00001, 0.0) == "0.0000 N, 0.0000 E"


def test_degrees_minutes_and_seconds() -> None:
    assert gps.to_degrees((41, 51.18), "N") == pytest.approx(41.853)
    assert gps.to_degrees((12, 29, 19.8), "W ") == pytest.approx(-12.4888333)
    assert gps.to_degrees((), "N") is None
    assert gps.to_degrees((float("nan"),), "N") is None


@pytest.mark.parametrize(
    ("text", "degrees"),
    [("38,43.338N", 38.7223), ("38,43,20S", -38.722222), ("9.5W", -9.5), ("-9.5", -9.5), ("", None), ("north", None)],
)
def test_xmp_coordinates(text: str, degrees: float | None) -> None:
    assert gps.from_xmp(text) == (None if degrees is None else pytest.approx(degrees))


@pytest.mark.parametrize("position", [(0.0, 0.0), (91.0, 0.0), (0.0, 181.0), (float("nan"), 1.0), (None, 1.0)])
def test_positions_off_the_globe_are_none(position: tuple[float | None, float | None]) -> None:
    assert gps.sane_position(*position) is None


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2019:07:12 14:03:22", "2019-07-12T14:03:22"),
        ("2019-07-12T14:03:22.123+02:00", "2019-07-12T14:03:22"),
        ("2019-07-12T14:03Z", "2019-07-12T14:03:00"),
        ("2019-07-12", "2019-07-12T00:00:00"),
        ("0000:00:00 00:00:00", None),
        ("    :  :     :  :  ", None),
        ("2019:02:30 00:00:00", None),
        ("2019:07:12 25:00:00", None),
        ("", None),
    ],
)
def test_dates(text: str, date: str | None) -> None:
    assert gps.parse_date(text) == date


@given(st.text(max_size=40))
def test_dates_of_any_text_are_dates_or_none(text: str) -> None:
    date = gps.parse_date(text)
    assert date is None or len(date) == 19


def test_offsets() -> None:
    assert gps.parse_offset("+02:00") == "+02:00"
    assert gps.parse_offset("2019-07-12T14:03:22-0930") == "-09:30"
    assert gps.parse_offset("2019-07-12T14:03:22Z") == "+00:00"
    assert gps.parse_offset("+99:00") is None
    assert gps.parse_offset("") is None


def test_directions_and_heights_out_of_range_are_none() -> None:
    assert gps.sane_direction(360.0) == 0
    assert gps.sane_direction(-1.0) is None
    assert gps.sane_altitude(-12_000.0) is None
    assert gps.sane_altitude(8_848.0) == 8_848
