"""Birth dates as people know them: a year, a month, or a day; and what a photo's date says about them."""

from __future__ import annotations

import re
from datetime import date

from tui_tagger.errors import UsageError

EARLIEST = 1700  # nobody born before can have been photographed


def clean_birth_date(text: str) -> str:
    """`text` as "1978", "1978-03" or "1978-03-05". Raises UsageError for anything else, and for the future."""
    clean = text.strip()
    hint = "Write a year, a month or a day: 1978, 1978-03 or 1978-03-05."
    if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", clean):
        raise UsageError(f"{clean!r} is not a birth date", hint)
    parts = [int(part) for part in clean.split("-")]
    try:
        first = date(*[*parts, 1, 1][:3])
    except ValueError:
        raise UsageError(f"{clean}: there is no such day", hint) from None
    if first > date.today():
        raise UsageError(f"{clean} is in the future", hint)
    if first.year < EARLIEST:
        raise UsageError(f"{clean} is before there were photos", hint)
    return clean


def first_day(birth_date: str) -> int:
    """The earliest day that a birth date can mean, as the number yyyymmdd."""
    year, month, day = ([int(part) for part in birth_date.split("-")] + [1, 1])[:3]
    return year * 10_000 + month * 100 + day


def age_at(birth_date: str, day: int) -> int | None:
    """Full years on `day` (yyyymmdd), as far as both are known: of a year alone, the age reached in that year.

    None before the birth.
    """
    if day < first_day(birth_date):
        return None
    parts = [int(part) for part in birth_date.split("-")]
    year, rest = divmod(day, 10_000)
    then = list(divmod(rest, 100))[: len(parts) - 1]
    return year - parts[0] - (then < parts[1:])


def age_on(born: str | None, taken_at: str | None) -> int | None:
    """Full years between a birth date and a photo's date; None where one is not known, and before the birth."""
    if born is None or taken_at is None:
        return None
    return age_at(born, int(taken_at[:10].replace("-", "")))
