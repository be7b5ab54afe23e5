"""Numbered boxes on a picture: drawn into its pixels, or into a grid of coloured characters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageColor, ImageDraw, ImageFont

Colour = tuple[int, int, int]
Rectangle = tuple[int, int, int, int]  # left, top, right, bottom in pixels, all inside

DARK, LIGHT = (0, 0, 0), (255, 255, 255)
SMALLEST_LETTERS = 11  # pixels: below this digits run together


@dataclass(frozen=True)
class Overlay:
    """A box on a picture: left, top, width and height as shares (0 to 1) of the picture; `colour` as in CSS."""

    box: tuple[float, float, float, float]
    label: str
    colour: str
    selected: bool = False

    @property
    def rgb(self) -> Colour:
        """The colour; a light grey where the name means nothing."""
        try:
            red, green, blue, *_ = ImageColor.getrgb(self.colour)
        except ValueError:
            return (220, 220, 220)
        return red, green, blue

    @property
    def ink(self) -> Colour:
        """Black or white, what can be read on the colour (luma of ITU-R BT.601)."""
        red, green, blue = self.rgb
        return DARK if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else LIGHT

    def rectangle(self, width: int, height: int) -> Rectangle:
        """The box on a picture of this many pixels, inside of it and at least two pixels wide."""
        left, top, across, down = self.box
        x0 = min(max(round(left * width), 0), max(width - 2, 0))
        y0 = min(max(round(top * height), 0), max(height - 2, 0))
        x1 = min(max(round((left + across) * width) - 1, x0 + 1), width - 1)
        y1 = min(max(round((top + down) * height) - 1, y0 + 1), height - 1)
        return x0, y0, x1, y1


def draw_outlines(image: Image.Image, overlays: tuple[Overlay, ...], line: int = 1) -> None:
    """Draws the boxes alone, `line` pixels wide; selected ones come last, on top."""
    pen = ImageDraw.Draw(image)
    for overlay in sorted(overlays, key=lambda each: each.selected):
        pen.rectangle(overlay.rectangle(*image.size), outline=overlay.rgb, width=line)


def draw_boxes(image: Image.Image, overlays: tuple[Overlay, ...], cell_height: int) -> None:
    """Draws boxes with their labels; letters are about as high as the terminal's own."""
    pen = ImageDraw.Draw(image)
    line = max(2, round(cell_height / 9))
    for overlay in sorted(overlays, key=lambda each: each.selected):
        _draw_box(pen, overlay, overlay.rectangle(*image.size), line)
    for overlay in sorted(overlays, key=lambda each: each.selected):
        _draw_tag(pen, overlay, image.size, max(SMALLEST_LETTERS, round(cell_height * 0.85)))


def _draw_box(pen: ImageDraw.ImageDraw, overlay: Overlay, box: Rectangle, line: int) -> None:
    """The outline between two dark ones, so that it stands out from any photo; a selected one is twice as wide."""
    width = line * 2 if overlay.selected else line
    x0, y0, x1, y1 = box
    pen.rectangle((x0 - 1, y0 - 1, x1 + 1, y1 + 1), outline=DARK)
    pen.rectangle(box, outline=overlay.rgb, width=width)
    if x1 - x0 > 4 * width and y1 - y0 > 4 * width:
        pen.rectangle((x0 + width, y0 + width, x1 - width, y1 - width), outline=LIGHT if overlay.selected else DARK)


def _draw_tag(pen: ImageDraw.ImageDraw, overlay: Overlay, size: tuple[int, int], letters: int) -> None:
    font, text = _font(letters), drawable(overlay.label, letters)
    if not text:
        return
    x0, y0, _, y1 = overlay.rectangle(*size)
    left, top, right, bottom = pen.textbbox((0, 0), text, font=font)
    width, height = round(right - left) + 6, round(bottom - top) + 6
    y = y0 - height if y0 >= height else min(y1, size[1] - height)  # above the face, else below: never on it
    x = max(0, min(x0, size[0] - width))
    pen.rectangle((x, y, x + width - 1, y + height - 1), fill=overlay.rgb, outline=DARK)
    pen.text((x + 3 - left, y + 3 - top), text, font=font, fill=overlay.ink)


@lru_cache(16)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


@lru_cache(256)
def drawable(text: str, size: int) -> str:
    """The characters that Pillow's own font has; for the rest it would draw an empty frame."""
    font = _font(size)
    missing = bytes(font.getmask("\U0010ffff"))
    return "".join(character for character in text if bytes(font.getmask(character)) != missing).strip()
