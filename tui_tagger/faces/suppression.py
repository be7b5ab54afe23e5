"""Non-maximum suppression in blocks: whole matrices instead of a loop over boxes, in bounded memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

BLOCK = 128  # boxes that are compared with each other at a time


def suppress(boxes: Floats, scores: Floats, threshold: float, of_smaller: bool = False) -> Ints:
    """Indices of the boxes to keep, best score first, of `boxes` [n, 4] (two corners) with `scores` [n].

    A box goes when its overlap with a better one that stays is above `threshold`: intersection over union, or with
    `of_smaller` over the area of the smaller one, counted in whole pixels as facenet-pytorch does.
    """
    order = np.argsort(-scores, kind="stable")
    boxes = boxes[order]
    kept = np.empty(0, np.int64)
    for start in range(0, len(boxes), BLOCK):
        block = np.arange(start, min(start + BLOCK, len(boxes)))
        block = block[~_in_conflict(boxes[kept], boxes[block], threshold, of_smaller).any(0)]
        kept = np.concatenate([kept, block[_best(_in_conflict(boxes[block], boxes[block], threshold, of_smaller))]])
    return np.asarray(order[kept], np.int64)


def _best(conflicts: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of n boxes, best first, stay: those in conflict with no better one that stays.

    Each round settles at least one more box, in practice all within a few, until nothing changes.
    """
    better = np.triu(conflicts, 1)
    stays: NDArray[np.bool_] = np.ones(len(conflicts), np.bool_)
    while True:
        settled = np.logical_not((better & stays[:, None]).any(0))
        if (settled == stays).all():
            return stays
        stays = settled


def _in_conflict(a: Floats, b: Floats, threshold: float, of_smaller: bool) -> NDArray[np.bool_]:
    """Which of `a` [n, 4] overlap with which of `b` [m, 4] by more than `threshold`, [n, m]."""
    pixel = np.array([0, 0, 1, 1] if of_smaller else 0, np.float32)
    a, b = a + pixel, b + pixel
    shared = _common(a[:, 0::2], b[:, 0::2])
    shared *= _common(a[:, 1::2], b[:, 1::2])
    area_a, area_b = ((box[:, 2:] - box[:, :2]).prod(1) for box in (a, b))
    whole = np.minimum.outer(area_a, area_b) if of_smaller else np.add.outer(area_a, area_b) - shared
    whole *= np.float32(threshold)
    conflicts: NDArray[np.bool_] = shared > whole
    return conflicts


def _common(a: Floats, b: Floats) -> Floats:
    """Length that each of n intervals [n, 2] has in common with each of m, [n, m]."""
    length = np.minimum.outer(a[:, 1], b[:, 1])
    length -= np.maximum.outer(a[:, 0], b[:, 0])
    return np.maximum(length, 0, out=length)
