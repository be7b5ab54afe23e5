"""Where a panel has its pictures from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tui_tagger.widgets.picture import Source


@dataclass(frozen=True)
class Sources:
    """By id: a face with some of its surroundings, and a whole photo."""

    face: Callable[[int], Source]
    photo: Callable[[int], Source]
