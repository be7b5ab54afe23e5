"""A photo's description from a template: "{people}, {place}, {date}" gives "Anna and Bo, Lisbon, 12 July 2019"."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Formatter

from tui_tagger.errors import UsageError
from tui_tagger.metadata.people import clean_name

FIELDS = ("people", "place", "country", "date", "year")
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
MAX_LENGTH = 2000  # characters; IPTC's limit for a caption

_LITERAL = re.compile(r"(?P<closers>[)\]}»”]*)(?P<separator>.*?)(?P<openers>[(\[{«“]*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Part:
    """A field with what goes when it does: the text before it, and the brackets around it."""

    separator: str
    openers: str
    name: str
    closers: str


@dataclass(frozen=True, slots=True)
class Template:
    parts: tuple[_Part, ...]
    end: str

    def fill(self, values: Mapping[str, str]) -> str:
        """The description; fields without a value drop out with the text that leads to them. Empty without any."""
        present = [part for part in self.parts if values.get(part.name)]
        if not present:
            return ""
        texts: list[str] = []
        for part in present:
            # What leads to a field joins it to the one before it: the first one needs it only where it opens the text.
            separator = part.separator if texts or part is self.parts[0] else ""
            texts.append(separator + part.openers + values[part.name] + part.closers)
        return clean_name("".join(texts) + self.end)[:MAX_LENGTH]


def parse_template(text: str) -> Template:
    """Raises UsageError for unknown fields, with the nearest known one, and for anything but plain fields."""
    try:
        pieces = list(Formatter().parse(text))
    except ValueError as error:
        raise UsageError(
            f"The template {text!r} cannot be read ({error})", "Example: {people}, {place}, {date}"
        ) from None
    parts: list[_Part] = []
    end = ""
    for literal, name, form, conversion in pieces:
        match = _LITERAL.fullmatch(literal)
        assert match is not None
        if parts:
            last = parts.pop()
            parts.append(_Part(last.separator, last.openers, last.name, match["closers"]))
        before = match["separator"] if parts else match["closers"] + match["separator"]
        if name is None:
            end = before + match["openers"]
        else:
            parts.append(_Part(before, match["openers"], _checked(name, form, conversion), ""))
    if not parts:
        raise UsageError("The template has no fields", _known())
    return Template(tuple(parts), end)


def _checked(name: str, form: str | None, conversion: str | None) -> str:
    if name in FIELDS and not form and not conversion:
        return name
    nearest = difflib.get_close_matches(re.split(r"\W", name.strip(), maxsplit=1)[0].lower(), FIELDS, 1, 0.4)
    hint = f"Did you mean {{{nearest[0]}}}? " if nearest else ""
    shown = name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
    raise UsageError(f"{{{shown}}} is not a field of descriptions", hint + _known())


def _known() -> str:
    return "Fields are: " + ", ".join(f"{{{name}}}" for name in FIELDS) + "."


def field_values(people: Sequence[str], place: str, taken_at: str | None) -> dict[str, str]:
    """The fields of a photo: its people, its place as "City, Country", its local time as ISO 8601."""
    city, _, country = place.rpartition(", ")
    return {
        "people": _listed(list(dict.fromkeys(filter(None, map(clean_name, people))))),
        "place": city or country,
        "country": country if city else "",
        "date": _date(taken_at or ""),
        "year": (taken_at or "")[:4],
    }


def _listed(names: Sequence[str]) -> str:
    """As in "Anna, Bo and Cy"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _date(text: str) -> str:
    """As in "12 July 2019", of "2019-07-12T14:03:22"; less where less is known."""
    match = re.match(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", text)
    if match is None:
        return ""
    year, month, day = match.groups()
    if month is None or not 1 <= int(month) <= 12:
        return year
    return " ".join(filter(None, (str(int(day)) if day else "", MONTHS[int(month) - 1], year)))
