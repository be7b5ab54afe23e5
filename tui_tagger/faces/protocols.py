"""What a detector and an embedder are, for the code that uses them: values in, values out, no model library needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tui_tagger.geometry import Box
from tui_tagger.imaging import UprightImage


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """A face found in a photo, in pixels of the upright original at full size.

    `landmarks` is float32 [5, 2], x and y of both eyes, the nose and both corners of the mouth, what is on the left of
    the picture first; `score` is the detector's confidence, 0 to 1.
    """

    box: Box
    landmarks: NDArray[np.float32]
    score: float


class Detector(Protocol):
    """Finds faces."""

    @property
    def model_id(self) -> str: ...

    def detect(self, image: UprightImage) -> list[Detection]:
        """The faces of `image` from left to right; their boxes are clipped to the photo."""
        ...


class Embedder(Protocol):
    """Turns faces into vectors: the more alike two faces, the larger the dot product of their vectors."""

    @property
    def model_id(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def crop(self, image: UprightImage, box: Box, landmarks: NDArray[np.float32] | None) -> NDArray[np.uint8]:
        """The picture of one face that `embed` expects, RGB uint8 [side, side, 3].

        `box` and `landmarks` [5, 2] are in pixels of the upright original; without landmarks, for boxes drawn by hand,
        the box alone says where the face is.
        """
        ...

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Embeddings of unit length, float32 [n, dimension], of `crops` uint8 [n, side, side, 3]; n may be 0."""
        ...
