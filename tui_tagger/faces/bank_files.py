"""Stranger banks on disk, and the one to use where nothing was measured."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from tui_tagger import config, private
from tui_tagger.errors import ModelError
from tui_tagger.faces.bank import Settings, StrangerBank


def spherical_bank(model_id: str, dimension: int) -> StrangerBank:
    """A bank for an embedder of which nothing was measured: spherical covariances, a conservative prior.

    Faces of one person are taken to have a cosine of 0.6 on average, of two people 0; one enrolled face is then a
    matter of cosine alone. Temperature and the rest are near what calibration on the validation people gives for two
    embedders that are treated so; calibration.recalibration adapts them to confirmed faces.
    """
    within, between = 0.4, 0.6
    return StrangerBank(
        model_id,
        np.zeros(dimension, np.float32),
        np.eye(dimension, dtype=np.float32) * np.float32(np.sqrt(dimension / within)),
        np.full(dimension, between / within, np.float32),
        np.empty((0, dimension), np.float32),
        np.empty((0, dimension), np.float32),
        Settings(dimension=dimension, temperature=dimension / 20, gain=2.0, threshold=3.0),
    )


def bank_path(model_id: str) -> Path:
    """Where the bank of `model_id` made on this machine is kept."""
    safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in model_id)
    return config.cache_dir() / f"strangers-{safe}.npz"


def bank_for(model_id: str) -> StrangerBank:
    """The bank that the user built on this machine, else the one that ships with the program, else a spherical one."""
    for path in (bank_path(model_id), config.DATA / bank_path(model_id).name):
        if path.exists():
            return load_bank(path)
    return spherical_bank(model_id, 256 if model_id.startswith("compact") else 512)


def save_bank(bank: StrangerBank, path: Path) -> None:
    """Writes `bank` to `path` (npz; arrays of strangers in half precision) and replaces what was there."""
    private.make_folder(path.parent)
    new = path.with_suffix(".new.npz")
    arrays: dict[str, Any] = {
        "model_id": np.array(bank.model_id),
        "mean": bank.mean,
        "basis": bank.basis,
        "between": bank.between,
        "stranger_means": bank.stranger_means.astype(np.float16),
        "stranger_variances": bank.stranger_variances.astype(np.float16),
    }
    arrays |= {f"settings_{name}": np.array(value) for name, value in asdict(bank.settings).items()}
    private.make_file(new, truncate=True)
    np.savez_compressed(new, **arrays)
    new.replace(path)


def load_bank(path: Path) -> StrangerBank:
    """The bank in `path`. Raises ModelError where the file is missing, damaged or of another shape."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            values = {name: file[name] for name in file.files}
        numbers: dict[str, Any] = {
            field.name: values.pop(f"settings_{field.name}").item() for field in fields(Settings)
        }
        settings = Settings(**numbers)
        model_id = str(values.pop("model_id"))
        bank = StrangerBank(model_id, settings=settings, **{n: v.astype(np.float32) for n, v in values.items()})
    except Exception as error:  # numpy's readers raise nearly anything on a damaged file
        raise _damaged(path) from error
    if not _sound(bank):
        raise _damaged(path)
    return bank


def _damaged(path: Path) -> ModelError:
    return ModelError(f"The stranger bank {path} cannot be read", "Build it again: tui-tagger models strangers")


def _sound(bank: StrangerBank) -> bool:
    dimension = bank.between.shape[0] if bank.between.ndim == 1 else -1
    shapes = bank.mean.ndim == 1 and bank.basis.shape == (len(bank.mean), dimension)
    strangers = bank.stranger_means.ndim == 2 and bank.stranger_means.shape[1] == dimension
    arrays = (bank.mean, bank.basis, bank.between, bank.stranger_means, bank.stranger_variances)
    return (
        shapes
        and strangers
        and bank.stranger_variances.shape == bank.stranger_means.shape
        and all(np.isfinite(array).all() for array in arrays)
        and bool((bank.between > 0).all() and (bank.stranger_variances > 0).all())
        and all(np.isfinite(value) for value in asdict(bank.settings).values())
        and bank.settings.temperature > 0
    )
