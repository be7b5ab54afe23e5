"""MTCNN (Zhang et al. 2016): P-, R- and O-Net of facenet-pytorch with a cascade of our own around them.

The cascade gives what `facenet_pytorch.MTCNN` gives. It is faster because one summed-area table serves the pyramid and
all candidate crops, because the networks' slow layers are computed in other ways (see mtcnn.py), and because the work
is cut into pieces that stay in the processor's cache.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tui_tagger.faces.devices import resolve
from tui_tagger.faces.mtcnn import ProposalNet, load_nets
from tui_tagger.faces.protocols import Detection
from tui_tagger.faces.summed_area import SummedArea
from tui_tagger.faces.suppression import suppress
from tui_tagger.geometry import Box
from tui_tagger.imaging import UprightImage

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

THRESHOLDS = (0.6, 0.7, 0.7)  # least scores of P-, R- and O-Net: facenet-pytorch's defaults
MIN_FACE_SIZE = 20  # pixels of the image that is searched: facenet-pytorch's default
PYRAMID_FACTOR = 0.709  # about the square root of 1/2: half the area a step
RNET_SIDE, ONET_SIDE = 24, 48
OVERLAP = ProposalNet.CELL - ProposalNet.STRIDE  # rows that a strip shares with the next
STRIP = 192  # rows of P-Net's input at a time; even, so that strips and strides agree
BATCH = 40_000  # pixels of candidate crops at a time: 69 for R-Net, 17 for O-Net


class MtcnnDetector:
    """Finds upright faces of at least `min_face_size` pixels of the image it is given.

    Pass an image bounded to `config.WORKING_SIDE`: time grows with the area.
    """

    model_id = "mtcnn"

    def __init__(
        self,
        thresholds: tuple[float, float, float] = THRESHOLDS,
        min_face_size: int = MIN_FACE_SIZE,
        device: str = "cpu",
    ) -> None:
        """`device` is where the networks compute, one of `devices.DEVICES`.

        Raises ModelError when it is not there, and when the weights in facenet-pytorch's installation are missing or
        damaged.
        """
        self._device = resolve(device)
        self._pnet, self._rnet, self._onet = load_nets(self._device)
        self._thresholds = thresholds
        self._min_face_size = min_face_size

    @torch.inference_mode()
    def detect(self, image: UprightImage) -> list[Detection]:
        """The faces of `image` from left to right, in pixels of the upright original."""
        boxes, landmarks, scores = self._cascade(SummedArea(image.array()))
        width, height = image.full_size
        stretch = np.array([width / image.pixels.width, height / image.pixels.height], np.float32)
        corners = np.clip(boxes.reshape(-1, 2, 2) * stretch, 0, np.array([width, height], np.float32))
        found = [
            Detection(Box(*map(float, (*first, *(last - first)))), points, float(score))
            for (first, last), points, score in zip(corners, landmarks * stretch, scores, strict=True)
        ]
        return sorted((face for face in found if face.box.area > 0), key=lambda face: face.box.x)

    def _cascade(self, table: SummedArea) -> tuple[Floats, Floats, Floats]:
        """Corners [n, 4], landmarks [n, 5, 2] and scores [n] of faces, in pixels of the searched image."""
        boxes = _inside(_squared(self._propose(table)), table)
        (offsets, scores), passed = self._judge(self._rnet, table, boxes, RNET_SIDE, self._thresholds[1])
        boxes = boxes[passed]
        kept = suppress(boxes, scores, 0.7)
        boxes = _inside(_squared(_moved(boxes[kept], offsets[kept])), table)

        (offsets, points, scores), passed = self._judge(self._onet, table, boxes, ONET_SIDE, self._thresholds[2])
        boxes = boxes[passed]
        landmarks = points.reshape(-1, 2, 5).transpose(0, 2, 1) * _extent(boxes)[:, None] + boxes[:, None, :2] - 1
        boxes = _moved(boxes, offsets)
        kept = suppress(boxes, scores, 0.7, of_smaller=True)
        return boxes[kept], landmarks[kept], scores[kept]

    def _propose(self, table: SummedArea) -> Floats:
        """P-Net's candidates at all sizes, corners [n, 4]."""
        found = [self._propose_at(table, scale) for scale in self._scales(min(table.height, table.width))]
        boxes, offsets, scores = (np.concatenate(parts) for parts in zip(_NOTHING, *found, strict=True))
        kept = suppress(boxes, scores, 0.7)
        sides = np.tile(boxes[kept, 2:] - boxes[kept, :2], 2)
        return np.asarray(boxes[kept] + offsets[kept] * sides, np.float32)

    def _scales(self, shortest: int) -> list[float]:
        scales = [ProposalNet.CELL / self._min_face_size]
        while shortest * scales[-1] >= ProposalNet.CELL:
            scales.append(scales[-1] * PYRAMID_FACTOR)
        return scales[:-1]

    def _propose_at(self, table: SummedArea, scale: float) -> tuple[Floats, Floats, Floats]:
        """Corners [n, 4], offsets [n, 4] in parts of the box and scores [n] at one size of the pyramid."""
        height, width = int(table.height * scale + 1), int(table.width * scale + 1)
        found = [self._propose_in(table, height, width, top) for top in range(0, height - OVERLAP, STRIP)]
        places, offsets, scores = (np.concatenate(parts) for parts in zip(*found, strict=True))
        first = np.floor((ProposalNet.STRIDE * places + 1) / np.float32(scale))
        last = np.floor((ProposalNet.STRIDE * places + ProposalNet.CELL) / np.float32(scale))
        boxes = np.concatenate([first, last], 1)
        kept = suppress(boxes, scores, 0.5)
        return boxes[kept], offsets[kept], scores[kept]

    def _propose_in(self, table: SummedArea, height: int, width: int, top: int) -> list[Floats]:
        """What P-Net sees in one strip of the image in `height` by `width` pixels: as ProposalNet, in all its rows."""
        pixels = table.resized(height, width, slice(top, top + STRIP + OVERLAP))
        places, offsets, scores = self._pnet(self._as_input(pixels[None]), self._thresholds[0])
        places[:, 1] += top // ProposalNet.STRIDE
        return [part.float().cpu().numpy() for part in (places, offsets, scores)]

    def _judge(
        self, net: nn.Module, table: SummedArea, boxes: Floats, side: int, threshold: float
    ) -> tuple[list[Floats], NDArray[np.bool_]]:
        """The outputs of R- or O-Net for the boxes that pass (their scores [n] last), and which boxes these are."""
        corners = _pixels(boxes, table)
        count = BATCH // side**2
        crops = [table.crops(corners[at : at + count], side) for at in range(0, len(boxes), count)]
        crops = crops or [np.zeros((1, side, side, 3), np.float32)]  # the networks take no empty batch
        batches = [net(self._as_input(some)) for some in crops]
        *outputs, chances = (torch.cat(parts)[: len(boxes)].cpu().numpy() for parts in zip(*batches, strict=True))
        passed = chances[:, 1] > threshold
        return [output[passed] for output in (*outputs, chances[:, 1])], passed

    def _as_input(self, crops: Floats) -> Tensor:
        """[n, height, width, 3] as the networks take it, channels-last."""
        return torch.from_numpy(crops).to(self._device).permute(0, 3, 1, 2)


_NOTHING = (np.empty((0, 4), np.float32), np.empty((0, 4), np.float32), np.empty(0, np.float32))


def _extent(boxes: Floats) -> Floats:
    """Widths and heights [n, 2] in whole pixels, both corners included."""
    return boxes[:, 2:] - boxes[:, :2] + 1


def _moved(boxes: Floats, offsets: Floats) -> Floats:
    return boxes + offsets * np.tile(_extent(boxes), 2)


def _squared(boxes: Floats) -> Floats:
    """Squares around the same centres, as long as the longer side."""
    sides = boxes[:, 2:] - boxes[:, :2]
    longest = sides.max(1, keepdims=True)
    first = boxes[:, :2] + sides * np.float32(0.5) - longest * np.float32(0.5)
    return np.concatenate([first, first + longest], 1)


def _pixels(boxes: Floats, table: SummedArea) -> Ints:
    """The part of each box inside the image: left, top, right, bottom, the last two exclusive.

    The networks were trained with corners that count from 1.
    """
    corners = np.trunc(boxes).astype(np.int64)
    first = np.maximum(corners[:, :2], 1) - 1
    return np.concatenate([first, np.minimum(corners[:, 2:], [table.width, table.height])], 1)


def _inside(boxes: Floats, table: SummedArea) -> Floats:
    """The boxes of which at least a pixel is inside the image."""
    corners = _pixels(boxes, table)
    return boxes[(corners[:, 2:] > corners[:, :2]).all(1)]
