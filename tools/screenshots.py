"""The screenshots of README.md and docs/: the real app on the demo's library, as SVG.

    python -m tools.screenshots [--library DIR] [--to docs/images]

Draws and scans the demo's photos (some minutes), confirms two faces of everybody, and takes each picture of SCENES.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from tui_tagger.app import TaggerApp
from tui_tagger.demo.library import load_ground_truth, make_library
from tui_tagger.services import Services
from tui_tagger.services.rehearsal import confirm_up_to, match
from tui_tagger.widgets.terminal import Terminal

SIZE = (112, 34)
CONFIRMED = 2  # faces of each person
TERMINAL = Terminal("halfcell", (8, 17), "screenshots", (), in_tmux=False)


@dataclass(frozen=True)
class Scene:
    """A picture: its file's name, and the keys that lead there from the start."""

    name: str
    keys: tuple[str, ...]


SCENES = (
    Scene("library", ("j", "j")),
    Scene("photo", ("enter",)),
    Scene("review", ("f5",)),
    Scene("people", ("f4",)),
    Scene("map", ("f6",)),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--library", type=Path, help="of the demo; made and scanned where it is not there")
    parser.add_argument("--to", type=Path, default=Path("docs/images"))
    given = parser.parse_args()
    given.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        folder = (given.library or Path(home) / "Pictures").absolute()
        os.environ["HOME"] = str(folder.parent)  # the paths on the pictures begin with ~
        services = Services.open(folder / "library.db")
        try:
            prepare(services, folder)
            for scene in SCENES:
                (given.to / f"{scene.name}.svg").write_text(asyncio.run(picture(services, scene)), encoding="utf-8")
        finally:
            services.close()


def prepare(services: Services, folder: Path) -> None:
    """The demo's photos, scanned, with some faces of everybody confirmed."""
    make_library(folder)
    services.jobs.scan([folder])
    while services.jobs.busy:
        services.jobs.wait(0.5)
    confirm_up_to(CONFIRMED, match(folder, load_ground_truth(folder)).names, services.review)
    services.recognition.update()


async def picture(services: Services, scene: Scene) -> str:
    app = TaggerApp(services, TERMINAL)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        for key in scene.keys:
            await pilot.press(key)
            await settled(pilot)
        return app.export_screenshot(title="tui-tagger")


async def settled(pilot: Pilot[None]) -> None:
    """Until pictures are decoded and drawn."""
    wait: Callable[[], Awaitable[None]] = pilot.app.workers.wait_for_complete
    for _ in range(3):
        await wait()
        await pilot.pause(0.2)


if __name__ == "__main__":
    main()
