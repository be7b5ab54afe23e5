"""From a face in a photo to the upright crop of fixed size that embedders read, and how good that crop is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tui_tagger.geometry import Box
from tui_tagger.imaging import UprightImage

SIDE = 112
TEMPLATE = np.array([(38.29, 51.70), (73.53, 51.50), (56.03, 71.74), (41.55, 92.37), (70.73, 92.20)], np.float32)
"""Where eyes, nose and corners of the mouth lie in an aligned crop: [5, 2], pixels of 112x112 (ArcFace's places)."""

TYPICAL_PLACES = np.array([(0.27, 0.39), (0.73, 0.39), (0.50, 0.59), (0.30, 0.76), (0.70, 0.76)], np.float32)
TYPICAL_ASPECT = 0.75
"""Where MTCNN's landmarks lie in its boxes, in parts of width and height, and the boxes' width by height: medians over
96 faces of dlib's example photos and the Solvay conference of 1927, made symmetric."""

FACE_PART = slice(SIDE // 5, SIDE - SIDE // 8)  # of an aligned crop; hair and background say little about the face


@dataclass(frozen=True, slots=True)
class Quality:
    """How much a crop shows.

    `sharpness` is the variance of the Laplacian (Pech-Pacheco et al. 2000) of grey values 0 to 255. Measured, 5th
    percentile, median and 95th: 34, 110, 641 for 96 faces in dlib's example photos and the Solvay photo, half of them
    under 60 pixels wide; 585, 1,891, 4,916 for 400 frontal crops of the validation people, and 8, 16, 27 for the same
    crops enlarged from 28x28 pixels. `brightness` is the mean and `contrast` the standard deviation of the grey values,
    in parts of white.
    """

    sharpness: float
    brightness: float
    contrast: float


def quality(crop: NDArray[np.uint8]) -> Quality:
    """Measures the middle of an embedder's crop, RGB uint8 [side, side, 3], as if it were 112x112."""
    whole = Image.fromarray(crop).convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    grey = np.asarray(whole, np.float32)[FACE_PART, FACE_PART]
    inner = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner
    return Quality(float(laplacian.var()), float(grey.mean() / 255), float(grey.std() / 255))


def similarity(source: NDArray[np.float32], target: NDArray[np.float32]) -> NDArray[np.float64]:
    """The matrix [2, 3] that maps points `source` [n, 2] nearest to `target` by rotation, scale and shift.

    Least squares (Umeyama 1991) without reflection; in the plane the solution is one complex factor.
    Raises ValueError where all of `source` is one point.
    """
    z, w = (points.astype(np.float64) @ (1, 1j) for points in (source, target))
    middle = z - z.mean()
    spread = float((abs(middle) ** 2).sum())
    if not spread > 1e-12:
        raise ValueError("Landmarks that are all in one place tell no direction")
    factor = (middle.conj() * w).sum() / spread
    shift = w.mean() - factor * z.mean()
    return np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]])


def typical_landmarks(box: Box) -> NDArray[np.float32]:
    """Where the landmarks [5, 2] of an upright face probably are in a box of any proportions."""
    height = (box.area / TYPICAL_ASPECT) ** 0.5
    size = np.array([height * TYPICAL_ASPECT, height])
    return np.asarray(np.array(box.center) + (TYPICAL_PLACES - 0.5) * size, np.float32)


def align(image: UprightImage, box: Box, landmarks: NDArray[np.float32] | None) -> NDArray[np.uint8]:
    """The face in an upright crop, RGB uint8 [112, 112, 3], black where the photo ends.

    `box` and `landmarks` [5, 2] are in pixels of the upright original; without landmarks, or with ones that are all in
    one place, the box decides.
    """
    if landmarks is None or float(np.ptp(landmarks, axis=0).max()) < 1:
        landmarks = typical_landmarks(box)
    pixels = image.pixels
    stretch = np.array([pixels.width / image.full_size[0], pixels.height / image.full_size[1]])
    # Landmarks and template count from the middle of the first pixel, Pillow from its corner.
    to_photo = similarity(TEMPLATE + np.float32(0.5), np.asarray(landmarks * stretch + 0.5, np.float32))
    return np.asarray(_warped(pixels, to_photo))


def _warped(pixels: Image.Image, to_photo: NDArray[np.float64]) -> Image.Image:
    """The crop whose points `to_photo` [2, 3] maps to points of `pixels`.

    `Image.transform` reads single pixels: what is larger than the crop is first brought to its scale by averaging.
    """
    scale = float(np.hypot(to_photo[0, 0], to_photo[1, 0]))
    if scale > 1:
        frame = np.array([(0, 0, 1), (SIDE, 0, 1), (0, SIDE, 1), (SIDE, SIDE, 1)]) @ to_photo.T
        first = np.clip(np.floor(frame.min(0)) - 2 * scale, 0, pixels.size)
        last = np.clip(np.ceil(frame.max(0)) + 2 * scale, 0, pixels.size)
        if (last - first < 1).any():
            return Image.new("RGB", (SIDE, SIDE))
        size = np.maximum(np.rint((last - first) / scale), 1)
        part = (float(first[0]), float(first[1]), float(last[0]), float(last[1]))
        shrunk = (int(size[0]), int(size[1]))
        pixels = pixels.resize(shrunk, Image.Resampling.BILINEAR, part, reducing_gap=3.0)
        to_photo = (to_photo - [[0, 0, first[0]], [0, 0, first[1]]]) * (size / (last - first))[:, None]
    coefficients = tuple(map(float, to_photo.ravel()))
    return pixels.transform((SIDE, SIDE), Image.Transform.AFFINE, coefficients, Image.Resampling.BICUBIC)
