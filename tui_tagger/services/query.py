"""The library's filter language: `person:Anna has:gps -is:offline holiday` as a condition on photos.

KEYS is the one place that knows its words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import reduce
from operator import and_

from peewee import Expression, fn

from tui_tagger.errors import UsageError
from tui_tagger.services.views import FaceState, PhotoStatus
from tui_tagger.storage.models import UNDATED, Face, Listing, Photo
from tui_tagger.text import folded

__all__ = ["KEYS", "WAITING", "Key", "condition", "of_photos"]

WAITING = (FaceState.UNKNOWN, FaceState.SUGGESTED)
AREA_MARGIN = 1e-5  # degrees: what an area loses when its word is rounded
WORD = re.compile(r'(?:[^\s"]|"[^"]*"?)+')  # a quote that is still open, as while somebody types, ends with the line
DAY = r"\d[\dT:-]{,18}"  # the beginning of a date: 2019, 2019-07, 2019-07-12T14; longer ones take hours


@dataclass(frozen=True, slots=True)
class Key:
    """A word with a colon: the condition on the listing that its value means, an example, and what that finds."""

    condition: Callable[[str], Expression]
    example: str
    finds: str


def condition(query: str) -> Expression | None:
    """The condition that a query puts on the listing; None for an empty one. Raises UsageError with what is right."""
    found = [part for word in WORD.findall(query) if (part := _part(word)) is not None]
    return reduce(and_, found) if found else None


def _part(word: str) -> Expression | None:
    plain = word.replace('"', "")
    if plain.startswith("-") and len(plain) > 1:
        part = _part(word[1:])
        return None if part is None else ~part
    key, colon, value = plain.partition(":")
    if not colon or not re.fullmatch(r"[A-Za-z]{2,}", key):  # a drive or a time of day is text
        return _anywhere(plain) if plain.strip("-") else None
    if key.lower() not in KEYS:
        raise UsageError(f"{key}: is not a filter", _nearest(key.lower(), KEYS, "{}:"))
    return KEYS[key.lower()].condition(value) if value.strip() else None


def _nearest(text: str, known: Mapping[str, object], form: str) -> str:
    near = get_close_matches(text, known, 1, 0.5)
    every = ", ".join(form.format(key) for key in known)
    return f"The nearest is {form.format(near[0])}" if near else f"Known are: {every}."


def of_photos(wanted: Expression) -> Expression:
    """A condition on the columns of Photo as one on the listing."""
    return Listing.id.in_(Photo.select(Photo.id).where(wanted))


def _like(field: object, text: str) -> Expression:
    return fn.instr(field, folded(text)) > 0


def _anywhere(word: str) -> Expression:
    places = (Listing.path, Listing.place, Listing.people, Listing.description)
    found = _like(places[0], word)
    for place in places[1:]:
        found |= _like(place, word)
    return found


def _person(text: str) -> Expression:
    names = [name.strip() for name in text.split("&") if name.strip()]
    return reduce(and_, [_like(Listing.people, name) for name in names]) if names else Listing.confirmed > 0


def _faces(text: str) -> Expression:
    match = re.fullmatch(r"(>=|<=|>|<|)(\d{1,9})(\+|\.\.(\d{1,9}))?", text)
    if not match or (match[1] and match[3]):
        raise UsageError(f"faces:{text} is not a number", "Try faces:3, faces:>2, faces:2+ or faces:2..4.")
    wanted = int(match[2])
    if match[4]:
        return Listing.faces.between(wanted, int(match[4]))
    compare: dict[str, Callable[[], Expression]] = {
        "": lambda: Listing.faces == wanted,
        ">": lambda: Listing.faces > wanted,
        "<": lambda: Listing.faces < wanted,
        ">=": lambda: Listing.faces >= wanted,
        "<=": lambda: Listing.faces <= wanted,
    }
    return compare[">=" if match[3] else match[1]]()


def _date(text: str) -> Expression:
    if text == "none":
        return Listing.taken == UNDATED
    match = re.fullmatch(rf"({DAY})?(\.\.)?({DAY})?", text)
    if not match or (match[1] and match[3] and not match[2]):
        raise UsageError(f"date:{text} is not a date", "Try date:2019, date:2019-07, date:2018..2020 or date:none.")
    first, last = match[1] or "", match[3] or ("" if match[2] else match[1] or "")
    # "~" comes after all that may follow a date that was cut short, and means no date where it stands alone.
    upper = Listing.taken < f"{last}~"
    return (Listing.taken >= first) & upper if first else upper


def _one_of(key: str, known: Mapping[str, Callable[[], Expression]]) -> Callable[[str], Expression]:
    """A key with certain values; the beginning of one is enough."""

    def chosen(text: str) -> Expression:
        wanted = text.lower()
        fitting = [value for value in known if value.startswith(wanted)]
        if not fitting:
            raise UsageError(f"{key}:{text} is not known", _nearest(wanted, known, f"{key}:{{}}"))
        return known[wanted if wanted in known else fitting[0]]()

    return chosen


def _with(*states: FaceState) -> Callable[[], Expression]:
    return lambda: Listing.id.in_(Face.select(Face.photo).where(Face.state.in_(states)))


def area_word(south: float, west: float, north: float, east: float) -> str:
    """The query word for an area in degrees, about 1 m larger on each side; west > east across the antimeridian."""
    lowest, highest = max(-90.0, south - AREA_MARGIN), min(90.0, north + AREA_MARGIN)
    if (east - west) % 360 + 2 * AREA_MARGIN >= 360 or east - west >= 360:
        west, east = -180.0, 180.0
    else:
        west, east = ((edge + 180) % 360 - 180 for edge in (west - AREA_MARGIN, east + AREA_MARGIN))
    return f"area:{lowest:.5f},{west:.5f},{highest:.5f},{east:.5f}"


def _area(text: str) -> Expression:
    """An index finds the latitudes; a west beyond the east goes across the antimeridian."""
    hint = "Degrees as area:south,west,north,east: area:38.6,-9.3,38.8,-9.0."
    try:
        south, west, north, east = (float(number) for number in text.split(","))
    except ValueError:
        raise UsageError(f"area:{text} is not an area", hint) from None
    if not (-90 <= south <= north <= 90 and all(abs(number) <= 180 for number in (west, east))):
        raise UsageError(f"area:{text} is not on the globe", hint)
    across = (
        Photo.longitude.between(west, east) if west <= east else (Photo.longitude >= west) | (Photo.longitude <= east)
    )
    return of_photos(Photo.latitude.between(south, north) & across)


FACE: dict[str, Callable[[], Expression]] = {
    "waiting": lambda: Listing.waiting > 0,
    "unknown": _with(FaceState.UNKNOWN),
    "suggested": _with(FaceState.SUGGESTED),
    "confirmed": lambda: Listing.confirmed > 0,
    "ignored": _with(FaceState.IGNORED),
    "not": _with(FaceState.NOT_A_FACE),
}
HAS: dict[str, Callable[[], Expression]] = {
    "gps": lambda: of_photos(Photo.latitude.is_null(False)),
    "place": lambda: Listing.place != "",
    "date": lambda: Listing.taken != UNDATED,
    "direction": lambda: of_photos(Photo.direction.is_null(False)),
    "description": lambda: Listing.description != "",
    "camera": lambda: Listing.camera != "",
    "faces": lambda: Listing.faces > 0,
    "people": lambda: Listing.confirmed > 0,
}
IS: dict[str, Callable[[], Expression]] = {
    "unwritten": lambda: Listing.unwritten,
    "waiting": lambda: Listing.waiting > 0,
    "ready": lambda: Listing.status == PhotoStatus.READY,
    "offline": lambda: Listing.status == PhotoStatus.OFFLINE,
    "failed": lambda: Listing.status == PhotoStatus.FAILED,
}
KEYS: dict[str, Key] = {
    "person": Key(_person, 'person:"Anna & Bo"', "both are confirmed there; a part of a name will do"),
    "face": Key(_one_of("face", FACE), "face:unknown", "has such a face: " + ", ".join(FACE)),
    "faces": Key(_faces, "faces:2..4", "so many faces; also faces:3, faces:>2, faces:2+"),
    "date": Key(_date, "date:2018..2020-06", "taken then; also date:2019-07, date:2015.., date:none"),
    "place": Key(lambda text: _like(Listing.place, text), "place:Lisbon", "the name of the place has this text"),
    "has": Key(_one_of("has", HAS), "has:gps", "has any: " + ", ".join(HAS)),
    "is": Key(_one_of("is", IS), "is:unwritten", "is so: " + ", ".join(IS)),
    "path": Key(lambda text: _like(Listing.path, text), "path:holiday", "folder or file name have this text"),
    "camera": Key(lambda text: _like(Listing.camera, text), "camera:Leica", "taken with it"),
    "description": Key(lambda text: _like(Listing.description, text), "description:cake", "described so"),
    "area": Key(_area, "area:38.6,-9.3,38.8,-9.0", "taken between these degrees: south, west, north, east"),
}
