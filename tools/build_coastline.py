"""Builds tui_tagger/data/coastline.npz from Natural Earth's land outlines and borders of countries.

Usage: build_coastline.py PACKAGE [TARGET]

PACKAGE is the unpacked folder of the npm package `world-atlas` 2.0.2 (`npm pack world-atlas`, then `tar xf`), which
holds Natural Earth's land and countries as TopoJSON (https://github.com/topojson/topojson-specification).
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

COASTS = {"110m": "land-110m.json", "50m": "land-50m.json", "10m": "land-10m.json"}
BORDERS = {"borders_110m": "countries-110m.json", "borders_50m": "countries-50m.json"}
STEPS_PER_DEGREE = 180  # int16 holds 180 degrees at this step; 0.0056 degrees are 0.6 km, finer than 1:50m
PIECE = 32  # points of a line that share a bounding box
SEAM = 179.99  # degrees: lines along the antimeridian and the south pole close polygons; they are no coast
POLE = -89.9


def decode(topology: dict[str, Any]) -> list[NDArray[np.float64]]:
    """The arcs of a quantised topology as [n, 2] longitudes and latitudes in degrees."""
    scale, translate = np.array(topology["transform"]["scale"]), np.array(topology["transform"]["translate"])
    return [np.cumsum(np.array(arc, np.int64), axis=0) * scale + translate for arc in topology["arcs"]]


def shared_arcs(topology: dict[str, Any]) -> list[int]:
    """The arcs that two countries have in common: their borders on land."""
    used: Counter[int] = Counter()
    for country in topology["objects"]["countries"]["geometries"]:
        used.update({arc if arc >= 0 else ~arc for arc in _arcs(country.get("arcs", ()))})
    return sorted(arc for arc, countries in used.items() if countries > 1)


def _arcs(nested: Sequence[Any]) -> Iterator[int]:
    for part in nested:
        if isinstance(part, int):
            yield part
        else:
            yield from _arcs(part)


def coasts(line: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """The line without the stretches that run along the seam or the pole, or jump from one side of the seam over."""
    at_edge = (np.abs(line[:, 0]) > SEAM) | (line[:, 1] < POLE)
    artificial = (at_edge[:-1] & at_edge[1:]) | (np.abs(np.diff(line[:, 0])) > 180)
    parts = np.split(line, np.flatnonzero(artificial) + 1)
    return [part for part in parts if len(part) > 1]


def pieces(line: NDArray[np.int16]) -> list[NDArray[np.int16]]:
    """The line in pieces of at most PIECE steps; neighbours share a point."""
    return [line[start : start + PIECE + 1] for start in range(0, len(line) - 1, PIECE)]


def quantised(line: NDArray[np.float64]) -> NDArray[np.int16]:
    """The line in whole steps, without repeated points."""
    steps = np.round(np.clip(line, -180, 180) * STEPS_PER_DEGREE).astype(np.int16)
    keep = np.r_[True, np.any(np.diff(steps, axis=0) != 0, axis=1)]
    return steps[keep]


def pack(lines: Sequence[NDArray[np.float64]]) -> dict[str, NDArray[np.generic]]:
    """Steps [n, 2] int16 from point to point, ends of the pieces [m] int32, and their boxes [m, 4] (W, S, E, N).

    The first step is from (0, 0). Steps wrap around like int16 does, so that sums of int16 give the points again.
    """
    short = [quantised(part) for line in lines for part in coasts(line)]
    parts = [piece for line in short if len(line) > 1 for piece in pieces(line)]
    boxes = np.array([[*piece.min(axis=0), *piece.max(axis=0)] for piece in parts], np.int16)
    ends = np.cumsum([len(piece) for piece in parts]).astype(np.int32)
    points = np.concatenate(parts)
    return {"steps": np.diff(points, axis=0, prepend=np.zeros((1, 2), np.int16)), "ends": ends, "boxes": boxes}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path)
    default = Path(__file__).resolve().parents[1] / "tui_tagger" / "data" / "coastline.npz"
    parser.add_argument("target", type=Path, nargs="?", default=default)
    options = parser.parse_args()
    arrays: dict[str, Any] = {"steps_per_degree": np.int16(STEPS_PER_DEGREE)}
    for scale, name in (COASTS | BORDERS).items():
        topology = json.loads((options.package / name).read_text("utf-8"))
        lines = decode(topology)
        packed = pack([lines[arc] for arc in shared_arcs(topology)] if scale in BORDERS else lines)
        arrays |= {f"{part}_{scale}": values for part, values in packed.items()}
        print(f"{scale}: {len(packed['steps'])} points in {len(packed['ends'])} pieces")
    np.savez_compressed(options.target, **arrays)
    print(f"{options.target}: {options.target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
