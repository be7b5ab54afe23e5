#!/usr/bin/env python3
"""Builds the stranger bank that ships in tui_tagger/data from face crops of people nobody here knows.

    python tools/build_strangers.py --data ../shared/data
    python tools/build_strangers.py --data ../shared/data --crops train.npy --names train.txt
    python tools/build_strangers.py --embeddings X.npy --names N.txt --model-id M --out bank.npz

Only statistics are kept: means, covariances, thresholds. Names are `set/identity/file`; the set `extra` has no labels.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tui_tagger import config
from tui_tagger.faces.strangers import bank_path, fit_bank, save_bank
from tui_tagger.faces.weights import COMPACT_ID

WITHOUT_LABELS = "extra"
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
        seen[name.rsplit("/", 1)[0]] += 1
        if most is None or seen[name.rsplit("/", 1)[0]] <= most:
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder with faces/train-*.zip")
    parser.add_argument("--crops", type=Path, help="the crops already decoded, uint8 [n, 112, 112, 3], npy")
    parser.add_argument("--embeddings", type=Path, help="embeddings already computed, npy")
    parser.add_argument("--names", type=Path, help="names of the crops or embeddings, one a line")
    parser.add_argument("--model-id", default=COMPACT_ID)
    parser.add_argument("--out", type=Path, help="default: the package's data folder")
    options = parser.parse_args()

    if options.embeddings:
        embeddings, names = read_embeddings(options.embeddings, options.names)
    elif options.crops:
        crops, names = np.load(options.crops, mmap_mode="r", allow_pickle=False), read_names(options.names)
        labelled = [index for index, name in enumerate(names) if name.split("/")[0] != WITHOUT_LABELS]
        embeddings, names = embed((crops[i] for i in labelled), len(labelled)), [names[i] for i in labelled]
    elif options.data:
        embeddings, names = embed_archives(sorted((options.data / "faces").glob("train-*.zip")))
    else:
        parser.error("give --data, --crops or --embeddings")
    labelled = [index for index, name in enumerate(names) if name.split("/")[0] != WITHOUT_LABELS]
    people = [names[index].rsplit("/", 1)[0] for index in labelled]
    bank = fit_bank(embeddings[labelled], people, options.model_id)
    out = options.out or config.DATA / bank_path(options.model_id).name
    save_bank(bank, out)
    print(f"{out}: {out.stat().st_size} bytes, {len(bank.stranger_means)} strangers, {bank.settings}")


if __name__ == "__main__":
    main()
