"""The embedders: the compact network that ships with the package, and FaceNet once its weights are installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from tui_tagger.errors import ModelError
from tui_tagger.faces import compact, weights
from tui_tagger.faces.alignment import align
from tui_tagger.faces.detector import import_facenet
from tui_tagger.faces.protocols import Embedder
from tui_tagger.faces.weights import ModelInfo, available_models
from tui_tagger.geometry import Box
from tui_tagger.imaging import UprightImage

__all__ = ["CompactEmbedder", "FacenetEmbedder", "ModelInfo", "available_models", "load_embedder"]

BATCH = 32  # crops at a time: more are no faster and take memory
FACENET_SIDE = 160


def load_embedder(model_id: str, cache: Path | None = None) -> Embedder:
    """The embedder with its weights. Raises ModelError when there is none of this id or its weights are missing."""
    if model_id == CompactEmbedder.model_id:
        return CompactEmbedder()
    if model_id == FacenetEmbedder.model_id:
        return FacenetEmbedder(weights.installed_path(cache))
    known = ", ".join(model.model_id for model in available_models(cache))
    raise ModelError(f"There is no model called {model_id}", f"These are there: {known}")


class CompactEmbedder:
    """Our own small network (see compact.py), 256-d, on crops of 112x112 aligned by five landmarks."""

    model_id = weights.COMPACT_ID
    dimension = compact.DIMENSION

    def __init__(self, path: Path = weights.COMPACT_PATH, mirrored: bool = False, fast: bool | None = None) -> None:
        """With `mirrored`, embeddings are of the face and its mirror image together: better, at twice the time.

        `fast` chooses bfloat16 arithmetic; by default where the processor has it. Raises ModelError like
        `compact.load_net`.
        """
        self._net = compact.load_net(path)
        self._mirrored = mirrored
        self._fast = _has_bfloat16() if fast is None else fast

    def crop(self, image: UprightImage, box: Box, landmarks: NDArray[np.float32] | None) -> NDArray[np.uint8]:
        return align(image, box, landmarks)

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        return _embedded(self._net, crops, self.dimension, 127.5, self._fast, self._mirrored)


class FacenetEmbedder:
    """InceptionResnetV1 (Szegedy et al. 2016; Schroff et al. 2015), 512-d, on crops of the box in 160x160 pixels."""

    model_id = weights.FACENET_ID
    dimension = 512

    def __init__(self, path: Path | None, fast: bool | None = None) -> None:
        """`path` is the official file's, see `weights.installed_path`; `fast` is as in CompactEmbedder.

        Raises ModelError when there is no such file, or it is damaged or made for another architecture.
        """
        if path is None or not path.is_file():
            raise ModelError("FaceNet's weights are not installed", weights.INSTALL_HINT)
        self._net = _facenet(path)
        self._fast = _has_bfloat16() if fast is None else fast

    def crop(
        self,
        image: UprightImage,
        box: Box,
        landmarks: NDArray[np.float32] | None,  # noqa: ARG002 the protocol's; this network learnt from plain boxes
    ) -> NDArray[np.uint8]:
        """The box stretched to a square, as facenet-pytorch's `extract_face` does without a margin."""
        pixels = image.pixels
        across, down = pixels.width / image.full_size[0], pixels.height / image.full_size[1]
        corners = (box.x * across, box.y * down, box.right * across, box.bottom * down)
        limits = (pixels.width, pixels.height) * 2
        left, top, right, bottom = (int(min(max(at, 0), limit)) for at, limit in zip(corners, limits, strict=True))
        if right <= left or bottom <= top:
            return np.zeros((FACENET_SIDE, FACENET_SIDE, 3), np.uint8)
        face = pixels.crop((left, top, right, bottom))
        return np.asarray(face.resize((FACENET_SIDE, FACENET_SIDE), Image.Resampling.BILINEAR))

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        return _embedded(self._net, crops, self.dimension, 128.0, self._fast)


@torch.inference_mode()
def _embedded(
    net: nn.Module, crops: NDArray[np.uint8], dimension: int, divisor: float, fast: bool, mirrored: bool = False
) -> NDArray[np.float32]:
    """Unit vectors [n, dimension] of `crops` [n, side, side, 3], whose pixels enter as (value - 127.5) / divisor."""
    embeddings = np.empty((len(crops), dimension), np.float32)
    for at in range(0, len(crops), BATCH):
        batch = torch.from_numpy(np.ascontiguousarray(crops[at : at + BATCH])).permute(0, 3, 1, 2)
        x = (batch.float() - 127.5) / divisor
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            out: Tensor = net(x).float()
            if mirrored:
                out = F.normalize(out) + F.normalize(net(x.flip(3)).float())
        embeddings[at : at + BATCH] = F.normalize(out).numpy()
    return embeddings


def _facenet(path: Path) -> nn.Module:
    """The network with the official file's weights; its classifier of 8,631 celebrities is left out."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        state = {name: tensor for name, tensor in state.items() if not name.startswith("logits.")}
        net: nn.Module = import_facenet().InceptionResnetV1()
        missing, unexpected = net.load_state_dict(state, strict=False)
    except Exception as error:  # whatever a damaged file makes of torch's readers
        raise _unreadable(path, str(error).splitlines()[0] if str(error) else type(error).__name__) from error
    wrong = [*(name for name in missing if not name.endswith("num_batches_tracked")), *unexpected]
    if wrong:
        raise _unreadable(path, f"{len(wrong)} parameters are missing or not known, the first is {wrong[0]}")
    return _folded(net.eval()).to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def _folded(net: nn.Module) -> nn.Module:
    """`net` with each normalisation multiplied into its convolution: the same, an eighth faster."""
    for module in list(net.modules()):
        conv, norm = getattr(module, "conv", None), getattr(module, "bn", None)
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            module.conv, module.bn = fuse_conv_bn_eval(conv, norm), nn.Identity()
    return net


def _unreadable(path: Path, reason: str) -> ModelError:
    return ModelError(f"{path}: holds no weights for FaceNet ({reason})", weights.INSTALL_HINT)


def _has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 in hardware; elsewhere it would be slower than float32."""
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()  # not there in torch 2.6
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
