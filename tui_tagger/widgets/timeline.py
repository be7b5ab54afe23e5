"""Years as sparklines of their months, and people with how often and when they were there."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from tui_tagger.services.appearances import Companion, Year
from tui_tagger.widgets.text import cell

LEVELS = "▁▂▃▄▅▆▇█"
MONTHS = "JFMAMJJASOND"
BAR_FROM = 46  # cells from which on there is room for a bar beside the months


def sparkline(values: Sequence[int], most: int) -> str:
    """A bar a value, blank for 0; `most` is the highest one."""
    return "".join(" " if not value else LEVELS[-(-value * len(LEVELS) // max(most, value)) - 1] for value in values)


def year_heading(width: int) -> Content:
    return cell(f"  year  age  {MONTHS}  photos", width).stylize("$foreground-muted")


def year_line(year: Year, most: int, most_in_a_month: int, width: int) -> Content:
    """Such as "2019   41  ▁ ▂▅█▃     ▁     123": `most` photos in a year, and in a month, fill a bar."""
    age = "" if year.age is None else str(year.age)
    bar = "━" * round(year.photos / most * (width - BAR_FROM)) if width > BAR_FROM else ""
    return Content.assemble(
        f"  {year.year}  ",
        (f"{age:>3}  ", "$foreground-muted"),
        (sparkline(year.months, most_in_a_month), "$text-accent"),
        f"  {year.photos:>6,}  ",
        (bar, "$text-accent"),
    )


def companion_heading(width: int) -> Content:
    return companion_cells("  with", f"{'photos':>7}", "first", "last", width).stylize("$foreground-muted")


def companion_line(companion: Companion, width: int) -> Content:
    first, last = ((date or "")[:7] for date in (companion.first, companion.last))
    return companion_cells(f"  {companion.name}", f"{companion.photos:>7,}", first, last, width)


def companion_cells(name: str, photos: str, first: str, last: str, width: int) -> Content:
    numbers = f"{photos}  {first:<9}{last:<8}"
    return Content.assemble(cell(name, width - len(numbers)), numbers)
