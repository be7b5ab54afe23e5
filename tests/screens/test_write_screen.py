from __future__ import annotations

import threading
from pathlib import Path

from tests.screens.screen_text import SMALL, footer, press, settled, text, until
from tui_tagger.app import TaggerApp
from tui_tagger.metadata.exif import read_info
from tui_tagger.screens.write import WriteScreen
from tui_tagger.services import Services
from tui_tagger.services.listing import unwritten
from tui_tagger.storage.models import Person, Photo

HOSTILE = "[red]/[b]\x1b[31m ;|\u202e" + "x" * 300


def files(services: Services) -> dict[Path, bytes]:
    return {photo.path: photo.path.read_bytes() for photo in Photo.select()}


async def test_the_default_is_no(app: TaggerApp, services: Services) -> None:
    before = files(services)
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "w")
        await until(pilot, "Write?")
        await press(pilot, "enter")
        assert not isinstance(app.screen, WriteScreen)
    assert files(services) == before


async def test_descriptions_are_shown_before_they_are_written(app: TaggerApp, services: Services) -> None:
    Photo.update(description="A human's words").where(Photo.name == "party [1].jpg").execute()
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "w")
        await until(pilot, "+Anna Rossi")
        assert "Lisbon" not in text(app)
        await press(pilot, "d")
        await until(pilot, "2 descriptions")
        assert "Write?" in text(app)
        await until(pilot, 'description: "Anna Rossi, Lisbon, 1 July 2019"')
        assert "no descriptions" in footer(app)
        await press(pilot, "G")
        await until(pilot, 'description: "Clara Ek, 3 July 2019"')
        await press(pilot, "y")
        await until(pilot, "3 written")
    told = {photo.name: read_info(photo.path).description for photo in Photo.select()}
    assert {name: text for name, text in told.items() if text} == {
        "party [0].jpg": "Anna Rossi, Lisbon, 1 July 2019",
        "party [2].jpg": "Clara Ek, 3 July 2019",
    }


async def test_the_template_can_be_changed_and_unknown_fields_are_told(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "w", "t", "ctrl+u")
        await press(pilot, *"{poeple}", "enter")
        await until(pilot, "Did you mean {people}?")
        await press(pilot, "t", "ctrl+u", *"With {people}", "enter")
        await until(pilot, '"With Anna Rossi"')
    assert services.tagging.template() == "With {people}"


async def test_hostile_names_and_reasons_are_shown_as_text(app: TaggerApp, services: Services) -> None:
    Person.update(name=HOSTILE).where(Person.name == "Anna Rossi").execute()
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "w")
        await until(pilot, "+[red]/[b] [31m")
        assert "\x1b[31m" not in text(app)
        assert "gThumb" in text(app) or "Windows" in text(app)
        await press(pilot, "y")
        await until(pilot, "3 written")
        await until(pilot, "+[red]/[b] [31m")


async def test_what_cannot_be_written_says_why_and_the_rest_is_written(app: TaggerApp, services: Services) -> None:
    next(path for path in files(services) if path.name == "party [0].jpg").write_bytes(b"\xff\xd8\xffbroken")
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "w")
        await until(pilot, "! not")
        await until(pilot, "1 not possible")
        await press(pilot, "d", "y")
        await until(pilot, "2 written, 1 refused")
        await until(pilot, "! refused")
    assert len(unwritten()) == 1


async def test_a_write_that_was_stopped_is_offered_again(app: TaggerApp, services: Services) -> None:
    services.tagging.write(progress=lambda done, _total: done < 2)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, "A write was stopped: 1 of 3 photos not written yet. Go on?")
        await press(pilot, "y")
        await until(pilot, "1 file, 0 sidecars")
        assert "+Clara Ek" in text(app)


async def test_only_what_the_filter_leaves_is_written(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "w")
        await until(pilot, "+Anna Rossi")
        await press(pilot, "slash", *"bo l", "enter")
        await until(pilot, "1 file,")
        assert "Anna Rossi" not in text(app)
        await press(pilot, "y")
        await until(pilot, "1 written")
        assert services.library.counts().unwritten == 2


async def test_a_write_can_be_stopped_and_is_offered_again(app: TaggerApp, services: Services) -> None:
    gate, original = threading.Event(), services.tagging.write

    def held(*arguments: object, **options: object) -> object:
        gate.wait(10)
        return original(*arguments, **options)  # type: ignore[arg-type]

    services.tagging.write = held  # type: ignore[method-assign, assignment]
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "w")
        await until(pilot, "+Anna Rossi")
        await pilot.press("y")
        await pilot.pause()
        assert "Writing ..." in text(app)
        await pilot.press("C")
        gate.set()
        await settled(pilot)
        await until(pilot, "Writing stopped after 1 photo;")
    again = TaggerApp(services, app.terminal)
    async with again.run_test(size=SMALL) as pilot:
        await until(pilot, "A write was stopped: 2 of 3 photos not written yet. Go on?")
        await pilot.press("y")
        await until(pilot, "+Bo Lind")
        assert isinstance(again.screen, WriteScreen)
    declined = TaggerApp(services, app.terminal)
    async with declined.run_test(size=SMALL) as pilot:
        await until(pilot, "Go on?")
        await press(pilot, "n")
    assert services.tagging.unfinished() is None
