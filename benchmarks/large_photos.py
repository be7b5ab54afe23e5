"""Photos of 12 megapixels for benchmarks of scanning: faces of many sizes, several in a photo, some photos without.

Put together from photos of people, or, where there are none at hand, from the drawings of the demo. Enlarging leaves no
fine detail, so grain is added: a JPEG of quality 90 is then about as large as a camera's, and as slow to decode.

known_faces.json holds the faces of the photos of people (left, top, width, height): dlib's annotated 43, and those that
MTCNN finds at each of three sizes with a score over 0.99. All 97 were looked at: each is a face. What else MTCNN found
was looked at too: no faces but half a one at an edge, and two of 8 pixels in pictures on a wall.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from tui_tagger.demo.library import make_library
from tui_tagger.demo.scenes import SCENES, draw_scene
from tui_tagger.geometry import Box

PEOPLE = Path(__file__).resolve().parents[2] / "shared" / "data" / "people"
KNOWN = Path(__file__).with_name("known_faces.json")
SIZE = (4000, 3000)
QUALITY = 90
GRAIN = 4.5  # standard deviation, of 255
DRAWN = 24  # photos of the demo that serve where there is no folder of people
CROWD = "solvay1927.jpg"  # 29 faces: only photos of its own kind are made of it
KINDS = ("one", "two", "nobody", "four", "one", "nobody", "far", "crowd")  # in turn
FAR = (1600, 2000)  # width of a crowd far away: its faces are 38 to 62 pixels wide
VISIBLE = 0.5  # part of a face that must be in the photo


@dataclass(frozen=True)
class Picture:
    """A picture and the faces that are known to be in it; none are where nobody looked."""

    image: Image.Image
    faces: tuple[Box, ...] = ()

    def mirrored(self) -> Picture:
        faces = (Box(self.image.width - face.right, face.y, face.width, face.height) for face in self.faces)
        return Picture(ImageOps.mirror(self.image), tuple(faces))

    def fitted(self, size: tuple[int, int]) -> Picture:
        """As much of it as fills `size`, from above its middle."""
        scale = max(size[0] / self.image.width, size[1] / self.image.height)
        width, height = min(size[0] / scale, self.image.width), min(size[1] / scale, self.image.height)
        left, top = (self.image.width - width) * 0.5, (self.image.height - height) * 0.3
        part = (left, top, min(left + width, self.image.width), min(top + height, self.image.height))
        return Picture(self.image.resize(size, Image.Resampling.BICUBIC, part), self._moved(-left, -top, scale, size))

    def contained(self, width: int, height: int) -> Picture:
        """All of it, as large as fits."""
        image = ImageOps.contain(self.image, (width, height))
        return Picture(image, self._moved(0, 0, image.width / self.image.width, image.size))

    def placed(self, left: int, top: int) -> tuple[Box, ...]:
        """Its faces, when its corner is there."""
        return tuple(Box(face.x + left, face.y + top, face.width, face.height) for face in self.faces)

    def _moved(self, across: float, down: float, scale: float, size: tuple[int, int]) -> tuple[Box, ...]:
        moved = [Box(face.x + across, face.y + down, face.width, face.height).scaled(scale) for face in self.faces]
        return tuple(face.clipped(*size) for face in moved if face.clipped(*size).area > VISIBLE * face.area)


@dataclass(frozen=True)
class Sources:
    """The pictures that are put together, and those of very many people."""

    pictures: Sequence[Picture]
    crowds: Sequence[Picture]

    @classmethod
    def load(cls, people: Path, scratch: Path) -> Sources:
        """The photos of `people`, or drawn ones where there is no such folder."""
        if not people.is_dir():
            people = scratch / "drawn"
            make_library(people, photos=DRAWN)
        found = dict(_opened(people))
        pictures = [picture for name, picture in found.items() if name != CROWD]
        return cls(pictures, [found[CROWD]] if CROWD in found else pictures)


def _opened(folder: Path) -> Iterator[tuple[str, Picture]]:
    known = json.loads(KNOWN.read_text())
    for path in sorted(folder.rglob("*.jpg")):
        with suppress(OSError):  # the demo has a damaged one
            image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
            yield path.name, Picture(image, tuple(Box(*box) for box in known.get(path.name, ())))


def make_photos(folder: Path, count: int, made_of: Sources, seed: int = 1) -> dict[Path, tuple[Box, ...]]:
    """Makes `count` photos in `folder`, the same for the same seed; the faces that are known to be in each."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {}
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        kind = KINDS[number % len(KINDS)]
        path, picture = folder / f"{number:04}-{kind}.jpg", compose(kind, made_of, rng)
        _with_grain(picture.image, rng).save(path, quality=QUALITY)
        made[path] = picture.faces
    return made


def compose(kind: str, made_of: Sources, rng: np.random.Generator) -> Picture:
    """One photo: a picture that fills it, four side by side, smaller ones on a scene, a crowd, or nobody."""
    match kind:
        case "one":
            return _tiled(1, made_of.pictures, rng)
        case "four":
            return _tiled(2, made_of.pictures, rng)
        case "crowd":
            return _tiled(1, made_of.crowds, rng)
    canvas, faces = draw_scene(str(rng.choice(sorted(SCENES))), SIZE, rng), list[Box]()
    if kind == "two":
        for place, side in enumerate((900, 1500)):
            picture = _some(made_of.pictures, rng).contained(side, side)
            left = place * SIZE[0] // 2 + int(rng.integers(0, SIZE[0] // 2 - picture.image.width))
            faces += _pasted(canvas, picture, left, rng)
    elif kind == "far":
        picture = _some(made_of.crowds, rng).contained(int(rng.integers(*FAR)), SIZE[1])
        faces += _pasted(canvas, picture, int(rng.integers(0, SIZE[0] - picture.image.width)), rng)
    return Picture(canvas, tuple(faces))


def _pasted(canvas: Image.Image, picture: Picture, left: int, rng: np.random.Generator) -> tuple[Box, ...]:
    top = int(rng.integers(0, SIZE[1] - picture.image.height))
    canvas.paste(picture.image, (left, top))
    return picture.placed(left, top)


def _tiled(across: int, pictures: Sequence[Picture], rng: np.random.Generator) -> Picture:
    canvas, size, faces = Image.new("RGB", SIZE), (SIZE[0] // across, SIZE[1] // across), list[Box]()
    for place in range(across * across):
        picture = _some(pictures, rng).fitted(size)
        left, top = place % across * size[0], place // across * size[1]
        canvas.paste(picture.image, (left, top))
        faces += picture.placed(left, top)
    return Picture(canvas, tuple(faces))


def _some(pictures: Sequence[Picture], rng: np.random.Generator) -> Picture:
    picture = pictures[int(rng.integers(len(pictures)))]
    return picture.mirrored() if rng.random() < 0.5 else picture


def _with_grain(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    grain = rng.standard_normal((image.height, image.width), np.float32) * GRAIN
    values = np.asarray(image, np.float32) + grain[..., None]
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
