"""Several faces side by side in one picture, to compare with."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageOps

from tui_tagger.errors import TaggerError
from tui_tagger.widgets.picture import Source

PLACES = 3
GAP = 0.04  # of a place


def contact_sheet(sources: Sequence[Source], side: int) -> Image.Image:
    """Up to three square pictures in a row, RGB, each a third of `side` pixels wide; unreadable ones stay dark."""
    place = max(16, side // PLACES)
    shown = sources[:PLACES]
    inner = max(8, round(place * (1 - GAP)))
    sheet = Image.new("RGB", (place * max(0, len(shown) - 1) + inner, inner))
    for index, source in enumerate(shown):
        try:
            picture = source(inner)
        except TaggerError:
            continue
        sheet.paste(ImageOps.fit(picture.convert("RGB"), (inner, inner)), (index * place, 0))
    return sheet
