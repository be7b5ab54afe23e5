"""Text for the screen: values from files made harmless, faces' states as glyph, word and colour."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from textual.content import Content

from tui_tagger.services.views import FaceState, FaceView
from tui_tagger.text import percent
from tui_tagger.text import visible as visible


@dataclass(frozen=True, slots=True)
class StateMark:
    glyph: str
    colour: str  # a variable of the theme
    word: str


STATES = {
    FaceState.UNKNOWN: StateMark("?", "warning", "unknown"),
    FaceState.SUGGESTED: StateMark("~", "accent", "suggested"),
    FaceState.CONFIRMED: StateMark("✓", "success", "confirmed"),
    FaceState.IGNORED: StateMark("–", "secondary", "ignored"),
    FaceState.NOT_A_FACE: StateMark("✗", "error", "not a face"),
}


def cell(text: str, width: int, style: str = "") -> Content:
    """The text in exactly `width` cells, cut with an ellipsis."""
    content = Content.styled(visible(text), style) if style else Content(visible(text))
    return content.truncate(max(width, 0), ellipsis=True, pad=True)


def home_path(path: Path) -> str:
    """The path with the home folder as ~."""
    try:
        return visible(f"~/{path.relative_to(Path.home())}")
    except ValueError:
        return visible(str(path))


def short_path(path: Path, width: int) -> str:
    """The end of the path, which tells files apart, in at most `width` cells."""
    text = home_path(path)
    return text if len(text) <= width else "…" + text[len(text) - width + 1 :]


def when(taken_at: str | None, seconds: bool = True) -> str:
    """Such as "2019-07-12 14:03:22" of an ISO date and time."""
    if not taken_at:
        return "no date"
    return taken_at.replace("T", " ")[: 19 if seconds else 16]


def counted(count: int, one: str, many: str = "") -> str:
    """Such as "1 face", "3 faces"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def face_name(face: FaceView) -> str:
    """Who the face is, as far as known."""
    return visible(face.person) if face.person else STATES[face.state].word


def face_line(face: FaceView, width: int) -> Content:
    """Such as "2 ~ Anna Rossi  age 34  97 % suggested": number, glyph, name, age then, probability, state."""
    mark = STATES[face.state]
    age = "" if face.age is None else f" age {face.age}"
    right = f"{age} {percent(face.probability):>4} {mark.word:<10}"
    name = face_name(face) if face.person else "–"
    left = f"{face.number:>2} "
    room = width - len(left) - len(right) - 2
    return Content.assemble(
        (left, "bold"), (mark.glyph + " ", f"$text-{mark.colour}"), cell(name, room), (right, "$foreground-muted")
    )
