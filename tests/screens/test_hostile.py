"""Names, paths and tags made to steer a terminal or to break markup are shown, and do nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.screens.conftest import TERMINAL
from tests.screens.screen_text import LARGE, SMALL, lines, press, settled, text
from tests.screens.small_library import ANNA, DIMENSIONS, confirm, draw_photo, store_face, store_photo
from tui_tagger.app import TaggerApp
from tui_tagger.metadata.writer import exif_bytes
from tui_tagger.services import Services
from tui_tagger.storage.models import Photo

ESCAPE = "\x1b]0;gone\x07\x1b[2J\x9b31m"
TURNED = "\u202egnp.live"
MARKUP = "[/bold][red]{x} [@click=app.quit]"


@pytest.fixture
def hostile(empty_services: Services, tmp_path: Path) -> Services:
    """Four photos with hostile names and tags; each shows a person with a hostile name, and one more face waits."""
    draw = np.random.default_rng(0)
    names = (f"a{ESCAPE}.jpg", f"b{TURNED}.jpg", "c[red].jpg", "d\nnext.jpg")
    people = (f"A{ESCAPE}", f"B{TURNED}", f"C{MARKUP}", "D" + "x" * 100_000)
    folder = tmp_path / f"folder{ESCAPE}"
    folder.mkdir()
    for number, (name, person) in enumerate(zip(names, people, strict=True)):
        boxes = draw_photo(folder / name, (ANNA, ANNA), shade=40 * number)
        with Image.open(folder / name) as image:
            block = exif_bytes(model=f"{ESCAPE}{MARKUP}", description=f"{TURNED}\r\n{MARKUP}" * 1_000)
            image.save(folder / name, quality=85, exif=block)
        photo = store_photo(folder / name, number)
        Photo.update(place=f"P{ESCAPE}{MARKUP}", camera=MARKUP, description=f"{MARKUP}{ESCAPE}").where(
            Photo.id == photo.id
        ).execute()
        first, second = (store_face(photo, box, ANNA.vector(DIMENSIONS, draw)) for box in boxes)
        confirm(first, person)
        assert second.state == "unknown"
    empty_services.recognition.update()
    return empty_services


def assert_harmless(app: TaggerApp, size: tuple[int, int]) -> None:
    shown = text(app).replace("\n", "")
    wrong = {each for each in shown if not each.isprintable() and each != "\u200d"}
    assert not wrong
    assert len(lines(app)) == size[1]


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_every_screen_shows_hostile_text_harmlessly(hostile: Services, size: tuple[int, int]) -> None:
    app = TaggerApp(hostile, TERMINAL)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        assert "c[red].jpg" in text(app)
        assert "a␛]0;gone␇␛[2J" in text(app)
        assert_harmless(app, size)
        for keys in (["tab"], ["tab", "j", "j", "enter"], ["escape", "f4"], ["enter"], ["escape", "j", "j", "enter"]):
            await press(pilot, *keys)
            assert_harmless(app, size)
        for key in ("f5", "f6", "f3", "question_mark"):
            await press(pilot, key)
            assert_harmless(app, size)
        assert app.is_running


async def test_the_exif_table_shows_hostile_tags_as_text(hostile: Services) -> None:
    app = TaggerApp(hostile, TERMINAL)
    async with app.run_test(size=LARGE) as pilot:
        await press(pilot, "enter")
        await press(pilot, "tab")
        await press(pilot, "slash", *"model", "enter")
        assert_harmless(app, LARGE)
        entries = {entry.name: entry.value for entry in hostile.library.entries(1)}
        assert entries["Model"].startswith("␛]0;gone␇␛[2J")
        assert MARKUP in entries["Model"]
        assert app.is_running


async def test_the_people_list_shows_markup_as_it_is(hostile: Services) -> None:
    app = TaggerApp(hostile, TERMINAL)
    async with app.run_test(size=LARGE) as pilot:
        await press(pilot, "f4")
        shown = text(app)
        assert "C[/bold][red]{x}" in shown
        assert "A␛]0;gone␇" in shown
        assert "xxxx…" in shown
