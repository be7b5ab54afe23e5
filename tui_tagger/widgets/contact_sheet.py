"""Several faces side by side in one picture, to compare with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PIL import Image, ImageOps

from tui_tagger.errors import TaggerError

Source = Callable[[int], Image.Image]

PLACES = 3
GAP = 0.04  # of a place


def contact_sheet(sources: Sequence[Source], side: int) -> Image.Image:
    """Up to three square pictures in a row, RGB, `side` pixels wide in all; unreadable ones stay dark."""
    place = max(16, side // PLACES)
    sheet = Image.new("RGB", (place * PLACES, place))
    inner = max(8, round(place * (1 - GAP)))
    for index, source in enumerate(sources[:PLACES]):
        try:
            picture = source(inner)
        except TaggerError:
            continue
        sheet.paste(ImageOps.fit(picture.convert("RGB"), (inner, inner)), (index * place, 0))
    return sheet
