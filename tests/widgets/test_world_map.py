"""The character map: that it stays a rectangle, the marker and wedge, names, and its keys."""

from __future__ import annotations

import numpy as np
import pytest
from textual.app import App, ComposeResult

from tui_tagger.metadata.gazetteer import gazetteer
from tui_tagger.widgets.map_drawing import DIRECTION, MARKER, NAME, Cells, backdrop, draw_marker, draw_names
from tui_tagger.widgets.map_view import LAST_ZOOM, Place, view_of
from tui_tagger.widgets.world_map import START_ZOOM, WorldMap

LISBON = (38.72, -9.14)
SUVA = (-18.14, 178.44)


def drawn(columns: int, rows: int, zoom: int, place: Place = LISBON, direction: float | None = None) -> Cells:
    view = view_of(columns, rows, place, zoom)
    cells = backdrop(view).copy()
    draw_marker(cells, view, place, direction)
    return cells


@pytest.mark.parametrize("zoom", range(LAST_ZOOM + 1))
@pytest.mark.parametrize("centre", [LISBON, SUVA, (0.0, 0.0), (89.9, 10.0), (-90.0, -180.0)])
def test_the_map_is_a_rectangle_of_narrow_characters(centre: Place, zoom: int) -> None:
    cells = drawn(61, 17, zoom, centre, 45.0)
    assert cells.glyphs.shape == cells.kinds.shape == (17, 61)
    assert all(character.isprintable() for character in cells.glyphs.ravel())
    assert (cells.glyphs == "◉").sum() == 1


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (2, 3), (200, 1), (1, 50)])
def test_tiny_panes(columns: int, rows: int) -> None:
    assert drawn(columns, rows, 3, direction=10.0).kinds.shape == (rows, columns)


def test_the_marker_is_in_the_middle_at_every_zoom_but_the_first() -> None:
    for zoom in range(START_ZOOM, LAST_ZOOM + 1):
        assert drawn(61, 17, zoom).glyphs[8, 30] == "◉"


@pytest.mark.parametrize(("direction", "side"), [(0, "up"), (90, "right"), (180, "down"), (270, "left"), (-90, "left")])
def test_the_wedge_points_where_the_camera_looked(direction: float, side: str) -> None:
    kinds = drawn(61, 25, 6, direction=float(direction)).kinds
    rows, columns = np.nonzero(kinds == DIRECTION)
    across, down = (columns - 30).mean(), (rows - 12).mean() * 2
    found = ("right" if across > 0 else "left") if abs(across) > abs(down) else ("down" if down > 0 else "up")
    assert found == side
    assert kinds[12, 30] == MARKER


def test_no_wedge_without_a_direction() -> None:
    assert not (drawn(61, 25, 6).kinds == DIRECTION).any()
    assert not (drawn(61, 25, 6, direction=float("nan")).kinds == DIRECTION).any()


def test_names_stand_where_nothing_else_is() -> None:
    cells = Cells(np.full((5, 20), " "), np.zeros((5, 20), np.int8))
    cells.write(2, 4, "◉", MARKER)
    written = draw_names(
        cells, [("Rome", (8.0, 8.0)), ("Ostia", (12.0, 8.0)), ("Far away from here indeed", (38.0, 2.0))], 9
    )
    rows = ["".join(row) for row in cells.glyphs]
    assert "◉ Rome" in rows[2]
    assert sum("Ostia" in row for row in rows) == 1
    assert written == 2
    assert not any("Far" in row for row in rows)


def test_the_largest_places_are_named_first() -> None:
    view = view_of(61, 17, LISBON, 7)
    cells = backdrop(view).copy()
    assert draw_names(cells, gazetteer().within(view.project, view.inside, 5), 1) == 1
    assert "Lisbon" in "".join(cells.glyphs[cells.kinds == NAME])


def test_a_drawing_says_where_it_differs_from_another() -> None:
    one, other = drawn(61, 17, 5), drawn(61, 17, 5)
    assert one.changes(other) == []
    other.write(3, 10, "abc", NAME)
    assert one.changes(other) == [(3, 10, 12)]


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
        assert "No coordinates" in screen_text(app)
        world.show(*LISBON, 120.0)
        await pilot.press("plus", "plus", "minus")
        assert world.zoom == START_ZOOM + 1
        assert "◉" in screen_text(app)
        await pilot.press("l", "l", "l", "k")
        assert "◉" not in screen_text(app)
        await pilot.press("0")
        assert "◉" in screen_text(app)
        await pilot.press(*["minus"] * LAST_ZOOM)
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
