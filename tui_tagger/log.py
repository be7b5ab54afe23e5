"""The log: what happened, in a file that rotates and that its owner alone can read.

What comes from the library is not in it: an event has a name from the source code and numbers; of an error its type,
where it was raised and its code. So a log can be sent with a bug report.
"""

from __future__ import annotations

import logging
import os
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from tui_tagger.config import log_dir
from tui_tagger.private import make_file, own_folder

NAME = "tui-tagger.log"
MOST_BYTES = 500_000  # of one file
KEPT = 3  # older files beside it
PACKAGE = Path(__file__).parent

_logger = logging.getLogger("tui_tagger.events")
_logger.propagate = False


class _PrivateFile(RotatingFileHandler):
    def _open(self) -> Any:
        make_file(Path(self.baseFilename))
        return super()._open()


def start(name: str = NAME) -> None:
    """Opens the log of this process; without a place for it, nothing is logged."""
    stop()
    try:
        own_folder(log_dir())
        handler = _PrivateFile(log_dir() / name, maxBytes=MOST_BYTES, backupCount=KEPT, encoding="utf-8")
    except OSError:
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(message)s"))
    _logger.addHandler(handler)
    _logger.setLevel(logging.INFO)


def stop() -> None:
    for handler in list(_logger.handlers):
        _logger.removeHandler(handler)
        handler.close()


def event(what: str, **numbers: float) -> None:
    """Notes that something happened; `what` stands in the source code, a test looks for that."""
    if _logger.handlers:
        _logger.info(" ".join([what, *(f"{key}={_number(value)}" for key, value in numbers.items())]))


def failure(what: str, error: BaseException) -> None:
    """Notes an error by its type, code and place, and those it came from; not its message, which names files."""
    if _logger.handlers:
        _logger.error("%s: %s", what, "; from ".join(described(error)))


def described(error: BaseException | None) -> list[str]:
    """Each error of the chain, such as "OSError 28 at safewrite.py:81"."""
    found: list[str] = []
    while error is not None and len(found) < 8:
        code = getattr(error, "sqlite_errorname", None) or getattr(error, "errno", None)
        words = [type(error).__name__, *([str(code)] if code is not None else []), _place(error)]
        found.append(" ".join(filter(None, words)))
        error = error.__cause__ or error.__context__
    return found


def _place(error: BaseException) -> str:
    """The innermost line of this program on the way, and the line that raised."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return ""
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(PACKAGE)]
    places = [f"{os.path.basename(frame.filename)}:{frame.lineno}" for frame in (*own[-1:], frames[-1])]  # noqa: PTH119
    return "at " + ", ".join(dict.fromkeys(places))


def _number(value: float) -> float:
    """Numbers alone get through, whatever the type checker was told."""
    return value if isinstance(value, (int, float)) else len(str(value))
