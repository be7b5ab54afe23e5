"""People as lines of a table, and one of them in full."""

from __future__ import annotations

from textual.content import Content

from tui_tagger.services.views import PersonFace, PersonRow
from tui_tagger.text import visible
from tui_tagger.widgets.text import cell, counted, when

WITH_DATES = 60  # cells from which on the table has room for dates


def heading(width: int) -> Content:
    dates = f"{'first':<9}{'last':<9}" if width >= WITH_DATES else ""
    numbers = f"{'faces':>6}  {'waiting':>7}  {dates}{'write':>5} "
    return Content.assemble(cell("  name", width - len(numbers)), numbers).stylize("$foreground-muted")


def person_line(person: PersonRow, width: int, marked: bool) -> Content:
    """Name, confirmed, suggested, first and last month, files to write."""
    numbers = [
        (f"{person.confirmed:>6,}  ", ""),
        (f"{person.suggested or '':>7}  ", "$text-accent"),
        (
            f"{(person.first or '')[:7]:<9}{(person.last or '')[:7]:<9}" if width >= WITH_DATES else "",
            "$foreground-muted",
        ),
        (f"{person.unwritten or '':>5} ", "$text-warning"),
    ]
    room = width - sum(len(text) for text, _style in numbers) - 2
    name = f"{person.name} (hidden)" if person.hidden else person.name
    style = "$foreground-muted" if person.hidden else ""
    return Content.assemble(("▪ " if marked else "  ", "$text-accent"), cell(name, room, style), *numbers)


def summary(person: PersonRow) -> Content:
    """The person beside the keyface."""
    between = f"{person.first[:10]} to {person.last[:10]}" if person.first and person.last else "no dates"
    told = [f"{counted(person.confirmed, 'confirmed face')}, {person.suggested:,} suggested", between]
    told += [f"born {person.birth_date}"] if person.birth_date else []
    told += [f"also {visible(', '.join(person.aliases))}"] if person.aliases else []
    told += ["hidden: not suggested, not offered"] if person.hidden else []
    return Content.assemble(
        (visible(person.name), "bold"),
        *(f"\n{line}" for line in told),
        (f"\n{counted(person.unwritten, 'file')} not yet written" if person.unwritten else "", "$text-warning"),
    )


def face_facts(face: PersonFace, doubt: str) -> Content:
    """A line on a face: why it is doubtful, its date, the age then, its file."""
    age = "" if face.age is None else f" · age {face.age}"
    why = (f" ? {visible(doubt)} ·", "$text-warning") if doubt else ("", "")
    return Content.assemble(why, f" {when(face.taken_at, seconds=False)}{age} · {visible(face.path.name)}")
