#!/usr/bin/env python3
"""Builds the stranger bank that ships in tui_tagger/data from face crops of people nobody here knows.

    python -m tools.build_strangers --data ../shared/data
    python -m tools.build_strangers --crops train.npy --names train.txt --ask-crops V.npy --ask-names V.txt
    python -m tools.build_strangers --embeddings X.npy --names N.txt --ask V.npy --ask-names V.txt --model-id M

Means and covariances are those of the first people (faces/train-*.zip); choices and calibration are made by the others
(faces/validation.zip), with photos of all poses and frontal ones alone. Without the others, half of the first ask the
rest. Only statistics are kept. Names are `set/identity/file`; the set `extra` has no labels.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tui_tagger import config
from tui_tagger.faces.strangers import Questions, bank_path, fit_bank, group, save_bank
from tui_tagger.faces.weights import COMPACT_ID

WITHOUT_LABELS = "extra"
FRONTAL = "/frontal"  # in the names of frontal photos
Floats = NDArray[np.float32]


def read_embeddings(path: Path, names: Path) -> tuple[Floats, list[str]]:
    """Unit embeddings [n, d] from a file of [n, d] or [n, 2, d] (the second are mirror images), and their names."""
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    embeddings = np.array(array[:, 0] if array.ndim == 3 else array, np.float32)
    return embeddings, read_names(names)


def read_names(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split()


def embed_archives(archives: Sequence[Path], most: int | None = None) -> tuple[Floats, list[str]]:
    """The compact model's embeddings of the crops in `archives`, at most `most` of one person."""
    members = list(_limited(_members(archives), most))
    names = [name for _, name in members]
    return embed(_decoded(members), len(members)), names


def _members(archives: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    for archive in archives:
        with zipfile.ZipFile(archive) as opened:
            yield from ((archive, name) for name in sorted(opened.namelist()) if name.endswith(".webp"))


def _limited(members: Iterable[tuple[Path, str]], most: int | None) -> Iterator[tuple[Path, str]]:
    seen: Counter[str] = Counter()
    for archive, name in members:
        seen[person(name)] += 1
        if most is None or seen[person(name)] <= most:
            yield archive, name


def _decoded(members: Sequence[tuple[Path, str]]) -> Iterator[NDArray[np.uint8]]:
    from PIL import Image

    opened = {archive: zipfile.ZipFile(archive) for archive in {archive for archive, _ in members}}
    for archive, name in members:
        with Image.open(io.BytesIO(opened[archive].read(name))) as image:
            yield np.asarray(image.convert("RGB"))
    for file in opened.values():
        file.close()


def embed(crops: Iterable[NDArray[np.uint8]], count: int) -> Floats:
    """Unit embeddings [count, 256] of aligned RGB `crops`, each uint8 [112, 112, 3], with the package's model."""
    import torch
    import torch.nn.functional as F

    from tui_tagger.faces.compact import load_net

    net = load_net(config.DATA / "compact.npz").eval()
    parts: list[Floats] = []
    batch: list[NDArray[np.uint8]] = []

    def flush() -> None:
        pixels = torch.from_numpy(np.stack(batch)).permute(0, 3, 1, 2).float() / 127.5 - 1
        with torch.inference_mode():
            parts.append(F.normalize(net(pixels.contiguous(memory_format=torch.channels_last)).float()).numpy())
        batch.clear()
        print(f"\rembedded {sum(map(len, parts))} of {count}", end="", flush=True)

    for crop in crops:
        batch.append(crop)
        if len(batch) == 256:
            flush()
    if batch:
        flush()
    print()
    return np.concatenate(parts)


def questions_of(embeddings: Floats, names: Sequence[str], people: Collection[str] | None = None) -> Questions:
    """Asks about `people` (all if None) by photos of all poses and, where names tell them apart, frontal ones alone."""
    wanted = [i for i, name in enumerate(names) if people is None or person(name) in people]
    frontal = [i for i in wanted if FRONTAL in names[i]]
    conditions = [_grouped(names, places) for places in (wanted, frontal) if places]
    return Questions(embeddings, tuple(conditions))


def _grouped(names: Sequence[str], places: Sequence[int]) -> dict[str, NDArray[np.int64]]:
    found = group([person(names[place]) for place in places])
    return {one: np.asarray(places, np.int64)[faces] for one, faces in found.items()}


def person(name: str) -> str:
    return name.rsplit("/", 1)[0]


def labelled(embeddings: Floats, names: Sequence[str]) -> tuple[Floats, list[str]]:
    """The embeddings of faces whose person is known, and those persons."""
    places = [place for place, name in enumerate(names) if name.split("/")[0] != WITHOUT_LABELS]
    return embeddings[places], [person(names[place]) for place in places]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder with faces/train-*.zip and faces/validation.zip")
    parser.add_argument("--crops", type=Path, help="the crops already decoded, uint8 [n, 112, 112, 3], npy")
    parser.add_argument("--embeddings", type=Path, help="embeddings already computed, npy")
    parser.add_argument("--names", type=Path, help="names of the crops or embeddings, one a line")
    parser.add_argument("--ask-crops", type=Path, help="crops of the people to calibrate by")
    parser.add_argument("--ask", type=Path, help="embeddings of the people to calibrate by")
    parser.add_argument("--ask-names", type=Path)
    parser.add_argument("--model-id", default=COMPACT_ID)
    parser.add_argument("--out", type=Path, help="default: the package's data folder")
    options = parser.parse_args()
    if not (options.data or options.crops or options.embeddings):
        parser.error("give --data, --crops or --embeddings")

    if options.data:
        faces = options.data / "faces"
        first, others = embed_archives(sorted(faces.glob("train-*.zip"))), embed_archives([faces / "validation.zip"])
    else:
        first = _given(options.embeddings, options.crops, options.names)
        others = _given(options.ask, options.ask_crops, options.ask_names)
    questions = questions_of(*others) if len(others[1]) else None
    bank = fit_bank(*labelled(*first), options.model_id, questions=questions)
    out = options.out or config.DATA / bank_path(options.model_id).name
    save_bank(bank, out)
    print(f"{out}: {out.stat().st_size} bytes, {len(bank.stranger_means)} strangers, {bank.settings}")


def _given(embeddings: Path | None, crops: Path | None, names: Path | None) -> tuple[Floats, list[str]]:
    if names is None:
        return np.empty((0, 0), np.float32), []
    if embeddings:
        return read_embeddings(embeddings, names)
    assert crops is not None
    pixels = np.load(crops, mmap_mode="r", allow_pickle=False)
    return embed(pixels, len(pixels)), read_names(names)


if __name__ == "__main__":
    main()
