"""Invented people: what makes each face different, and what a single photo changes about it.

Lengths are in half head heights: the crown is at -1, the chin near +1, the eyes near 0; colours are sRGB, 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Colour = tuple[float, float, float]
Style = Literal["bald", "buzz", "short", "parted", "fringe", "long", "bob", "curls", "bun", "receding"]
Beard = Literal["none", "stubble", "goatee", "full"]
Glasses = Literal["none", "round", "square", "heavy"]
Hat = Literal["none", "cap", "beanie", "brim"]


@dataclass(frozen=True)
class Face:
    """The geometry of one person's face and everything on it."""

    skin: Colour
    hair: Colour
    iris: Colour
    face_width: float  # half the width at the cheekbones
    jaw_taper: float  # 0: as wide as the cheekbones, 0.5: pointed
    jaw_square: float  # exponent of the jaw's curve: 2 is an ellipse, 6 a box
    chin: float  # where the chin ends below the eyes
    eye_gap: float  # from the nose to an eye's middle
    eye_level: float
    eye_width: float
    eye_height: float
    eye_slant: float
    eye_depth: float
    brow_lift: float
    brow_width: float
    brow_thickness: float
    brow_slant: float
    brow_arch: float
    nose_length: float
    nose_width: float
    nose_height: float
    bridge_width: float
    lip_gap: float  # from the nose to the mouth
    mouth_width: float
    upper_lip: float
    lower_lip: float
    lip_tint: float
    cheeks: float
    hairline: float
    volume: float
    age: float
    freckles: float
    ears: float
    makeup: float
    style: Style
    beard: Beard
    moustache: float
    glasses: Glasses
    hat: Hat
    mole: tuple[float, float] | None = None


@dataclass(frozen=True)
class Look:
    """What differs from photo to photo. Angles are in radians; `light` is where it comes from: right, down, front."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    smile: float = 0.3
    mouth_open: float = 0.0
    eyes_open: float = 1.0
    brow_raise: float = 0.0
    gaze: float = 0.0
    light: tuple[float, float, float] = (-0.4, -0.5, 0.8)
    contrast: float = 0.6
    clothes: Colour = (0.3, 0.4, 0.6)
    seed: int = 0


@dataclass(frozen=True)
class Person:
    """Somebody who can be photographed; strangers have no name."""

    name: str | None
    face: Face
