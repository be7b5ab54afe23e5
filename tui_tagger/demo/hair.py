"""Hair behind and in front of the head, and hats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tui_tagger.demo.people import Colour, Face, Style
from tui_tagger.demo.raster import Picture, Plane, bell, mixed, paint, smooth_noise, step
from tui_tagger.demo.surface import Surface


@dataclass(frozen=True)
class Cut:
    """How far hair stands off at top and sides (times the person's volume), how low it hangs, what the front does."""

    top: float
    sides: float
    length: float
    locks: bool = False


CUTS: dict[Style, Cut] = {
    "bald": Cut(0.0, 0.0, -2.0),
    "buzz": Cut(0.1, 0.06, 0.0),
    "short": Cut(0.6, 0.3, 0.12),
    "parted": Cut(0.7, 0.35, 0.1),
    "fringe": Cut(0.6, 0.45, 0.35, locks=True),
    "long": Cut(0.5, 0.6, 1.75, locks=True),
    "bob": Cut(0.6, 0.8, 0.85, locks=True),
    "curls": Cut(1.5, 1.6, 0.5, locks=True),
    "bun": Cut(0.3, 0.15, 0.05),
    "receding": Cut(0.1, 0.2, 0.15),
}


class Hair:
    """The hair of one head; `x`, `y` are head units without roll."""

    def __init__(
        self, face: Face, x: Plane, y: Plane, surface: Surface, pixels: float, rng: np.random.Generator
    ) -> None:
        self.face, self.x, self.y, self.surface, self.pixels = face, x, y, surface, pixels
        self.cut = CUTS[face.style]
        self.texture = self._strands(rng)
        self.frizz = smooth_noise(rng, x.shape, (30, 26)) * np.float32(0.04 if face.style == "curls" else 0.012)

    def _strands(self, rng: np.random.Generator) -> Picture:
        """The colour of hair everywhere."""
        if self.face.style == "curls":
            grain = smooth_noise(rng, self.x.shape, (42, 36)) * 0.75 + smooth_noise(rng, self.x.shape, (80, 70)) * 0.4
        else:
            sheet = smooth_noise(rng, (256, 64), (256, 4)) * 0.8 + smooth_noise(rng, (256, 64), (60, 3)) * 0.7
            angle = np.arctan2(self.x, self.y + 1.35) + 0.15 * self.x
            along = np.hypot(self.x, self.y + 1.35)
            grain = sheet[(angle * 75).astype(np.int32) % 256, (along * 14).astype(np.int32) % 64]
        sheen = 0.35 * bell(self.y + 0.78 - 0.3 * self.x * self.x, 0.10) + 0.16 * bell(self.y - 0.5, 0.3)
        dark = 0.8 + 0.12 * np.clip(-self.y, -1, 1)
        factor: Plane = np.asarray(dark + 0.17 * grain + sheen, np.float32)
        return np.clip(np.asarray(self.face.hair, np.float32) * factor[..., None], 0, 1)

    def outline(self) -> Plane:
        """Coverage of the whole hair as seen from the front, as if the face were not there."""
        face, cut = self.face, self.cut
        wide = self.surface.radius * 0 + (face.face_width + face.volume * cut.sides * 0.5)
        high = 0.88 + face.volume * cut.top * 0.5
        upper = np.abs(self.x / wide) ** 2.2 + np.abs(np.minimum(self.y + 0.12, 0) / high) ** 2.2
        spread = 1 + 0.1 * np.clip(self.y, 0, 2)
        lower = np.abs(self.x) / (wide * spread)
        shape = np.where(self.y < -0.12, upper ** np.float32(1 / 2.2), lower) + self.frizz
        ends = cut.length + 0.1 - 0.2 * np.square(self.x / wide)
        end = step(self.y + self.frizz * 2 - ends, 0.0, -0.16)
        covered = step(shape, 1.0 + 2.5 / self.pixels, 1.0 - 2.5 / self.pixels) * end
        if face.style == "bun":
            knot = np.hypot(self.x / 0.3, (self.y + 1.12) / 0.26) + self.frizz
            covered = np.maximum(covered, step(knot, 1.05, 0.95))
        if face.hat != "none":
            covered = covered * step(self.y, hat_edge(face) - 0.12, hat_edge(face) - 0.06)
        return covered

    def behind(self, picture: Picture, alpha: Plane) -> None:
        """The part behind the head."""
        if self.face.style in ("bald", "receding"):
            return
        mask = self.outline()
        paint(picture, mask, self.texture * np.float32(0.62))
        np.maximum(alpha, mask, out=alpha)

    def front(self) -> Plane:
        """Coverage of the part in front of the head."""
        face, u, v = self.face, self.surface.u, self.surface.v
        if face.style == "bald":
            return u * 0
        line = face.hairline + 0.35 * (np.abs(u) / face.face_width) ** 3
        soft = 0.05
        if face.style == "fringe":
            line = line * 0 + face.eye_level - face.brow_lift - 0.05 + 0.05 * np.sin(u * 17) + 0.12 * u * u
        elif face.style == "parted":
            line = face.hairline + 0.45 * np.abs(u + face.face_width * 0.45) ** 1.2 - 0.05
        elif face.style == "receding":
            line, soft = -0.35 - 1.6 * np.clip(1 - np.abs(u) / (face.face_width * 0.98), 0, 1), 0.12
        elif face.style in ("long", "bob"):
            line = face.hairline + 0.75 * (np.abs(u) / face.face_width) ** 2
        sides = (0.35 + 0.3 * (np.abs(u) / face.face_width)) if face.style != "buzz" else np.float32(0.0)
        cap = step(v - line + self.frizz, soft, -soft)
        cap *= step(v, 0.28, 0.12)
        temple = step(np.abs(u), face.face_width * 0.86, face.face_width * 0.97) * step(v, 0.2, 0.0) * step(v, -1, -0.6)
        mask = np.maximum(cap, temple * np.clip(sides, 0.7, 1))
        if self.cut.locks:
            inner = np.maximum(self.surface.radius * 0.82, face.face_width * 0.62)
            lock = step(np.abs(self.x) + self.frizz, inner - 0.04, inner + 0.06) * step(self.y, -0.7, -0.3)
            end = self.cut.length - 0.25 * np.square(self.x / face.face_width - 0.1) + 2 * self.frizz
            mask = np.maximum(mask, lock * step(self.y, end, end - 0.12))
        density = 0.55 if face.style == "buzz" else 0.97
        covered: Plane = np.minimum(mask, np.maximum(self.outline(), self.surface.inside)) * np.float32(density)
        return covered

    def before(self, picture: Picture, alpha: Plane) -> None:
        """The part in front of the head, with the shadow it throws."""
        mask = self.front()
        shadow = np.roll(mask, round(0.05 * self.pixels), axis=0)
        picture *= 1 - 0.28 * (shadow * self.surface.inside)[..., None]
        paint(picture, mask, self.texture)
        np.maximum(alpha, mask, out=alpha)


def hat_edge(face: Face) -> float:
    """The height at which a hat sits."""
    return face.eye_level - face.brow_lift - 0.16


def put_hat(picture: Picture, alpha: Plane, face: Face, x: Plane, y: Plane, pixels: float, colour: Colour) -> None:
    """A cap, a beanie or a hat with a brim, over hair and forehead."""
    soft = 2.5 / pixels
    edge = hat_edge(face)
    wide = face.face_width * 1.08 + 0.02
    rise = {"cap": 0.78, "beanie": 0.95, "brim": 0.8}[face.hat]
    round_ = np.abs(x / wide) ** 2.6 + np.abs(np.minimum(y - edge, 0) / rise) ** 2.6
    bottom = edge - 0.10 * (1 - np.square(x / wide)) * (face.hat != "brim")
    dome = step(round_, 1 + soft * 2, 1 - soft * 2) * step(y - bottom, soft, -soft)
    tone = 0.95 - 0.35 * np.square(x / wide) - 0.15 * (y - edge)
    if face.hat == "beanie":
        tone = tone + 0.08 * np.sin(x * 60) * step(y, edge - 0.32, edge - 0.28) + 0.05 * np.sin(x * 45)
    paint(picture, dome, np.asarray(np.asarray(colour, np.float32) * tone[..., None], np.float32))
    mask = dome
    if face.hat != "beanie":
        half, flat, down = (wide * 1.7, 0.09, edge - 0.02) if face.hat == "brim" else (wide * 0.98, 0.12, edge - 0.08)
        brim = step(np.square(x / half) + np.square((y - down - 0.05 * np.square(x)) / flat), 1 + 0.1, 1 - 0.1)
        shadow = bell(y - down - flat - 0.06, 0.06) * step(np.abs(x), wide, wide * 0.8)
        picture *= 1 - 0.35 * shadow[..., None]
        paint(picture, brim, mixed(colour, (0.1, 0.1, 0.1), 0.3))
        mask = np.maximum(mask, brim)
    np.maximum(alpha, mask, out=alpha)
