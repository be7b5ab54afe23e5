"""The grid of a group: ticks, ranges, a close look, and what the footer says that the keys do."""

from __future__ import annotations

import pytest

from tests.screens.screen_text import LARGE, SMALL, footer, lines, press, settled, text
from tui_tagger.app import TaggerApp
from tui_tagger.screens.review import ReviewScreen
from tui_tagger.screens.review_group import GroupPanel
from tui_tagger.services import Services, preparation
from tui_tagger.services.library import face_view
from tui_tagger.services.orders import DESCRIPTIONS, Order
from tui_tagger.services.views import FaceState
from tui_tagger.widgets.picture import Picture


def panel(app: TaggerApp) -> GroupPanel:
    assert isinstance(app.screen, ReviewScreen)
    return app.screen.groups


@pytest.mark.parametrize("size", [SMALL, LARGE, (200, 60)])
async def test_the_question_is_whole(app: TaggerApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        await press(pilot, "f5")
        shown = text(app)
        count = panel(app).group.count
        assert f"{count} faces, probably Anna Rossi, " in shown
        assert "groups" in shown
        assert footer(app).strip().startswith(f"enter: Anna Rossi {count}")
        assert all(len(line) == size[0] for line in lines(app))
        assert sum(line.count("✓ ") for line in lines(app)) >= min(count, 6)


async def test_the_footer_says_how_many_are_taken(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5")
        count = panel(app).group.count
        await press(pilot, "space")
        assert "1 unticked" in text(app)
        assert footer(app).strip().startswith(f"enter: Anna Rossi {count - 1}")
        assert f"2/{count}" in footer(app)
        await press(pilot, "h")
        assert "space tick" in footer(app)
        await press(pilot, "ctrl+a")
        assert footer(app).strip().startswith("enter: one by one")
        await press(pilot, "ctrl+r")
        assert footer(app).strip().startswith(f"enter: Anna Rossi {count}")


async def test_a_range_unticks_what_the_first_was_not(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "v", "l", "l", "v")
        asked = panel(app).group.face_ids
        assert panel(app).unticked == set(asked[:3])
        await press(pilot, "h", "v", "l", "v")
        assert panel(app).unticked == {asked[0]}
        await press(pilot, "escape")
        assert not panel(app).unticked
        assert isinstance(app.screen, ReviewScreen)


async def test_a_close_look_at_the_face_under_the_cursor(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "z")
        face = panel(app).face
        assert face is not None
        view, main = face_view(face), app.screen.query_one("#look-picture", Picture)
        assert view.photo_path.name in text(app)
        assert main._request is not None
        assert main._request.key == ("face", face)
        await press(pilot, "tab")
        assert main._request.key == ("photo", view.photo_id)
        assert main._request.overlays
        await press(pilot, "j")
        assert panel(app).cursor == 1
        await press(pilot, "escape")
        assert not panel(app).looking
        await press(pilot, "o")
        assert app.screen is app.screens_by_name["photo"]


async def test_wide_terminals_show_the_face_beside_the_grid(app: TaggerApp) -> None:
    async with app.run_test(size=(160, 45)) as pilot:
        await press(pilot, "f5")
        face = panel(app).face
        assert face is not None
        assert face_view(face).photo_path.name in text(app)


async def test_a_click_unticks(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5")
        await pilot.click("#group-grid", offset=(25, 3))
        await settled(pilot)
        assert panel(app).cursor == 1
        await pilot.click("#group-grid", offset=(25, 3), times=2)
        await settled(pilot)
        assert panel(app).unticked == {panel(app).group.face_ids[1]}


async def test_rejecting_all_that_are_ticked(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "space", "X")
        asked = services.review.history(1)
        assert asked[0].message.endswith("not Anna Rossi")
        assert panel(app).group.person != "Anna Rossi" or not panel(app).display


async def test_orders_are_in_the_palette(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "colon", *"order by newest", "enter")
        assert f"Asked now: {DESCRIPTIONS[Order.NEWEST]}" in text(app)
        screen = app.screen
        assert isinstance(screen, ReviewScreen)
        assert screen.queue == services.review.queue(Order.NEWEST)
        assert screen.shown_id == screen.queue[0]


async def test_a_large_library_is_read_in_a_thread(
    app: TaggerApp, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparation, "MANY", 0)
    expected = services.review.groups()[0]
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5")
        assert not services.recognition.reading
        assert panel(app).group == expected


async def test_while_faces_are_read_the_screen_says_so(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        services.recognition.reading = True
        await press(pilot, "f5")
        assert "Reading 9 faces that wait" in text(app)
        await press(pilot, "enter", "n", "x", "t", "s", "j", "space", "u")
        assert "Reading 9 faces that wait" in text(app)
        services.recognition.reading = False
        app.data_changed()
        await settled(pilot)
        assert "probably Anna Rossi" in text(app)
        assert face_view(services.review.queue()[0]).state is FaceState.SUGGESTED


async def test_the_faces_of_the_next_group_are_drawn_while_the_human_looks(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5")
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, ReviewScreen)
        ahead = screen.course.ahead
        assert ahead and set(ahead).isdisjoint(panel(app).group.face_ids)
        assert all(panel(app).grid._drawn[("face", face)] for face in ahead)
        await press(pilot, "s")
        assert set(ahead) <= set(panel(app).group.face_ids)
