"""Backgrounds out of focus: places people are photographed at, drawn small and enlarged."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tui_tagger.demo.raster import clouds, mixed

SHRINK = 4  # backgrounds are drawn at this part of the photo's size: they are blurred anyway
Colour = tuple[float, float, float]
Painter = Callable[[Image.Image, np.random.Generator], None]


def draw_scene(name: str, size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """An RGB background of `size` (width, height); `name` is one of SCENES."""
    small = Image.new("RGB", (size[0] // SHRINK, size[1] // SHRINK))
    SCENES[name](small, rng)
    small = small.filter(ImageFilter.GaussianBlur(rng.uniform(1.5, 3.5)))
    values = np.asarray(small, np.float32) * (1 + 0.035 * clouds(rng, (small.height, small.width), 6))[..., None]
    small = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC)


def _rgb(colour: Colour, factor: float = 1.0) -> tuple[int, int, int]:
    red, green, blue = (min(255, max(0, round(c * factor * 255))) for c in colour)
    return red, green, blue


def _gradient(image: Image.Image, top: Colour, bottom: Colour, first: float = 0.0, last: float = 1.0) -> None:
    draw, rows = ImageDraw.Draw(image), range(round(first * image.height), round(last * image.height))
    for number, row in enumerate(rows):
        draw.line([(0, row), (image.width, row)], fill=_rgb(mixed(top, bottom, number / max(1, len(rows)))))


def _hills(image: Image.Image, rng: np.random.Generator, level: float, height: float, colour: Colour) -> None:
    across = np.linspace(0, 1, 40)
    waves = np.sum([np.sin(across * f + rng.uniform(0, 6)) / f for f in (4.0, 9.0, 19.0, 31.0)], axis=0) * 4
    points = [
        (float(a) * image.width, (level - height * (0.5 + 0.25 * float(w))) * image.height)
        for a, w in zip(across, waves, strict=True)
    ]
    ImageDraw.Draw(image).polygon([*points, (image.width, image.height), (0, image.height)], fill=_rgb(colour))


def _discs(
    image: Image.Image,
    rng: np.random.Generator,
    count: int,
    band: tuple[float, float],
    radius: float,
    colours: list[Colour],
) -> None:
    draw = ImageDraw.Draw(image, "RGBA")
    for _ in range(count):
        x, y = rng.uniform(0, image.width), rng.uniform(*band) * image.height
        r = rng.uniform(0.5, 1.2) * radius * image.height
        colour = colours[int(rng.integers(len(colours)))]
        draw.ellipse([x - r, y - r, x + r, y + r], fill=(*_rgb(colour), int(rng.integers(60, 150))))


def _beach(image: Image.Image, rng: np.random.Generator) -> None:
    horizon = rng.uniform(0.38, 0.5)
    _gradient(image, (0.35, 0.60, 0.90), (0.80, 0.90, 0.97), 0, horizon)
    _gradient(image, (0.10, 0.42, 0.60), (0.35, 0.72, 0.75), horizon, horizon + 0.2)
    _gradient(image, (0.93, 0.86, 0.70), (0.82, 0.70, 0.50), horizon + 0.2, 1)
    _discs(image, rng, 9, (0.05, horizon * 0.7), 0.07, [(1, 1, 1)])


def _forest(image: Image.Image, rng: np.random.Generator) -> None:
    _gradient(image, (0.55, 0.70, 0.45), (0.16, 0.25, 0.12))
    _discs(image, rng, 120, (0, 0.7), 0.06, [(0.35, 0.52, 0.2), (0.2, 0.36, 0.14), (0.72, 0.82, 0.45)])
    draw = ImageDraw.Draw(image)
    for _ in range(11):
        x, half = rng.uniform(0, image.width), rng.uniform(3, 9)
        draw.polygon(
            [(x - half, 0), (x + half, 0), (x + half * 1.3, image.height), (x - half * 1.3, image.height)],
            fill=_rgb((0.27, 0.19, 0.13), rng.uniform(0.6, 1.3)),
        )
    _discs(image, rng, 60, (0.75, 1.0), 0.07, [(0.25, 0.38, 0.15), (0.33, 0.28, 0.14)])


def _city(image: Image.Image, rng: np.random.Generator) -> None:
    _gradient(image, (0.55, 0.70, 0.88), (0.90, 0.88, 0.82))
    draw, x = ImageDraw.Draw(image), -10.0
    while x < image.width:
        width, top = rng.uniform(0.09, 0.2) * image.width, rng.uniform(0.02, 0.3) * image.height
        wall: Colour = [
            (0.80, 0.62, 0.45),
            (0.75, 0.72, 0.66),
            (0.62, 0.45, 0.38),
            (0.85, 0.78, 0.55),
            (0.55, 0.6, 0.66),
        ][int(rng.integers(5))]
        draw.rectangle([x, top, x + width, image.height], fill=_rgb(wall, rng.uniform(0.75, 1.05)))
        for wx in np.arange(x + 5, x + width - 8, 15.0):
            for wy in np.arange(top + 8, image.height * 0.75, 25.0):
                draw.rectangle(
                    [float(wx), float(wy), float(wx) + 7, float(wy) + 13],
                    fill=_rgb((0.28, 0.33, 0.4), rng.uniform(0.6, 1.6)),
                )
        x += width
    _gradient(image, (0.52, 0.5, 0.48), (0.36, 0.35, 0.35), 0.8, 1)


def _room(image: Image.Image, rng: np.random.Generator) -> None:
    wall: Colour = [(0.85, 0.80, 0.70), (0.60, 0.70, 0.72), (0.78, 0.62, 0.55), (0.70, 0.74, 0.62)][
        int(rng.integers(4))
    ]
    _gradient(image, mixed(wall, (1, 0.95, 0.85), 0.3), mixed(wall, (0.2, 0.15, 0.1), 0.3))
    draw, (w, h) = ImageDraw.Draw(image), image.size
    x = rng.uniform(0.05, 0.2) * w
    draw.rectangle([x, 0.08 * h, x + 0.2 * w, 0.45 * h], fill=_rgb((0.35, 0.25, 0.18)))
    draw.rectangle([x + 5, 0.08 * h + 5, x + 0.2 * w - 5, 0.45 * h - 5], fill=_rgb((0.75, 0.86, 0.93)))
    shelf = rng.uniform(0.6, 0.72) * w
    for row in (0.28, 0.48):
        draw.rectangle([shelf, row * h, w, row * h + 4], fill=_rgb((0.42, 0.29, 0.18)))
        for book in np.arange(shelf + 4, w, 8.0):
            colour: Colour = (float(rng.uniform(0.2, 0.8)), float(rng.uniform(0.2, 0.6)), float(rng.uniform(0.2, 0.6)))
            draw.rectangle(
                [float(book), (row - rng.uniform(0.09, 0.14)) * h, float(book) + 6, row * h], fill=_rgb(colour)
            )
    draw.rectangle([0, 0.78 * h, w, h], fill=_rgb((0.5, 0.36, 0.24)))


def _mountains(image: Image.Image, rng: np.random.Generator) -> None:
    _gradient(image, (0.35, 0.55, 0.85), (0.85, 0.90, 0.95))
    for level, height, colour in (
        (0.5, 0.3, (0.62, 0.70, 0.80)),
        (0.58, 0.22, (0.42, 0.52, 0.58)),
        (0.68, 0.14, (0.28, 0.42, 0.28)),
    ):
        _hills(image, rng, level, height, colour)
    _gradient(image, (0.42, 0.55, 0.30), (0.28, 0.40, 0.18), 0.72, 1)


def _evening(image: Image.Image, rng: np.random.Generator) -> None:
    _gradient(image, (0.10, 0.10, 0.22), (0.32, 0.18, 0.18))
    _discs(image, rng, 60, (0.0, 0.8), 0.045, [(1, 0.75, 0.35), (1, 0.5, 0.3), (0.5, 0.7, 1), (1, 0.9, 0.7)])


def _garden(image: Image.Image, rng: np.random.Generator) -> None:
    _gradient(image, (0.78, 0.88, 0.80), (0.30, 0.48, 0.20))
    _discs(image, rng, 130, (0.05, 0.65), 0.08, [(0.40, 0.60, 0.28), (0.55, 0.72, 0.35), (0.28, 0.45, 0.22)])
    _discs(
        image, rng, 50, (0.5, 0.95), 0.02, [(0.92, 0.4, 0.5), (0.98, 0.85, 0.4), (0.95, 0.95, 0.95), (0.6, 0.4, 0.75)]
    )


def _snow(image: Image.Image, rng: np.random.Generator) -> None:
    _gradient(image, (0.62, 0.74, 0.88), (0.90, 0.92, 0.95))
    _hills(image, rng, 0.55, 0.25, (0.78, 0.83, 0.90))
    _hills(image, rng, 0.68, 0.12, (0.93, 0.94, 0.97))
    draw = ImageDraw.Draw(image)
    for _ in range(14):
        x, base, tall = (
            rng.uniform(0, image.width),
            rng.uniform(0.5, 0.7) * image.height,
            rng.uniform(0.1, 0.25) * image.height,
        )
        draw.polygon(
            [(x, base - tall), (x - tall * 0.28, base), (x + tall * 0.28, base)], fill=_rgb((0.20, 0.32, 0.30))
        )


SCENES: dict[str, Painter] = {
    "beach": _beach, "forest": _forest, "city": _city, "room": _room,
    "mountains": _mountains, "evening": _evening, "garden": _garden, "snow": _snow,
}  # fmt: skip
