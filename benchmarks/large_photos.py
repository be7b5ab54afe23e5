"""Photos of 12 megapixels for benchmarks of scanning: faces of many sizes, several in a photo, some photos without.

Put together from photos of people, or, where there are none at hand, from the drawings of the demo. Enlarging leaves no
fine detail, so grain is added: a JPEG of quality 90 is then about as large as a camera's, and as slow to decode.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from tui_tagger.demo.library import make_library
from tui_tagger.demo.scenes import SCENES, draw_scene

PEOPLE = Path(__file__).resolve().parents[2] / "shared" / "data" / "people"
SIZE = (4000, 3000)
QUALITY = 90
GRAIN = 4.5  # standard deviation, of 255
DRAWN = 24  # photos of the demo that serve where there is no folder of people
CROWD = "solvay1927.jpg"  # 29 faces: only photos of its own kind are made of it
KINDS = ("one", "two", "nobody", "four", "one", "nobody", "two", "crowd")  # in turn


@dataclass(frozen=True)
class Sources:
    """The pictures that are put together, and those of very many people."""

    pictures: Sequence[Image.Image]
    crowds: Sequence[Image.Image]

    @classmethod
    def load(cls, people: Path, scratch: Path) -> Sources:
        """The photos of `people`, or drawn ones where there is no such folder."""
        if not people.is_dir():
            people = scratch / "drawn"
            make_library(people, photos=DRAWN)
        found = dict(_opened(people))
        pictures = [picture for name, picture in found.items() if name != CROWD]
        return cls(pictures, [found[CROWD]] if CROWD in found else pictures)


def _opened(folder: Path) -> Iterator[tuple[str, Image.Image]]:
    for path in sorted(folder.rglob("*.jpg")):
        with suppress(OSError):  # the demo has a damaged one
            yield path.name, ImageOps.exif_transpose(Image.open(path)).convert("RGB")


def make_photos(folder: Path, count: int, made_of: Sources, seed: int = 1) -> list[Path]:
    """Makes `count` photos in `folder`, the same for the same seed."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        kind = KINDS[number % len(KINDS)]
        path = folder / f"{number:04}-{kind}.jpg"
        _with_grain(compose(kind, made_of, rng), rng).save(path, quality=QUALITY)
        made.append(path)
    return made


def compose(kind: str, made_of: Sources, rng: np.random.Generator) -> Image.Image:
    """One photo: a picture that fills it, four side by side, two smaller ones on a scene, a crowd, or nobody."""
    match kind:
        case "one":
            return _tiled(1, made_of.pictures, rng)
        case "four":
            return _tiled(2, made_of.pictures, rng)
        case "crowd":
            return _tiled(1, made_of.crowds, rng)
    canvas = draw_scene(str(rng.choice(sorted(SCENES))), SIZE, rng)
    if kind == "two":
        for place, size in enumerate(((900, 900), (1500, 1500))):
            picture = ImageOps.contain(_some(made_of.pictures, rng), size)
            left = place * SIZE[0] // 2 + int(rng.integers(0, SIZE[0] // 2 - picture.width))
            canvas.paste(picture, (left, int(rng.integers(0, SIZE[1] - picture.height))))
    return canvas


def _tiled(across: int, pictures: Sequence[Image.Image], rng: np.random.Generator) -> Image.Image:
    canvas, size = Image.new("RGB", SIZE), (SIZE[0] // across, SIZE[1] // across)
    for place in range(across * across):
        picture = ImageOps.fit(_some(pictures, rng), size, Image.Resampling.BICUBIC, centering=(0.5, 0.3))
        canvas.paste(picture, (place % across * size[0], place // across * size[1]))
    return canvas


def _some(pictures: Sequence[Image.Image], rng: np.random.Generator) -> Image.Image:
    picture = pictures[int(rng.integers(len(pictures)))]
    return ImageOps.mirror(picture) if rng.random() < 0.5 else picture


def _with_grain(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    grain = rng.standard_normal((image.height, image.width), np.float32) * GRAIN
    values = np.asarray(image, np.float32) + grain[..., None]
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
