"""What is to be read on the screen, and how to wait for it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from textual.app import App
from textual.pilot import Pilot
from textual.worker import WorkerCancelled, WorkerFailed

SMALL, LARGE = (80, 24), (120, 40)
PATIENCE = 100  # rounds of 0.05 s


def lines(app: App[None]) -> list[str]:
    """The screen row by row."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


def text(app: App[None]) -> str:
    return "\n".join(lines(app))


def footer(app: App[None]) -> str:
    return lines(app)[-1]


async def settled(pilot: Pilot[None]) -> None:
    """Until threads and timers have nothing more to draw."""
    for worker in list(pilot.app.workers):
        with suppress(WorkerCancelled, WorkerFailed):  # a newer one took its place; the app tells of a failure
            await worker.wait()
    for _ in range(3):  # a key goes from the app to a widget, to its screen, and back to the app
        await _caught_up(pilot.app)
    await pilot.pause()
    await pilot.pause()


async def _caught_up(app: App[None]) -> None:
    """Until app and screen have handled what was sent to them: a pause ends early where the machine is busy."""
    for node in (app, app.screen):
        done = asyncio.Event()
        if node.call_later(done.set):
            with suppress(TimeoutError):  # an app that ends handles nothing more
                await asyncio.wait_for(done.wait(), 2)


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await settled(pilot)


async def until(pilot: Pilot[None], words: str) -> None:
    """Waits until the words are on the screen; fails with the screen otherwise."""
    for _ in range(PATIENCE):
        if words in text(pilot.app):
            return
        await pilot.pause(0.05)
    raise AssertionError(f"{words!r} did not appear:\n{text(pilot.app)}")
