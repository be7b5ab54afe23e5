from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tui_tagger.faces import suppression
from tui_tagger.faces.suppression import suppress
from tui_tagger.geometry import Box


def one_by_one(boxes: NDArray[np.float32], scores: NDArray[np.float32], threshold: float) -> list[int]:
    """Non-maximum suppression as it is defined."""
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        box = Box(*boxes[index, :2], *(boxes[index, 2:] - boxes[index, :2]))
        others = (Box(*boxes[i, :2], *(boxes[i, 2:] - boxes[i, :2])) for i in kept)
        if all(box.iou(other) <= threshold for other in others):
            kept.append(int(index))
    return kept


@settings(deadline=None)  # a busy machine is no failure
@given(st.integers(0, 2**32 - 1), st.integers(0, 120), st.sampled_from([0.3, 0.5, 0.7]), st.sampled_from([3, 16, 256]))
def test_suppression_in_blocks_is_suppression(seed: int, count: int, threshold: float, block: int) -> None:
    random = np.random.default_rng(seed)
    first = random.integers(0, 40, (count, 2))
    boxes = np.concatenate([first, first + random.integers(5, 40, (count, 2))], 1).astype(np.float32)
    scores = random.integers(0, 50, count).astype(np.float32)  # with ties
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(suppression, "BLOCK", block)
        assert suppress(boxes, scores, threshold).tolist() == one_by_one(boxes, scores, threshold)


def test_suppression_of_the_smaller_drops_what_lies_inside() -> None:
    boxes = np.array([(0, 0, 100, 100), (40, 40, 60, 60), (90, 90, 140, 140)], np.float32)
    scores = np.array([0.9, 0.8, 0.7], np.float32)
    assert suppress(boxes, scores, 0.7).tolist() == [0, 1, 2]
    assert suppress(boxes, scores, 0.7, of_smaller=True).tolist() == [0, 2]
