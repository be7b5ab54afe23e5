"""What was chosen in the app and is kept with the library."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from tui_tagger.storage.database import setting, store_setting

LOOKS = "looks"


@dataclass(frozen=True)
class Looks:
    """`theme` is empty where none was chosen."""

    theme: str = ""
    compact: bool = False


def kept_looks() -> Looks:
    kept = setting(LOOKS, {})
    return Looks(str(kept.get("theme", "")), bool(kept.get("compact", False))) if isinstance(kept, dict) else Looks()


def keep_looks(looks: Looks) -> None:
    store_setting(LOOKS, asdict(looks))
