"""What the settings file says of the screens is how they open."""

from __future__ import annotations

from pathlib import Path

from tests.screens.conftest import TERMINAL
from tests.screens.screen_text import SMALL, footer, lines, press, settled, text, until
from tui_tagger.app import TaggerApp
from tui_tagger.services import Services
from tui_tagger.settings import parse
from tui_tagger.widgets.face_grid import FaceGrid
from tui_tagger.widgets.photo_map import PhotoMap


def started(services: Services, text_of_file: str) -> TaggerApp:
    return TaggerApp(services, TERMINAL, settings=parse(text_of_file, Path("settings.toml")))


async def test_library_opens_sorted_and_as_a_grid(services: Services) -> None:
    app = started(services, '[library]\nsort = "name"\nreversed = true\nview = "grid"')
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        assert "by name, reversed" in lines(app)[0]
        assert app.screen.query_one(FaceGrid).display


async def test_review_asks_in_the_order_of_the_settings(services: Services) -> None:
    oldest = services.review.queue()
    dates = {face: services.review.item(face).taken_at for face in oldest}
    app = started(services, '[review]\norder = "newest"')
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5")
        asked = [dates[face] for face in services.review.queue()]
        assert asked == sorted(asked, reverse=True, key=str)
        assert asked[0] != min(dates.values(), key=str)


async def test_single_faces_where_groups_are_not_wanted(services: Services) -> None:
    app = started(services, "[review]\ngroups = false")
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5")
        assert "1/9" in footer(app)


async def test_map_opens_where_the_settings_say(services: Services) -> None:
    for place, zoom, position in [("Oslo", 7, (59.9, 10.7)), ("38.72, -9.14", -1, (38.72, -9.14))]:
        app = started(services, f'[map]\nplace = "{place}"\nzoom = {zoom}')
        async with app.run_test(size=SMALL) as pilot:
            await press(pilot, "f6")
            await until(pilot, f"zoom {zoom if zoom >= 0 else 9}/12")
            world = app.screen.query_one(PhotoMap)
            assert all(abs(a - b) < 0.2 for a, b in zip(world.centre, position, strict=True))


async def test_a_place_that_nobody_knows_is_told(services: Services) -> None:
    app = started(services, '[map]\nplace = "Nirgendwoheim"')
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f6")
        await until(pilot, "'Nirgendwoheim' is no place that is known")


async def test_names_go_where_the_settings_say(services: Services) -> None:
    app = started(services, '[write]\ntarget = "sidecar"\ndescribe = true')
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "w")
        await until(pilot, "0 files, 3 sidecars")
        assert "descriptions" in text(app)
        await press(pilot, "y")
        await until(pilot, "3 sidecar.")
    folder = services.library.photo(services.library.photo_ids()[0]).row.path.parent
    assert len(list(folder.glob("*.xmp"))) == 3
