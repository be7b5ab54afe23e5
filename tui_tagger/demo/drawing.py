"""Draws a person's head and shoulders with soft light, as a picture with transparency, and says where the face is."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, sin

import numpy as np
from numpy.typing import NDArray

from tui_tagger.demo.features import Features, put_glasses
from tui_tagger.demo.hair import Hair, put_hat
from tui_tagger.demo.people import Face, Look
from tui_tagger.demo.raster import Picture, Plane, mixed, paint, shade, smooth_noise, step, window
from tui_tagger.demo.surface import Surface, turned_surface
from tui_tagger.geometry import Box

LEFT, RIGHT, TOP, BOTTOM = -1.9, 1.9, -1.85, 2.6  # the drawing in head units, from the middle of the head
HEAD_SIDE, HEAD_BOTTOM = 1.5, 1.8  # how far from the middle head, hair and hat reach
PIVOT = 1.2  # heads tilt about the neck


@dataclass(frozen=True)
class Drawing:
    """`pixels` RGBA uint8 [height, width, 4]; `box` is the face's, in pixels of the drawing."""

    pixels: NDArray[np.uint8]
    box: Box


def draw_person(face: Face, look: Look, pixels: float, bottom: float = BOTTOM) -> Drawing:
    """Head and body down to `bottom`, at `pixels` a head unit; the same for the same arguments."""
    rng = np.random.default_rng([look.seed, 7])
    height, width = round((bottom - TOP) * pixels), round((RIGHT - LEFT) * pixels)
    y, x = np.meshgrid(
        np.linspace(TOP, bottom, height, dtype=np.float32),
        np.linspace(LEFT, RIGHT, width, dtype=np.float32),
        indexing="ij",
    )
    picture: Picture = np.zeros((height, width, 3), np.float32)
    alpha: Plane = np.zeros((height, width), np.float32)
    side = round((RIGHT - HEAD_SIDE) * pixels)
    head = slice(0, round((HEAD_BOTTOM - TOP) * pixels)), slice(side, width - side)
    tilted_x = (x * cos(look.roll) + (y - PIVOT) * sin(look.roll)).astype(np.float32)
    tilted_y = ((y - PIVOT) * cos(look.roll) - x * sin(look.roll) + PIVOT).astype(np.float32)
    surface = turned_surface(face, look, tilted_x[head], tilted_y[head], pixels)
    hair = Hair(face, tilted_x[head], tilted_y[head], surface, pixels, rng)
    hair.behind(picture[head], alpha[head])
    _body(picture, alpha, face, look, x, y, rng)
    _head(picture[head], alpha[head], face, look, tilted_x[head], tilted_y[head], surface, hair, pixels, rng)
    colour = picture / np.maximum(alpha, 0.02)[..., None]  # everything was laid over black
    rgba = np.concatenate([np.clip(colour, 0, 1), np.clip(alpha, 0, 1)[..., None]], axis=2)
    return Drawing((rgba * 255).astype(np.uint8), face_box(face, look, pixels))


def _head(
    picture: Picture, alpha: Plane, face: Face, look: Look, x: Plane, y: Plane,
    surface: Surface, hair: Hair, pixels: float, rng: np.random.Generator,
) -> None:  # fmt: skip
    _ears(picture, alpha, face, look, x, y)
    seen = window(surface.inside)
    front = surface.part(seen)
    skin = Features(face, look, front, 1.2 / pixels, rng).paint_all() * front.light[..., None]
    frame = put_glasses(skin, face, front, 1.2 / pixels) if face.glasses != "none" else None
    paint(picture[seen], front.inside, np.clip(skin, 0, 1))
    np.maximum(alpha, surface.inside, out=alpha)
    hair.before(picture, alpha)
    if frame is not None:
        paint(picture[seen], frame * front.inside * 0.9, skin)
    if face.hat != "none":
        put_hat(picture, alpha, face, x, y, pixels, _hat_colour(face))


def _hat_colour(face: Face) -> tuple[float, float, float]:
    return {"cap": (0.65, 0.15, 0.15), "beanie": (0.2, 0.38, 0.36), "brim": (0.78, 0.66, 0.45)}[face.hat]


def _ears(picture: Picture, alpha: Plane, face: Face, look: Look, x: Plane, y: Plane) -> None:
    for side in (-1, 1):
        center = side * (face.face_width + 0.02) * cos(look.yaw)
        shape = np.hypot((x - center) / (0.10 * face.ears), (y - 0.17 + 0.3 * look.pitch) / (0.21 * face.ears))
        mask = step(shape, 1.08, 0.92)
        tone = mixed(face.skin, (0.7, 0.25, 0.2), 0.25)
        paint(picture, mask, tone)
        shade(picture, mask * step(shape, 0.9, 0.3), 0.68)
        np.maximum(alpha, mask, out=alpha)


def _body(picture: Picture, alpha: Plane, face: Face, look: Look, x: Plane, y: Plane, rng: np.random.Generator) -> None:
    soft = 0.02
    half = face.face_width * (0.66 - 0.25 * face.jaw_taper)
    neck = step(np.abs(x), half * 1.02 + soft, half) * step(y, 0.3, 0.5)
    shadow = 0.55 + 0.35 * step(y, face.chin, face.chin + 0.5) - 0.2 * np.square(x / half)
    slope = 1.32 + 0.34 * np.square(np.clip(np.abs(x) / 1.5, 0, 1)) + 2.2 * np.clip(np.abs(x) - 1.45, 0, 1) ** 1.5
    torso = step(y - slope, -soft, soft)
    neckline = step(np.square(x / (half * 1.25)) + np.square(np.clip(y - 1.25, 0, 9) / 0.3), 1.0, 1.12)
    fold = smooth_noise(rng, x.shape, (5, 9))
    cloth = (0.88 - 0.18 * np.square(x / 1.6) + 0.05 * fold) * (
        1 - 0.25 * np.exp(-np.square(x) * 2 - np.square(y - 1.2) * 5)
    )
    if look.seed % 3 == 0:
        cloth = cloth * (1 + 0.22 * np.sign(np.sin((y - 0.1 * np.square(x)) * 26)))
    collar = step(np.abs(np.sqrt(np.square(x / (half * 1.25)) + np.square((y - 1.25) / 0.3)) - 1.17), 0.10, 0.05) * (
        y > 1.25
    )
    cloth = cloth * (1 - 0.18 * collar)
    paint(
        picture, np.maximum(neck, torso), np.asarray(np.asarray(face.skin, np.float32) * shadow[..., None], np.float32)
    )
    paint(picture, torso * neckline, np.asarray(np.asarray(look.clothes, np.float32) * cloth[..., None], np.float32))
    np.maximum(alpha, np.maximum(neck, torso), out=alpha)


def _place(look: Look, point: tuple[float, float], pixels: float) -> tuple[float, float]:
    """Head units without roll to pixels of the drawing."""
    x, y = point[0], point[1] - PIVOT
    turned = x * cos(look.roll) - y * sin(look.roll), x * sin(look.roll) + y * cos(look.roll) + PIVOT
    return (turned[0] - LEFT) * pixels, (turned[1] - TOP) * pixels


def face_box(face: Face, look: Look, pixels: float) -> Box:
    """The box in pixels of the drawing that MTCNN gives, forehead to chin: a least-squares fit to 128 boxes.

    What remains has a standard deviation of 0.03 (middle), 0.08 (width) and 0.11 (height) head units.
    """
    below_eyes = face.nose_length + face.lip_gap
    width = face.face_width + 0.9 * face.eye_gap + 0.31
    height = 0.65 * face.eye_level + 0.06 * face.chin + 1.46 * below_eyes + 0.75
    middle = (
        0.24 * sin(look.yaw),
        (0.3 * sin(look.pitch) + 0.75 * face.eye_level + 0.24 * face.chin + 0.31 * below_eyes - 0.26),
    )
    x, y = _place(look, middle, pixels)
    return Box(x - width * pixels / 2, y - height * pixels / 2, width * pixels, height * pixels)
