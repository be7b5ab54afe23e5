from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tui_tagger.faces.summed_area import SummedArea


@pytest.mark.parametrize("size", [(7, 5), (64, 48), (301, 199), (24, 24)])
def test_summed_areas_are_area_averages(size: tuple[int, int]) -> None:
    width, height = size
    pixels = np.random.default_rng(0).integers(0, 256, (199, 301, 3), dtype=np.uint8)
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None].float()
    table = SummedArea(pixels)
    wanted = F.interpolate(image, size=(height, width), mode="area")[0].permute(1, 2, 0).numpy()
    assert table.resized(height, width) == pytest.approx(wanted, abs=1e-4)
    assert table.resized(height, width, slice(3, 5)) == pytest.approx(wanted[3:5], abs=1e-4)
    corners = np.array([(0, 0, 301, 199), (10, 20, 13, 25), (200, 100, 290, 150)])
    for crop, (left, top, right, bottom) in zip(table.crops(corners, width), corners, strict=True):
        part = F.interpolate(image[:, :, top:bottom, left:right], size=(width, width), mode="area")
        assert crop == pytest.approx(part[0].permute(1, 2, 0).numpy(), abs=1e-4)


def test_sums_may_overflow() -> None:
    table = SummedArea(np.full((3000, 3000, 3), 255, np.uint8))  # the whole sum is over 2**31
    assert table.crops(np.array([(2900, 2900, 3000, 3000)]), 12) == pytest.approx(255, abs=1e-4)
    assert table.resized(30, 30) == pytest.approx(255, abs=1e-4)
