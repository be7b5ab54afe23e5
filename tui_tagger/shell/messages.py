"""What was said in the status row, to be read again: a row has room for few words, and they go by."""

from __future__ import annotations

import textwrap
import time
from collections import deque
from dataclasses import dataclass

from tui_tagger.screens.search import Entry, SearchScreen
from tui_tagger.text import visible

KEPT = 200
WIDTH = 64  # characters of a line, for 80 columns


@dataclass(frozen=True, slots=True)
class Said:
    at: str  # time of day
    text: str
    error: bool


class Messages:
    """The last ones, of this session alone: they name files and people, so they are not in the log."""

    def __init__(self) -> None:
        self._said: deque[Said] = deque(maxlen=KEPT)

    def keep(self, text: str, error: bool) -> None:
        if text:
            self._said.append(Said(time.strftime("%H:%M:%S"), text, error))

    def screen(self) -> SearchScreen:
        """All of them, the newest first, each in as many lines as it needs."""
        entries = [entry for said in reversed(self._said) for entry in _lines(said)]
        nothing = [Entry("Nothing was said yet.")]
        return SearchScreen("Messages, newest first", entries or nothing, "<search.close>  back", choosing=False)


def _lines(said: Said) -> list[Entry]:
    lines = textwrap.wrap(visible(said.text), WIDTH) or [""]
    first = ("! " if said.error else "  ") + lines[0]
    return [Entry(first, said.at), *(Entry(f"  {line}") for line in lines[1:])]
