"""Pictures made of characters: each cell shows two colours, one above the other."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_tagger.widgets.boxes import Colour, Overlay, draw_outlines

HALF = "▀"
RUN_BYTES = 38  # of "ESC[38;2;r;g;b;48;2;r;g;bm", a character and the reset after it
# From the finest to the cheapest: bits of each colour channel, and cells that share a colour (0: two colours a cell)
GRADES = ((8, 0), (5, 0), (4, 0), (4, 1), (4, 2), (4, 3), (3, 4))

Grid = NDArray[np.uint8]


def halfcells(
    image: Image.Image,
    overlays: tuple[Overlay, ...],
    size: tuple[int, int],
    cell: tuple[int, int],
    background: Colour,
    budget: int,
) -> list[Strip]:
    """The picture (RGB), fitted and centred in `size` (columns, rows), in about `budget` bytes as a terminal gets it.

    `cell` is a character's width and height in pixels; its shape alone matters.
    """
    columns, rows = size
    width, height = fit(image.size, (columns, rows * 2), cell[0] * 2 / cell[1])
    left, top = (columns - width) // 2, (rows * 2 - height) // 2
    small = image.resize((width, height), Image.Resampling.BOX, reducing_gap=2.0)
    if overlays:
        draw_outlines(small, overlays)
    canvas = Image.new("RGB", (columns, rows * 2), background)
    canvas.paste(small, (left, top))
    grid = _within(np.asarray(canvas), budget)
    upper, lower = grid[0::2], grid[1::2]
    glyphs = np.where((upper != lower).any(axis=2), HALF, " ")
    for overlay in overlays:
        _put_label(overlay, (left, top, width, height), glyphs, upper, lower)
    return [_strip(glyphs[row], upper[row], lower[row]) for row in range(rows)]


def fit(image: tuple[int, int], pane: tuple[int, int], stretch: float = 1.0) -> tuple[int, int]:
    """The largest size of the image inside the pane, where pixels are `stretch` times as wide as high."""
    scale = min(pane[0] * stretch / image[0], pane[1] / image[1])
    across, down = round(image[0] * scale / stretch), round(image[1] * scale)
    return min(max(across, 1), pane[0]), min(max(down, 1), pane[1])


def _within(pixels: Grid, budget: int) -> Grid:
    """The pixels [2 * rows, columns, 3] at the finest grade whose runs of equal colour fit the budget."""
    grid = pixels
    for bits, cells in GRADES:
        grid = _graded(pixels, bits, cells)
        if _runs(grid) * RUN_BYTES <= budget:
            break
    return grid.copy()


def _graded(pixels: Grid, bits: int, cells: int) -> Grid:
    if cells:
        high, wide = pixels.shape[0] // (2 * cells) or 1, pixels.shape[1] // (2 * cells) or 1
        small = Image.fromarray(pixels).resize((wide, high), Image.Resampling.BOX)
        large = small.resize((pixels.shape[1], pixels.shape[0] // 2), Image.Resampling.NEAREST)
        pixels = np.asarray(large).repeat(2, axis=0)
    if bits == 8:
        return pixels
    top = (1 << bits) - 1
    levels = (pixels.astype(np.uint16) * top + 127) // 255
    return (levels * 255 // top).astype(np.uint8)


def _runs(grid: Grid) -> int:
    pairs = np.concatenate([grid[0::2], grid[1::2]], axis=2)
    return int((pairs[:, 1:] != pairs[:, :-1]).any(axis=2).sum()) + len(pairs)


def _put_label(
    overlay: Overlay, place: tuple[int, int, int, int], glyphs: NDArray[np.str_], upper: Grid, lower: Grid
) -> None:
    """The label as characters, above the box or, at the upper edge, in its first row."""
    left, top, width, height = place
    x0, y0, _, _ = overlay.rectangle(width, height)
    text = "".join(character for character in overlay.label if character.isprintable() and cell_len(character) == 1)
    text = f"[{text}]" if overlay.selected else text
    row = max((top + y0) // 2 - 1, 0)
    column = min(max(left + x0, 0), max(glyphs.shape[1] - len(text), 0))
    for offset, character in enumerate(text[: glyphs.shape[1]]):
        glyphs[row, column + offset] = character
        upper[row, column + offset], lower[row, column + offset] = overlay.ink, overlay.rgb


def _strip(glyphs: NDArray[np.str_], upper: Grid, lower: Grid) -> Strip:
    changes = (upper[1:] != upper[:-1]).any(axis=1) | (lower[1:] != lower[:-1]).any(axis=1)
    edges = [0, *(np.flatnonzero(changes) + 1).tolist(), len(glyphs)]
    line = "".join(glyphs.tolist())
    segments = [
        Segment(line[start:end], _style(tuple(upper[start].tolist()), tuple(lower[start].tolist())))
        for start, end in pairwise(edges)
    ]
    return Strip(segments, len(glyphs))


@lru_cache(8192)
def _style(upper: Colour, lower: Colour) -> Style:
    return Style(color=Color.from_rgb(*upper), bgcolor=Color.from_rgb(*lower))
