"""FaceNet's network, InceptionResnetV1, with the official weights: as it is, and fast on processors with bfloat16."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from pickletools import genops
from typing import IO

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from tui_tagger.errors import ModelError
from tui_tagger.faces.mtcnn import import_facenet
from tui_tagger.faces.precision import In
from tui_tagger.faces.weights import INSTALL_HINT
from tui_tagger.geometry import Box
from tui_tagger.imaging import UprightImage

SIDE = 160
DIMENSION = 512
OLD_PICKLES = 5  # one after the other in torch's format before 1.6, which the official file has
LONGEST_NAME = 1_000  # characters
TRUNK = ("repeat_1", "repeat_2", "repeat_3")  # residual blocks
HALF = ("conv2d_2b", "conv2d_3b", "conv2d_4a", "conv2d_4b", "mixed_6a", "mixed_7a")


def load_net(path: Path) -> nn.Module:
    """The network with the official file's weights; its classifier of 8,631 celebrities is left out.

    It maps RGB crops (p - 127.5) / 128, float32 [n, 3, 160, 160], to embeddings [n, 512]. Raises ModelError when the
    file is damaged or made for another architecture.
    """
    try:
        _refuse_long_names(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
        state = {name: tensor for name, tensor in state.items() if not name.startswith("logits.")}
        net: nn.Module = import_facenet().InceptionResnetV1()
        missing, unexpected = net.load_state_dict(state, strict=False)
    except Exception as error:  # whatever a damaged file makes of torch's readers
        raise _unreadable(path, str(error).splitlines()[0] if str(error) else type(error).__name__) from error
    wrong = [*(name for name in missing if not name.endswith("num_batches_tracked")), *unexpected]
    if wrong:
        raise _unreadable(path, f"{len(wrong)} parameters are missing or not known, the first is {wrong[0]}")
    return folded(net.eval()).to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def _refuse_long_names(path: Path) -> None:
    """Takes the file's pickles apart, which runs nothing of them. Raises ValueError for a name that is too long.

    torch searches its own refusals, which quote the name, with patterns whose time grows with the square of its length.
    """
    with path.open("rb") as file:
        packed = file.read(4) == b"PK\3\4"
        file.seek(0)
        if packed:
            with zipfile.ZipFile(file) as archive:
                pickles = [archive.read(name) for name in archive.namelist() if name.endswith(".pkl")]
            parts: list[IO[bytes]] = [io.BytesIO(data) for data in pickles]
        else:
            parts = [file] * OLD_PICKLES
        for part in parts:
            for _, argument, _ in genops(part):
                if isinstance(argument, (str, bytes)) and len(argument) > LONGEST_NAME:
                    raise ValueError(f"a name of {len(argument):,} characters")


def _unreadable(path: Path, reason: str) -> ModelError:
    return ModelError(f"{path}: holds no weights for FaceNet ({reason})", INSTALL_HINT)


def folded(net: nn.Module) -> nn.Module:
    """`net` with each normalisation multiplied into its convolution: the same, an eighth faster."""
    for module in list(net.modules()):
        conv, norm = getattr(module, "conv", None), getattr(module, "bn", None)
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            module.conv, module.bn = fuse_conv_bn_eval(conv, norm), nn.Identity()
    return net


def crop(image: UprightImage, box: Box) -> NDArray[np.uint8]:
    """The box stretched to a square, RGB uint8 [160, 160, 3]: facenet-pytorch's `extract_face` without a margin."""
    pixels = image.pixels
    across, down = pixels.width / image.full_size[0], pixels.height / image.full_size[1]
    corners = (box.x * across, box.y * down, box.right * across, box.bottom * down)
    limits = (pixels.width, pixels.height) * 2
    left, top, right, bottom = (int(min(max(at, 0), limit)) for at, limit in zip(corners, limits, strict=True))
    if right <= left or bottom <= top:
        return np.zeros((SIDE, SIDE, 3), np.uint8)
    face = pixels.crop((left, top, right, bottom))
    return np.asarray(face.resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def mixed_precision(net: nn.Module) -> nn.Module:
    """`net`, changed to compute in bfloat16 where that keeps a cosine over 0.999 to what float32 gives.

    Three parts stay in float32, chosen by measuring (benchmarks/embedder.py): the first two convolutions, whose errors
    every later one sees; the sum that runs through the residual blocks; and the head, whose normalisation takes away
    what faces have in common and leaves their differences with the errors.
    """
    for name, part in list(net.named_children()):
        if name in HALF:
            setattr(net, name, In(torch.bfloat16, part))
        elif name in TRUNK:
            setattr(net, name, nn.Sequential(*map(_Residual, part.children())))
    net.block8 = _Residual(net.get_submodule("block8"))
    return net


class _Residual(nn.Module):
    """A residual block of facenet-pytorch: branches in bfloat16, added to its input in float32."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        branches = (part for name, part in block.named_children() if name.startswith("branch"))
        self.branches = nn.ModuleList(branches).bfloat16()
        self.last = block.get_submodule("conv2d").bfloat16()
        self.scale = float(block.scale)  # type: ignore[arg-type]
        self.rectified = not getattr(block, "noReLU", False)

    def forward(self, x: Tensor) -> Tensor:
        half = x.bfloat16()
        inner = self.last(torch.cat([branch(half) for branch in self.branches], 1))
        out = x.float().add(inner, alpha=self.scale)
        return torch.relu_(out) if self.rectified else out
