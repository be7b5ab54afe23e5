"""The character map: where things lie, how far it goes, and that it stays a rectangle."""

from __future__ import annotations

import numpy as np
import pytest
from textual.app import App, ComposeResult

from tools.build_coastline import coasts, decode, pack, quantised
from tui_tagger.widgets.coastline import FINE_BELOW, View, draw_coast, draw_segments, outline
from tui_tagger.widgets.world_map import DIRECTION, LAST_ZOOM, MARKER, WorldMap, draw, draw_cells, scale_bar, view_of

LISBON = (38.72, -9.14)
SUVA = (-18.14, 178.44)


@pytest.mark.parametrize("zoom", range(LAST_ZOOM + 1))
@pytest.mark.parametrize("centre", [LISBON, SUVA, (0.0, 0.0), (89.9, 10.0), (-90.0, -180.0)])
def test_the_map_is_a_rectangle_of_narrow_characters(centre: tuple[float, float], zoom: int) -> None:
    lines = draw(61, 17, centre, zoom, centre, 45.0)
    assert [len(line) for line in lines] == [61] * 17
    assert all(character.isprintable() for line in lines for character in line)


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (2, 3), (200, 1), (1, 50), (0, 5)])
def test_tiny_panes(columns: int, rows: int) -> None:
    lines = draw(columns, rows, LISBON, 3, LISBON, 10.0)
    assert len(lines) == (rows if columns else 0)


def test_the_marker_is_in_the_middle_at_every_zoom_but_the_first() -> None:
    for zoom in range(3, LAST_ZOOM + 1):
        lines = draw(61, 17, LISBON, zoom, LISBON)
        assert lines[8][30] == "◉"


def test_the_world_fits_at_zoom_0_and_does_not_leave_the_poles() -> None:
    view = view_of(90, 22, LISBON, 0)
    assert view.half_width == 180
    assert view.half_height >= 90
    assert abs(view.latitude) < 1e-9


def test_the_last_zoom_shows_a_town() -> None:
    view = view_of(80, 20, (0.0, 0.0), LAST_ZOOM)
    assert 15 < view.half_width * 2 * 111 < 25


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


@pytest.mark.parametrize(("direction", "side"), [(0, "up"), (90, "right"), (180, "down"), (270, "left"), (-90, "left")])
def test_the_wedge_points_where_the_camera_looked(direction: float, side: str) -> None:
    kinds = draw_cells(61, 25, LISBON, 5, LISBON, direction).kinds
    rows, columns = np.nonzero(kinds == DIRECTION)
    across, down = (columns - 30).mean(), (rows - 12).mean() * 2
    found = ("right" if across > 0 else "left") if abs(across) > abs(down) else ("down" if down > 0 else "up")
    assert found == side
    assert kinds[12, 30] == MARKER


def test_no_wedge_without_a_direction() -> None:
    assert not (draw_cells(61, 25, LISBON, 5, LISBON).kinds == DIRECTION).any()
    assert not (draw_cells(61, 25, LISBON, 5, LISBON, float("nan")).kinds == DIRECTION).any()


@pytest.mark.parametrize("zoom", range(LAST_ZOOM + 1))
def test_the_scale_bar_is_as_long_as_it_says(zoom: int) -> None:
    view = view_of(80, 20, LISBON, zoom)
    text = scale_bar(view, 20)
    bar, number, unit = text.split()
    km = float(number.replace(",", "")) / (1000 if unit == "m" else 1)
    assert str(km).strip("0.")[0] in "125"
    assert len(bar) == pytest.approx(km / (2 * view.degrees * 111.2), abs=1.1)
    assert len(bar) <= 21


def test_other_photos_are_dots() -> None:
    lines = draw(61, 17, LISBON, 4, LISBON, None, [(LISBON[0] + 0.5, LISBON[1] - 2)])
    assert "•" in "".join(lines)


def test_both_scales_are_there_and_the_fine_one_is_finer() -> None:
    assert len(outline(True).points) > 5 * len(outline(False).points)
    assert FINE_BELOW < 1


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
    packed = pack({"transform": {"scale": [0.01, 0.01], "translate": [0, 0]}, "arcs": [steps]})
    parts = np.split(packed["points"], packed["ends"][:-1])
    assert len(parts) == len(packed["boxes"]) == 4
    for part, box in zip(parts, packed["boxes"], strict=True):
        assert box.tolist() == [*part.min(axis=0), *part.max(axis=0)]
    assert quantised(np.array([[1.0, 1], [1.0, 1], [2, 2]])).tolist() == [[180, 180], [360, 360]]


class MapApp(App[None]):
    def compose(self) -> ComposeResult:
        yield WorldMap()


def screen_text(app: App[None]) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def test_keys_zoom_and_pan_and_come_back() -> None:
    app = MapApp()
    async with app.run_test(size=(80, 24)) as pilot:
        world = app.query_one(WorldMap)
        world.focus()
        await pilot.pause()
        assert "No position" in screen_text(app)
        world.show(*LISBON, 120.0)
        await pilot.press("plus", "plus", "minus")
        assert world.zoom == 4
        assert "◉" in screen_text(app)
        await pilot.press("l", "l", "l", "k")
        assert "◉" not in screen_text(app)
        await pilot.press("0")
        assert "◉" in screen_text(app)
        await pilot.press(*["minus"] * 12)
        assert world.zoom == 0
        world.show(None, None)
        await pilot.pause()
        assert "◉" not in screen_text(app)


async def test_positions_beyond_the_globe_are_brought_back() -> None:
    app = MapApp()
    async with app.run_test(size=(80, 24)):
        world = app.query_one(WorldMap)
        world.show(95.0, 190.0)
        assert world.marker == (90.0, -170.0)
        world.show(float("nan"), 5.0)
        assert world.marker is None
