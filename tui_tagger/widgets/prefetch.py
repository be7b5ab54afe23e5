"""Pictures fetched before they are asked for, so that the next face is there when the key is pressed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from threading import Lock
from typing import Protocol

from PIL import Image

from tui_tagger.errors import TaggerError
from tui_tagger.widgets.picture import Source

KEPT = 24  # pictures
SIDE = 512  # pixels of a picture fetched ahead: enough for a face in any pane


class Token(Protocol):
    """Says whether the work is still wanted; a Textual worker is one."""

    @property
    def is_cancelled(self) -> bool: ...


class Pictures:
    """The last pictures by key. Threads may fetch while others read."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Image.Image] = OrderedDict()
        self._lock = Lock()

    def fetch(self, wanted: Mapping[Hashable, Source], token: Token) -> None:
        """Fetches what is not there yet, until cancelled; what cannot be read is left to who asks for it."""
        for name, source in wanted.items():
            if token.is_cancelled:
                return
            with self._lock:
                present = name in self._kept
            if present:
                continue
            try:
                self._keep(name, source(SIDE))
            except TaggerError:
                continue

    def source(self, name: Hashable, source: Source) -> Source:
        """A source that answers from what was fetched, if that is large enough."""

        def picture(side: int) -> Image.Image:
            with self._lock:
                kept = self._kept.get(name)
            if kept is None or side > SIDE:
                return source(side)
            smaller = kept.copy()
            smaller.thumbnail((side, side))
            return smaller

        return picture

    def _keep(self, name: Hashable, picture: Image.Image) -> None:
        with self._lock:
            self._kept[name] = picture
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
