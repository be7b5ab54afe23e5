"""Map: clusters, cursor, areas, places by name, filters, and what it says where there is nothing."""

from __future__ import annotations

import re

import pytest
from textual.pilot import Pilot

from tests.screens.screen_text import LARGE, SMALL, footer, lines, press, settled, text, until
from tui_tagger.app import TaggerApp
from tui_tagger.screens.map import MapScreen, coordinates_in
from tui_tagger.services import Services
from tui_tagger.storage.models import Photo
from tui_tagger.widgets.map_clusters import Cluster
from tui_tagger.widgets.photo_map import PhotoMap
from tui_tagger.widgets.row_list import RowList


def world(app: TaggerApp) -> PhotoMap:
    return app.screen.query_one(PhotoMap)


def cluster(app: TaggerApp) -> Cluster:
    found = world(app).cluster
    assert found is not None
    return found


async def opened(pilot: Pilot[None]) -> None:
    await press(pilot, "f6")
    await settled(pilot)


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_all_photos_are_on_the_map(app: TaggerApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        await opened(pilot)
        await press(pilot, "0")
        assert sum(each.count for each in world(app).found.clusters) == 4
        assert all(len(line) == size[0] for line in lines(app))
        assert "2 photos" in lines(app)[0 if size == LARGE else -3]  # the map's own last line where it is small
        assert ("4 photos in 2 places" in text(app)) == (size == LARGE)


async def test_the_cursor_goes_through_the_places_and_enter_comes_closer(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot)
        first = cluster(app)
        await press(pilot, "n")
        assert cluster(app) != first
        await press(pilot, "N")
        assert cluster(app) == first
        Photo.update(latitude=Photo.latitude + 0.3).where(Photo.id == services.library.photo_ids()[0]).execute()
        app.data_changed()
        await settled(pilot)
        await press(pilot, "0")
        zoom = world(app).zoom
        world(app).move_to(
            max(range(len(world(app).found.clusters)), key=lambda n: -world(app).found.clusters[n].longitude)
        )
        await press(pilot, "enter")
        assert world(app).zoom > zoom
        assert isinstance(app.screen, MapScreen)


async def test_photos_of_one_place_open_in_library(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot)
        await press(pilot, "enter")
        assert app.screen is app.screens_by_name["library"]
        assert "area:" in lines(app)[0]
        assert app.screen.query_one("#photo-list", RowList).count == 2


async def test_an_area_is_chosen_with_the_arrows(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot)
        await press(pilot, "0", "v")
        assert "┌" in text(app) and "┘" in text(app)
        assert "move the corner" in footer(app)
        await press(pilot, "escape")
        assert "┌" not in text(app)
        assert isinstance(app.screen, MapScreen)
        await press(
            pilot, "v", "shift+left", "left", *["shift+up"] * 6, *["shift+right"] * 3, *["shift+down"] * 9, "enter"
        )
        assert app.screen is app.screens_by_name["library"]
        assert app.screen.query_one("#photo-list", RowList).count in (2, 4)


async def test_only_untagged_and_single_years(app: TaggerApp, services: Services) -> None:
    first = services.library.photo_ids()[0]
    Photo.update(taken_at="2021-01-01T10:00:00").where(Photo.id == first).execute()
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot)
        everything = sum(each.count for each in world(app).found.clusters)
        await press(pilot, "t")
        assert "only untagged" in footer(app)
        assert all(each.waiting == each.count for each in world(app).found.clusters)
        await press(pilot, "escape", "right_square_bracket", "right_square_bracket")
        assert "2021" in footer(app)
        assert sum(each.count for each in world(app).found.clusters) == 1
        await press(pilot, "enter")
        assert "date:2021" in lines(app)[0]
        await press(pilot, "f6", "right_square_bracket")
        assert sum(each.count for each in world(app).found.clusters) == everything


async def test_a_place_by_its_name_or_coordinates(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot)
        await press(pilot, "g", *"suva", "enter")
        assert world(app).centre == pytest.approx((-18.14, 178.44), abs=0.1)
        assert "Suva, Fiji" in text(app)
        await press(pilot, "g", *"59.9 10.75", "enter")
        assert world(app).centre == (59.9, 10.75)
        await press(pilot, "g", *"xyzzy", "enter")
        assert "No place" in text(app)
        assert world(app).centre == (59.9, 10.75)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("38.72, -9.14", (38.72, -9.14)),
        (" -18 178.4 ", (-18.0, 178.4)),
        ("+1;2", (1.0, 2.0)),
        ("91, 0", None),
        ("0, 181", None),
        ("Lisbon", None),
        ("", None),
    ],
)
def test_coordinates_as_people_type_them(text: str, place: tuple[float, float] | None) -> None:
    assert coordinates_in(text) == place


async def test_coordinates_are_copied(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot)
        await press(pilot, "y")
        latitude, longitude = (float(part) for part in app.clipboard.split(","))
        assert (latitude, longitude) == pytest.approx((cluster(app).latitude, cluster(app).longitude), abs=1e-5)


async def test_the_map_of_a_photo_begins_at_its_place(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "enter", "m")
        await settled(pilot)
        assert world(app).centre == pytest.approx((38.7223, -9.1393))
        assert "Lisbon, Portugal" in lines(app)[-3]
        before = world(app).zoom
        await press(pilot, "plus")
        assert world(app).zoom == before + 1
        await press(pilot, "m")
        assert app.screen is app.screens_by_name["photo"]


async def test_the_list_of_places_is_clicked(app: TaggerApp) -> None:
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot)
        await press(pilot, "0")
        await pilot.click("#cluster-list", offset=(3, 1))
        await settled(pilot)
        assert world(app).cursor == 1


async def test_without_coordinates_it_says_what_to_do(app: TaggerApp, services: Services) -> None:
    Photo.update(latitude=None, longitude=None).execute()
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot)
        assert "No photo says where it was taken" in text(app)
        await press(pilot, "y", "t", "n", "enter")
        assert isinstance(app.screen, MapScreen)


async def test_an_empty_library(empty_app: TaggerApp) -> None:
    async with empty_app.run_test(size=SMALL) as pilot:
        await opened(pilot)
        assert "add a folder" in text(empty_app)


async def test_what_the_cursor_is_on_leaves_the_scale_alone_at_80_columns(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f6", "0")
        await until(pilot, "km")
        assert re.search(r"├─+┤ [\d,]+ km .* photos? · ", text(app))
        assert "to name" in text(app)
