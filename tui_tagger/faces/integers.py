"""The compact network in whole numbers: faster where the processor multiplies bytes (VNNI).

Its weights are bytes anyway (compact.npz). Here what flows between its convolutions becomes bytes too, each step with a
unit of its own, set by the largest number that faces brought about there (`largest_inputs`, kept in compact.npz). What
comes before, the stem and the first block, stays in float32: every later part sees its errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tui_tagger.faces.compact import Block, CompactNet

Floats = NDArray[np.float32]

EXACT = 1  # blocks in float32
LEVELS = 255
HEADROOM = 1.25  # over the largest number measured: a cut costs more than coarser steps
INSTRUCTIONS = ("avx512_vnni", "avx_vnni")  # by the names of torch.cpu.get_capabilities


def has_integers() -> bool:
    """Whether this processor multiplies bytes in hardware, and this torch has the convolutions for it."""
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()  # not there in torch 2.6
    there = any(capabilities.get(name) for name in INSTRUCTIONS)
    return there and all(hasattr(torch.ops.onednn, name) for name in ("qconv_prepack", "qconv2d_pointwise"))


def largest_inputs(net: CompactNet, batches: Iterable[Tensor]) -> Floats:
    """The largest number that enters each block of `net` after the exact ones, and its second convolution, [blocks, 2].

    `batches` are crops as `net` takes them. No number is below 0 there, since all come out of a ReLU.
    """
    parts = [part for block in _blocks(net)[EXACT:] for part in (block, block.second)]
    found = np.zeros(len(parts), np.float32)

    def keep(at: int) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def hook(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            found[at] = max(found[at], float(inputs[0].max()))

        return hook

    hooks = [part.register_forward_pre_hook(keep(at)) for at, part in enumerate(parts)]
    with torch.inference_mode():
        for batch in batches:
            net(batch)
    for hook in hooks:
        hook.remove()
    return found.reshape(-1, 2)


def in_integers(net: CompactNet, largest: Floats) -> CompactNet:
    """`net`, folded, changed to compute most of its blocks in bytes; `largest` is what `largest_inputs` measured."""
    blocks = _blocks(net)
    units = [(float(outer), float(inner)) for outer, inner in largest * HEADROOM / LEVELS]
    after = [outer for outer, _ in units[1:]] + [None]
    whole = [IntegerBlock(block, *unit, next_) for block, unit, next_ in zip(blocks[EXACT:], units, after, strict=True)]
    net.blocks = nn.Sequential(*blocks[:EXACT], Bytes(units[0][0]), *whole)
    return net


def _blocks(net: CompactNet) -> list[Block]:
    return [block for block in net.blocks if isinstance(block, Block)]


class Bytes(nn.Module):
    """Numbers from 0 on as bytes, in units of `unit`."""

    def __init__(self, unit: float) -> None:
        super().__init__()
        self.unit = unit

    def forward(self, x: Tensor) -> Tensor:
        return x.mul(1 / self.unit).add_(0.5).clamp_(max=LEVELS).to(torch.uint8)


class IntegerBlock(nn.Module):
    """A `Block` on bytes in units of `unit`; between its convolutions they are in units of `inner`.

    Gives bytes in units of `after`, or float32 without it.
    """

    def __init__(self, block: Block, unit: float, inner: float, after: float | None) -> None:
        super().__init__()
        self.unit, self.inner, self.after = unit, inner, after
        self.first, self.second = IntegerConv(block.first, unit), IntegerConv(block.second, inner)
        self.shortcut = None if isinstance(block.shortcut, nn.Identity) else IntegerConv(block.shortcut, unit)
        self.to_bytes = Bytes(after) if after else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        inner = self.first.rectified(x, self.inner)
        if self.shortcut is None and self.after:
            return self.second.added(inner, x, self.unit, self.after)
        beside = x.float().mul_(self.unit) if self.shortcut is None else self.shortcut(x)
        out: Tensor = self.to_bytes(self.second.added(inner, beside))
        return out


class IntegerConv(nn.Module):
    """A convolution of bytes in units of `unit`; its weights are bytes too, in units of each output channel."""

    def __init__(self, conv: nn.Module, unit: float) -> None:
        super().__init__()
        assert isinstance(conv, nn.Conv2d) and conv.bias is not None
        weight, units = conv.weight.detach(), conv.weight.detach().abs().amax((1, 2, 3)).clamp(min=1e-12) / 127
        shape = (conv.stride, conv.padding, conv.dilation, conv.groups)
        whole = (weight / units[:, None, None, None]).round().to(torch.int8)
        packed = torch.ops.onednn.qconv_prepack(whole, units, unit, 0, *shape)
        self.given = (unit, 0, packed, units, torch.zeros(len(units), dtype=torch.int64))
        self.bias, self.shape = conv.bias.detach(), shape

    def forward(self, x: Tensor) -> Tensor:
        """In float32."""
        return self._alone(x, 1.0, torch.float32, "none")

    def rectified(self, x: Tensor, after: float) -> Tensor:
        """After a ReLU, as bytes in units of `after`."""
        return self._alone(x, after, torch.uint8, "relu")

    def _alone(self, x: Tensor, after: float, kind: torch.dtype, relu: str) -> Tensor:
        run = torch.ops.onednn.qconv2d_pointwise.default
        out: Tensor = run(x, *self.given, self.bias, *self.shape, after, 0, kind, relu, [], "")
        return out

    def added(self, x: Tensor, other: Tensor, unit: float = 1.0, after: float = 1.0) -> Tensor:
        """Added to `other`, which is overwritten, and after a ReLU.

        `other` is float32, or bytes in units of `unit`: then so is the sum, in units of `after`.
        """
        run = torch.ops.onednn.qconv2d_pointwise.binary
        scaled = (*self.shape, after, 0, other.dtype, unit, 0)
        out: Tensor = run(x, *self.given, other, self.bias, *scaled, "sum", 1.0, "relu", [], "")
        return out
