"""Pictures as the terminal wants them, sixels or kitty graphics, within a budget of bytes.

Sixels come from `textual_image._sixel`, the numbers of kitty's diacritics from `textual_image.renderable.tgp`: private
parts of textual-image 0.12.0, to which the package is pinned.
"""

from __future__ import annotations

import io
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from PIL import Image

from tui_tagger.widgets.boxes import Colour, Overlay, draw_boxes
from tui_tagger.widgets.halfcells import fit

# Bytes of one picture: 0.6 s on a line of 250 kB/s, and far from the 1 MB where tmux drops a sixel without a word
BUDGET = 150_000
BAND = 6  # pixels: the height of a row of sixels
CHUNK = 4096  # bytes of base64 in one kitty command
PLACEHOLDER = "\U0010eeee"
KITTY_MARKS = 297  # the most rows and columns that kitty has marks for
BYTES_PER_PIXEL = 0.3  # of a photo with 256 colours that is easy to encode, in either protocol
COLOUR_COST = 0.4  # bytes grow with this power of the number of colours: 64 need 0.57 of what 256 need
HOPE = 1.2  # a cheaper grade may save more than it usually does
# Colours of the palette and share of the full size, from the best to the cheapest
GRADES = (
    (256, 1.0),
    (128, 1.0),
    (64, 1.0),
    (32, 1.0),
    (32, 0.8),
    (32, 0.64),
    (32, 0.5),
    (16, 0.5),
    (16, 0.35),
    (8, 0.25),
)

DEFINED = re.compile(r"(#\d+);2;\d+;\d+;\d+")


@dataclass(frozen=True)
class Pane:
    """What a picture is encoded for: columns and rows, a character's size in pixels, the colour around it."""

    columns: int
    rows: int
    cell: tuple[int, int]
    background: Colour
    colours: int = 256

    @property
    def pixels(self) -> tuple[int, int]:
        return self.columns * self.cell[0], self.rows * self.cell[1]


@dataclass(frozen=True)
class Sixels:
    """A picture that covers `columns` x `rows` cells, except for less than six rows of pixels at the bottom."""

    data: str
    columns: int
    rows: int
    background: Colour


@dataclass(frozen=True)
class KittyImage:
    """A PNG in base64 that is shown on `columns` x `rows` cells in the middle of the pane."""

    png: str
    columns: int
    rows: int


def sixels(image: Image.Image, overlays: tuple[Overlay, ...], pane: Pane, budget: int = BUDGET) -> Sixels | None:
    """The picture (RGB) fitted and centred as sixels; None where even the cheapest grade is beyond the budget."""
    width, height = pane.pixels
    height -= height % BAND  # a rest of a band would reach into the row below
    if height < BAND:
        return None

    def encode(colours: int, share: float) -> str:
        target = fit(image.size, (max(1, int(width * share)), max(1, int(height * share))))
        canvas = _canvas(_drawn(image, overlays, target, pane), (width, height), pane.background)
        return encode_sixels(canvas, colours)

    data = _within(budget, fit(image.size, (width, height)), pane, encode)
    return Sixels(data, pane.columns, pane.rows, pane.background) if data else None


def sixels_at(picture: Sixels, left: int, top: int) -> str:
    """Draws the picture with its upper left corner in a cell, counted from 0; before, erases what it leaves free."""
    bottom, (red, green, blue) = top + picture.rows, picture.background
    return (
        f"\x1b[48;2;{red};{green};{blue}m\x1b[{bottom};{left + 1}H\x1b[{picture.columns}X\x1b[m"
        f"\x1b[{top + 1};{left + 1}H{picture.data}"
    )


def encode_sixels(image: Image.Image, colours: int) -> str:
    """The image as a sixel sequence (DEC VT340 graphics)."""
    from textual_image._sixel import SixelOptions, image_to_sixels

    # xterm before 380 and foot before 1.14 define a colour without selecting it
    return DEFINED.sub(r"\g<0>\1", image_to_sixels(image, SixelOptions(colors=colours)))


def kitty_image(
    image: Image.Image, overlays: tuple[Overlay, ...], pane: Pane, budget: int = BUDGET
) -> KittyImage | None:
    """The picture (RGB) fitted, on a canvas of whole cells; the terminal enlarges what was made smaller.

    None where even the cheapest grade is beyond the budget.
    """
    target = fit(image.size, pane.pixels)
    columns, rows = -(-target[0] // pane.cell[0]), -(-target[1] // pane.cell[1])
    size = columns * pane.cell[0], rows * pane.cell[1]
    canvas = _canvas(_drawn(image, overlays, target, pane), size, pane.background)
    png = _within(budget, target, pane, lambda colours, share: _png(canvas, colours, share))
    return KittyImage(png, columns, rows) if png else None


def _within(budget: int, size: tuple[int, int], pane: Pane, encode: Callable[[int, float], str]) -> str | None:
    """The picture at the best grade that keeps the budget. What surely does not is not tried: a trial costs 0.1 s."""
    affordable = HOPE * budget / (size[0] * size[1] * BYTES_PER_PIXEL)
    for colours, share in GRADES:
        cost = (colours / 256) ** COLOUR_COST * share**2
        if cost > affordable and (colours, share) != GRADES[-1]:
            continue
        data = encode(min(colours, pane.colours), share)
        if len(data) <= budget:
            return data
        affordable = HOPE * cost * budget / len(data)
    return None


def _drawn(image: Image.Image, overlays: tuple[Overlay, ...], size: tuple[int, int], pane: Pane) -> Image.Image:
    scaled = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    if overlays:
        draw_boxes(scaled, overlays, pane.cell[1])
    return scaled


def _canvas(image: Image.Image, size: tuple[int, int], background: Colour) -> Image.Image:
    canvas = Image.new("RGB", size, background)
    canvas.paste(image, ((size[0] - image.width) // 2, (size[1] - image.height) // 2))
    return canvas


def _png(canvas: Image.Image, colours: int, share: float) -> str:
    if share < 1:
        canvas = canvas.resize((max(1, int(canvas.width * share)), max(1, int(canvas.height * share))))
    stream = io.BytesIO()
    canvas.quantize(colours, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(stream, "png")
    return b64encode(stream.getvalue()).decode("ascii")


def kitty_commands(image: KittyImage, number: int) -> str:
    """Sends the picture under a number and prepares its place (kitty graphics protocol, "Unicode placeholders")."""
    parts = [image.png[start : start + CHUNK] for start in range(0, len(image.png), CHUNK)]
    sent = [
        f"\x1b_G{'' if index else f'i={number},f=100,'}q=2,m={int(index < len(parts) - 1)};{part}\x1b\\"
        for index, part in enumerate(parts)
    ]
    return "".join(sent) + f"\x1b_Ga=p,U=1,i={number},c={image.columns},r={image.rows},q=2\x1b\\"


def kitty_delete(number: int) -> str:
    """Frees a picture and its places."""
    return f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\"


def kitty_line(columns: int, row: int, column: int = 0) -> str:
    """The characters that a piece of a row of a picture is shown on; the picture's number is their colour.

    Only the first names row and column: the terminal counts on from there.
    """
    marks = _diacritics()
    return f"{PLACEHOLDER}{marks[row]}{marks[column]}" + PLACEHOLDER * (columns - 1)


@cache
def _diacritics() -> tuple[str, ...]:
    from tui_tagger.widgets.terminal import silence_library

    silence_library()  # the import asks the terminal otherwise
    from textual_image.renderable import tgp

    return tuple(map(chr, tgp._NUMBER_TO_DIACRITIC))
