"""What is sent, drawn by a terminal, must be what is meant: pyte draws it."""

from __future__ import annotations

import io

import pyte
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tui_tagger.widgets.frame import Frame

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
    """Such as a picture: nobody knows which cells it covers."""
    frame, text = Frame(), [line([("under the picture", 1)])] * HEIGHT
    frame.sequence(whole(text), CONSOLE)
    picture = Strip([Segment("\x1bPq~\x1b\\", None, ((0,),))], WIDTH)  # type: ignore[arg-type]
    for _ in range(2):
        assert "\x1bPq~\x1b\\" in frame.sequence(whole([picture, *text[1:]]), CONSOLE)
    assert "under the picture" in frame.sequence(whole(text), CONSOLE)
