#!/usr/bin/env python3
"""Feeds the program wrong inputs of every kind and looks whether it crashes or hangs.

    python -m benchmarks.fuzz [--minutes 8 | --inputs 500] [--seed 1] [--only photo] [--data DIR] [--keep DIR]

Photos, XMP, Picasa's files, settings, rows and files of the database, exports, weights, what undoes writes, answers of
a terminal; and what may lie in a folder of photos: bombs, pipes, devices, links that loop, names that are no text.
Inputs are made from whole ones (drawn here; those of ../shared/data/metadata too, or of another --data) by a seed: the
same seed, the same inputs. They are tried in a process that may take 20 seconds of processor time and 3 GB an input.
Each is accepted, refused with a reason and a hint, or it crashed or hung; then the exit status is 1, and --keep has
the input.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.fuzz_child import TARGETS
from benchmarks.fuzz_runner import Plan, run, table


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, help="how long (8, if --inputs does not say how many)")
    length.add_argument("--inputs", type=int, help="how many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", choices=sorted(TARGETS), help="a kind of input; several times")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--keep", type=Path, help="a folder for inputs at which something went wrong")
    given = parser.parse_args()
    minutes = given.minutes if given.inputs is None else None
    plan = Plan(
        tuple(given.only or TARGETS),
        given.data.absolute() / "metadata",
        given.seed,
        given.inputs,
        8.0 if given.inputs is None and minutes is None else minutes,
        given.keep and given.keep.absolute(),
    )
    tallies = run(plan)
    print(table(tallies))
    found = [(name, *each) for name, tally in tallies.items() for each in tally.found]
    for name, number, result, reason in found:
        print(f"{result}: {name} {number}: {reason}")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
