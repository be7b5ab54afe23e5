"""The embedders: the compact network that ships with the package, and FaceNet once its weights are installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from tui_tagger import log
from tui_tagger.errors import ModelError
from tui_tagger.faces import compact, facenet, weights
from tui_tagger.faces.alignment import SIDE, align
from tui_tagger.faces.devices import resolve
from tui_tagger.faces.integers import has_integers, in_integers
from tui_tagger.faces.precision import half_after_first, has_bfloat16
from tui_tagger.faces.protocols import Embedder
from tui_tagger.faces.weights import ModelInfo, available_models
from tui_tagger.geometry import Box
from tui_tagger.imaging import UprightImage

__all__ = ["CompactEmbedder", "FacenetEmbedder", "ModelInfo", "available_models", "load_embedder"]

BATCH = 32  # crops at a time: more are no faster and take memory


def load_embedder(model_id: str, cache: Path | None = None, device: str = "cpu") -> Embedder:
    """The embedder with its weights, computing on `device`, one of `devices.DEVICES`.

    Raises ModelError when there is no model of this id, its weights are missing or the device is not there.
    """
    if model_id == weights.COMPACT_ID:
        return CompactEmbedder(device=device)
    if model_id == weights.FACENET_ID:
        return FacenetEmbedder(weights.installed_path(cache), device=device)
    known = ", ".join(model.model_id for model in available_models(cache))
    raise ModelError(f"There is no model called {model_id}", f"These are there: {known}")


class CompactEmbedder:
    """Our own small network (see compact.py), 256-d, on crops of 112x112 aligned by five landmarks.

    An embedding is that of the face and of its mirror image together: better on profiles, at twice the time.
    """

    model_id = weights.COMPACT_ID
    dimension = compact.DIMENSION

    def __init__(self, path: Path = weights.COMPACT_PATH, fast: bool = True, device: str = "cpu") -> None:
        """`fast` chooses the fastest arithmetic of the processor, whole numbers or bfloat16, where that computes.

        Raises ModelError like `compact.load_net` and `devices.resolve`.
        """
        device = resolve(device)
        net = compact.load_net(path)
        self._net: nn.Module = _fastest(net, path) if fast and device == "cpu" else net.to(device)

    def crop(self, image: UprightImage, box: Box, landmarks: NDArray[np.float32] | None) -> NDArray[np.uint8]:
        return align(image, box, landmarks)

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        return embedded(self._net, crops, self.dimension, 127.5, mirrored=True)


class FacenetEmbedder:
    """InceptionResnetV1 (Szegedy et al. 2016; Schroff et al. 2015), 512-d, on crops of the box in 160x160 pixels."""

    model_id = weights.FACENET_ID
    dimension = facenet.DIMENSION

    def __init__(self, path: Path | None, fast: bool | None = None, device: str = "cpu") -> None:
        """`path` is the official file's, see `weights.installed_path`.

        `fast` chooses bfloat16 arithmetic; by default where the processor computes and has it.

        Raises ModelError when there is no such file or device, or the file is damaged or of another architecture.
        """
        device = resolve(device)
        if path is None or not path.is_file():
            raise ModelError("FaceNet's weights are not installed", weights.INSTALL_HINT)
        net = facenet.load_net(path)
        self._net = (facenet.mixed_precision(net) if _fast(fast, device) else net).to(device)

    def crop(
        self,
        image: UprightImage,
        box: Box,
        landmarks: NDArray[np.float32] | None,  # noqa: ARG002 the protocol's; this network learnt from plain boxes
    ) -> NDArray[np.uint8]:
        return facenet.crop(image, box)

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        return embedded(self._net, crops, self.dimension, 128.0)


def _fastest(net: compact.CompactNet, path: Path) -> nn.Module:
    if has_bfloat16():
        return half_after_first(net)
    largest = compact.load_largest(path) if has_integers() else None
    if largest is None:
        return net
    try:
        whole = in_integers(net, largest)
        with torch.inference_mode():
            whole(torch.zeros(1, 3, SIDE, SIDE))
    except Exception as error:  # torch does not promise that these operators stay as they are
        log.failure("no whole numbers for the compact model", error)
        return compact.load_net(path)
    return whole


def _fast(wanted: bool | None, device: str) -> bool:
    return device == "cpu" and has_bfloat16() if wanted is None else wanted


@torch.inference_mode()
def embedded(
    net: nn.Module, crops: NDArray[np.uint8], dimension: int, divisor: float, mirrored: bool = False
) -> NDArray[np.float32]:
    """Unit vectors [n, dimension] of `crops` [n, side, side, 3], whose pixels enter as (value - 127.5) / divisor.

    Computes where the network's weights are.
    """
    device = next(net.parameters()).device
    embeddings = np.empty((len(crops), dimension), np.float32)
    for at in range(0, len(crops), BATCH):
        batch = torch.from_numpy(np.ascontiguousarray(crops[at : at + BATCH])).to(device).permute(0, 3, 1, 2)
        x = (batch.float() - 127.5) / divisor
        out: Tensor = F.normalize(net(torch.cat([x, x.flip(3)]) if mirrored else x).float())
        embeddings[at : at + BATCH] = F.normalize(out[: len(x)] + out[len(x) :] if mirrored else out).cpu().numpy()
    return embeddings
