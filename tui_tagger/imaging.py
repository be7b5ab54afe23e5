"""Photos as upright pixels: decoding bounded in size and memory, orientation applied."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tui_tagger.config import MAX_PIXELS
from tui_tagger.errors import PhotoError
from tui_tagger.formats import EXTENSIONS as EXTENSIONS
from tui_tagger.formats import ORIENTATION_TAG as ORIENTATION_TAG
from tui_tagger.formats import open_image
from tui_tagger.geometry import Box

Image.MAX_IMAGE_PIXELS = None  # `load_upright` has a limit of its own, checked before anything is decoded

TRANSPOSING = (5, 6, 7, 8)  # EXIF orientations that exchange width and height
TURNS = {  # what makes an image of each EXIF orientation upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class UprightImage:
    """A photo turned upright, possibly smaller than the original.

    `pixels` is RGB; `scale` maps lengths of the original to lengths here (at most 1); `full_size` is the upright
    original's width and height.
    """

    pixels: Image.Image
    scale: float
    full_size: tuple[int, int]

    def array(self) -> NDArray[np.uint8]:
        """RGB, uint8 [height, width, 3]."""
        return np.asarray(self.pixels)


def load_upright(path: Path, max_side: int | None = None) -> UprightImage:
    """Decodes a photo, at most `max_side` pixels long where given; JPEGs are decoded at a reduced scale.

    Raises PhotoError for what is missing, not an image, damaged, or larger than MAX_PIXELS.
    """
    image = load_reduced(path, max_side)
    return image if max_side is None else bounded(image, max_side)


def load_reduced(path: Path, least_side: int | None = None) -> UprightImage:
    """Decodes a photo at the smallest scale its decoder has that leaves it at least `least_side` pixels long.

    JPEGs can be decoded at 1/2, 1/4 and 1/8; everything else, and without `least_side`, at full size. Raises PhotoError
    like `load_upright`.
    """
    try:
        with open_image(path) as image:
            stored = image.size
            if stored[0] * stored[1] > MAX_PIXELS:
                raise PhotoError(f"{path}: {stored[0]}x{stored[1]} pixels are more than is safe to decode")
            orientation = _turn(image)
            if least_side is not None:
                image.draft("RGB", _bounded(stored, least_side))
            image.load()
            upright = image.transpose(TURNS[orientation]) if orientation in TURNS else image
            if upright.mode != "RGB":
                upright = _as_rgb(upright)
    except PhotoError:
        raise
    except FileNotFoundError:
        raise PhotoError(f"{path}: the file is not there", "Was it moved? Scan its folder again.") from None
    except Exception as error:  # decoders raise nearly anything on damaged files
        raise PhotoError(f"{path}: cannot be decoded ({_reason(error)})") from error
    full = (stored[1], stored[0]) if orientation in TRANSPOSING else stored
    return UprightImage(upright, upright.width / full[0], full)


def bounded(image: UprightImage, max_side: int) -> UprightImage:
    """The image at most `max_side` pixels long."""
    if max(image.pixels.size) <= max_side:
        return image
    size = _bounded(image.full_size, max_side)
    pixels = image.pixels.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    return UprightImage(pixels, pixels.width / image.full_size[0], image.full_size)


def crop_upright(path: Path, box: Box, side: int, margin: float = 0.35) -> Image.Image:
    """A square-ish RGB picture of `box` (pixels of the upright photo) with `margin` around, at most `side` long.

    Raises PhotoError like `load_upright`.
    """
    wanted = max(box.width, box.height) * (1 + 2 * margin)
    with_size = probe_size(path)
    longest = None if wanted <= 0 else round(max(with_size) * min(1.0, side / wanted)) + 1
    image = load_upright(path, longest)
    part = box.grown(margin).scaled(image.scale).clipped(*image.pixels.size)
    if part.width < 1 or part.height < 1:
        raise PhotoError(f"{path}: the face lies outside of the photo")
    cropped = image.pixels.crop((round(part.x), round(part.y), round(part.right), round(part.bottom)))
    cropped.thumbnail((side, side))
    return cropped


def probe_size(path: Path) -> tuple[int, int]:
    """Width and height of the upright photo, from its header. Raises PhotoError."""
    try:
        with open_image(path) as image:
            orientation = _turn(image)
            width, height = image.size
    except PhotoError:
        raise
    except Exception as error:
        raise PhotoError(f"{path}: is not a photo that can be read ({_reason(error)})") from error
    return (height, width) if orientation in TRANSPOSING else (width, height)


def _turn(image: Image.Image) -> int:
    """The EXIF orientation that is still to be applied; 1 where the metadata is silent or broken."""
    if image.format == "TIFF":  # Pillow applies it while it loads, and gives the turned size before
        return 1
    try:
        return int(image.getexif().get(ORIENTATION_TAG, 1))
    except Exception:  # broken EXIF raises nearly anything, and is no reason not to show the photo
        return 1


def _bounded(size: tuple[int, int], max_side: int) -> tuple[int, int]:
    factor = min(1.0, max_side / max(size))
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("I", "I;16", "I;16B", "F"):  # convert() would clip these to white
        values = np.asarray(image, np.float32)
        low, high = float(values.min()), float(values.max())
        image = Image.fromarray(((values - low) * (255 / max(high - low, 1e-6))).astype(np.uint8))
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        canvas = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(canvas, image)
    return image.convert("RGB")


def _reason(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return text if len(text) < 120 else text[:117] + "..."
