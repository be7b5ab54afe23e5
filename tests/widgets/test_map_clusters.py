"""Clusters of photos: nothing is lost or counted twice, marks do not cover each other, extents are the shortest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tui_tagger.widgets.map_clusters import Clusters, clustered, extent, short_count
from tui_tagger.widgets.map_drawing import MIXED, TAGGED, UNTAGGED
from tui_tagger.widgets.map_view import LAST_ZOOM, view_of


@dataclass(frozen=True)
class Photos:
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    waiting: NDArray[np.bool_]


def photos(*places: tuple[float, float, bool]) -> Photos:
    columns = list(zip(*places, strict=True)) or [(), (), ()]
    return Photos(np.array(columns[0], float), np.array(columns[1], float), np.array(columns[2], bool))


many = st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180), st.booleans()), max_size=60).map(
    lambda places: photos(*places)
)
sizes = st.tuples(st.integers(1, 200), st.integers(1, 60))
centres = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@given(many, sizes, centres, st.integers(0, LAST_ZOOM))
def test_each_photo_in_view_is_in_one_cluster(
    placed: Photos, size: tuple[int, int], centre: tuple[float, float], zoom: int
) -> None:
    view = view_of(*size, centre, zoom)
    found = clustered(placed, view)
    inside = view.inside(*view.project(placed.latitude, placed.longitude))
    assert ((found.member >= 0) == inside).all()
    assert sum(each.count for each in found.clusters) == inside.sum()
    assert sum(each.waiting for each in found.clusters) == placed.waiting[inside].sum()
    for each in found.clusters:
        assert len(found.members(each)) == each.count
        assert 0 <= each.row < size[1] and 0 <= each.column < size[0]


@given(many, sizes, centres, st.integers(0, LAST_ZOOM))
def test_no_mark_begins_in_another(
    placed: Photos, size: tuple[int, int], centre: tuple[float, float], zoom: int
) -> None:
    found = clustered(placed, view_of(*size, centre, zoom))
    assert len({(each.row, each.column) for each in found.clusters}) == len(found.clusters)


@given(many.filter(lambda placed: len(placed.latitude) > 0))
def test_the_extent_holds_all_and_is_at_most_as_wide_as_without_wrapping(placed: Photos) -> None:
    rows = np.arange(len(placed.latitude))
    south, west, north, east = extent(placed, rows)
    assert (placed.latitude >= south).all() and (placed.latitude <= north).all()
    width = (east - west) % 360
    reached = np.minimum((placed.longitude - west) % 360, 360 - (placed.longitude - west) % 360 + 1e-9)
    assert (((placed.longitude - west) % 360 <= width + 1e-9) | (reached < 1e-6)).all()
    assert width <= np.ptp(placed.longitude) + 1e-9


def test_photos_on_both_sides_of_the_antimeridian_are_one_cluster() -> None:
    both = photos((-17.0, 179.95, True), (-17.0, -179.95, False))
    found = clustered(both, view_of(80, 22, (-17.0, 180.0), 3))
    assert [(each.count, each.kind, each.label) for each in found.clusters] == [(2, MIXED, "◐2")]
    assert abs(abs(found.clusters[0].longitude) - 180) < 0.1
    assert extent(both, found.members(found.clusters[0])) == (-17.0, 179.95, -17.0, -179.95)


@pytest.mark.parametrize("latitude", [90.0, -90.0])
def test_photos_at_the_poles_are_there(latitude: float) -> None:
    found = clustered(photos((latitude, 0.0, True)), view_of(80, 22, (0.0, 0.0), 0))
    assert [each.count for each in found.clusters] == [1]


def test_the_glyph_says_what_is_left_to_do() -> None:
    placed = photos((0.0, 0.0, True), (40.0, 0.0, False))
    found = clustered(placed, view_of(80, 22, (20.0, 0.0), 1))
    assert {(each.kind, each.label) for each in found.clusters} == {(UNTAGGED, "○"), (TAGGED, "●")}


def test_clusters_stay_together_when_the_map_is_moved() -> None:
    draw = np.random.default_rng(0)
    placed = Photos(draw.uniform(30, 50, 500), draw.uniform(-10, 20, 500), draw.random(500) < 0.5)

    def counts(found: Clusters) -> set[int]:
        return {each.count for each in found.clusters if each.count > 5}

    here, there = (clustered(placed, view_of(80, 22, (40.0, east), 3)) for east in (5.0, 7.0))
    assert len(counts(here) & counts(there)) > len(counts(here)) / 2


@pytest.mark.parametrize(
    ("count", "text"),
    [(1, "1"), (999, "999"), (1000, "1k"), (1234, "1.2k"), (9999, "9.9k"), (37_500, "37k"), (1_200_000, "1.2M")],
)
def test_counts_are_short(count: int, text: str) -> None:
    assert short_count(count) == text


def test_a_count_at_the_edge_is_not_cut() -> None:
    placed = photos(*[(0.0, 179.5, True)] * 1500)
    (found,) = clustered(placed, view_of(80, 22, (0.0, 0.0), 0)).clusters
    assert found.column + len(found.label) == 80
