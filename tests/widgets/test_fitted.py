"""Rows that were filled before they had a size are drawn for the size that they get."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.content import Content

from tests.screens.screen_text import lines
from tui_tagger.services.views import JobState, JobView
from tui_tagger.widgets.fitted import Fitted
from tui_tagger.widgets.hints import Hint, HintBar
from tui_tagger.widgets.job_bar import JobBar

HINTS = [Hint(key, f"does {key}", key) for key in "abcdef"]
JOB = JobView(1, "Scanning Pictures", JobState.RUNNING, 0, 0, (), 0.0, None)


class Rows(App[None]):
    """Fills its rows as soon as they are made."""

    CSS = "Fitted { height: auto; } HintBar, JobBar { height: 1; }"

    def compose(self) -> ComposeResult:
        self.tall = Fitted(lambda width: Content(f"one\n{width} wide\nthree"))
        hints, job = HintBar(), JobBar()
        hints.show(HINTS, "1/2")
        job.show(JOB, "P pause")
        yield from (self.tall, hints, job)


async def test_what_was_shown_before_the_layout_is_whole() -> None:
    app = Rows()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert [line.strip() for line in lines(app)[:3]] == ["one", "80 wide", "three"]
        assert all(f"{key} does {key}" in lines(app)[3] for key in "abcdef")
        assert lines(app)[3].endswith("1/2 ")
        assert "Scanning Pictures" in lines(app)[4]


async def test_another_width_is_another_text() -> None:
    app = Rows()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.resize_terminal(40, 24)
        await pilot.pause()
        assert lines(app)[1].strip() == "40 wide"
        assert "f does f" not in lines(app)[3]
        app.tall.fit(lambda width: Content(f"{width}"))
        await pilot.pause()
        assert "a does a" in lines(app)[1]
