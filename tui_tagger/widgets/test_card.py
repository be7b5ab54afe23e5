"""A picture that shows at a glance whether the terminal draws pictures as it says it does."""

from __future__ import annotations

import colorsys
import io
from collections.abc import Iterator

from PIL import Image, ImageDraw
from rich.console import Console

from tui_tagger.widgets.encoding import Pane, kitty_commands, kitty_image, kitty_line, sixels
from tui_tagger.widgets.halfcells import halfcells
from tui_tagger.widgets.terminal import Terminal

SIZE = 480, 270  # pixels
CELLS = 44, 13
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
NUMBER = 0x7A6B5C  # of the picture in kitty's memory: its colour there

EXPECTED = (
    "a frame that is whole on all four sides",
    "eight bars: white, yellow, cyan, green, magenta, red, blue, black",
    "a circle that is as wide as high (else the size of a cell is wrong)",
    "below, grey from black to white without gaps, and all colours of the rainbow",
)


def card() -> Image.Image:
    """Bars, a circle, two ramps and a frame; RGB."""
    image = Image.new("RGB", SIZE, BLACK)
    draw = ImageDraw.Draw(image)
    width, height = SIZE
    for bar in range(8):
        green, red, blue = (255 * (bar >> bit & 1 ^ 1) for bit in (2, 1, 0))
        draw.rectangle((bar * width // 8, 0, (bar + 1) * width // 8 - 1, height * 2 // 3), fill=(red, green, blue))
    for x in range(width):
        share = x / (width - 1)
        rainbow = tuple(round(255 * part) for part in colorsys.hsv_to_rgb(share, 1, 1))
        draw.line((x, height * 2 // 3, x, height * 5 // 6), fill=(round(255 * share),) * 3)
        draw.line((x, height * 5 // 6, x, height), fill=rainbow)
    radius = height // 4
    middle = (width // 2, height // 3)
    draw.ellipse((middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius), WHITE, BLACK, 6)
    draw.rectangle((0, 0, width - 1, height - 1), outline=WHITE, width=5)
    return image


def shown(terminal: Terminal) -> str:
    """The card as text that draws it at the cursor, and ends in a line of its own; empty without pictures."""
    pane = Pane(*CELLS, terminal.cell, BLACK, terminal.colours)
    match terminal.protocol:
        case "sixel":
            drawn = sixels(card(), (), pane)
            return f"{drawn.data}\n" if drawn else ""
        case "kitty":
            return "".join(_kitty(pane))
        case "halfcell":
            return _halfcells(pane)
    return ""


def _kitty(pane: Pane) -> Iterator[str]:
    image = kitty_image(card(), (), pane)
    if image is None:
        return
    yield kitty_commands(image, NUMBER)
    red, green, blue = NUMBER.to_bytes(3, "big")
    for row in range(image.rows):
        yield f"\x1b[38;2;{red};{green};{blue}m{kitty_line(image.columns, row)}\x1b[m\n"


def _halfcells(pane: Pane) -> str:
    strips = halfcells(card(), (), CELLS, pane.cell, BLACK, 100_000)
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, color_system="truecolor", width=pane.columns)
    for strip in strips:
        for segment in strip:
            console.print(segment.text, style=segment.style, end="", markup=False, highlight=False)
        out.write("\n")
    return out.getvalue()
