"""Labeled Faces in the Wild (Huang et al. 2007): 13,233 photos of 5,749 people, fetched by scikit-learn."""

from __future__ import annotations

import warnings
from pathlib import Path

from tui_tagger import config
from tui_tagger.errors import ModelError
from tui_tagger.faces.strangers import LEAST_FACES
from tui_tagger.private import make_folder

ONE_PIXEL = (slice(125, 126), slice(125, 126))  # scikit-learn's copy is not used, and whole would take gigabytes


def lfw_folder(data_home: Path | None = None) -> Path:
    """The folder of the photos, one sub-folder a person; downloaded (about 230 MB) unless it is there already.

    `data_home` is scikit-learn's folder, by default one in the user's cache. Raises ModelError without a network.
    """
    from sklearn.datasets import fetch_lfw_people

    home = data_home or config.cache_dir() / "scikit-learn"
    try:
        make_folder(home)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of retries; the last one's reason is in the error
            fetch_lfw_people(data_home=home, min_faces_per_person=LEAST_FACES, slice_=ONE_PIXEL, resize=None)
    except (OSError, ValueError, EOFError) as error:
        hint = (
            "Where there is no network, fetch lfw-funneled.tgz elsewhere, unpack it, and name its folder: "
            "tui-tagger models strangers lfw_funneled"
        )
        raise ModelError(f"Labeled Faces in the Wild cannot be fetched ({error})", hint) from error
    return home / "lfw_home" / "lfw_funneled"
