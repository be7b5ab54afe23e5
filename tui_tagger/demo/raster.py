"""Smooth shapes and noise on planes of float32 [height, width], the parts every drawing is made of."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Plane = NDArray[np.floating[Any]]  # [height, width]; float32 throughout, which the type checker cannot follow
Picture = NDArray[np.floating[Any]]  # [height, width, 3], 0 to 1


def bell(distance: Plane, width: float) -> Plane:
    """A Gaussian of height 1."""
    scaled: Plane = distance * np.float32(1 / width)
    result: Plane = np.exp(np.float32(-0.5) * scaled * scaled)
    return result


def step(value: Plane, low: float, high: float) -> Plane:
    """0 below `low`, 1 above `high`, smooth between; falling where `low` is above `high`."""
    t: Plane = np.clip((value - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
    return t * t * (np.float32(3) - np.float32(2) * t)


def spot(x: Plane, y: Plane, center: tuple[float, float], size: tuple[float, float]) -> Plane:
    """A Gaussian of two widths."""
    a: Plane = (x - np.float32(center[0])) * np.float32(1 / size[0])
    b: Plane = (y - np.float32(center[1])) * np.float32(1 / size[1])
    result: Plane = np.exp(np.float32(-0.5) * (a * a + b * b))
    return result


def window(mask: Plane) -> tuple[slice, slice]:
    """The rows and columns where a mask is worth drawing; empty slices for an empty mask."""
    seen = mask > np.float32(0.004)
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def paint(picture: Picture, mask: Plane, colour: tuple[float, float, float] | Picture) -> None:
    """Lays a colour over the picture where the mask, 0 to 1, is, in place."""
    part = window(mask)
    over = colour[part] if isinstance(colour, np.ndarray) else np.asarray(colour, np.float32)
    below = picture[part]
    below += mask[part][..., None] * (over - below)


def shade(picture: Picture, mask: Plane, factor: float) -> None:
    """Multiplies the picture by `factor` where the mask is 1, in place."""
    part = window(mask)
    picture[part] *= 1 + mask[part][..., None] * np.float32(factor - 1)


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], cells: tuple[int, int]) -> Plane:
    """Noise of standard deviation near 1 with `cells` bumps down and across."""
    coarse = rng.standard_normal((max(2, cells[0]), max(2, cells[1])), np.float32)
    image = Image.fromarray(coarse).resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
    return np.asarray(image, np.float32)


def clouds(rng: np.random.Generator, shape: tuple[int, int], cells: int, octaves: int = 4) -> Plane:
    """Noise of several sizes, each half as large and as strong, standard deviation near 1."""
    across = max(2, round(cells * shape[1] / shape[0]))
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        total += smooth_noise(rng, shape, (cells << octave, across << octave)) * np.float32(0.5**octave)
    return total * np.float32(0.8)


def mixed(a: tuple[float, float, float], b: tuple[float, float, float], share: float) -> tuple[float, float, float]:
    """Colour `a` with `share` of `b`."""
    first, second, third = (p + (q - p) * share for p, q in zip(a, b, strict=True))
    return first, second, third
