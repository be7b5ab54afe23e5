"""Area-averaged pictures of any part of an image at any size, from one summed-area table (Crow 1984)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Sums = NDArray[np.int32]


class SummedArea:
    """Resizes parts of an image like `torch.nn.functional.interpolate(mode="area")`, many at once."""

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        """`pixels` is RGB, uint8 [height, width, 3]."""
        self.height, self.width = pixels.shape[:2]
        # The sums of large images wrap around in 32 bits; differences of them are exact all the same.
        self._sums = np.zeros((self.height + 1, self.width + 1, 3), np.int32)
        inner = self._sums[1:, 1:]
        inner[:] = pixels
        np.cumsum(inner, 1, out=inner)
        for above, row in pairwise(inner):  # by rows: cumsum would go down column by column
            row += above

    def resized(self, height: int, width: int, rows: slice = slice(None)) -> Floats:
        """The whole image in `height` by `width` pixels; of it these rows, float32 [rows, width, 3], 0 to 255."""
        top, bottom = (edges[0, rows] for edges in _bins(np.array([self.height]), height))
        left, right = (edges[0] for edges in _bins(np.array([self.width]), width))
        sums = np.empty((len(top), *self._sums.shape[1:]), np.int32)
        for line, first, last in zip(sums, top, bottom, strict=True):  # whole lines: indexing would copy them first
            np.subtract(self._sums[last], self._sums[first], out=line)
        return _averaged(sums.take(right, 1) - sums.take(left, 1), bottom - top, right - left)

    def crops(self, corners: Ints, side: int) -> Floats:
        """The parts between `corners` [n, 4] (left, top, right, bottom; the last two exclusive), [n, side, side, 3].

        All corners must lie inside the image and enclose at least a pixel.
        """
        left, right = (edge + corners[:, [0]] for edge in _bins(corners[:, 2] - corners[:, 0], side))
        top, bottom = (edge + corners[:, [1]] for edge in _bins(corners[:, 3] - corners[:, 1], side))
        rows, columns = np.concatenate([top, bottom], 1) * (self.width + 1), np.concatenate([left, right], 1)
        edges = self._sums.reshape(-1, 3).take(rows[:, :, None] + columns[:, None, :], axis=0)
        sums = edges[:, side:]
        sums -= edges[:, :side]
        return _averaged(sums[:, :, side:] - sums[:, :, :side], bottom - top, right - left)


def _bins(lengths: Ints, parts: int) -> tuple[Ints, Ints]:
    """Starts and ends [n, parts] of the pixels that each part of n lengths averages; neighbours may share a pixel."""
    index = np.arange(parts)
    return index * lengths[:, None] // parts, -(-(index + 1) * lengths[:, None] // parts)


def _averaged(sums: Sums, heights: Ints, widths: Ints) -> Floats:
    """`sums` [..., rows, columns, 3] of areas of these `heights` [..., rows] and `widths` [..., columns], divided."""
    pixels = sums.astype(np.float32)
    lines = pixels.reshape(*sums.shape[:-2], -1)  # rows of numbers: loops over three channels would be slow
    lines *= np.repeat(1 / widths.astype(np.float32), 3, axis=-1)[..., None, :]
    lines *= 1 / heights.astype(np.float32)[..., None]
    return pixels
