"""Dividing the faces of one person who turned out to be two."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tui_tagger.faces.bank import Floats, StrangerBank, usable
from tui_tagger.faces.components import component, left_out_densities, log_densities

ROUNDS = 20  # it settles after two to six

Mask = NDArray[np.bool_]


def divide(
    bank: StrangerBank, embeddings: Floats, seeds: Mask, go_on: Callable[[], bool] = lambda: True
) -> Floats | None:
    """Probability [n] that each of `embeddings` [n, d] is the person of the `seeds` [n] and not that of the others.

    Both people are Gaussians as the identifier makes them; faces go to the likelier one and the Gaussians are made
    anew until no face moves (classification EM, Celeux and Govaert 1992). A face is judged by the other faces of its
    side. Two beginnings, with the seeds alone and with all that is like them, and the likelier end: one alone fails
    where one of the two people has nearly all faces. Seeds stay where they are, with 1; embeddings that are zero or
    not finite stay with the others, with 0. None when `go_on`, which is asked after every step, ended it.
    """
    faces, sound = usable(embeddings, len(bank.mean))
    chance = np.where(seeds, 1, 0).astype(np.float32)
    fixed = seeds[sound]
    if not fixed.any() or fixed.all():
        return chance
    faces = faces[sound]
    general = bank.general(bank.project(faces))
    alike = fixed | (_evidence(bank, faces, general, fixed) > 0)
    starts = [fixed] if alike.all() else [fixed, alike]
    ends = []
    for start in starts:
        if (end := _settled(bank, faces, general, fixed, start, go_on)) is None:
            return None
        ends.append(end)
    ratio = max(ends, key=lambda end: end[0])[1]
    chance[sound] = np.where(fixed, 1, 1 / (1 + np.exp(-ratio.clip(-80, 80))))
    return chance


def _settled(
    bank: StrangerBank, faces: Floats, general: Floats, fixed: Mask, goes: Mask, go_on: Callable[[], bool]
) -> tuple[float, Floats] | None:
    """How likely the division is that `goes` [n] leads to, and the log-odds [n] of going."""
    for _ in range(ROUNDS):
        if not go_on():
            return None
        going, staying = (_evidence(bank, faces, general, side) for side in (goes, ~goes))
        moved = fixed | (going > staying)
        if (moved == goes).all() or moved.all():
            break
        goes = moved
    return float(np.where(goes, going, staying).sum()), going - staying


def _evidence(bank: StrangerBank, faces: Floats, general: Floats, inside: Mask) -> Floats:
    """Calibrated log-likelihood ratio [n] of each face to be the person of the faces `inside` [n], by the others."""
    count = int(inside.sum())
    densities = log_densities(bank.project(faces), [component(bank, faces[inside])])[0]
    ratio = np.asarray(bank.settings.evidence(densities - general, count), np.float32)
    if count > 1:
        others = left_out_densities(bank, faces[inside]) - general[inside]
        ratio[inside] = bank.settings.evidence(others, count - 1)
    else:
        ratio[inside] = 0  # a single face has no others: it is as likely anybody's
    return ratio
