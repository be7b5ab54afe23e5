"""Boxes in pixels of the upright photo, the one convention inside the program.

Metadata normalises boxes to the stored image; that happens at the file border only (metadata/regions.py).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the upright photo at full size: left, top, width, height, each a float."""

    x: float
    y: float
    width: float
    height: float

    @property
    def area(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def center(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2

    def iou(self, other: Box) -> float:
        """Intersection over union, 0 to 1; 0 for boxes without area."""
        across = min(self.right, other.right) - max(self.x, other.x)
        down = min(self.bottom, other.bottom) - max(self.y, other.y)
        if across <= 0 or down <= 0:
            return 0.0
        shared = across * down
        return shared / (self.area + other.area - shared)

    def scaled(self, factor: float) -> Box:
        return Box(self.x * factor, self.y * factor, self.width * factor, self.height * factor)

    def grown(self, share: float) -> Box:
        """The box with `share` of its width and height added on each side."""
        across, down = self.width * share, self.height * share
        return Box(self.x - across, self.y - down, self.width + 2 * across, self.height + 2 * down)

    def clipped(self, width: float, height: float) -> Box:
        """The part inside an image of this size; without area if there is none."""
        left, top = min(max(self.x, 0.0), width), min(max(self.y, 0.0), height)
        right, bottom = min(max(self.right, left), width), min(max(self.bottom, top), height)
        return Box(left, top, right - left, bottom - top)

    def rounded(self) -> list[int]:
        """[x, y, width, height] in whole pixels, as the command line prints it."""
        return [round(self.x), round(self.y), round(self.width), round(self.height)]
