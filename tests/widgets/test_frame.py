"""What is sent, drawn by a terminal, must be what is meant: pyte draws it."""

from __future__ import annotations

import hashlib
import io

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tests.graphics import GraphicTerminal, Part
from tui_tagger.widgets.encoding import KittyImage, Sixels, kitty_commands
from tui_tagger.widgets.frame import Frame, Place

WIDTH, HEIGHT = 24, 4
CONSOLE = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor")
STYLES = [
    None,
    Style.parse("#ff8800 on #102030"),
    Style.parse("#ff8800 on #405060"),
    Style.parse("bold #00ff00 on #102030"),
    Style.parse("italic underline #00ff00 on #102030"),
    Style.parse("bold"),
]
Lines = list[Strip]


def line(parts: list[tuple[str, int]]) -> Strip:
    segments = [Segment(text, STYLES[style]) for text, style in parts]
    return Strip(segments).crop(0, WIDTH).extend_cell_length(WIDTH, STYLES[1])


def whole(lines: Lines) -> LayoutUpdate:
    return LayoutUpdate([[strip] for strip in lines], Region(0, 0, WIDTH, HEIGHT))


class Terminal:
    def __init__(self) -> None:
        self.screen = pyte.Screen(WIDTH, HEIGHT)
        self.stream = pyte.Stream(self.screen)

    def shows(self) -> list[list[tuple[object, ...]]]:
        """Character, colours and attributes of every cell (fg, bg and bold are 1 to 3); a blank's ink is not seen."""
        rows = [[self.screen.buffer[y][x] for x in range(WIDTH)] for y in range(HEIGHT)]
        return [
            [(c.data, c.data != " " and (c.fg, c.bold, c.italics), c.bg, c.underscore) for c in row] for row in rows
        ]


texts = st.text(alphabet="ab 1—█é日🦊", min_size=1, max_size=9)
lines = st.lists(
    st.lists(st.tuples(texts, st.integers(0, len(STYLES) - 1)), max_size=5).map(line), min_size=4, max_size=4
)
redraws = st.lists(st.tuples(lines, st.lists(st.tuples(st.integers(0, 3), st.integers(0, 23), st.integers(0, 24)))))


@settings(max_examples=300, deadline=None)
@given(lines, redraws)
def test_the_terminal_shows_what_was_drawn(first: Lines, later: list[tuple[Lines, list[tuple[int, int, int]]]]) -> None:
    """After a whole redraw, and after each of some that draw parts of the rows or, without any, the whole."""
    frame, mine, theirs = Frame(), Terminal(), Terminal()
    for meant, spans in [(first, []), *later]:
        places = sorted({row: (begin, max(end, begin + 1)) for row, begin, end in spans}.items())
        update = (
            ChopsUpdate(
                [{0: strip} if row in dict(places) else {0: None} for row, strip in enumerate(meant)],
                [(row, begin, end) for row, (begin, end) in places],
                [[WIDTH]] * HEIGHT,
            )
            if places
            else whole(meant)
        )
        mine.stream.feed(frame.sequence(update, CONSOLE))
        theirs.stream.feed("\x1b[m" + update.render_segments(CONSOLE).replace("\n", ""))
        assert mine.shows() == theirs.shows()


def test_what_is_there_already_is_not_sent() -> None:
    frame, lines = Frame(), [line([("Anna Rossi", 1), ("日本", 2)])] * HEIGHT
    assert len(frame.sequence(whole(lines), CONSOLE)) > WIDTH * HEIGHT
    assert frame.sequence(whole(lines), CONSOLE) == ""
    frame.forget()
    assert len(frame.sequence(whole(lines), CONSOLE)) > WIDTH * HEIGHT


def test_one_character_costs_a_move_and_its_style() -> None:
    frame, before = Frame(), [line([("Anna Rossi 3", 1)])] * HEIGHT
    frame.sequence(whole(before), CONSOLE)
    after = [*before[:2], line([("Anna Rossi 4", 1)]), before[3]]
    assert frame.sequence(whole(after), CONSOLE) == "\x1b[3;12H\x1b[38;2;255;136;0;48;2;16;32;48m4\x1b[m"


def test_columns_of_a_list_are_sent_style_by_style() -> None:
    """A list that scrolls changes the same columns of each row: their styles are told once."""
    frame = Frame()
    for number in range(2):
        lines = [line([(f"date {row + number}  ", 1), (f"name {row + number}", 3)]) for row in range(HEIGHT)]
        sent = frame.sequence(whole(lines), CONSOLE)
    assert sent.count("\x1b[38;2;255;136;0;48;2;16;32;48m") == 1
    assert len(sent) < 2 * HEIGHT * 8 + 60


def test_what_is_no_text_is_sent_as_it_is_and_the_text_after_it_again() -> None:
    """Such as a link."""
    frame, text = Frame(), [line([("under the link", 1)])] * HEIGHT
    frame.sequence(whole(text), CONSOLE)
    link = Strip([Segment("here", Style(link="https://example.org"))]).extend_cell_length(WIDTH, STYLES[1])
    for _ in range(2):
        assert "https://example.org" in frame.sequence(whole([link, *text[1:]]), CONSOLE)
    assert "under the link" in frame.sequence(whole(text), CONSOLE)


ROWS = 9  # one more than pictures may lie on
CELL = (2, 6)
PANES = {1: (6, 3), 2: (9, 4), 3: (3, 2)}  # columns and rows of the pictures, by number
KINDS = ["sixel", "kitty"]


def picture(kind: str, number: int) -> Sixels | KittyImage:
    columns, rows = PANES[number]
    if kind == "kitty":
        return KittyImage(f"{number:04}", columns, rows)
    data = f'\x1bP0;0;0q"1;1;{columns * CELL[0]};{rows * CELL[1]}#{number}\x1b\\'
    return Sixels(data, columns, rows, (0, 0, 0))


def with_pictures(places: list[Place], text: str) -> Lines:
    """Text below pictures, of which the later ones lie on the earlier ones, and the screen's edge cuts."""
    cells: list[list[Segment]] = [[Segment(text[x % len(text)], STYLES[1]) for x in range(WIDTH)] for _ in range(ROWS)]
    for place in places:
        columns, rows = PANES[place.number]
        for y in range(place.top, min(place.top + rows, ROWS - 1)):
            for x in range(place.left, min(place.left + columns, WIDTH)):
                cells[y][x] = Segment(" ", (STYLES[2] or Style()) + place.style)
    return [Strip(row, WIDTH).simplify() for row in cells]


places = st.lists(st.builds(Place, st.integers(1, 3), st.integers(0, WIDTH - 3), st.integers(0, ROWS - 3)), max_size=3)
scenes = st.tuples(places, st.sampled_from(["text ", "other"]))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(scenes, st.lists(st.integers(0, ROWS - 1), max_size=3)), min_size=1, max_size=6))
def test_a_picture_is_where_it_is_meant_to_be_and_nowhere_else(
    kind: str, redraws: list[tuple[tuple[list[Place], str], list[int]]]
) -> None:
    """After redraws of the whole, or of some rows; and what is whole is to be seen whole."""
    frame, terminal, meant = Frame(), GraphicTerminal(WIDTH, ROWS, CELL), with_pictures([], " ")
    names = {}
    for number in PANES:
        held = picture(kind, number)
        frame.hold(number, held)
        if isinstance(held, KittyImage):
            terminal.feed(kitty_commands(held, number).encode())
            names[number] = terminal.images[number]
        else:
            names[number] = hashlib.sha1(held.data.encode()).hexdigest()
    terminal.feed(frame.sequence(rows(meant), CONSOLE).encode())
    for (laid, text), only in redraws:
        lines = with_pictures(laid, text)
        meant = [line if not only or row in only else meant[row] for row, line in enumerate(lines)]
        terminal.feed(frame.sequence(rows(meant, sorted(set(only))), CONSOLE).encode())
        wanted = [[places_of(segment) for segment in line for _ in segment.text] for line in meant]
        for y, row in enumerate(terminal.shows()):
            for x, shown in enumerate(row):
                place = wanted[y][x]
                if isinstance(shown, Part):
                    assert place is not None
                    assert shown == Part(names[place.number], x - place.left, y - place.top)
                elif place is not None:
                    columns, high = PANES[place.number]
                    spots = [
                        (b, a)
                        for b in range(place.top, place.top + high)
                        for a in range(place.left, place.left + columns)
                    ]
                    assert kind == "sixel"
                    assert not all(b < ROWS and a < WIDTH and wanted[b][a] == place for b, a in spots)
                    assert shown[0] == " "
                else:
                    assert shown[0] == "".join(segment.text for segment in meant[y])[x]


def places_of(segment: Segment) -> Place | None:
    named = segment.style.meta.get("picture") if segment.style else None
    return Place(*named) if named else None


def rows(lines: Lines, only: list[int] | None = None) -> LayoutUpdate | ChopsUpdate:
    if not only:
        return LayoutUpdate([[strip] for strip in lines], Region(0, 0, WIDTH, len(lines)))
    return ChopsUpdate(
        [{0: strip} if row in only else {0: None} for row, strip in enumerate(lines)],
        [(row, 0, WIDTH) for row in only],
        [[WIDTH]] * len(lines),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_that_is_there_is_not_sent_again(kind: str) -> None:
    frame = Frame()
    frame.hold(1, picture(kind, 1))
    lines = with_pictures([Place(1, 2, 2)], "text")
    assert frame.sequence(rows(lines), CONSOLE)
    assert frame.sequence(rows(lines), CONSOLE) == ""
    moved = with_pictures([Place(1, 3, 2)], "text")
    assert ("\x1bP" if kind == "sixel" else "\U0010eeee") in frame.sequence(rows(moved), CONSOLE)


def test_sixels_that_are_covered_in_part_come_when_the_cover_goes() -> None:
    """Such as below a message; a picture that a released one lay on before is blank until then."""
    frame = Frame()
    frame.hold(1, picture("sixel", 1))
    bare = with_pictures([Place(1, 2, 2)], "text")
    covered = [*bare[:3], line([("a message over it", 1)]), *bare[4:]]
    assert "\x1bP" not in frame.sequence(rows(covered), CONSOLE)
    assert "\x1bP" in frame.sequence(rows(bare, [3]), CONSOLE)
    frame.release(1)
    frame.forget()
    assert "\x1bP" not in frame.sequence(rows(bare), CONSOLE)
