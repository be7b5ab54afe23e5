"""Processor time of the map with many photos: reading, clustering, drawing, and the bytes that a key sends.

`python -m benchmarks.map` takes the large library of benchmarks/big_library.py (100,000 photos, 60 in 100 with
coordinates) and puts the rest on the map too. `--quick` takes 20,000 photos and fewer repetitions.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import RenderableType
from textual._compositor import CompositorUpdate
from textual.screen import Screen

import tui_tagger.app
from benchmarks.big_library import build
from tui_tagger.app import TaggerApp
from tui_tagger.metadata.gazetteer import gazetteer
from tui_tagger.services import Services
from tui_tagger.services.places import Points
from tui_tagger.storage.models import Photo
from tui_tagger.widgets.map_clusters import clustered
from tui_tagger.widgets.map_drawing import backdrop
from tui_tagger.widgets.map_view import LAST_ZOOM, View, view_of
from tui_tagger.widgets.photo_map import PhotoMap
from tui_tagger.widgets.terminal import Terminal

SIZES = ((80, 24), (140, 45), (200, 60))
KEYS = ("n", "n", "N", "plus", "minus", "l", "k", "t")
TERMINAL = Terminal("none", (8, 17), "benchmark", (), in_tmux=False)


def milliseconds(task: Callable[[], object], repeat: int) -> float:
    """The median processor time of a call."""
    times = []
    for _ in range(repeat):
        began = time.process_time()
        task()
        times.append(time.process_time() - began)
    return float(np.median(times)) * 1000


def spread(services: Services) -> None:
    """Gives coordinates to the photos that have none: those of another photo, moved a little."""
    draw, points = np.random.default_rng(0), services.places.points()
    lacking = [photo for (photo,) in Photo.select(Photo.id).where(Photo.latitude.is_null()).tuples()]
    like = draw.integers(len(points), size=len(lacking))
    latitude = np.clip(points.latitude[like] + draw.normal(0, 0.2, len(like)), -90, 90).tolist()
    longitude = ((points.longitude[like] + draw.normal(0, 0.2, len(like)) + 180) % 360 - 180).tolist()
    with services.database.atomic():
        services.database.connection().executemany(
            "UPDATE photo SET latitude = ?, longitude = ? WHERE id = ?", zip(latitude, longitude, lacking, strict=True)
        )


def measure(points: Points, repeat: int) -> None:
    """For each pane and zoom: counting, coasts and borders alone, and everything that a redraw does."""
    named = [place for place in points.place.tolist() if points.names[place]]
    busiest = points.place == np.bincount(named).argmax()
    centre = float(np.median(points.latitude[busiest])), float(np.median(points.longitude[busiest]))
    print(f"{'pane':>8} {'zoom':>5} {'cluster ms':>11} {'coast ms':>9} {'whole ms':>9} {'clusters':>9}")
    for columns, rows in SIZES:
        for zoom in range(0, LAST_ZOOM + 1, 3):
            view = view_of(columns, rows, centre, zoom)
            counting = milliseconds(partial(clustered, points, view), repeat)
            coast = milliseconds(partial(backdrop.__wrapped__, view), repeat)
            drawing = milliseconds(partial(whole, points, view), repeat)
            found = len(clustered(points, view).clusters)
            print(f"{columns}x{rows:<4} {zoom:>5} {counting:>11.1f} {coast:>9.1f} {drawing:>9.1f} {found:>9}")


def whole(points: Points, view: View) -> None:
    backdrop.cache_clear()
    world = PhotoMap()
    world.gazetteer, world.positions = gazetteer(), points
    world.draw(view)


async def keys(services: Services) -> None:
    """Bytes that Textual sends to the terminal after each key, and processor time until it is idle."""
    print(f"{'screen':>8} {'key':>6} {'bytes':>7} {'ms':>7}")
    for size in SIZES:
        app = Counting(services, TERMINAL)
        async with app.run_test(size=size) as pilot:
            await pilot.press("f6")
            await app.workers.wait_for_complete()
            await pilot.pause()
            for name in KEYS:
                app.sent = 0
                began = time.process_time()
                await pilot.press(name)
                await pilot.pause()
                took = (time.process_time() - began) * 1000
                print(f"{size[0]}x{size[1]:<4} {name:>6} {app.sent:>7} {took:>7.0f}")


class Counting(TaggerApp):
    """Counts what would go to a terminal."""

    CSS_PATH = str(Path(tui_tagger.app.__file__).with_name("app.tcss"))
    sent = 0

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if isinstance(renderable, CompositorUpdate):
            self.sent += len(renderable.render_segments(self.console).encode())
        super()._display(screen, renderable)


def again() -> None:
    gazetteer.cache_clear()
    gazetteer()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as folder:
        numbers = {"photos": 20_000, "faces": 40_000} if quick else {}
        services = Services.open(build(Path(folder) / "library.db", **numbers))
        spread(services)
        began = time.process_time()
        points = services.places.points()
        print(f"{len(points):,} photos read in {(time.process_time() - began) * 1000:.0f} ms of processor time;")
        print(f"asked again, nothing changed: {milliseconds(services.places.points, 5):.1f} ms")
        print(f"names of places, once: {milliseconds(again, 1):.0f} ms")
        measure(points, 3 if quick else 9)
        asyncio.run(keys(services))
        services.close()


if __name__ == "__main__":
    main()
