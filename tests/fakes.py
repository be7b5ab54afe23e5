"""A detector and an embedder without networks: they see coloured rectangles as faces, one colour a person.

`paint` draws a photo that they understand. Both are deterministic and stand the losses of JPEG.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tui_tagger.faces.alignment import typical_landmarks
from tui_tagger.faces.protocols import Detection
from tui_tagger.geometry import Box
from tui_tagger.imaging import UprightImage

COLOURS = np.array(
    [
        (230, 25, 25), (25, 200, 25), (25, 60, 230), (240, 220, 20), (230, 30, 220), (20, 215, 220),
        (250, 130, 20), (120, 20, 190), (120, 70, 15), (150, 250, 120), (20, 100, 90), (250, 150, 190),
    ],
    np.int16,
)  # fmt: skip
BACKGROUND = (128, 128, 128)
TOLERANCE = 40  # of the three channels together
LEAST_PIXELS = 30


def paint(size: tuple[int, int], faces: Iterable[tuple[int, Box]]) -> Image.Image:
    """A grey photo with faces: the number of a person (an index of COLOURS) and where, at most one face a person."""
    photo = Image.new("RGB", size, BACKGROUND)
    draw = ImageDraw.Draw(photo)
    for person, box in faces:
        draw.rectangle((box.x, box.y, box.right - 1, box.bottom - 1), fill=tuple(map(int, COLOURS[person])))
    return photo


def nearest_colour(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The nearest of COLOURS for each pixel of [..., 3], and whether it is near enough to be that person."""
    distances = np.abs(pixels[..., None, :].astype(np.int16) - COLOURS).sum(-1)
    return distances.argmin(-1), distances.min(-1) < TOLERANCE


class FakeDetector:
    """Finds the rectangles of `paint`, with the landmarks of a typical face in each."""

    model_id = "fake-detector"

    def detect(self, image: UprightImage) -> list[Detection]:
        persons, near = nearest_colour(image.array())
        across, down = image.full_size[0] / image.pixels.width, image.full_size[1] / image.pixels.height
        found = []
        for person in np.unique(persons[near]):
            rows, columns = np.nonzero(near & (persons == person))
            if len(rows) >= LEAST_PIXELS:
                left, top = float(columns.min()) * across, float(rows.min()) * down
                box = Box(left, top, float(columns.max() + 1) * across - left, float(rows.max() + 1) * down - top)
                found.append(Detection(box, typical_landmarks(box), 0.99))
        return sorted(found, key=lambda face: face.box.x)


class FakeEmbedder:
    """Gives faces of one colour nearly the same vector, of different colours nearly orthogonal ones."""

    model_id = "fake-embedder"
    dimension = 64
    side = 16
    noise = 0.3  # length of what differs between two crops of one person

    def crop(self, image: UprightImage, box: Box, landmarks: NDArray[np.float32] | None) -> NDArray[np.uint8]:
        part = box.scaled(image.scale).clipped(*image.pixels.size)
        corners = (part.x, part.y, max(part.right, part.x + 1), max(part.bottom, part.y + 1))
        return np.asarray(image.pixels.resize((self.side, self.side), Image.Resampling.BILINEAR, corners))

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.array([self._vector(crop) for crop in crops], np.float32).reshape(-1, self.dimension)

    def _vector(self, crop: NDArray[np.uint8]) -> NDArray[np.float64]:
        person, _ = nearest_colour(np.median(crop.reshape(-1, 3), axis=0).astype(np.uint8))
        own = np.random.default_rng(int(person)).standard_normal(self.dimension)
        other = np.random.default_rng(zlib.crc32(crop.tobytes())).standard_normal(self.dimension)
        vector = own / np.linalg.norm(own) + self.noise * other / np.linalg.norm(other)
        return np.asarray(vector / np.linalg.norm(vector))
