"""The compact embedder's network: a small residual CNN that ships with the package.

It learns from a teacher by distillation (tools/train_compact.py); data/compact.npz holds its weights with batch
normalisation folded into the convolutions and every weight tensor stored as int8 with one scale an output channel.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tui_tagger.errors import ModelError

INPUT_SIZE = 112
DIMENSION = 256
STEM = 32
WIDTHS = (64, 128, 320)
DEPTHS = (1, 3, 2)
LARGEST = "largest"  # in the file: the largest numbers that enter the blocks


def _conv(inputs: int, outputs: int, kernel: int, stride: int, folded: bool, groups: int = 1) -> nn.Module:
    """A convolution with its normalisation, or with a bias instead once the normalisation is folded in."""
    padding = kernel // 2 if groups == 1 else 0
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=folded)
    return conv if folded else nn.Sequential(conv, nn.BatchNorm2d(outputs))


class Block(nn.Module):
    """Two 3x3 convolutions with a shortcut (He et al. 2016, basic block)."""

    def __init__(self, inputs: int, outputs: int, stride: int, folded: bool) -> None:
        super().__init__()
        self.first = _conv(inputs, outputs, 3, stride, folded)
        self.second = _conv(outputs, outputs, 3, 1, folded)
        same = inputs == outputs and stride == 1
        self.shortcut = nn.Identity() if same else _conv(inputs, outputs, 1, stride, folded)

    def forward(self, x: Tensor) -> Tensor:
        inner = torch.relu_(self.first(x))
        return torch.relu_(self.second(inner) + self.shortcut(x))


class CompactNet(nn.Module):
    """Maps RGB crops, float in [-1, 1], [n, 3, 112, 112], to unnormalised embeddings [n, 256].

    The last 7x7 map is read by a depthwise convolution of its own size, which weighs each place of the face by itself
    (MobileFaceNets, Chen et al. 2018), instead of an average that treats an eye like the background.
    """

    def __init__(self, folded: bool = False) -> None:
        super().__init__()
        self.stem = _conv(3, STEM, 3, 2, folded)
        blocks, width = [], STEM
        for outputs, depth in zip(WIDTHS, DEPTHS, strict=True):
            for index in range(depth):
                blocks.append(Block(width, outputs, 2 if index == 0 else 1, folded))
                width = outputs
        self.blocks = nn.Sequential(*blocks)
        self.pool = _conv(width, width, INPUT_SIZE // 16, 1, folded, groups=width)
        self.head = nn.Linear(width, DIMENSION)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(torch.relu_(self.stem(x)))
        embedding: Tensor = self.head(self.pool(x).flatten(1))
        return embedding


def folded_state(net: CompactNet) -> dict[str, NDArray[np.float32]]:
    """The weights of `net` for `CompactNet(folded=True)`: each normalisation multiplied into its convolution."""
    state: dict[str, Tensor] = {}
    for name, module in net.named_modules():
        if isinstance(module, nn.Sequential) and len(module) == 2 and isinstance(module[1], nn.BatchNorm2d):
            conv, norm = module[0], module[1]
            assert isinstance(conv, nn.Conv2d) and norm.running_var is not None and norm.running_mean is not None
            gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            state[f"{name}.weight"] = conv.weight * gain[:, None, None, None]
            state[f"{name}.bias"] = norm.bias - norm.running_mean * gain
        elif isinstance(module, nn.Linear):
            state[f"{name}.weight"], state[f"{name}.bias"] = module.weight, module.bias
    return {name: tensor.detach().float().cpu().numpy() for name, tensor in state.items()}


def save_weights(state: dict[str, NDArray[np.float32]], path: Path, largest: NDArray[np.float32] | None = None) -> None:
    """Writes folded weights: matrices and kernels as int8 with a float32 scale an output channel, biases as float32.

    `largest` is what integers.py needs to compute in whole numbers.
    """
    arrays: dict[str, NDArray[np.generic]] = {} if largest is None else {LARGEST: largest}
    for name, values in state.items():
        if values.ndim == 1:
            arrays[name] = values
            continue
        scale = np.abs(values).reshape(len(values), -1).max(1).clip(1e-12) / 127
        shaped = scale.reshape(-1, *[1] * (values.ndim - 1))
        arrays[name] = np.rint(values / shaped).astype(np.int8)
        arrays[f"{name}.scale"] = scale.astype(np.float32)
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def load_net(path: Path) -> CompactNet:
    """The network with the weights of `path` (see `save_weights`), ready for inference.

    Raises ModelError when the file is missing, damaged or made for another architecture.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            names = [name for name in arrays.files if not name.endswith(".scale") and name != LARGEST]
            state = {name: _dequantised(arrays, name) for name in names}
        net = CompactNet(folded=True)
        net.load_state_dict(state)
    except Exception as error:  # numpy's readers raise nearly anything on a damaged file
        reason = str(error).split("\n")[0]
        text = f"The compact model's weights cannot be read: {path} ({reason})"
        raise ModelError(text, "Install the package again.") from error
    return net.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def load_largest(path: Path) -> NDArray[np.float32] | None:
    """What was saved beside the weights for integers.py; `load_net` tells whether the file can be read."""
    with np.load(path, allow_pickle=False) as arrays:
        return np.asarray(arrays[LARGEST]) if LARGEST in arrays.files else None


def _dequantised(arrays: np.lib.npyio.NpzFile, name: str) -> Tensor:
    values = arrays[name].astype(np.float32)
    if f"{name}.scale" in arrays.files:
        values *= arrays[f"{name}.scale"].reshape(-1, *[1] * (values.ndim - 1))
    return torch.from_numpy(values)
