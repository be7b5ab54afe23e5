from __future__ import annotations

import pickle
import zipfile
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from benchmarks.detector import whole_facenet
from tests.fakes import FakeEmbedder, paint
from tests.shared import SHARED_DATA, needs_shared_data
from tui_tagger.errors import ModelError
from tui_tagger.faces import embedder as embedder_module
from tui_tagger.faces.alignment import SIDE, TEMPLATE
from tui_tagger.faces.compact import DIMENSION, CompactNet, folded_state, load_largest, load_net, save_weights
from tui_tagger.faces.embedder import CompactEmbedder, FacenetEmbedder, embedded, load_embedder
from tui_tagger.faces.facenet import SIDE as FACENET_SIDE
from tui_tagger.faces.integers import has_integers, in_integers, largest_inputs
from tui_tagger.faces.mtcnn import import_facenet
from tui_tagger.faces.precision import half_after_first
from tui_tagger.faces.protocols import Embedder
from tui_tagger.faces.weights import COMPACT_ID, COMPACT_PATH, FACENET, available_models
from tui_tagger.geometry import Box
from tui_tagger.imaging import UprightImage

Crops = NDArray[np.uint8]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # tests share the machine
    yield
    torch.set_num_threads(threads)


def pictures(count: int, side: int, seed: int = 0) -> Crops:
    """Soft random pictures, each different from the others at large."""
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 6, 6, 3), dtype=np.uint8)
    resized = [Image.fromarray(each).resize((side, side), Image.Resampling.BICUBIC) for each in coarse]
    return np.stack([np.asarray(each) for each in resized])


def spread(net: nn.Module, crops: Crops) -> nn.Module:
    """`net` with random weights, its normalisations set to `crops`: without this all embeddings are nearly the same."""
    for module in net.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.momentum = 1.0
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    with torch.no_grad():
        net.train()(torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 127.5 - 1)
    return net.eval()


@pytest.fixture(scope="module")
def compact_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(3)
    path = tmp_path_factory.mktemp("compact") / "compact.npz"
    net = spread(CompactNet(), pictures(16, SIDE))
    assert isinstance(net, CompactNet)
    save_weights(folded_state(net), path)
    return path


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights in the format of the official file: the classifier is in it, and torch's format of 2018."""
    torch.manual_seed(3)
    net = import_facenet().InceptionResnetV1(classify=True, num_classes=8631)
    spread(net, pictures(12, FACENET_SIDE))
    path = tmp_path_factory.mktemp("facenet") / FACENET.name
    torch.save(net.state_dict(), path, _use_new_zipfile_serialization=False)
    return path


@pytest.fixture(params=["compact", "facenet"])
def embedder_path(request: pytest.FixtureRequest, compact_path: Path, official: Path) -> tuple[str, Path]:
    return request.param, compact_path if request.param == "compact" else official


def opened(kind: str, path: Path, fast: bool = True) -> CompactEmbedder | FacenetEmbedder:
    return CompactEmbedder(path, fast=fast) if kind == "compact" else FacenetEmbedder(path, fast)


def test_embeddings_are_unit_vectors_whatever_the_batch(embedder_path: tuple[str, Path]) -> None:
    embedder = opened(*embedder_path, fast=False)
    crops = pictures(35, SIDE if embedder_path[0] == "compact" else 80)
    together = embedder.embed(crops)
    assert together.shape == (35, embedder.dimension)
    assert together.dtype == np.float32
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    assert embedder.embed(crops[33:]) == pytest.approx(together[33:], abs=1e-4)
    assert embedder.embed(crops[:0]).shape == (0, embedder.dimension)


def test_bfloat16_agrees(embedder_path: tuple[str, Path]) -> None:
    """On processors without bfloat16 this runs its emulation, which gives the same numbers slowly.

    Random weights whose embeddings are spread this far enlarge rounding errors more than trained ones do.
    """
    kind, path = embedder_path
    crops = pictures(12, SIDE if kind == "compact" else FACENET_SIDE, seed=1)
    exact = opened(kind, path, False).embed(crops)
    if kind == "compact":
        fast = embedded(half_after_first(load_net(path)), crops, DIMENSION, 127.5, mirrored=True)
    else:
        fast = opened(kind, path, True).embed(crops)
    assert not np.array_equal(exact, fast)
    assert np.triu(exact @ exact.T, 1).max() < 0.9
    assert (exact * fast).sum(1).min() > 0.999


needs_integers = pytest.mark.skipif(not has_integers(), reason="this processor does not multiply bytes")


@needs_integers
def test_whole_numbers_agree(tmp_path: Path) -> None:
    """With random weights; see above."""
    torch.manual_seed(3)
    crops = pictures(24, SIDE, seed=1)
    state = folded_state(cast("CompactNet", spread(CompactNet(), crops)))
    save_weights(state, tmp_path / "compact.npz")
    largest = largest_inputs(load_net(tmp_path / "compact.npz"), [as_input(crops)])
    save_weights(state, tmp_path / "compact.npz", largest)
    net = load_net(tmp_path / "compact.npz")
    exact = embedded(net, crops, DIMENSION, 127.5)
    whole = embedded(in_integers(net, largest), crops, DIMENSION, 127.5)
    assert not np.array_equal(exact, whole)
    assert np.triu(exact @ exact.T, 1).max() < 0.9
    assert (exact * whole).sum(1).min() > 0.995
    saved = load_largest(tmp_path / "compact.npz")
    assert saved is not None
    assert (saved == largest).all()


def as_input(crops: Crops) -> torch.Tensor:
    return torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 127.5 - 1


def test_weights_without_largest_numbers_compute_as_they_are(
    compact_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedder_module, "has_bfloat16", lambda: False)
    monkeypatch.setattr(embedder_module, "has_integers", lambda: True)
    crops = pictures(3, SIDE)
    assert CompactEmbedder(compact_path).embed(crops) == pytest.approx(
        CompactEmbedder(compact_path, False).embed(crops)
    )


@needs_integers
def test_a_torch_whose_whole_numbers_are_others_computes_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(*_: object) -> torch.Tensor:
        raise RuntimeError("onednn::qconv2d_pointwise() is missing value for argument")

    monkeypatch.setattr(embedder_module, "has_bfloat16", lambda: False)
    monkeypatch.setattr("tui_tagger.faces.integers.IntegerConv._alone", other)
    crops = pictures(3, SIDE)
    assert np.array_equal(CompactEmbedder().embed(crops), CompactEmbedder(fast=False).embed(crops))


@needs_integers
@needs_shared_data
@pytest.mark.parametrize(("light", "dark"), [(1.0, 0), (0.3, 0), (1.6, 40)])
def test_the_package_embeds_in_whole_numbers_what_it_embeds_in_float32(
    light: float, dark: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People it never saw, as they are, in the dark, and in glaring light."""
    monkeypatch.setattr(embedder_module, "has_bfloat16", lambda: False)
    crops, _ = validation_crops(people=24, each=2)
    crops = np.clip(crops * light + dark, 0, 255).astype(np.uint8)
    exact, whole = CompactEmbedder(fast=False).embed(crops), CompactEmbedder().embed(crops)
    assert not np.array_equal(exact, whole)
    assert (exact * whole).sum(1).min() > 0.999


def test_facenet_computes_what_facenet_pytorch_computes(official: Path) -> None:
    facenet = import_facenet()
    net = facenet.InceptionResnetV1(classify=True, num_classes=8631)
    net.load_state_dict(torch.load(official, weights_only=True))
    net.classify = False
    crops = pictures(2, FACENET_SIDE, seed=5)
    with torch.no_grad():
        x = facenet.fixed_image_standardization(torch.from_numpy(crops).permute(0, 3, 1, 2).float())
        wanted = net.eval()(x).numpy()
    assert FacenetEmbedder(official, fast=False).embed(crops) == pytest.approx(wanted, abs=1e-4)


def test_facenet_crops_what_facenet_pytorch_crops(official: Path) -> None:
    photo = Image.fromarray(pictures(1, 300)[0])
    embedder = FacenetEmbedder(official)
    for corners in ([20.7, 30.2, 140.9, 200.1], [-15.0, 100.0, 60.0, 320.0]):
        wanted = whole_facenet().extract_face(photo, np.array(corners)).permute(1, 2, 0).numpy()
        box = Box(corners[0], corners[1], corners[2] - corners[0], corners[3] - corners[1])
        assert (embedder.crop(UprightImage(photo, 1.0, (300, 300)), box, None) == wanted).all()
        assert (embedder.crop(UprightImage(photo, 0.25, (1200, 1200)), box.scaled(4), None) == wanted).all()


def test_crops_of_faces_outside_of_the_photo(embedder_path: tuple[str, Path]) -> None:
    embedder = opened(*embedder_path)
    photo = UprightImage(Image.new("RGB", (50, 40), "white"), 1.0, (50, 40))
    crop = embedder.crop(photo, Box(900, 900, 30, 40), None)
    assert crop.shape == (*(SIDE if embedder_path[0] == "compact" else FACENET_SIDE,) * 2, 3)
    assert crop.max() == 0


def test_the_compact_crop_is_aligned(compact_path: Path) -> None:
    photo = Image.fromarray(pictures(1, SIDE)[0])
    crop = CompactEmbedder(compact_path).crop(UprightImage(photo, 1.0, photo.size), Box(0, 0, 1, 1), TEMPLATE)
    assert np.abs(crop.astype(int) - np.asarray(photo)).max() <= 1


def test_compact_embeddings_do_not_know_left_from_right(compact_path: Path) -> None:
    crops = pictures(4, SIDE)
    mirror = np.ascontiguousarray(crops[:, :, ::-1])
    plain = partial(embedded, load_net(compact_path), dimension=DIMENSION, divisor=127.5)
    assert (plain(crops) * plain(mirror)).sum(1).max() < 0.99
    both = CompactEmbedder(compact_path, fast=False)
    assert both.embed(crops) == pytest.approx(both.embed(mirror), abs=1e-5)


def test_the_official_file_may_be_older_than_some_buffers(official: Path, tmp_path: Path) -> None:
    state = torch.load(official, weights_only=True)
    path = tmp_path / "older.pt"
    torch.save({name: value for name, value in state.items() if not name.endswith("num_batches_tracked")}, path)
    crops = pictures(1, 80)
    assert FacenetEmbedder(path, False).embed(crops) == pytest.approx(FacenetEmbedder(official, False).embed(crops))


class Boom:
    def __reduce__(self) -> tuple[type, tuple[str]]:
        return Path, ("loaded",)  # any call: it must not be made


def truncated(official: Path) -> bytes:
    with official.open("rb") as file:
        return file.read(2_000_000)


def of_other_architecture(_: Path) -> bytes:
    buffer = BytesIO()
    torch.save(nn.Linear(3, 3).state_dict(), buffer)
    return buffer.getvalue()


def with_a_layer_of_another_size(official: Path) -> bytes:
    state, buffer = torch.load(official, weights_only=True), BytesIO()
    torch.save({**state, "last_linear.weight": torch.zeros(128, 1792)}, buffer)
    return buffer.getvalue()


def a_program(_: Path) -> bytes:
    buffer = BytesIO()
    torch.save({"conv2d_1a.conv.weight": Boom()}, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        truncated,
        of_other_architecture,
        with_a_layer_of_another_size,
        a_program,
        lambda _: pickle.dumps(Boom(), protocol=2),
        lambda _: b"\x80\x02c" + b"a" * 500_000 + b"\nb\n.",  # torch alone would look at this name for hours
        lambda _: b"",
    ],
)
def test_other_files_are_no_weights_for_facenet(official: Path, tmp_path: Path, content: object) -> None:
    path = tmp_path / FACENET.name
    assert callable(content)
    path.write_bytes(content(official))
    with pytest.raises(ModelError, match="holds no weights for FaceNet") as caught:
        FacenetEmbedder(path)
    assert "models install" in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04"])
def test_damaged_compact_weights_are_reported(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "compact.npz").write_bytes(content)
    with pytest.raises(ModelError):
        CompactEmbedder(tmp_path / "compact.npz")


def test_weights_that_are_not_there_are_reported(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not installed") as caught:
        load_embedder("facenet-vggface2", tmp_path)
    assert "models install" in caught.value.hint
    with pytest.raises(ModelError, match="no model called arcface") as caught:
        load_embedder("arcface", tmp_path)
    assert COMPACT_ID in caught.value.hint


def test_models_are_listed_as_they_are(compact_path: Path, official: Path, tmp_path: Path) -> None:
    models: list[Embedder] = [FacenetEmbedder(official), CompactEmbedder(compact_path), FakeEmbedder()]
    assert [(each.model_id, each.dimension) for each in models[:2]] == [
        (info.model_id, info.dimension) for info in available_models(tmp_path)
    ]


@needs_shared_data
@pytest.mark.skipif(not COMPACT_PATH.is_file(), reason="the package's compact weights are not built yet")
def test_the_package_tells_people_apart() -> None:
    """Frontal crops of 40 people: those of one person are nearer than those of two for nearly all pairs."""
    crops, people = validation_crops(people=40, each=4)
    embedder = load_embedder(COMPACT_ID)
    assert isinstance(embedder, CompactEmbedder)
    embeddings = embedder.embed(crops)
    cosine, same = embeddings @ embeddings.T, people[:, None] == people
    upper = np.triu(np.ones_like(same), 1)
    alike, different = cosine[same & upper], cosine[~same & upper]
    errors = min((alike < threshold).mean() + (different >= threshold).mean() for threshold in np.sort(alike))
    assert 1 - errors / 2 > 0.95


def validation_crops(people: int, each: int) -> tuple[Crops, NDArray[np.int64]]:
    crops: list[Crops] = []
    with zipfile.ZipFile(SHARED_DATA / "faces" / "validation.zip") as archive:
        frontal = sorted(name for name in archive.namelist() if "frontal" in name)
        names = sorted({name.split("/")[-2] for name in frontal})[:people]
        chosen = [name for person in names for name in [n for n in frontal if n.split("/")[-2] == person][:each]]
        crops.extend(np.asarray(Image.open(BytesIO(archive.read(name))).convert("RGB")) for name in chosen)
    return np.stack(crops), np.array([names.index(name.split("/")[-2]) for name in chosen])


def test_the_fake_knows_colours() -> None:
    photo = paint((400, 200), [(1, Box(10, 10, 60, 80)), (2, Box(100, 20, 50, 70)), (3, Box(200, 20, 40, 60))])
    again = paint((300, 300), [(1, Box(150, 160, 90, 110))])
    fake = FakeEmbedder()

    def vector(pixels: Image.Image, box: Box) -> NDArray[np.float32]:
        (one,) = fake.embed(fake.crop(UprightImage(pixels, 1.0, pixels.size), box, None)[None])
        return np.asarray(one)

    first, other = vector(photo, Box(12, 12, 56, 76)), vector(photo, Box(100, 20, 50, 70))
    assert vector(again, Box(140, 150, 110, 130)) @ first > 0.8
    assert abs(other @ first) < 0.5
    assert fake.embed(np.empty((0, 16, 16, 3), np.uint8)).shape == (0, 64)
