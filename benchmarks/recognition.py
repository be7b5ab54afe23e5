#!/usr/bin/env python3
"""All measures of recognition in one run: verification, open-set identification, groups, human effort, speed.

    python benchmarks/recognition.py [--data ../shared/data] [--quick] [--plots benchmarks/plots] [--readme FILE]

Prints Markdown. The compact embedder is measured beside its teacher; ours beside cosine and the original's mixture.
The stranger bank of the compact embedder is the one that ships, the teacher's is made here. `--quick` takes fewer
draws, people and libraries. `--readme` puts what is printed between the marks of that file.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import clusters, identification, plots, reviewer
from benchmarks.verification import KINDS, table, verify
from tools import faces
from tools.faces import Embed, Faces
from tui_tagger.faces.strangers import CHOICES, Settings, StrangerBank, bank_for, group
from tui_tagger.faces.strangers import candidates as banks_of
from tui_tagger.faces.weights import COMPACT_ID

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
MARKS = ("<!-- recognition -->\n", "<!-- end of recognition -->\n")
QUICK_PEOPLE = 500


@dataclass(frozen=True)
class Embedder:
    """An embedder with the faces it is measured on, and the stranger banks to choose from."""

    name: str
    validation: Faces
    training: Faces
    banks: list[StrangerBank]


def embedders(data: Path, quick: bool) -> Iterator[Embedder]:
    known = faces.members(faces.training(data), least=6, most=10 if quick else None)
    if quick:
        few = sorted({faces.person(name) for _, name in known})[:QUICK_PEOPLE]
        known = [member for member in known if faces.person(member[1]) in set(few)]
    asked = faces.members(faces.validation(data))
    models: list[tuple[str, Embed]] = [(COMPACT_ID, faces.compact()), ("teacher", faces.teacher(data))]
    for name, embed in models:
        training = faces.embedded(known, embed)
        banks = [bank_for(COMPACT_ID)]
        if name != COMPACT_ID or not quick:
            choices = [Settings()] if quick else list(CHOICES)
            banks = banks_of(training.embeddings, group(training.people), name, choices)
        yield Embedder(name, faces.embedded(asked, embed), training, banks)


def sections(data: Path, quick: bool, folder: Path | None) -> Iterator[str]:
    """The blocks of the report one by one."""
    both = list(embedders(data, quick))
    pairs = {
        one.name: {kind: verify(one.validation.embeddings, one.validation.names, kind) for kind in KINDS}
        for one in both
    }
    yield f"### Verification\n\n{table(pairs)}"
    opened = []
    for one in both:
        strangers = identification.strangers_of(one.training.embeddings, one.training.people)
        asked = one.validation
        results = identification.open_set(one.banks, asked.embeddings, asked.names, strangers, quick=quick)
        opened.append(results)
        yield f"### Open-set identification, {one.name}\n\n{identification.tables(results)}"
    if folder is not None:
        plots.roc(pairs, folder / "verification.png")
        _plot(opened, folder)
    compact = both[0]
    bank, asked = bank_for(COMPACT_ID), compact.validation
    found = clusters.clusters(bank, asked.embeddings, asked.names, quick)
    grown = clusters.growth(bank, compact.training.embeddings, compact.training.people)
    fast = clusters.speed(bank, clusters.SIZES[:2] if quick else clusters.SIZES)
    tables = "\n\n".join(map(clusters.table, (found, grown, fast)))
    yield f"### Groups of unknown faces\n\n{tables}"
    for title, wanted in (("all poses", asked), ("frontal photos", asked.where(faces.is_frontal))):
        yield f"### Human effort, {title}\n\n{reviewer.report(wanted.embeddings, wanted.people, quick)}"
    yield f"### Scoring again after a decision\n\n{alone('benchmarks.decision')}"


def alone(module: str) -> str:
    """What a benchmark prints in a process of one thread: waiting threads would count as processor time."""
    command, home = [sys.executable, "-m", module], Path(__file__).resolve().parents[1]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=home, env=environment, check=True, capture_output=True, text=True).stdout.strip()


def _plot(opened: list[identification.Results], folder: Path) -> None:
    panels = {
        f"{one.model_id}, all poses": {
            method: [(float(n), measures["DIR"].value) for n, measures in by_count.items()]
            for method, by_count in one.figures["all"].items()
        }
        for one in opened
    }
    plots.detection(panels, folder / "detection.png")
    curves = {
        f"{one.model_id}, {count} enrolled": [(x, y) for x, y, _ in identification.reliability(one, "all", count)]
        for one in opened
        for count in (1, 3, 10)
        if count in one.bins["all"]
    }
    plots.reliability(curves, folder / "reliability.png")


def put(report: str, path: Path) -> None:
    """Replaces what stands between MARKS in `path`."""
    text = path.read_text(encoding="utf-8")
    before, rest = text.split(MARKS[0], 1)
    after = rest.split(MARKS[1], 1)[1]
    path.write_text(f"{before}{MARKS[0]}{report}\n{MARKS[1]}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder with faces/ and teacher/")
    parser.add_argument("--quick", action="store_true", help="under five minutes on two cores")
    parser.add_argument("--plots", type=Path, metavar="DIR", help="also draw the plots (needs matplotlib)")
    parser.add_argument("--readme", type=Path, metavar="FILE", help="also put the report between this file's marks")
    options = parser.parse_args()
    if not options.data.is_dir():
        parser.error(f"{options.data} is not there: name the folder with --data")
    began, blocks = time.monotonic(), []
    for block in sections(options.data, options.quick, options.plots):
        print(f"{block}\n", flush=True)
        blocks.append(block)
    blocks.append(f"_{time.monotonic() - began:.0f} seconds in all._")
    print(blocks[-1])
    if options.readme:
        put("\n\n".join(blocks), options.readme)


if __name__ == "__main__":
    main()
