"""Fast arithmetic: bfloat16 where the processor has it, float32 for the parts of a network whose errors count."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def has_bfloat16() -> bool:
    """Whether the processor multiplies matrices of bfloat16 in hardware (AMX); elsewhere it is slower than float32.

    AVX-512 has bfloat16 too, and both networks took 1.5 times as long with it (benchmarks/README.md).
    """
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()  # not there in torch 2.6
    return bool(capabilities.get("amx_bf16"))


class In(nn.Module):
    """A part of a network in arithmetic of its own."""

    def __init__(self, dtype: torch.dtype, part: nn.Module) -> None:
        super().__init__()
        self.dtype, self.part = dtype, part.to(dtype)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.part(x.to(self.dtype))
        return out


def half_after_first(net: nn.Module) -> nn.Module:
    """`net`, changed to compute in bfloat16 from its second part on: every later part sees the errors of the first."""
    for name, part in list(net.named_children())[1:]:
        setattr(net, name, In(torch.bfloat16, part))
    return net
