"""Coasts and borders: where they lie, how they are packed, and that lines have no gaps."""

from __future__ import annotations

import numpy as np
import pytest

from tools.build_coastline import coasts, decode, pack, quantised, shared_arcs
from tui_tagger.widgets.coastline import FINE_BELOW, FINEST_BELOW, draw_borders, draw_coast, draw_segments, outline
from tui_tagger.widgets.map_view import View


def test_land_is_where_it_is() -> None:
    """The strait of Gibraltar is water between two coasts; the middle of the Sahara and of the Pacific have none."""
    gibraltar = draw_coast(View(35.95, -5.6, 0.02, 80, 80))
    assert gibraltar[:40].any()
    assert gibraltar[40:].any()
    assert not draw_coast(View(23.0, 10.0, 0.02, 80, 80)).any()
    assert not draw_coast(View(-40.0, -130.0, 0.05, 80, 80)).any()


def test_shapes_are_true_at_the_centre() -> None:
    """Iceland is 1.5 times as wide as high (about 490 km by 312 km)."""
    dots = draw_coast(View(64.96, -19.0, 0.05, 300, 200))
    rows, columns = np.flatnonzero(dots.any(axis=1)), np.flatnonzero(dots.any(axis=0))
    assert np.ptp(columns) / np.ptp(rows) == pytest.approx(490 / 312, rel=0.12)


def test_both_sides_of_the_antimeridian_are_in_one_view() -> None:
    """Fiji's islands lie on both sides."""
    dots = draw_coast(View(-17.5, 180.0, 0.03, 200, 120))
    assert dots[:, :100].any()
    assert dots[:, 100:].any()
    assert not dots.all(axis=1).any()


def test_no_line_runs_across_the_world() -> None:
    for latitude in (-17.0, 69.0, -80.0):
        view = View(latitude, 0.0, 0.5, 720, 40)
        assert draw_coast(view).mean(axis=1).max() < 0.5


def test_each_scale_is_finer_than_the_one_before() -> None:
    sizes = [len(outline(name).points) for name in ("110m", "50m", "10m")]
    assert sizes[1] > 5 * sizes[0] and sizes[2] > 5 * sizes[1]
    assert len(outline("borders_50m").points) > 5 * len(outline("borders_110m").points)


@pytest.mark.parametrize("degrees", [FINE_BELOW * 1.01, FINE_BELOW * 0.99, FINEST_BELOW * 0.99])
def test_the_scales_agree_on_where_the_coast_is(degrees: float) -> None:
    """Sicily's middle is land and the Tyrrhenian is water at every scale: between them lies a coast."""
    view = View(38.3, 14.0, degrees, 120, 120)
    assert draw_coast(view)[:, 60].any()


def test_borders_are_where_two_countries_meet() -> None:
    """The Pyrenees part France and Spain; no border runs through the middle of either, nor along a coast."""
    assert draw_borders(View(42.7, 0.5, 0.01, 100, 100)).any()
    assert not draw_borders(View(46.5, 2.5, 0.01, 100, 100)).any()
    assert not draw_borders(View(38.7, -9.3, 0.01, 100, 100)).any()


def test_segments_are_lines_without_gaps() -> None:
    canvas = np.zeros((20, 30), np.bool_)
    draw_segments(canvas, np.array([2.0]), np.array([3.0]), np.array([28.5]), np.array([15.0]))
    assert canvas[:, 2:29].any(axis=0).all()
    assert canvas.sum() < 35


def test_segments_outside_are_left_out() -> None:
    canvas = np.zeros((20, 30), np.bool_)
    draw_segments(canvas, np.array([-50.0]), np.array([-5.0]), np.array([80.0]), np.array([-1.0]))
    assert not canvas.any()


def test_topojson_is_decoded_by_adding_up_its_steps() -> None:
    topology = {"transform": {"scale": [0.5, 0.25], "translate": [-10, 20]}, "arcs": [[[2, 4], [1, 1], [-3, 0]]]}
    assert decode(topology)[0].tolist() == [[-9, 21], [-8.5, 21.25], [-10, 21.25]]


def test_stretches_along_the_antimeridian_are_no_coast() -> None:
    line = np.array([[170.0, 10.0], [180.0, 11.0], [180.0, 15.0], [175.0, 16.0]])
    assert [part.tolist() for part in coasts(line)] == [[[170, 10], [180, 11]], [[180, 15], [175, 16]]]
    assert [len(part) for part in coasts(np.array([[0.0, 0], [179.0, 5], [-179.0, 5], [-170, 5]]))] == [2, 2]


def test_pieces_are_bounded_by_their_boxes() -> None:
    turn = np.linspace(0, 6, 100)
    arc = np.round(np.c_[1000 * np.cos(turn), 1000 * np.sin(turn)])
    steps = np.diff(arc, axis=0, prepend=0).astype(int).tolist()
    packed = pack(decode({"transform": {"scale": [0.01, 0.01], "translate": [0, 0]}, "arcs": [steps]}))
    parts = np.split(np.cumsum(packed["steps"], axis=0), packed["ends"][:-1])
    assert len(parts) == len(packed["boxes"]) == 4
    for part, box in zip(parts, packed["boxes"], strict=True):
        assert box.tolist() == [*part.min(axis=0), *part.max(axis=0)]
    assert quantised(np.array([[1.0, 1], [1.0, 1], [2, 2]])).tolist() == [[180, 180], [360, 360]]


def test_borders_are_the_arcs_of_two_countries() -> None:
    topology = {"objects": {"countries": {"geometries": [{"arcs": [[0, 1]]}, {"arcs": [[[~1, 2]]]}, {}]}}}
    assert shared_arcs(topology) == [1]
