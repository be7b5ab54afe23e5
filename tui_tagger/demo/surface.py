"""The turned head as a surface: for each pixel the point of the face that is seen there, and how light falls on it."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, sin, tan

import numpy as np

from tui_tagger.demo.people import Face, Look
from tui_tagger.demo.raster import Plane, spot, step

WIDEST = 0.05  # height at which heads are widest
TABLE = 400  # entries a unit of height
TOP, BOTTOM = -1.6, 1.9  # range of the table
DEPTH = 0.85


class Profile:
    """Half width and depth of the head at each height."""

    def __init__(self, face: Face) -> None:
        v = np.linspace(TOP, BOTTOM, round((BOTTOM - TOP) * TABLE) + 1)
        up = np.clip((WIDEST - v) / (1 + WIDEST), 0, 1)
        down = np.clip((v - WIDEST) / (face.chin - WIDEST), 0, 1)
        skull = (1 - up**2.3) ** 0.5
        jaw = (1 - face.jaw_taper * down**1.4) * (1 - down ** (1.5 + face.jaw_square)) ** 0.5
        shape = np.where(v < WIDEST, skull, jaw)
        self.width = (np.maximum(shape, 0.02) * face.face_width).astype(np.float32)
        self.depth = (np.maximum(shape, 0.02) ** 0.45 * DEPTH).astype(np.float32)
        self.ends = (-1.0, face.chin)

    def at(self, v: Plane) -> tuple[Plane, Plane]:
        index = np.clip((v - np.float32(TOP)) * TABLE, 0, len(self.width) - 1).astype(np.int32)
        return self.width[index], self.depth[index]


def nose_relief(face: Face, u: Plane, v: Plane) -> Plane:
    """How far the nose stands out of the face."""
    root, tip = face.eye_level - 0.06, face.eye_level + face.nose_length * 0.88
    along = step(v, root - 0.1, tip) * step(v, tip + 0.17, tip - 0.02)
    width = face.bridge_width + (face.nose_width * 0.55 - face.bridge_width) * np.clip((v - root) / (tip - root), 0, 1)
    bridge = np.exp(-np.square(u / width)) * along * np.float32(face.nose_height)
    ball = spot(u, v, (0, tip), (face.nose_width * 0.5, 0.07)) * np.float32(face.nose_height * 0.22)
    wings = spot(np.abs(u), v, (face.nose_width * 0.8, tip + 0.05), (face.nose_width * 0.24, 0.05))
    return np.asarray(bridge + ball + wings * np.float32(0.09), np.float32)


def small_relief(face: Face, look: Look, u: Plane, v: Plane) -> Plane:
    """Brow ridge, eye sockets, cheekbones, lips and chin."""
    across = np.abs(u)
    brow = face.eye_level - face.brow_lift
    mouth = face.eye_level + face.nose_length + face.lip_gap
    relief = spot(across, v, (face.eye_gap, brow), (0.22, 0.07)) * np.float32(0.03 + 0.04 * face.eye_depth)
    relief -= spot(across, v, (face.eye_gap, face.eye_level), (0.16, 0.09)) * np.float32(0.03 + 0.1 * face.eye_depth)
    relief += spot(across, v, (face.eye_gap, face.eye_level), (face.eye_width * 0.6, 0.055)) * np.float32(0.05)
    cheek = face.eye_level + 0.34 - 0.04 * look.smile
    relief += spot(across, v, (face.face_width * 0.6, cheek), (0.14, 0.13)) * np.float32(
        0.03 + 0.07 * face.cheeks + 0.05 * max(look.smile, 0)
    )
    relief += spot(u, v, (0, mouth), (face.mouth_width * 0.8, 0.11)) * np.float32(0.06)
    relief += spot(u, v, (0, face.chin - 0.14), (0.16, 0.1)) * np.float32(0.06)
    relief -= spot(u, v, (0, mouth + face.lower_lip + 0.05), (0.13, 0.035)) * np.float32(0.035)
    return relief


@dataclass(frozen=True)
class Surface:
    """Per pixel [height, width]: `u`, `v` on the unturned face, `light` as a factor, `inside` as coverage 0 to 1."""

    u: Plane
    v: Plane
    light: Plane
    inside: Plane
    radius: Plane  # half the turned head's width at the pixel's height

    def part(self, window: tuple[slice, slice]) -> Surface:
        """Some of its rows and columns."""
        return Surface(self.u[window], self.v[window], self.light[window], self.inside[window], self.radius[window])


def turned_surface(face: Face, look: Look, x: Plane, y: Plane, pixels: float) -> Surface:
    """The head at pose `look` seen at `x`, `y` (head units, roll taken out), `pixels` a unit."""
    profile = Profile(face)
    v, u, z = y, x, x * 0
    radius = z
    for _ in range(3 if look.pitch else 1):
        width, depth = profile.at(v)
        across, along = width * np.float32(cos(look.yaw)), depth * np.float32(sin(look.yaw))
        radius = np.sqrt(across * across + along * along)
        t = np.arcsin(np.clip(x / radius, -1, 1)) - np.arctan2(along, across)
        u, z = width * np.sin(t), depth * np.cos(t)
        v = (y - (z - np.float32(0.3)) * np.float32(sin(look.pitch))) * np.float32(1 / cos(look.pitch))
    u_seen, v_seen = u, v
    for _ in range(2):
        relief = nose_relief(face, u_seen, v_seen)
        u_seen, v_seen = u - relief * np.float32(tan(look.yaw)), v - relief * np.float32(sin(look.pitch))
    height = z * np.float32(cos(look.yaw)) - u * np.float32(sin(look.yaw))
    height = height + relief + small_relief(face, look, u_seen, v_seen)
    edge = np.minimum((1 - np.abs(x) / radius) * radius, np.minimum(v - profile.ends[0], profile.ends[1] - v))
    inside = step(edge, 0.0, 2.0 / pixels)
    return Surface(u_seen, v_seen, _light(height, look, pixels), inside, radius)


def _light(height: Plane, look: Look, pixels: float) -> Plane:
    down, across = np.gradient(height * np.float32(pixels * 0.65))
    down, across = np.clip(down, -2, 2), np.clip(across, -2, 2)
    direction = np.asarray(look.light) / np.linalg.norm(look.light)
    facing = direction[2] - across * direction[0] - down * direction[1]
    facing = facing / np.sqrt(1 + across * across + down * down)
    light = 1 - look.contrast * 0.75 + look.contrast * (0.15 + 0.85 * np.maximum(facing * 0.75 + 0.25, 0))
    gloss = np.float32(0.10) * np.maximum(facing, 0) ** 14
    return np.asarray(light + gloss, np.float32)
