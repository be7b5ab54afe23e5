"""Names in hierarchical keywords, in every program's spelling: "People/Anna", "People|Anna", ACDSee's XML."""

from __future__ import annotations

from collections.abc import Iterable
from xml.parsers import expat

from tui_tagger.config import PEOPLE_ROOTS
from tui_tagger.metadata.packet import Packet, texts_of
from tui_tagger.metadata.people import LISTS, NOT_PEOPLE, clean_name

ACDSEE = "http://ns.acdsee.com/iptc/1.0/"
MEDIAPRO = "http://ns.iview-multimedia.com/mediapro/1.0/"
MAX_DEPTH = 30

Path = tuple[str, ...]


def names_under_roots(packet: Packet | None, keywords: Iterable[str] = ()) -> list[str]:
    """The leaves of hierarchical keywords below "People" and its translations, each once.

    Looks at digiKam's TagsList, Microsoft's LastKeywordXMP, Lightroom's hierarchicalSubject, Media Pro's CatalogSets,
    ACDSee's categories, and flat keywords that spell a path (dc:subject, and IPTC's as `keywords`).
    """
    paths = ([] if packet is None else _paths(packet)) + _flat(keywords)
    return leaves([path for path in paths if path and path[0].casefold() in PEOPLE_ROOTS])


def leaves(paths: Iterable[Path]) -> list[str]:
    """The last levels of paths that are not themselves a level above another."""
    trimmed = [path for path in paths if len(path) > 1]
    groups = {path[:length] for path in trimmed for length in range(1, len(path))}
    names = [clean_name(path[-1]) for path in trimmed if path not in groups]
    return [name for name in dict.fromkeys(names) if name and name.casefold() not in NOT_PEOPLE]


def _paths(packet: Packet) -> list[Path]:
    slashed = texts_of(packet.find(*LISTS["tags_list"])) + texts_of(packet.find(*LISTS["last_keyword"]))
    barred = texts_of(packet.find(*LISTS["hierarchical"])) + texts_of(packet.find(MEDIAPRO, "CatalogSets"))
    found = [_levels(text, "/") for text in slashed] + [_levels(text, "|") for text in barred]
    found += assigned_categories(packet.simple(ACDSEE, "categories"))
    return found + _flat(texts_of(packet.find(*LISTS["subject"])))


def _flat(keywords: Iterable[str]) -> list[Path]:
    return [_levels(text, sign) for text in keywords for sign in "/|" if sign in text]


def _levels(text: str, separator: str) -> Path:
    return tuple(part.strip() for part in text.split(separator))


def assigned_categories(text: str) -> list[Path]:
    """ACDSee's `<Categories><Category Assigned="0">People<Category Assigned="1">Anna</Category>...` as paths.

    Empty for what is not well-formed, declares a document type, or is nested too deep.
    """
    if not text:
        return []
    reader = _Categories()
    try:
        reader.parser.Parse(text, True)
    except (expat.ExpatError, ValueError):
        return []
    return reader.paths


class _Categories:
    def __init__(self) -> None:
        self.paths: list[Path] = []
        self._open: list[tuple[list[str], bool]] = []  # text so far, whether assigned
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise ValueError("nested too deep")
        self._open.append(([], name == "Category" and attributes.get("Assigned") == "1"))

    def _text(self, text: str) -> None:
        self._open[-1][0].append(text)

    def _end(self, _name: str) -> None:
        if self._open[-1][1]:
            self.paths.append(tuple("".join(parts).strip() for parts, _ in self._open[1:]))
        self._open.pop()

    def _refuse(self, *_: object) -> None:
        raise ValueError("a document type declaration")
