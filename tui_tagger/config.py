"""Where things are kept, and the numbers that steer the program, each with the measurement or source that set it."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

import platformdirs

APP = "tui-tagger"
DATA = Path(__file__).parent / "data"

MAX_PIXELS = 300_000_000  # a 300-megapixel photo takes 0.9 GB as RGB; larger files are refused as decompression bombs
MAX_BYTES = 1_000_000_000  # of a file that is read whole: more than any photo has, and a sparse file may have any size

# Hierarchical keywords below one of these are names of people; compared without case. digiKam and Windows use
# "People"; the others are what its users in other languages call that tag.
PEOPLE_ROOTS = frozenset({
    "people", "person", "persons",
    "personen", "menschen", "leute",  # German; the first also Dutch
    "personnes", "personas", "persone", "pessoas", "gente",
    "mensen", "personer", "människor", "ihmiset", "osoby", "ludzie", "lidé",
    "люди", "人物", "人々", "사람",
})  # fmt: skip

# Detection (RECOGNITION.md section 1)
WORKING_SIDE = 1280  # long side in pixels of the image that faces are looked for in

# Descriptions offered for photos that have none; metadata/description.py tells the fields
DESCRIPTION_TEMPLATE = "{people}, {place}, {date}"


def database_path() -> Path:
    """The library's database where `--db` names no other."""
    return Path(platformdirs.user_data_dir(APP, appauthor=False)) / "library.db"


def settings_path() -> Path:
    """The user's settings where neither `--config` nor the environment names another file."""
    return Path(platformdirs.user_config_dir(APP, appauthor=False)) / "settings.toml"


def cache_dir() -> Path:
    """Downloaded model weights and previews."""
    return _cache_dir(os.environ.get("HOME"), os.environ.get("XDG_CACHE_HOME"))


@lru_cache
def _cache_dir(*_follows_from: str | None) -> Path:
    """Every key asks for it several times."""
    return Path(platformdirs.user_cache_dir(APP, appauthor=False))


def log_dir() -> Path:
    return Path(platformdirs.user_log_dir(APP, appauthor=False))


# Caps on a recommendation: such a face is never "strong"
SMALL_FACE = 36.0  # shorter side in pixels: under a third of what the compact embedder looks at
# Sharpness as faces/alignment.py measures it: of 96 faces in photos 95 % have 34 or more; blown up from 28x28, 8 to 27.
BLURRED = 25.0
# A face narrower than this in the image at hand is cut from a larger one: as wide as an aligned crop shows it. Faces of
# 60 to 96 pixels give embeddings as near to those from the full size as larger ones do (median cosine 0.994 and 0.996).
ALIGN_FROM = 76.0
