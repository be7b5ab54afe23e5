"""Draws packaging/tui-tagger.ico, the icon of the program on Windows: a face in the corners of a viewfinder.

Usage: build_icon.py [TARGET]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image, ImageDraw

TARGET = Path(__file__).resolve().parents[1] / "packaging" / "tui-tagger.ico"
SIDE = 256
NIGHT, LIGHT, FACE = "#16202c", "#5fd7af", "#f2c9a1"


def icon() -> Image.Image:
    image = Image.new("RGBA", (SIDE, SIDE))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, SIDE - 1, SIDE - 1), 40, fill=NIGHT)
    draw.ellipse((74, 58, 182, 198), fill=FACE)
    for x in (106, 150):
        draw.ellipse((x - 9, 108, x + 9, 126), fill=NIGHT)
    draw.arc((100, 116, 156, 172), 25, 155, fill=NIGHT, width=8)
    for x, y, right, down in ((32, 32, 1, 1), (223, 32, -1, 1), (32, 223, 1, -1), (223, 223, -1, -1)):
        draw.line((x + right * 48, y, x, y, x, y + down * 48), fill=LIGHT, width=14, joint="curve")
    return image


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", nargs="?", type=Path, default=TARGET)
    icon().save(parser.parse_args().target, sizes=[(16, 16), (32, 32), (48, 48), (256, 256)])
