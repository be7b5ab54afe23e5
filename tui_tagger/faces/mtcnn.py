"""MTCNN's three networks (Zhang et al. 2016) with facenet-pytorch's weights, made fast on processors.

All of them take RGB pixels from 0 to 255, float32 [n, 3, height, width], best channels-last: what facenet-pytorch takes
off the pixels first is part of their first convolutions here.
"""

from __future__ import annotations

import importlib
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tui_tagger.errors import ModelError

MEAN, SPREAD = 127.5, 128.0  # facenet-pytorch's networks were trained with (pixels - MEAN) / SPREAD
VECTOR = 16  # numbers that a processor with AVX-512 computes at once; half as many with AVX2
_REPLACED = ("facenet_pytorch", "torchvision")
_EMPTY = ("torchvision", "torchvision.ops", "torchvision.ops.boxes", "torchvision.transforms")


@cache
def import_facenet() -> ModuleType:
    """The package facenet_pytorch, for its networks: what it imports from torchvision is empty.

    torchvision takes a second and 90 MB, and beside a CPU build of torch its usual wheel, which is built for CUDA,
    stops at its first missing operator. The networks use none of it. facenet_pytorch's own cascade and crops do:
    whoever else imports it gets a copy of their own.
    """
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in _REPLACED}
    try:
        for name in _EMPTY:
            sys.modules[name] = _Empty(name)
        return importlib.import_module("facenet_pytorch")
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] in _REPLACED]:
            del sys.modules[name]
        sys.modules.update(before)


class _Empty(ModuleType):
    """A module that has every name, each of them None."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name: str) -> None:
        return None


class ProposalNet(nn.Module):
    """P-Net: looks at every cell of 12x12 pixels of a picture, two pixels apart."""

    CELL, STRIDE = 12, 2

    def __init__(self, net: Any) -> None:
        """`net` is facenet-pytorch's, after `prepared`."""
        super().__init__()
        self.features = nn.Sequential(
            *(net.conv1, net.prelu1, net.pool1), *(net.conv2, net.prelu2), *(net.conv3, net.prelu3)
        )
        self.chance, self.offsets = nn.Linear(32, 1), nn.Linear(32, 4)
        no, yes = net.conv4_1.weight.flatten(1)
        # A softmax over two is the sigmoid of their difference.
        self.chance.weight, self.chance.bias = nn.Parameter((yes - no)[None]), nn.Parameter(net.conv4_1.bias.diff())
        self.offsets.weight, self.offsets.bias = nn.Parameter(net.conv4_2.weight.flatten(1)), net.conv4_2.bias

    def forward(self, picture: Tensor, threshold: float) -> tuple[Tensor, Tensor, Tensor]:
        """The cells of `picture` [1, 3, height, width] that pass: columns and rows [n, 2], offsets [n, 4], scores [n].

        Offsets of the four edges are in parts of the cell's side.
        """
        seen = self.features(picture)[0].permute(1, 2, 0)
        scores = torch.sigmoid(self.chance(seen)[..., 0])
        rows, columns = (scores >= threshold).nonzero(as_tuple=True)
        return torch.stack([columns, rows], 1), self.offsets(seen[rows, columns]), scores[rows, columns]


class WidePReLU(nn.Module):
    """`nn.PReLU` for channels-last pictures, by whole rows.

    Torch's own goes pixel by pixel: slow where the channels of one do not fill whole vectors of the processor.
    """

    def __init__(self, narrow: nn.PReLU) -> None:
        super().__init__()
        self.slopes = narrow.weight

    def forward(self, x: Tensor) -> Tensor:
        n, channels, height, width = x.shape
        rows = x.permute(0, 2, 3, 1).reshape(n * height, width * channels)
        return F.prelu(rows, self.slopes.repeat(width)).view(n, height, width, channels).permute(0, 3, 1, 2)


class StridedMax(nn.Module):
    """`nn.MaxPool2d` of 2 or 3 pixels every 2, ceil mode, as maxima of slices: several times faster."""

    def __init__(self, size: Any) -> None:
        super().__init__()
        self.size: int = size

    def forward(self, x: Tensor) -> Tensor:
        return self._along(self._along(x, 2), 3)

    def _along(self, x: Tensor, dimension: int) -> Tensor:
        count = -(-(x.size(dimension) - self.size) // 2) + 1
        even, odd, *third = (
            part.narrow(dimension, 0, min(count, part.size(dimension)))
            for part in (x[(slice(None),) * dimension + (slice(first, None, 2),)] for first in range(self.size))
        )
        pairs = odd.size(dimension)
        best = torch.maximum(even.narrow(dimension, 0, pairs), odd)
        if pairs < count:
            best = torch.cat([best, even.narrow(dimension, pairs, 1)], dimension)
        for part in third:
            among = best.narrow(dimension, 0, part.size(dimension))
            torch.maximum(among, part, out=among)
        return best


def load_nets(device: str) -> tuple[ProposalNet, nn.Module, nn.Module]:
    """P-, R- and O-Net on `device`.

    R-Net takes crops of 24x24 and gives offsets [n, 4] and chances [n, 2]; O-Net takes crops of 48x48 and gives
    offsets, landmarks [n, 10] (all x, then all y; both in parts of the box) and chances. Raises ModelError when the
    weights in facenet-pytorch's installation are missing or damaged.
    """
    facenet = import_facenet()
    folder = Path(str(facenet.__file__)).parent / "data"
    pnet, rnet, onet = (
        prepared(with_weights(net(pretrained=False), folder / f"{net.__name__.lower()}.pt"))
        for net in (facenet.PNet, facenet.RNet, facenet.ONet)
    )
    return ProposalNet(pnet).to(device), rnet.to(device), onet.to(device)


def with_weights(net: nn.Module, path: Path) -> nn.Module:
    try:
        net.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:  # whatever a damaged file makes of torch's readers
        raise ModelError(
            f"The detector's weights cannot be read: {path} ({error})", "Install facenet-pytorch 2.5.3 again."
        ) from error
    return net.eval()


@torch.no_grad()
def prepared(net: nn.Module) -> nn.Module:
    """`net`, one of facenet-pytorch's, changed to take pixels as they are and to compute the same faster."""
    first = net.get_submodule("conv1")
    assert isinstance(first, nn.Conv2d) and first.bias is not None
    first.weight /= SPREAD
    first.bias -= MEAN * first.weight.sum((1, 2, 3))
    for name, part in list(net.named_children()):
        if isinstance(part, nn.PReLU) and len(part.weight) % VECTOR:
            setattr(net, name, WidePReLU(part))
        elif isinstance(part, nn.MaxPool2d):
            setattr(net, name, StridedMax(part.kernel_size))
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
