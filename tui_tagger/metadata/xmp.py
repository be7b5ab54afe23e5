"""Reading people and keywords from a photo and its sidecar."""

from __future__ import annotations

from pathlib import Path

from tui_tagger.metadata.naming import read_naming
from tui_tagger.metadata.packet import DC, texts_of
from tui_tagger.metadata.regions import NamedRegion
from tui_tagger.metadata.sources import read_sources


def read_people(path: Path) -> tuple[NamedRegion, ...]:
    """The people named in a photo's metadata, each face once; naming.py says more. Raises PhotoError like it."""
    return tuple(NamedRegion(each.name, each.box) for each in read_naming(path).people)


def read_keywords(path: Path) -> tuple[str, ...]:
    """The keywords of a photo and its sidecar: dc:subject and IPTC, each once.

    Raises PhotoError only if the file cannot be read.
    """
    sources, older = read_sources(path)
    found = [text for source in reversed(sources) for text in texts_of(source.packet.find(DC, "subject"))]
    return tuple(dict.fromkeys([*found, *older.keywords]))
