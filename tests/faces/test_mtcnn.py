from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.detector import whole_facenet
from tui_tagger.errors import ModelError
from tui_tagger.faces.mtcnn import StridedMax, WidePReLU, import_facenet, load_nets, with_weights


@pytest.mark.parametrize("kernel", [2, 3])
@pytest.mark.parametrize("size", [(3, 3), (4, 5), (6, 7), (9, 12), (10, 10)])
def test_strided_maxima_are_max_pooling(size: tuple[int, int], kernel: int) -> None:
    x = torch.randn(2, 3, *size).contiguous(memory_format=torch.channels_last)
    before = x.clone()
    assert torch.equal(StridedMax(kernel)(x), F.max_pool2d(x, kernel, 2, ceil_mode=True))
    assert torch.equal(x, before)


@pytest.mark.parametrize("size", [(1, 1), (4, 7)])
def test_wide_slopes_are_slopes(size: tuple[int, int]) -> None:
    x = torch.randn(2, 5, *size)
    narrow = nn.PReLU(5)
    narrow.weight = nn.Parameter(torch.linspace(-1.5, 1.5, 5))
    assert torch.equal(WidePReLU(narrow)(x), narrow(x))
    assert torch.equal(WidePReLU(narrow)(x.contiguous(memory_format=torch.channels_last)), narrow(x))


@torch.inference_mode()
def test_the_networks_compute_what_facenet_pytorch_s_compute() -> None:
    facenet = import_facenet()
    pnet, rnet, onet = load_nets("cpu")
    pixels = torch.rand(2, 3, 48, 48, generator=torch.Generator().manual_seed(0)) * 255
    inputs = (pixels - 127.5) / 128
    for net, theirs, side in ((rnet, facenet.RNet(), 24), (onet, facenet.ONet(), 48)):
        wanted = theirs.eval()(inputs[:, :, :side, :side])
        for ours, their in zip(net(pixels[:, :, :side, :side]), wanted, strict=True):
            assert torch.allclose(ours, their, atol=1e-5)

    offsets, chances = facenet.PNet().eval()(inputs[:1])
    places, our_offsets, scores = pnet(pixels[:1], 0.0)  # a threshold that all pass
    assert len(places) == chances[0, 1].numel() == 19 * 19
    columns, rows = places.T
    assert torch.allclose(scores, chances[0, 1, rows, columns], atol=1e-5)
    assert torch.allclose(our_offsets, offsets[0, :, rows, columns].T, atol=1e-5)
    middle = float(scores.median())
    assert torch.equal(pnet(pixels[:1], middle)[0], places[scores >= middle])


def test_damaged_weights_are_reported(tmp_path: Path) -> None:
    net = import_facenet().PNet(pretrained=False)
    for content in (b"", b"no weights", b"\x80\x02}q\x00."):
        (tmp_path / "pnet.pt").write_bytes(content)
        with pytest.raises(ModelError, match="weights cannot be read"):
            with_weights(net, tmp_path / "pnet.pt")
    with pytest.raises(ModelError):
        with_weights(net, tmp_path / "absent.pt")


def test_facenet_is_imported_once_and_leaves_no_trace() -> None:
    ours = import_facenet()
    assert import_facenet() is ours
    whole = whole_facenet()  # what others import is whole
    assert whole is importlib.import_module("facenet_pytorch") is not ours
    assert callable(importlib.import_module("facenet_pytorch.models.utils.detect_face").batched_nms)
    assert import_facenet() is ours


def test_looking_for_faces_loads_neither_torchvision_nor_torch_s_compiler() -> None:
    """They take a second and 90 MB in each process that reads photos."""
    program = (
        "import sys; from tui_tagger.faces.detector import MtcnnDetector; MtcnnDetector();"
        "print(*sorted({'torch', 'torchvision', 'torch._dynamo', 'facenet_pytorch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["torch"]
