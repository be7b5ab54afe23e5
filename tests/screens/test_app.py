"""The app as a whole: help, palette, history, writing, errors, jobs, and what it does not load."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from textual.binding import Binding

from tests.screens.conftest import TERMINAL
from tests.screens.screen_text import SMALL, footer, lines, press, settled, text, until
from tui_tagger.app import SCREENS, TaggerApp
from tui_tagger.errors import PhotoError
from tui_tagger.faces import weights
from tui_tagger.metadata.exif import read_entries
from tui_tagger.screens.search import SearchScreen
from tui_tagger.screens.write import WriteScreen
from tui_tagger.services import Services
from tui_tagger.services.models import OFFERED
from tui_tagger.services.recognition import current_model
from tui_tagger.services.views import JobState, JobView
from tui_tagger.storage.database import store_setting
from tui_tagger.widgets.box_drawing import BoxDrawing
from tui_tagger.widgets.face_grid import FaceGrid
from tui_tagger.widgets.job_bar import job_line, job_state
from tui_tagger.widgets.name_field import NameField
from tui_tagger.widgets.row_list import RowList
from tui_tagger.widgets.status import Question

HEAVY = ("torch", "facenet_pytorch", "sklearn")


def test_opening_the_app_loads_no_model_library() -> None:
    code = f"import sys, tui_tagger.app; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "owner", [TaggerApp, *SCREENS, RowList, FaceGrid, NameField, BoxDrawing, Question, SearchScreen]
)
def test_every_key_has_an_id_a_label_and_a_sentence(owner: type) -> None:
    bindings = list(Binding.make_bindings(owner.__dict__.get("BINDINGS", [])))
    assert all(binding.id and binding.description and binding.tooltip for binding in bindings)
    assert all(binding.tooltip[0].isupper() and not binding.tooltip.endswith(".") for binding in bindings)
    keys = Counter(binding.key for binding in bindings)
    assert not [key for key, count in keys.items() if count > 1]


async def test_help_has_the_current_screen_first_and_can_be_searched(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "question_mark")
        assert "Here: Review" in lines(app)[2]
        await press(pilot, *"stranger")
        assert "Ignore this stranger" in text(app)
        assert "Go to Library" not in text(app)
        await press(pilot, "escape")
        assert app.screen is app.screens_by_name["review"]


async def test_the_palette_offers_what_works_and_runs_it(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t", "colon")
        assert "jobs: Cancel" not in text(app)
        await press(pilot, *"ignore this", "enter")
        assert len(services.review.queue()) == 8
        await press(pilot, "f2", "ctrl+p", *"sort by name", "enter")
        assert "by name" in lines(app)[0]


async def test_palette_titles_are_area_and_sentence(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f4", "colon")
        assert isinstance(app.screen, SearchScreen)
        for entry in app.screen.entries:
            area, _, sentence = entry.text.partition(": ")
            assert area.islower()
            assert sentence[0].isupper()


async def test_the_history_lists_decisions(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f5", "t", "enter", "u", "H")
        assert "(undone) 1 face: Anna Rossi" in text(app)


async def test_writing_shows_a_preview_and_defaults_to_no(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "w")
        await until(pilot, "+Anna Rossi")
        assert "3 files" in text(app)
        await press(pilot, "enter")
        assert app.screen is app.screens_by_name["library"]
        assert services.library.counts().unwritten == 3


async def test_writing_tells_the_result_of_each_file_and_can_be_undone(app: TaggerApp, services: Services) -> None:
    path = services.library.photo(services.library.photo_ids()[0]).row.path
    before = path.read_bytes()
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "w")
        await until(pilot, "+Anna Rossi")
        await press(pilot, "y")
        await until(pilot, "3 written")
        assert "✓ written" in text(app)
        assert any("Anna Rossi" in entry.value for entry in read_entries(path))
        assert services.library.counts().unwritten == 0
        await press(pilot, "u")
        assert path.read_bytes() == before
        assert services.library.counts().unwritten == 3


async def test_only_marked_photos_are_written(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "j", "space")
        assert "write 1" in footer(app)
        await press(pilot, "w")
        await until(pilot, "+Bo Lind")
        assert isinstance(app.screen, WriteScreen)
        assert "Anna Rossi" not in text(app)


async def test_nothing_to_write_says_so(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "G", "enter", "w")
        await until(pilot, "Nothing to write")


async def test_an_error_is_told_with_its_hint(
    app: TaggerApp, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise PhotoError("The disk is gone", "Plug it in.")

    monkeypatch.setattr(services.review, "undo", fails)
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "u")
        assert "The disk is gone Plug it in." in text(app)


async def test_the_first_start_tells_of_a_better_model(app: TaggerApp) -> None:
    store_setting(OFFERED, False)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        assert "FaceNet tells faces apart better" in text(app)


async def test_screens_are_a_stack_that_q_goes_down(app: TaggerApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "f3", "f4", "f5", "q", "q")
        assert app.screen is app.screens_by_name["photo"]
        await press(pilot, "f5", "f2")
        assert app.screen is app.screens_by_name["library"]
        await press(pilot, "f5", "escape", "f5")
        assert app.screen is app.screens_by_name["review"]
        await press(pilot, "q", "q")
        assert not app.is_running


async def test_going_back_ends_where_one_came_from(app: TaggerApp, services: Services) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "enter", "f5", "o")
        assert app.photo_id == services.review.item(services.review.queue()[0]).face.photo_id
        await press(pilot, "escape")
        assert app.screen is app.screens_by_name["review"]


async def test_leaving_while_a_job_runs_asks(
    app: TaggerApp, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(services.jobs), "busy", True)
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "q")
        assert "Quit?" in text(app)
        await press(pilot, "enter")
        assert app.is_running
        await press(pilot, "q", "y")
        assert not app.is_running


async def test_a_new_folder_is_scanned_by_itself(empty_services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(empty_services.jobs, "scan", asked.append)
    folders = (Path("/nowhere"),)
    app = TaggerApp(empty_services, TERMINAL, folders)
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        assert asked == [folders]


async def test_faces_without_an_embedding_are_embedded_by_itself(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(services.jobs, "embed", lambda: asked.append(current_model()))
    async with TaggerApp(services, TERMINAL).run_test(size=SMALL) as pilot:
        await settled(pilot)
        assert asked == []
    monkeypatch.setattr(weights, "COMPACT_ID", "compact-99")
    async with TaggerApp(services, TERMINAL).run_test(size=SMALL) as pilot:
        await settled(pilot)
        assert asked == ["compact-99"]
        assert "gave way to compact-99" in text(pilot.app)
        await press(pilot, "f5", "i", "u")
        assert text(pilot.app).count("Undone") == 1


async def test_the_palette_changes_the_model(
    app: TaggerApp, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(services.jobs, "embed", lambda: asked.append(current_model()))
    async with app.run_test(size=SMALL) as pilot:
        await press(pilot, "colon", *"models")
        assert "models: Use" not in text(app)
        await press(pilot, "escape")
        monkeypatch.setattr(weights, "installed_path", lambda *_: tmp_path / "weights.pt")
        await press(pilot, "colon", *"use facenet", "enter")
        assert asked == [current_model()] == [weights.FACENET_ID]
        assert "FaceNet is in use" in text(app)
        await press(pilot, "f5", "i", "f2", "colon", *"use compact", "enter")
        assert asked[-1] == weights.COMPACT_ID


def test_the_job_bar_says_how_far_and_how_long() -> None:
    job = JobView(1, "Scanning Pictures", JobState.RUNNING, 140, 340, (), 12.5, 16.0)
    line = job_line(job, "P pause  C cancel", 80).plain
    assert "Scanning Pictures" in line
    assert "140 of 340 · 12.5/s · 0:16 left" in line
    assert line.rstrip().endswith("P pause  C cancel")
    assert len(line) <= 80
    assert job_state(job) == "scanning 41 %"


@pytest.mark.parametrize("width", [80, 120])
def test_a_long_title_gives_way(width: int) -> None:
    job = JobView(1, "Scanning " + "x" * 90, JobState.PAUSED, 1_400, 100_000, (), 12.5, 16.0)
    assert len(job_line(job, "P pause  C cancel", width).plain) <= width


async def test_news_that_come_before_a_new_screen_is_there_wait_for_it(app: TaggerApp) -> None:
    """A job's report may come between opening a screen and its widgets."""
    async with app.run_test(size=SMALL) as pilot:
        for name in ("review", "photo", "people", "map"):
            app.go(name)
            app.data_changed()
        app.show_writes(())
        app.data_changed()
        app.draw_bars()
        await settled(pilot)
        await until(pilot, "Nothing to write")
        assert "Write" in lines(app)[0]


async def test_reports_that_come_while_the_app_closes_are_not_shown(
    app: TaggerApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When an app closes, the widgets go first, and the timers that look for reports last."""
    close = app._close_all

    async def close_in_order() -> None:
        for screen in app.screen_stack:
            await app._prune(*screen.children)
        app.data_changed()
        app.draw_bars()
        app.tell("Too late")
        await close()

    monkeypatch.setattr(app, "_close_all", close_in_order)
    async with app.run_test(size=SMALL):
        pass
