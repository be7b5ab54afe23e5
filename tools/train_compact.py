#!/usr/bin/env python3
"""Trains the compact embedder that ships in tui_tagger/data/compact.npz by distillation from a strong teacher.

    python tools/train_compact.py --data ../shared/data --work ~/.cache/compact all

Stages, each of which goes on where it was stopped: `prepare` decodes the crops and asks the teacher once for each (and
for its mirror image) and for as many morphs, `train` learns, `evaluate` measures on the validation people, `export`
writes the package's file. `all` is the four in a row. A GPU is used where there is one. `--start-from FILE` begins with
the weights of an exported file instead of random ones.

Loss: cosine to the teacher's clean embedding, plus agreement of the pairwise similarities in the batch (relational
distillation, Park et al. 2019). The student sees augmented crops, so it learns to undo what the augmentation did; the
augmentation weakens as the learning rate falls, so that the last steps look like what will be asked.

Two things add to the teacher's word on 40,000 crops. Morphs: the mean of two aligned crops is a face of nobody, and the
teacher's embedding of it is a target of its own. Identity labels: the target of a crop is drawn towards the mean of the
person's other crops where the teacher agrees that they are alike, since labels and single views both err.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Sampler

from benchmarks.verification import KINDS, table, verify
from tools import faces
from tools.measure_compact import measure
from tui_tagger.faces.compact import DIMENSION, INPUT_SIZE, CompactNet, folded_state, load_net, save_weights

PACKAGE_FILE = Path(__file__).parent.parent / "tui_tagger" / "data" / "compact.npz"
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


@dataclass(frozen=True)
class Settings:
    samples: int
    batch: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    warm_up: int = 20_000  # samples
    decay: float = 0.6  # the last part of the run, in which the learning rate falls to nothing
    average: float = 0.998  # decay of the moving average of the weights, a step
    relational: float = 20.0  # weight of the pairwise term
    strongest: float = 0.7  # augmentation while the learning rate is full, 0 to 1
    weakest: float = 0.3  # and at the end
    seed: int = 20


MORPH_SEED = 7
MORPH_SHARE = (0.35, 0.65)  # of the first of the two crops
ALIKE = 0.35  # least cosine of a crop to the mean of the person's others, under which the label is not believed
DRAWN = 0.25  # how far a target is drawn towards that mean


# --- prepare --------------------------------------------------------------------------------------------------------


def prepare(data: Path, work: Path) -> None:
    """Decoded crops (uint8 [n, 112, 112, 3]), their names, and the teacher's embeddings (float32 [n, 2, 256])."""
    work.mkdir(parents=True, exist_ok=True)
    archives = sorted((data / "faces").glob("*.zip"))
    groups = {
        "validation": [a for a in archives if a.stem == "validation"],
        "train": [a for a in archives if a.stem != "validation"],
    }
    for group, files in groups.items():
        if not (work / f"{group}.txt").exists():
            decode(files, work / f"{group}.npy", work / f"{group}.txt")
        if not (work / f"{group}-teacher.npy").exists():
            np.save(
                work / f"{group}-teacher.npy", ask_teacher(data, np.load(work / f"{group}.npy", mmap_mode="r"), True)
            )
    if not (work / "morphs-teacher.npy").exists():
        morphs = Morphs(np.load(work / "train.npy", mmap_mode="r"))
        np.save(work / "morphs-teacher.npy", ask_teacher(data, morphs, False)[:, 0])


class Morphs:
    """As many means of two aligned crops as there are crops, uint8 [k, 112, 112, 3], made when asked for."""

    def __init__(self, crops: NDArray[np.uint8]) -> None:
        rng = np.random.default_rng(MORPH_SEED)
        self.crops, self.shape = crops, crops.shape
        self.pairs = np.stack([rng.permutation(len(crops)), rng.permutation(len(crops))], 1)
        self.shares = rng.uniform(*MORPH_SHARE, len(crops)).astype(np.float32)
        self.mirrored = rng.random(len(crops)) < 0.5  # the second one

    def __len__(self) -> int:
        return len(self.crops)

    def __getitem__(self, index: slice | list[int]) -> NDArray[np.uint8]:
        shares = self.shares[index][:, None, None, None]
        first, second = (self.crops[self.pairs[index, side]].astype(np.float32) for side in (0, 1))
        turned = self.mirrored[index]
        second[turned] = second[turned, :, ::-1]
        return np.asarray(np.rint(first * shares + second * (1 - shares)), np.uint8)


def decode(archives: list[Path], crops: Path, names: Path) -> None:
    wanted = faces.members(archives)
    shape = (len(wanted), INPUT_SIZE, INPUT_SIZE, 3)
    out = np.lib.format.open_memmap(crops, mode="w+", dtype=np.uint8, shape=shape)
    for index, crop in enumerate(faces.decoded(wanted)):
        out[index] = crop
    out.flush()
    names.write_text("\n".join(name for _, name in wanted))


def ask_teacher(data: Path, crops: NDArray[np.uint8] | Morphs, mirrored: bool) -> NDArray[np.float32]:
    """The teacher's unit embeddings [n, 2, 256] of each crop and its mirror image, or of the crop alone [n, 1, 256]."""
    teacher = faces.teacher(data)
    embeddings = np.empty((len(crops), 1 + mirrored, DIMENSION), np.float32)
    for at in range(0, len(crops), 64):
        batch = np.array(crops[at : at + 64])
        embeddings[at : at + 64, 0] = teacher(batch)
        if mirrored:
            embeddings[at : at + 64, 1] = teacher(np.ascontiguousarray(batch[:, :, ::-1]))
        print(f"\rteacher {at + len(batch)} of {len(crops)}", end="", flush=True)
    print()
    return embeddings


# --- augmentation, on whole batches of float tensors [n, 3, 112, 112] in [-1, 1] ------------------------------------


def augment(x: Tensor, g: torch.Generator, strength: float = 1.0) -> Tensor:
    """What cameras, crops and years do to a face, each to a random part of the batch; `strength` is 0 to 1."""
    n = len(x)

    def any_of(low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(n, *shape, generator=g) * (high - low) + low

    def uniform(low: float, high: float, *shape: int, neutral: float = 0.0) -> Tensor:
        return neutral + strength * (any_of(low, high, *shape) - neutral)

    def some(share: float) -> Tensor:
        return (torch.rand(n, generator=g) < share * strength).nonzero().flatten()

    angle, size = uniform(-0.2, 0.2), uniform(0.87, 1.13, neutral=1)
    squeeze = uniform(0.86, 1.06, neutral=1)
    mirror = torch.where(torch.rand(n, generator=g) < 0.5, -1.0, 1.0)
    cos, sin = torch.cos(angle) * size, torch.sin(angle) * size
    shear = uniform(-0.1, 0.1)
    rows = [
        torch.stack([cos * mirror / squeeze, -sin + shear, uniform(-0.08, 0.08)], 1),
        torch.stack([sin * mirror, cos, uniform(-0.08, 0.08)], 1),
    ]
    grid = F.affine_grid(torch.stack(rows, 1), list(x.shape), align_corners=False)
    x = F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)

    for low_size in (20, 32, 48, 64):
        if len(part := some(0.06)):
            small = F.interpolate(x[part], size=low_size, mode="area")
            x[part] = F.interpolate(small, size=INPUT_SIZE, mode="bilinear", align_corners=False)
    for radius in (1, 2, 3):
        if len(part := some(0.04)):
            kernel = torch.exp(-torch.arange(-2 * radius, 2 * radius + 1.0).square() / (2 * radius * radius))
            kernel = (kernel / kernel.sum()).expand(3, 1, 1, -1)
            blurred = F.conv2d(x[part], kernel, padding=(0, 2 * radius), groups=3)
            x[part] = F.conv2d(blurred, kernel.transpose(2, 3), padding=(2 * radius, 0), groups=3)

    if len(part := some(0.2)):
        x[part] = x[part].mean(1, keepdim=True).expand(-1, 3, -1, -1)
    light = (x + 1) / 2
    light = light.clamp(1e-3, 1).pow(torch.exp(uniform(-0.45, 0.45, 1, 1, 1)))
    slope = uniform(-0.3, 0.3, 1, 1, 1) * torch.linspace(-1, 1, INPUT_SIZE)  # light from one side
    gain = uniform(0.75, 1.25, 1, 1, 1, neutral=1) + slope
    light = light * gain * (1 + uniform(-0.12, 0.12, 3, 1, 1)) + uniform(-0.12, 0.12, 1, 1, 1)
    if len(part := some(0.25)):
        light[part] += torch.randn(light[part].shape, generator=g) * uniform(0.01, 0.08, 1, 1, 1)[part]
    x = light * 2 - 1

    rows_of, columns_of = torch.arange(INPUT_SIZE)[None, :, None], torch.arange(INPUT_SIZE)[None, None, :]
    top, left = any_of(-20, INPUT_SIZE, 1, 1), any_of(-20, INPUT_SIZE, 1, 1)
    height, width = any_of(12, 50, 1, 1), any_of(12, 50, 1, 1)
    hidden = (rows_of >= top) & (rows_of < top + height) & (columns_of >= left) & (columns_of < left + width)
    hidden &= (torch.rand(n, generator=g) < 0.3 * strength)[:, None, None]
    return torch.where(hidden[:, None], any_of(-1, 1, 3, 1, 1), x).clamp(-1, 1)


class Steps(Sampler[tuple[int, list[int]]]):
    """Each step's crops, the same for the same seed wherever the run is resumed."""

    def __init__(self, crops: int, settings: Settings, first: int) -> None:
        self.crops, self.settings, self.first = crops, settings, first

    def __iter__(self) -> Iterator[tuple[int, list[int]]]:
        a_round = self.crops // self.settings.batch
        order: NDArray[np.int64] = np.empty(0, np.int64)
        for step in range(self.first, self.settings.samples // self.settings.batch):
            if step % a_round == 0 or not len(order):
                order = np.random.default_rng([self.settings.seed, step // a_round]).permutation(self.crops)
            at = step % a_round * self.settings.batch
            yield step, np.sort(order[at : at + self.settings.batch]).tolist()


class Crops(Dataset[tuple[Tensor, Tensor]]):
    """The crops, then the morphs, with the embeddings to learn; asked for by step number and indices."""

    def __init__(self, work: Path, settings: Settings) -> None:
        self.settings = settings
        self.crops = np.load(work / "train.npy", mmap_mode="r")
        self.morphs = Morphs(self.crops)
        both = F.normalize(torch.from_numpy(np.load(work / "train-teacher.npy").sum(1)))
        own = drawn_to_person(both, (work / "train.txt").read_text().split("\n"))
        self.targets = torch.cat([own, torch.from_numpy(np.load(work / "morphs-teacher.npy"))])

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, step: tuple[int, list[int]]) -> tuple[Tensor, Tensor]:
        number, indices = step
        torch.set_num_threads(1)
        generator = torch.Generator().manual_seed(self.settings.seed * 1_000_003 + number)
        real = [i for i in indices if i < len(self.crops)]
        made = [i - len(self.crops) for i in indices if i >= len(self.crops)]
        x = as_input(np.concatenate([self.crops[real], self.morphs[made]]))
        fall = rate_at(number * self.settings.batch, self.settings) / self.settings.learning_rate
        late = number * self.settings.batch > self.settings.warm_up
        weakest, strongest = self.settings.weakest, self.settings.strongest
        strength = weakest + (strongest - weakest) * (fall if late else 1.0)
        return (augment(x, generator, strength) * 127.5 + 127.5).round().byte(), self.targets[indices]


def drawn_to_person(targets: Tensor, names: list[str]) -> Tensor:
    """Unit `targets` [n, d], each drawn towards the mean of the other crops of its person where it is like them."""
    labels = [faces.person(name) for name in names]
    people = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    person = torch.tensor([people[label] for label in labels])
    sums = torch.zeros(len(people), targets.shape[1]).index_add_(0, person, targets)
    others = F.normalize(sums[person] - targets)
    alike = (others * targets).sum(1) > ALIKE
    alike &= torch.tensor([faces.is_labelled(name) for name in names])
    return F.normalize(targets + (alike[:, None] * DRAWN / (1 - DRAWN)) * others)


def as_input(crops: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(np.array(crops)).permute(0, 3, 1, 2).float() / 127.5 - 1


# --- train ----------------------------------------------------------------------------------------------------------


def distillation_loss(student: Tensor, teacher: Tensor, relational: float) -> tuple[Tensor, Tensor]:
    """The whole loss and its cosine part, for embeddings [n, d] of which the teacher's are unit length."""
    student = F.normalize(student.float())
    cosine = 1 - (student * teacher).sum(1).mean()
    pairs = F.mse_loss(student @ student.T, teacher @ teacher.T)
    return cosine + relational * pairs, cosine


def rate_at(seen: int, s: Settings) -> float:
    """A trapezoid over the run: warm up, hold, fall to nothing."""
    return s.learning_rate * min(1.0, seen / s.warm_up, (s.samples - seen) / (s.decay * s.samples))


def unfolded(folded: CompactNet, crops: Tensor) -> CompactNet:
    """A network to train on that computes what `folded` does; `crops` [n, 3, 112, 112] tell its statistics."""
    net = CompactNet()
    given = dict(folded.named_parameters())
    for name, module in net.named_modules():
        if isinstance(module, nn.Sequential) and isinstance(module[0], nn.Conv2d):
            module[0].weight.data.copy_(given[f"{name}.weight"].data)
            _neutralise(module, given[f"{name}.bias"].data)
    net.head.load_state_dict(folded.head.state_dict())
    with torch.inference_mode():
        net.eval()(crops)
    return net


def _neutralise(pair: nn.Sequential, bias: Tensor) -> None:
    """Lets the normalisation of a convolution take the first batch's statistics, undo them, and add `bias` [c]."""

    def measure(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        norm = pair[1]
        assert isinstance(norm, nn.BatchNorm2d) and norm.running_mean is not None and norm.running_var is not None
        variance, mean = torch.var_mean(inputs[0], (0, 2, 3))
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.data.copy_((variance + norm.eps).sqrt())
        norm.bias.data.copy_(mean + bias)
        hook.remove()

    hook = pair[1].register_forward_pre_hook(measure)


def train(work: Path, settings: Settings, workers: int, start_from: Path | None) -> None:
    torch.manual_seed(settings.seed)
    dataset = Crops(work, settings)
    net = CompactNet()
    if start_from is not None:
        net = unfolded(load_net(start_from), as_input(dataset.crops[:: len(dataset.crops) // 512]))
    net = net.to(DEVICE, memory_format=torch.channels_last)  # type: ignore[call-overload]
    ema = torch.optim.swa_utils.get_ema_multi_avg_fn(settings.average)  # type: ignore[no-untyped-call]
    average = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=ema, use_buffers=True)
    matrices = [p for p in net.parameters() if p.ndim > 1]
    vectors = [p for p in net.parameters() if p.ndim == 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": settings.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    )
    checkpoint, first, spent = work / "checkpoint.pt", 0, 0.0
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True, map_location=DEVICE)
        net.load_state_dict(saved["net"])
        average.load_state_dict(saved["average"])
        optimizer.load_state_dict(saved["optimizer"])
        first, spent = saved["step"], saved["seconds"]

    def save(step: int, seconds: float) -> None:
        state = {
            "net": net.state_dict(),
            "average": average.state_dict(),
            "optimizer": optimizer.state_dict(),
            "step": step,
            "seconds": seconds,
        }
        torch.save(state, checkpoint.with_suffix(".new"))
        checkpoint.with_suffix(".new").replace(checkpoint)

    loader = DataLoader(
        dataset, batch_size=None, sampler=Steps(len(dataset), settings, first), num_workers=workers, prefetch_factor=4
    )
    began, step, running = time.monotonic(), first, 0.0
    net.train()
    for crops, targets in loader:
        for group in optimizer.param_groups:
            group["lr"] = rate_at(step * settings.batch, settings)
        x = (crops.to(DEVICE).float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
        with torch.autocast(DEVICE, torch.bfloat16):
            embedding = net(x)
        loss, cosine = distillation_loss(embedding, targets.to(DEVICE), settings.relational)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        average.update_parameters(net)
        step += 1
        running = cosine.item() if running == 0 else 0.98 * running + 0.02 * cosine.item()
        if step % 100 == 0:
            seconds = spent + time.monotonic() - began
            a_second = (step - first) * settings.batch / (time.monotonic() - began)
            seen = f"{step * settings.batch:9d} of {settings.samples}"
            print(f"{seen}  cosine loss {running:.4f}  {a_second:.0f}/s  {seconds / 60:.1f} min", flush=True)
        if step % 500 == 0:
            save(step, spent + time.monotonic() - began)
            report(work, average.module, step * settings.batch)
    save(step, spent + time.monotonic() - began)


# --- evaluate -------------------------------------------------------------------------------------------------------


@torch.inference_mode()
def embed(net: torch.nn.Module, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    net.eval()
    device = next(net.parameters()).device
    parts = []
    for at in range(0, len(crops), 256):
        x = as_input(np.asarray(crops[at : at + 256])).to(device).contiguous(memory_format=torch.channels_last)
        with torch.autocast(device.type, torch.bfloat16):
            parts.append(F.normalize(net(x).float()).cpu())
    return torch.cat(parts).numpy()


def report(work: Path, net: torch.nn.Module, seen: int) -> None:
    """Prints and logs the validation figures of `net` after `seen` samples."""
    names = (work / "validation.txt").read_text().split("\n")
    crops = np.load(work / "validation.npy", mmap_mode="r")
    embeddings = embed(net, crops)
    figures = {kind: verify(embeddings, names, kind) for kind in KINDS}
    line = "  ".join(f"{kind} {100 * f.accuracy:.2f} %" for kind, f in figures.items())
    print(f"--- {seen} samples: {line}", flush=True)
    row = {kind: [f.accuracy, *f.accepted] for kind, f in figures.items()}
    with (work / "log.jsonl").open("a") as log:
        log.write(json.dumps({"samples": seen, **row}) + "\n")


def evaluate(work: Path) -> None:
    names = (work / "validation.txt").read_text().split("\n")
    crops, net = np.load(work / "validation.npy", mmap_mode="r"), load_net(PACKAGE_FILE)
    teacher = np.load(work / "validation-teacher.npy")
    plain, mirrored = embed(net, crops), embed(net, np.ascontiguousarray(crops[:, :, ::-1]))
    both = plain + mirrored
    rows = {
        "teacher": teacher[:, 0],
        "compact": plain,
        "compact, with the mirror image": both / np.linalg.norm(both, axis=1, keepdims=True),
    }
    print(table({name: {kind: verify(e, names, kind) for kind in KINDS} for name, e in rows.items()}))


def export(work: Path) -> None:
    saved = torch.load(work / "checkpoint.pt", weights_only=True, map_location="cpu")
    net = CompactNet()
    net.load_state_dict(
        {
            name.removeprefix("module."): values
            for name, values in saved["average"].items()
            if name.startswith("module.")
        }
    )
    PACKAGE_FILE.parent.mkdir(exist_ok=True)
    save_weights(folded_state(net.eval()), PACKAGE_FILE)
    minutes = saved["seconds"] / 60
    print(f"{PACKAGE_FILE}: {PACKAGE_FILE.stat().st_size} bytes after {saved['step']} steps, {minutes:.0f} minutes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=["prepare", "train", "evaluate", "export", "all"])
    parser.add_argument("--data", type=Path, required=True, help="the folder with faces/ and teacher/")
    parser.add_argument("--work", type=Path, required=True, help="where decoded crops and checkpoints are kept")
    parser.add_argument(
        "--samples",
        type=int,
        default=900_000,
        help="augmented crops to learn from in all; may be changed when resuming",
    )
    parser.add_argument("--rate", type=float, default=Settings.learning_rate, help="learning rate at its highest")
    parser.add_argument("--start-from", type=Path, help="an exported file to begin with, instead of random weights")
    parser.add_argument("--workers", type=int, default=1, help="processes that augment")
    parser.add_argument("--threads", type=int, default=0, help="threads of the network on the CPU; 0: all")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.stage in ("prepare", "all"):
        prepare(options.data, options.work)
    if options.stage in ("train", "all"):
        settings = Settings(samples=options.samples, learning_rate=options.rate)
        train(options.work, settings, options.workers, options.start_from)
    if options.stage in ("export", "all"):
        export(options.work)
        measure(PACKAGE_FILE, options.data)
    if options.stage in ("evaluate", "all"):
        evaluate(options.work)


if __name__ == "__main__":
    main()
