"""Processor time until a photo's pixels are there: decoded from its file, and from the previews kept on disk.

`python -m benchmarks.previews` draws photos of 12 and 24 megapixels. `--quick` takes one photo of each.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from tui_tagger.imaging import load_upright
from tui_tagger.services.previews import Previews
from tui_tagger.storage.models import Photo

SIZES = ((4000, 3000), (6000, 4000))
SIDES = (600, 1200, 2400)  # pixels: a pane at 80x24, at 140x45, and at 200x60 with large cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    repeat = 1 if parser.parse_args().quick else 5
    print(f"{'photo':>10} {'wanted':>7} {'file ms':>8} {'first ms':>9} {'again ms':>9} {'kept kB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            photos = [drawn(Path(folder) / f"{size[0]}-{number}.jpg", size, number) for number in range(repeat)]
            for side in SIDES:
                print(row(size, side, photos, Previews(Path(folder) / f"{size[0]}-{side}")))


def row(size: tuple[int, int], side: int, photos: list[Photo], previews: Previews) -> str:
    direct = [milliseconds(lambda photo=photo: load_upright(photo.path, side)) for photo in photos]
    first = [milliseconds(lambda photo=photo: previews.picture(photo, side)) for photo in photos]
    again = [milliseconds(lambda photo=photo: previews.picture(photo, side)) for photo in photos]
    kept = sum(path.stat().st_size for path in previews.folder.iterdir()) / len(photos) / 1000
    times = " ".join(f"{np.median(each):>{width}.0f}" for each, width in ((direct, 8), (first, 9), (again, 9)))
    return f"{size[0]}x{size[1]:<5} {side:>7} {times} {kept:>8.0f}"


def milliseconds(task: object) -> float:
    assert callable(task)
    began = time.process_time()
    task()
    return (time.process_time() - began) * 1000


def drawn(path: Path, size: tuple[int, int], seed: int) -> Photo:
    """A photo as hard to decode as a real one: soft shapes with noise, about 0.4 bytes a pixel."""
    draw = np.random.default_rng(seed)
    small = Image.fromarray(draw.integers(0, 256, (30, 40, 3), np.uint8))
    pixels = np.asarray(small.resize(size, Image.Resampling.BICUBIC), np.float32)
    pixels = pixels + draw.normal(0, 6, (*pixels.shape[:2], 1)).astype(np.float32)
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path, quality=90)
    told = path.stat()
    return Photo(
        path=path,
        size=told.st_size,
        mtime_ns=told.st_mtime_ns,
        image_hash=f"{seed:064}",
        width=size[0],
        height=size[1],
        orientation=1,
    )


if __name__ == "__main__":
    main()
