"""Who extracts: a scan hands out files and takes what comes back, from this process or from others."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable
from typing import Protocol

from tui_tagger.errors import TaggerError
from tui_tagger.services.extraction import Extracted, File, Models, attempt

Result = tuple[File, Extracted | TaggerError]


class Extractors(Protocol):
    """Extracts many files, in any order, and takes no more of them than a few that are under way."""

    def extract(self, files: Iterable[File], known: Collection[str]) -> Generator[Result, None, None]:
        """Each file with what was found of it, or why nothing; `known` is as in `extraction.extract`.

        Closing the iterator drops what is under way. Raises ModelError, and TaggerError where nobody can extract.
        """
        ...


class InProcess:
    """Extracts one file after the other here."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def extract(self, files: Iterable[File], known: Collection[str]) -> Generator[Result, None, None]:
        for file in files:
            yield file, attempt(file, self._models, known)
