"""Where a panel has its pictures from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tui_tagger.services.views import PhotoDetail
from tui_tagger.widgets.picture import Source


@dataclass(frozen=True)
class Sources:
    """By id: a face with some of its surroundings, a whole photo, and what is known of it."""

    face: Callable[[int], Source]
    photo: Callable[[int], Source]
    detail: Callable[[int], PhotoDetail]
