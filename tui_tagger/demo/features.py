"""What is painted on the face: skin, eyes, brows, nose, mouth, beard, marks of age, glasses."""

from __future__ import annotations

from copy import copy

import numpy as np

from tui_tagger.demo.people import Colour, Face, Look
from tui_tagger.demo.raster import Picture, Plane, bell, mixed, paint, shade, smooth_noise, spot, step, window
from tui_tagger.demo.surface import Surface

BLACK = (0.05, 0.04, 0.04)


class Features:
    """Paints one face; `blend` is the softness of edges, about a pixel, in head units."""

    def __init__(self, face: Face, look: Look, surface: Surface, blend: float, rng: np.random.Generator) -> None:
        self.face, self.look, self.u, self.v, self.blend = face, look, surface.u, surface.v, max(blend, 0.008)
        self.across = np.abs(self.u)
        self.base = face.eye_level + face.nose_length
        self.mouth = self.base + face.lip_gap
        self.rng = rng
        self.picture: Picture = np.empty((*self.u.shape, 3), np.float32)

    def paint_all(self) -> Picture:
        face = self.face
        self.skin()
        self.age()
        self.part(face.nose_width * 2, face.eye_level - 0.25, self.base + 0.15).nose()
        self.beard()
        self.part(face.mouth_width * 1.2 + 0.1, self.mouth - 0.2, self.mouth + 0.27).lips()
        for side in (-1, 1):
            reach = face.eye_width * 1.15 + 0.05
            self.part(reach, face.eye_level - 0.25, face.eye_level + 0.2, side * face.eye_gap).eye(side)
            level = face.eye_level - face.brow_lift
            self.part(face.brow_width + 0.03, level - 0.3, level + 0.2, side * (face.eye_gap + 0.01)).brow(side)
        self.marks()
        return np.clip(self.picture, 0, 1)

    def part(self, reach: float, top: float, bottom: float, middle: float = 0.0) -> Features:
        """The same on fewer pixels: those at most `reach` beside `middle` and between two heights."""
        rows, columns = window((np.abs(self.u - middle) < reach) & (self.v > top) & (self.v < bottom))
        some = copy(self)
        some.u, some.v, some.across, some.picture = (
            plane[rows, columns] for plane in (self.u, self.v, self.across, self.picture)
        )
        return some

    def skin(self) -> None:
        face, shape = self.face, self.u.shape
        self.picture[:] = np.asarray(face.skin, np.float32)
        red = mixed(face.skin, (0.85, 0.25, 0.2), 0.35)
        glow = spot(self.across, self.v, (face.face_width * 0.55, self.face.eye_level + 0.38), (0.17, 0.13))
        glow = glow * 0.5 + spot(self.u, self.v, (0, self.base - 0.05), (face.nose_width, 0.1)) * 0.5
        paint(self.picture, glow * np.float32(0.3 + 0.5 * face.cheeks), red)
        self.picture *= 1 + 0.022 * smooth_noise(self.rng, shape, (shape[0] // 3, shape[1] // 3))[..., None]
        self.picture *= 1 + 0.02 * smooth_noise(self.rng, shape, (9, 9))[..., None]
        socket = spot(self.across, self.v, (face.eye_gap, face.eye_level - 0.02), (face.eye_width * 1.1, 0.09))
        shade(self.picture, socket, 0.88 - 0.2 * face.eye_depth)
        shade(self.picture, spot(self.u, self.v, (0, self.mouth + face.lower_lip + 0.055), (0.14, 0.03)), 0.82)
        shade(self.picture, step(self.v, face.chin - 0.12, face.chin + 0.02), 0.78)

    def age(self) -> None:
        face, u, v = self.face, self.u, self.v
        smile = max(self.look.smile, 0.0)
        t = np.clip((v - self.base + 0.06) / (self.mouth - self.base + 0.1), 0, 1)
        fold = face.nose_width + 0.05 + (face.mouth_width + 0.03 - face.nose_width) * t ** np.float32(1.3)
        line = (
            bell(self.across - fold, 0.018 + 0.01 * face.age)
            * step(v, self.base - 0.1, self.base)
            * step(v, self.mouth + 0.12, self.mouth)
        )
        shade(self.picture, line, 1 - 0.14 * smile - 0.38 * face.age)
        if face.age < 0.15:
            return
        rows = np.sin((v + 0.04 * np.cos(u * 5)) * 55) ** 6
        brow = face.eye_level - face.brow_lift
        forehead = rows * spot(u, v, (0, (brow + face.hairline) / 2), (0.3, 0.11))
        shade(self.picture, forehead, 1 - 0.25 * face.age)
        feet = spot(self.across, v, (face.eye_gap + face.eye_width + 0.09, face.eye_level), (0.05, 0.07))
        rays = np.sin(np.arctan2(v - face.eye_level, self.across - face.eye_gap) * 14) ** 4
        shade(self.picture, feet * rays, 1 - 0.45 * face.age)
        bag = bell(v - face.eye_level - face.eye_height * 0.6 - 0.075 + (self.across - face.eye_gap) ** 2 * 2, 0.014)
        shade(self.picture, bag * bell(self.across - face.eye_gap, face.eye_width * 0.7), 1 - 0.4 * face.age)

    def nose(self) -> None:
        face, u, v = self.face, self.u, self.v
        tip = face.eye_level + face.nose_length * 0.88
        nostril = spot(self.across, v, (face.nose_width * 0.48, self.base), (face.nose_width * 0.2, 0.018))
        paint(self.picture, np.clip(nostril * 1.2, 0, 0.6), mixed(face.skin, (0.12, 0.03, 0.02), 0.8))
        under = bell(v - self.base - 0.02, 0.024) * bell(u, face.nose_width * 0.6)
        shade(self.picture, under, 0.88)
        wing = bell(
            np.hypot((self.across - face.nose_width * 0.78) / face.nose_width * 0.25, v - tip - 0.05) - 0.06, 0.015
        )
        shade(self.picture, wing * step(self.across, face.nose_width * 0.7, face.nose_width * 0.95), 0.78)
        side = bell(self.across - face.bridge_width * 1.4, 0.05) * step(v, face.eye_level - 0.15, face.eye_level)
        shade(self.picture, side * step(v, tip, tip - 0.25), 1 - 0.2 * face.nose_height)
        paint(self.picture, spot(u, v, (0, tip - 0.02), (0.03, 0.03)) * 0.25, (1, 0.97, 0.93))

    def beard(self) -> None:
        face, u, v = self.face, self.u, self.v
        if face.beard != "none" or face.moustache:
            grain = smooth_noise(self.rng, u.shape, (u.shape[0] // 4, u.shape[1] // 2))
            tone = np.asarray(mixed(face.hair, (0.25, 0.18, 0.13), 0.25), np.float32) * (1 + 0.22 * grain[..., None])
        lips = step(np.hypot(u / (face.mouth_width + 0.05), (v - self.mouth) / (face.lower_lip + 0.05)), 0.75, 1.1)
        jaw = step(v + self.across * 0.35, self.base + 0.06, self.base + 0.24)
        sides = step(self.across, face.face_width * 0.72, face.face_width * 0.85) * step(v, 0.0, 0.25)
        chin = bell(u, face.mouth_width * 0.62) ** np.float32(0.7) * step(v, self.mouth, self.mouth + 0.12)
        if face.beard == "stubble":
            paint(self.picture, np.clip(np.maximum(jaw, sides) * (0.42 + 0.1 * grain), 0, 1) * lips, tone)
        elif face.beard == "full":
            paint(self.picture, np.maximum(jaw, sides) * lips * np.float32(0.93), tone)
        elif face.beard == "goatee":
            paint(self.picture, np.clip(chin * 1.3, 0, 0.92) * lips, tone)
        if face.moustache:
            middle = self.base + face.lip_gap * 0.52 + self.across * 0.22
            edge = step(self.across, face.mouth_width * 1.25, face.mouth_width * 0.9)
            hair = np.clip(1.4 * bell(v - middle, 0.03 + 0.045 * face.moustache), 0, 1) * edge
            paint(self.picture, hair * step(self.across, 0.0, 0.03) * 0.95, tone)

    def lips(self) -> None:
        face, look, v = self.face, self.look, self.v
        wide = face.mouth_width * (1 + 0.18 * look.smile)
        share = np.clip(self.across / wide, 0, 1)
        arc = 1 - share * share
        middle = (
            self.mouth + 0.07 * look.smile * (0.4 - share * share) + 0.007 * np.cos(share * 9) * step(share, 0.6, 0.3)
        )
        gap = np.float32(0.085 * look.mouth_open) * np.sqrt(arc)
        bow = 1 - 0.3 * bell(self.u, wide * 0.1) + 0.12 * bell(self.across - wide * 0.25, wide * 0.15)
        top = middle - gap * 0.6 - face.upper_lip * arc * bow
        low = middle + gap + face.lower_lip * np.sqrt(arc) * (1 - 0.25 * max(look.smile, 0))
        soft = self.blend * 1.6
        within = step(self.across, wide, wide - 0.05)
        mask = step(v - top, -soft, soft) * step(low - v, -soft, soft) * within
        natural = mixed(face.skin, (0.66, 0.22, 0.22), 0.42)
        colour = mixed(natural, (0.72, 0.06, 0.14), face.lip_tint)
        paint(self.picture, mask * 0.9, colour)
        shade(self.picture, mask * step(middle - v, -0.01, 0.03), 0.86)
        paint(
            self.picture,
            mask * spot(self.u, v, (0, self.mouth + face.lower_lip * 0.55), (wide * 0.35, 0.015)) * 0.3,
            (1, 0.9, 0.88),
        )
        if look.mouth_open > 0.05:
            inner = step(v - middle + gap * 0.6, -soft, soft) * step(middle + gap - v, -soft, soft) * within
            paint(self.picture, inner, (0.22, 0.06, 0.06))
            teeth = inner * step(middle + gap * 0.55 - v, -soft, soft) * step(self.across, wide * 0.92, wide * 0.6)
            paint(self.picture, teeth * 0.95, (0.93, 0.91, 0.86))
        else:
            paint(self.picture, bell(v - middle, self.blend + 0.006) * within * 0.85, mixed(colour, BLACK, 0.72))
        corner = spot(self.across, v, (wide, self.mouth - 0.042 * look.smile), (0.025, 0.022))
        shade(self.picture, corner, 0.7)

    def eye(self, side: int) -> None:
        face, look, soft = self.face, self.look, self.blend
        a, b = self.u * side - face.eye_gap, self.v - face.eye_level
        b = b + a * np.float32(face.eye_slant)
        share = np.clip(1 - np.square(a / face.eye_width), 0, 1)
        squint = look.eyes_open * (1 - 0.18 * max(look.smile, 0))
        top = -face.eye_height * squint * share ** np.float32(0.75) * (1 - a / face.eye_width * 0.18)
        low = face.eye_height * 0.55 * share * (1 - 0.3 * max(look.smile, 0))
        open_ = (
            step(b - top, -soft, soft)
            * step(low - b, -soft, soft)
            * step(np.abs(a), face.eye_width, face.eye_width - 0.02)
        )
        if face.makeup:
            lid = spot(a, b, (0.0, -face.eye_height - 0.02), (face.eye_width * 0.9, 0.05))
            paint(self.picture, lid * np.float32(face.makeup * 0.6), (0.25, 0.16, 0.25))
        paint(self.picture, open_, (0.9, 0.88, 0.86))
        radius = 0.055 + 0.12 * face.eye_width
        iris = np.hypot(a - side * look.gaze * 0.05, b + face.eye_height * 0.18)
        paint(self.picture, open_ * step(iris, radius + soft, radius - soft), mixed(face.iris, BLACK, 0.55))
        paint(self.picture, open_ * step(iris, radius * 0.86 + soft, radius * 0.7 - soft), face.iris)
        paint(self.picture, open_ * step(iris, radius * 0.45 + soft, radius * 0.45 - soft), BLACK)
        shade(self.picture, open_ * step(b - top, face.eye_height * 0.6, 0.0), 0.62)
        shine = spot(a, b, (-side * 0.02 - side * 0.01, -face.eye_height * 0.18 - radius * 0.4), (0.016, 0.016))
        paint(self.picture, np.clip(shine * 1.5, 0, 1) * open_, (1, 1, 1))
        edge = step(np.abs(a), face.eye_width * 1.12, face.eye_width * 0.95)
        lash = bell(b - top, 0.011 + 0.012 * face.makeup + soft * 0.5) * edge
        paint(self.picture, np.clip(lash * 1.1, 0, 0.92), mixed(face.hair, BLACK, 0.85))
        shade(self.picture, bell(b - low, 0.011) * edge, 0.72)
        crease = bell(b - top + 0.035 + 0.3 * face.eye_depth * face.brow_lift * share, 0.014) * edge
        shade(self.picture, crease, 0.72)

    def brow(self, side: int) -> None:
        face = self.face
        a = self.u * side - face.eye_gap - 0.01
        level = face.eye_level - face.brow_lift - 0.06 * self.look.brow_raise
        share = np.clip(np.abs(a) / face.brow_width, 0, 1)
        middle = (
            level - a * np.float32(face.brow_slant) - face.brow_arch * (1 - np.square((a - 0.05) / face.brow_width))
        )
        thick = face.brow_thickness * (1 - 0.5 * step(a, 0.0, face.brow_width))
        mask = bell((self.v - middle) / thick, 0.62) * step(share, 1.0, 0.8)
        grain = smooth_noise(self.rng, self.u.shape, (self.u.shape[0] // 3, self.u.shape[1] // 2))
        colour = mixed(face.hair, (0.16, 0.1, 0.07), 0.45)
        paint(self.picture, np.clip(mask * (1.05 + 0.2 * grain), 0, 0.93), colour)

    def marks(self) -> None:
        face, u, v = self.face, self.u, self.v
        if face.freckles:
            grain = smooth_noise(self.rng, u.shape, (90, 80))
            where = spot(self.across, v, (0.26, face.eye_level + 0.3), (0.22, 0.13))
            paint(
                self.picture, np.clip(grain - 0.8, 0, 0.6) * where * np.float32(face.freckles * 0.7), (0.5, 0.27, 0.14)
            )
        if face.mole:
            paint(self.picture, np.clip(spot(u, v, face.mole, (0.017, 0.017)) * 1.4, 0, 0.85), (0.2, 0.11, 0.08))


def put_glasses(picture: Picture, face: Face, surface: Surface, blend: float) -> Plane:
    """Paints glasses over everything; gives back their coverage, for what hangs out over the face's edge."""
    u, v = surface.u, surface.v
    across = np.abs(u)
    size = {"round": (0.185, 0.18, 2.0), "square": (0.22, 0.14, 4.5), "heavy": (0.235, 0.17, 3.4)}[face.glasses]
    thick = {"round": 0.013, "square": 0.016, "heavy": 0.034}[face.glasses]
    colour: Colour = {"round": (0.45, 0.33, 0.15), "square": (0.12, 0.12, 0.16), "heavy": (0.07, 0.04, 0.03)}[
        face.glasses
    ]
    center = max(face.eye_gap, size[0] + 0.03)
    level = face.eye_level + 0.02
    ring = (np.abs((across - center) / size[0]) ** size[2] + np.abs((v - level) / size[1]) ** size[2]) ** np.float32(
        1 / size[2]
    )
    distance = np.abs(ring - 1) * size[1]
    frame = step(distance, thick + blend, thick - blend)
    bridge = step(np.abs(v - level + 0.04 - 0.02 * np.cos(across * 9)), thick + blend, thick - blend)
    bridge *= step(across, center - size[0] + 0.01, center - size[0])
    arm = step(np.abs(v - level + 0.03), thick + blend, thick - blend) * step(
        across, center + size[0] - 0.01, center + size[0]
    )
    frame = np.maximum(np.maximum(frame, bridge), arm)
    shade(picture, bell(distance - 0.03, 0.02) * step(v, level - size[1], level), 0.88)
    paint(picture, step(ring, 1.0, 0.95) * step(u + v, 0.1, -0.4) * 0.10, (0.9, 0.95, 1.0))
    paint(picture, frame * 0.96, colour)
    return frame
