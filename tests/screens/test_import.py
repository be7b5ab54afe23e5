"""Names of other programs, taken in by the worker process: shown in the job bar, one step for undo."""

from __future__ import annotations

from tests.screens.screen_text import SMALL, press, text, until
from tui_tagger.app import TaggerApp
from tui_tagger.metadata import writer
from tui_tagger.metadata.planning import WriteRequest
from tui_tagger.metadata.regions import NamedRegion
from tui_tagger.services import Services
from tui_tagger.services.library import all_faces
from tui_tagger.services.views import FaceState, PhotoStatus
from tui_tagger.storage.models import Job, Photo


async def test_names_in_the_files_are_taken_in_and_given_back(app: TaggerApp, services: Services) -> None:
    waiting = next(face for face in all_faces() if face.state is not FaceState.CONFIRMED and face.box is not None)
    region = NamedRegion("Dora Maar", waiting.box)
    writer.apply(writer.plan(WriteRequest(waiting.photo_path, (region,)), "file"), lambda record: None)
    broken = next(photo for photo in Photo.select() if photo.path != waiting.photo_path)
    Photo.update(status=PhotoStatus.FAILED, failure="it is broken").where(Photo.id == broken.id).execute()
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "colon", *"import names", "enter")
        assert "Reading names" in text(app)
        await until(pilot, "1 face named by other programs in 1 photo; u undoes")
        assert "F lists 1 unreadable" in text(app)
        assert services.people.find("Dora Maar")
        await press(pilot, "u")
        await until(pilot, "Undone: imported 1 face of 1 person")
    assert [row.kind for row in Job.select()] == ["import"]
    assert next(face for face in all_faces() if face.id == waiting.id).person != "Dora Maar"
