"""Text from files, made safe to show: control characters visible, length bounded."""

from __future__ import annotations

import unicodedata

MAX_LENGTH = 2000


def visible(text: str, limit: int = MAX_LENGTH) -> str:
    """The text with control characters as pictures or escapes, cut after `limit` characters with a note."""
    shown = "".join(_shown(each) for each in text[:limit])
    return shown if len(text) <= limit else f"{shown}… ({len(text):,} characters in all)"


def _shown(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)  # the block of control pictures
    if code == 0x7F:
        return "\u2421"
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") and code != 0x200D:
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    return character


def decoded(value: bytes) -> str:
    """Bytes that ought to be text: UTF-8 if they are that, else Windows' western set; up to the first NUL."""
    value = value.split(b"\0", 1)[0]
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace")
