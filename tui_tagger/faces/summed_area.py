"""Area-averaged pictures of any part of an image at any size, from one summed-area table (Crow 1984)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


class SummedArea:
    """Resizes parts of an image like `torch.nn.functional.interpolate(mode="area")`, many at once.

    Pixels come out as (value - 127.5) / 128, what MTCNN's networks expect.
    """

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        """`pixels` is RGB, uint8 [height, width, 3]."""
        self.height, self.width = pixels.shape[:2]
        # The sums of large images wrap around in 32 bits; differences of them are exact all the same.
        self._sums = np.zeros((self.height + 1, self.width + 1, 3), np.int32)
        inner = self._sums[1:, 1:]
        inner[:] = pixels
        np.cumsum(inner, 0, out=inner)
        np.cumsum(inner, 1, out=inner)

    def resized(self, height: int, width: int) -> Floats:
        """The whole image, float32 [height, width, 3]."""
        top, bottom = _bins(np.array([self.height]), height)
        left, right = _bins(np.array([self.width]), width)
        rows = self._sums[bottom[0]] - self._sums[top[0]]
        sums = rows[:, right[0]] - rows[:, left[0]]
        return _normalised(sums, (bottom - top)[0][:, None] * (right - left)[0])

    def crops(self, corners: Ints, side: int) -> Floats:
        """The parts between `corners` [n, 4] (left, top, right, bottom; the last two exclusive), [n, side, side, 3].

        All corners must lie inside the image and enclose at least a pixel.
        """
        left, right = (edge + corners[:, [0]] for edge in _bins(corners[:, 2] - corners[:, 0], side))
        top, bottom = (edge + corners[:, [1]] for edge in _bins(corners[:, 3] - corners[:, 1], side))
        sums = self._at(bottom, right)
        sums -= self._at(top, right)
        sums -= self._at(bottom, left)
        sums += self._at(top, left)
        return _normalised(sums, (bottom - top)[:, :, None] * (right - left)[:, None, :])

    def _at(self, rows: Ints, columns: Ints) -> NDArray[np.int32]:
        places = rows[:, :, None] * (self.width + 1) + columns[:, None, :]
        sums: NDArray[np.int32] = self._sums.reshape(-1, 3).take(places, axis=0)
        return sums


def _bins(lengths: Ints, parts: int) -> tuple[Ints, Ints]:
    """Starts and ends [n, parts] of the pixels that each part of n lengths averages; neighbours may share a pixel."""
    index = np.arange(parts)
    return index * lengths[:, None] // parts, -(-(index + 1) * lengths[:, None] // parts)


def _normalised(sums: NDArray[np.int32], areas: Ints) -> Floats:
    shares = (1 / (128.0 * areas)).astype(np.float32)[..., None]
    pixels: Floats = np.multiply(sums, shares, dtype=np.float32, casting="unsafe")  # by itself it would be float64
    pixels -= np.float32(127.5 / 128)
    return pixels
