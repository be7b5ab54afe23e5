"""How fast the line to the terminal is, and how large a picture may be for it.

A terminal answers a question after it has drawn what came before. So the time from a picture to the answer to the
question behind it, less the round trip, is what the line and the terminal took for the picture's bytes. tmux answers
for itself, before the terminal around it has anything: there nothing is asked.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from statistics import median

ASK = "\x1b[6n"  # where is the cursor (DSR 6)? The answer is no key to anybody
PATIENCE = 5.0  # seconds: a terminal that has not answered by then is asked no more
WAIT = 0.6  # seconds that a picture may take
LEAST, MOST = 25_000, 150_000  # bytes of a picture, by the line's speed
TELLING = 8_000  # bytes: what is smaller tells the round trip, not the speed
TMUX_LIMIT = 600_000  # bytes: tmux drops a sixel of about 1 MB without a word
QUICKEST = 0.002  # seconds: below that the clock tells nothing


class Line:
    """`write` sends to the terminal and says whether there is one. `fixed` bytes, where not 0, are the budget."""

    def __init__(
        self,
        write: Callable[[str], bool],
        round_trip: float = 0.0,
        fixed: int = 0,
        in_tmux: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.round_trip = round_trip  # seconds, the least seen
        self._write, self._clock, self._in_tmux = write, clock, in_tmux
        self._fixed = min(fixed, TMUX_LIMIT) if in_tmux else fixed
        self._asked: tuple[float, int] | None = None  # when, and how many bytes went before
        self._rates: deque[float] = deque(maxlen=3)  # bytes a second of the last pictures
        self._answer = asyncio.Event()
        self._mute = in_tmux

    @property
    def rate(self) -> float | None:
        """Bytes a second, None before anything was measured."""
        return median(self._rates) if self._rates else None

    @property
    def budget(self) -> int:
        """The most bytes of a picture."""
        if self._fixed:
            return self._fixed
        return MOST if self.rate is None else int(min(max(self.rate * WAIT, LEAST), MOST))

    def sent(self, size: int, began: float | None = None) -> None:
        """`size` bytes were given to the terminal from `began` on; asks behind them, one question at a time."""
        now = self._clock()
        if self._asked and now - self._asked[0] > PATIENCE:
            self._mute, self._asked = True, None
            self._answer.set()
        if self._mute or self._asked or not self._write(ASK):
            return
        self._asked = (now if began is None else began, size)
        self._answer.clear()

    def answered(self) -> None:
        """The terminal has drawn all that came before the question."""
        if self._asked is None:
            return
        (began, size), self._asked = self._asked, None
        took = self._clock() - began
        self.round_trip = min(self.round_trip or took, took)
        if size >= TELLING:
            self._rates.append(size / max(took - self.round_trip, QUICKEST))
        self._answer.set()

    async def clear(self, longest: float) -> None:
        """Waits until the terminal has drawn what it was last asked behind, at most `longest` seconds."""
        if self._asked is not None:
            try:
                await asyncio.wait_for(self._answer.wait(), longest)
            except TimeoutError:
                return
