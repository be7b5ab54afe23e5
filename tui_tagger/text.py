"""Text for people: what comes from files, people and the network made harmless to show, and numbers in words."""

from __future__ import annotations

import unicodedata

# Beside the control characters proper: what reorders or hides its neighbours, ends lines, or is half a character.
HIDDEN = {"Cc", "Cf", "Zl", "Zp", "Cs"}
JOINER = "\u200d"  # holds emoji together


def visible(text: str) -> str:
    """The text on one line, control and direction characters replaced by a visible code such as ␛ or ⟨202e⟩."""
    return text if text.isprintable() else "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if unicodedata.category(character) in HIDDEN and character != JOINER:
        return f"⟨{code:x}⟩"
    return character


def percent(probability: float | None) -> str:
    """Such as "97 %"; never a rounded 100 %, which nobody can promise."""
    return "" if probability is None else f"{min(99, round(probability * 100))} %"


def folded(text: str | bytes | None) -> str:
    """The text without case and accents, for comparing."""
    if text is None:
        return ""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))
