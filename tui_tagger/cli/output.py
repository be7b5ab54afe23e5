"""What a command prints: results on stdout, progress and diagnostics on stderr."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tui_tagger.text import visible

FAILURES = 1


class Progress:
    """A counter on stderr where that is a terminal; quiet elsewhere."""

    def __init__(self, title: str) -> None:
        self.title, self.shown, self.terminal = title, 0.0, sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if not self.terminal or (done < total and now - self.shown < 0.1):
            return
        self.shown = now
        share = f"{done / total:.0%}" if total else ""
        print(
            f"\r\x1b[K{self.title} {done} of {total} {share}",
            end="" if done < total else "\n",
            file=sys.stderr,
            flush=True,
        )


def list_failures(failures: Iterable[Any]) -> None:
    for failure in failures:
        say(f"failed: {failure.reason}")


def finish(failures: Sequence[Any]) -> None:
    if failures:
        import typer

        raise typer.Exit(FAILURES)


def emit(row: dict[str, Any]) -> None:
    """One JSON object a line; ASCII, so that any name of a file can be printed."""
    print(json.dumps(row, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value)} is not for JSON")


def say(text: str) -> None:
    """A line for people; control characters made visible."""
    print(printable(text))


def tell(text: str) -> None:
    print(printable(text), file=sys.stderr)


def printable(text: str) -> str:
    lines = [visible(line) for line in text.replace("\t", "  ").split("\n")]
    encoding = sys.stdout.encoding or "utf-8"
    return "\n".join(lines).encode(encoding, "backslashreplace").decode(encoding)


def count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
