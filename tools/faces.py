"""Face crops of ../shared/data with their embeddings by an embedder: what tools and benchmarks measure on.

Crops are in zip files as `set/identity/number.webp` (training) or `identity/pose-number.webp` (validation); the set
`extra` has no labels. None of them is part of the project.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Crops = NDArray[np.uint8]
Embed = Callable[[Crops], Floats]  # RGB crops [n, 112, 112, 3] -> unit embeddings [n, d]
Member = tuple[Path, str]  # an archive and the name of a crop in it

WITHOUT_LABELS = "extra"
FRONTAL = "/frontal"  # in the names of frontal photos
BATCH = 256


@dataclass(frozen=True)
class Faces:
    """Unit embeddings [n, d] and the names of their crops [n]."""

    embeddings: Floats
    names: list[str]

    @property
    def people(self) -> list[str]:
        return [person(name) for name in self.names]

    def where(self, wanted: Callable[[str], bool]) -> Faces:
        """Those whose name is `wanted`."""
        places = [place for place, name in enumerate(self.names) if wanted(name)]
        return Faces(self.embeddings[places], [self.names[place] for place in places])


def person(name: str) -> str:
    """Who is on the crop of this name."""
    return name.rsplit("/", 1)[0]


def is_labelled(name: str) -> bool:
    return name.split("/")[0] != WITHOUT_LABELS


def is_frontal(name: str) -> bool:
    return FRONTAL in name


# --- archives -------------------------------------------------------------------------------------------------------


def training(data: Path) -> list[Path]:
    """The archives of people to learn from, with labels."""
    return sorted((data / "faces").glob("train-*.zip"))


def validation(data: Path) -> list[Path]:
    """The archive of people to measure on."""
    return [data / "faces" / "validation.zip"]


def members(archives: Sequence[Path], least: int = 1, most: int | None = None) -> list[Member]:
    """The crops of people with at least `least`, at most `most` of each."""
    found: list[Member] = []
    for archive in archives:
        with zipfile.ZipFile(archive) as opened:
            found += [(archive, name) for name in sorted(opened.namelist()) if name.endswith(".webp")]
    counts, seen = Counter(person(name) for _, name in found), Counter[str]()
    kept = []
    for archive, name in found:
        seen[person(name)] += 1
        if counts[person(name)] >= least and (most is None or seen[person(name)] <= most):
            kept.append((archive, name))
    return kept


def decoded(wanted: Sequence[Member]) -> Iterator[Crops]:
    """The crops one by one, RGB uint8 [112, 112, 3]."""
    from PIL import Image

    opened = {archive: zipfile.ZipFile(archive) for archive in {archive for archive, _ in wanted}}
    for archive, name in wanted:
        with Image.open(io.BytesIO(opened[archive].read(name))) as image:
            yield np.asarray(image.convert("RGB"))
    for file in opened.values():
        file.close()


def embedded(wanted: Sequence[Member], embed: Embed) -> Faces:
    """The crops' embeddings, with progress on standard error where that is a terminal."""
    parts: list[Floats] = []
    batch: list[Crops] = []
    for number, crop in enumerate(decoded(wanted), 1):
        batch.append(crop)
        if len(batch) == BATCH or number == len(wanted):
            parts.append(embed(np.stack(batch)))
            batch.clear()
    return Faces(np.concatenate(parts), [name for _, name in wanted])


# --- embedders ------------------------------------------------------------------------------------------------------


def compact() -> Embed:
    """The compact model as the program uses it."""
    from tui_tagger.faces.embedder import load_embedder
    from tui_tagger.faces.weights import COMPACT_ID

    return load_embedder(COMPACT_ID).embed


def teacher_net(data: Path) -> Any:
    """The teacher's network: uint8 crops [n, 112, 112, 3] -> unit embeddings, a tensor [n, 256]."""
    spec = importlib.util.spec_from_file_location("teacher", data.parent / "tools" / "teacher.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Teacher(data / "teacher")


def teacher(data: Path) -> Embed:
    """The teacher in bfloat16: it agrees with float32 to a cosine of 0.9995 and is twice as fast."""
    import torch
    import torch.nn.functional as F

    net = teacher_net(data)

    def embed(crops: Crops) -> Floats:
        with torch.autocast("cpu", torch.bfloat16):
            parts = [F.normalize(net(crops[at : at + 64]).float()).numpy() for at in range(0, len(crops), 64)]
        return np.concatenate(parts)

    return embed


# --- embeddings already made ----------------------------------------------------------------------------------------


def read(path: Path, names: Path) -> Faces:
    """From an array [n, d] or [n, 2, d] (the second are mirror images) in `path`, and a name a line in `names`."""
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    embeddings = np.array(array[:, 0] if array.ndim == 3 else array, np.float32)
    return Faces(embeddings, names.read_text(encoding="utf-8").split())


def add_options(parser: argparse.ArgumentParser) -> None:
    """What `of` reads: a folder of crops, which are embedded with the compact model, or embeddings at hand."""
    parser.add_argument("--data", type=Path, help="the folder with faces/; its crops are embedded by the compact model")
    parser.add_argument("--embeddings", type=Path, help="embeddings of validation crops instead, npy")
    parser.add_argument("--names", type=Path, help="the names of their crops, one a line")


def of(options: argparse.Namespace) -> Faces:
    """The validation faces that the command line names."""
    if options.embeddings and options.names:
        return read(options.embeddings, options.names)
    if options.data:
        return embedded(members(validation(options.data)), compact())
    raise SystemExit("Give --data, or --embeddings and --names.")
