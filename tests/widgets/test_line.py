"""The line's speed, from answers of a terminal whose time is ours."""

from __future__ import annotations

import asyncio

import pytest

from tui_tagger.widgets.line import ASK, LEAST, MOST, PATIENCE, TMUX_LIMIT, Line


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def line(round_trip: float = 0.05, fixed: int = 0, in_tmux: bool = False) -> tuple[Line, Clock, list[str]]:
    clock, written = Clock(), list[str]()

    def write(text: str) -> bool:
        written.append(text)
        return True

    return Line(write, round_trip, fixed, in_tmux, clock), clock, written


def picture(on: Line, clock: Clock, size: int, seconds: float) -> None:
    on.sent(size)
    clock.now += seconds
    on.answered()


@pytest.mark.parametrize(
    ("rate", "budget"), [(10_000, LEAST), (100_000, 60_000), (200_000, 120_000), (5_000_000, MOST)]
)
def test_the_budget_is_what_the_line_takes_in_a_moment(rate: int, budget: int) -> None:
    measured, clock, _ = line()
    picture(measured, clock, 100_000, 100_000 / rate + 0.05)
    assert measured.rate == pytest.approx(rate)
    assert measured.budget == pytest.approx(budget)


def test_nothing_is_guessed_before_a_picture_was_sent() -> None:
    measured, clock, _ = line()
    picture(measured, clock, 200, 3.0)
    assert measured.rate is None
    assert measured.budget == MOST


def test_one_slow_picture_does_not_decide() -> None:
    measured, clock, _ = line()
    for seconds in (0.1, 4.0, 0.1):
        picture(measured, clock, 100_000, seconds)
    assert measured.budget == MOST


def test_one_question_at_a_time_and_an_answer_without_a_question_is_nothing() -> None:
    measured, clock, written = line()
    measured.answered()
    measured.sent(50_000)
    measured.sent(50_000)
    assert written == [ASK]
    clock.now += 0.55
    measured.answered()
    measured.answered()
    assert measured.rate == pytest.approx(100_000)


def test_a_terminal_that_never_answers_is_asked_no_more() -> None:
    measured, clock, written = line()
    measured.sent(50_000)
    clock.now += PATIENCE + 1
    measured.sent(50_000)
    measured.sent(50_000)
    assert written == [ASK]
    assert measured.budget == MOST


def test_tmux_is_not_asked_and_has_a_limit_that_no_setting_lifts() -> None:
    measured, _clock, written = line(in_tmux=True, fixed=3_000_000)
    measured.sent(50_000)
    assert not written
    assert measured.budget == TMUX_LIMIT
    assert line(fixed=3_000_000)[0].budget == 3_000_000


async def test_waiting_ends_with_the_answer_or_the_time() -> None:
    measured, _clock, _ = line()
    await measured.clear(10)
    measured.sent(50_000)
    await measured.clear(0.01)
    waiting = asyncio.create_task(measured.clear(10))
    await asyncio.sleep(0)
    assert not waiting.done()
    measured.answered()
    await waiting
