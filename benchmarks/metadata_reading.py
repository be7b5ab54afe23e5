"""Reads all files below a folder as scan, EXIF table and import do: `python benchmarks/metadata_reading.py DIR`.

Prints how many files of each class could be read, which fields were found in them, and the time; ends with 1 where
reading raised anything but a PhotoError.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import TypeVar

from tui_tagger.errors import PhotoError
from tui_tagger.formats import EXTENSIONS
from tui_tagger.metadata.exif import PhotoInfo, read_entries, read_info
from tui_tagger.metadata.identity import file_hash
from tui_tagger.metadata.naming import read_naming
from tui_tagger.metadata.xmp import read_keywords

Result = TypeVar("Result")

FIELDS = ("date", "offset", "position", "camera", "description", "entries", "keywords", "people", "regions")


def main(folder: Path) -> int:
    warnings.simplefilter("ignore")  # Pillow's, about broken metadata
    tried: Counter[str] = Counter()
    opened: Counter[str] = Counter()
    fields: dict[str, Counter[str]] = defaultdict(Counter)
    sources: Counter[str] = Counter()
    raised: list[str] = []
    times: dict[str, list[float]] = defaultdict(list)
    began = time.perf_counter()
    for path in sorted(each for each in folder.rglob("*") if each.suffix.lower() in EXTENSIONS | {".mpo", ".jxl"}):
        kind = path.relative_to(folder).parts[0]
        tried[kind] += 1
        try:
            found = set(_fields(path, sources, times))
        except Exception as error:
            raised.append(f"{path}: {type(error).__name__}: {error}")
            continue
        opened[kind] += "opened" in found
        fields[kind].update(found & set(FIELDS))
    seconds = time.perf_counter() - began
    _print(tried, opened, fields)
    print(f"\ndates from: {', '.join(f'{name} {count}' for name, count in sources.most_common())}")
    count = sum(tried.values())
    print(f"{count} files, {sum(opened.values())} opened, {len(raised)} exceptions, {seconds:.1f} s")
    for name, each in times.items():
        print(f"{name:16} {1000 * median(each):6.2f} ms a file (median), {1000 * max(each):6.1f} ms at most")
    print("\n".join(raised))
    return 1 if raised else 0


def _fields(path: Path, sources: Counter[str], times: dict[str, list[float]]) -> Iterator[str]:
    """The fields that were found; all readers are asked, also where the picture cannot be opened."""

    def timed(read: Callable[[Path], Result]) -> Result | None:
        start = time.process_time()
        try:
            return read(path)
        except PhotoError:
            return None
        finally:
            times[read.__name__].append(time.process_time() - start)

    timed(file_hash)
    info, entries, keywords, naming = timed(read_info), timed(read_entries), timed(read_keywords), timed(read_naming)
    people = naming.people if naming is not None else ()
    if info is not None:
        yield "opened"
        sources[info.date_source or "none"] += 1
        yield from _of_info(info)
    found = (("entries", entries), ("keywords", keywords), ("people", people))
    yield from (name for name, value in found if value)
    if any(each.box is not None for each in people):
        yield "regions"


def _of_info(info: PhotoInfo) -> Iterator[str]:
    values = (info.taken_at, info.offset, info.latitude, info.camera, info.description)
    names = ("date", "offset", "position", "camera", "description")
    yield from (name for name, value in zip(names, values, strict=True) if value)


def _print(tried: Counter[str], opened: Counter[str], fields: dict[str, Counter[str]]) -> None:
    print(f"{'':22}{'files':>6}{'opened':>7}" + "".join(f"{name[:8]:>9}" for name in FIELDS))
    for kind in sorted(tried):
        counts = "".join(f"{fields[kind][name]:>9}" for name in FIELDS)
        print(f"{kind:22}{tried[kind]:>6}{opened[kind]:>7}{counts}")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
