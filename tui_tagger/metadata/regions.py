"""Face regions at the file border: pixels of the upright photo inside, shares of the stored image in files.

The MWG guidelines 2.0 (p. 51 ff.) apply regions to the stored image; turning the photo upright turns them too.
"""

from __future__ import annotations

from dataclasses import dataclass

from tui_tagger.geometry import Box

SAME_FACE = 0.5  # intersection over union from which two regions of one name are one face


@dataclass(frozen=True, slots=True)
class NamedRegion:
    """A person in a photo; `box` in pixels of the upright photo, or None where no rectangle is known."""

    name: str
    box: Box | None


@dataclass(frozen=True, slots=True)
class Frame:
    """The stored image: its size in pixels before any rotation, and its EXIF orientation (1 to 8)."""

    width: int
    height: int
    orientation: int = 1

    @property
    def upright_size(self) -> tuple[int, int]:
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of the stored image as shares of its width and height (0 to 1); x, y is its top left corner."""

    x: float
    y: float
    width: float
    height: float

    def iou(self, other: Area) -> float:
        return self._box().iou(other._box())

    def _box(self) -> Box:
        return Box(self.x, self.y, self.width, self.height)


def to_area(box: Box, frame: Frame) -> Area:
    """A box in upright pixels as an area of the stored image, cut at the image's edges."""
    width, height = frame.upright_size
    inside = box.clipped(width, height)
    first = _to_stored(inside.x / width, inside.y / height, frame.orientation)
    second = _to_stored(inside.right / width, inside.bottom / height, frame.orientation)
    return _between(first, second)


def to_box(area: Area, frame: Frame) -> Box:
    """An area of the stored image as a box in upright pixels, cut at the image's edges."""
    width, height = frame.upright_size
    first = _to_upright(area.x, area.y, frame.orientation)
    second = _to_upright(area.x + area.width, area.y + area.height, frame.orientation)
    upright = _between(first, second)
    box = Box(upright.x * width, upright.y * height, upright.width * width, upright.height * height)
    return box.clipped(width, height)


def _between(first: tuple[float, float], second: tuple[float, float]) -> Area:
    left, right = sorted((first[0], second[0]))
    top, bottom = sorted((first[1], second[1]))
    return Area(left, top, right - left, bottom - top)


def _to_stored(x: float, y: float, orientation: int) -> tuple[float, float]:
    turned = {
        2: (1 - x, y),
        3: (1 - x, 1 - y),
        4: (x, 1 - y),
        5: (y, x),
        6: (y, 1 - x),
        7: (1 - y, 1 - x),
        8: (1 - y, x),
    }
    return turned.get(orientation, (x, y))


def _to_upright(x: float, y: float, orientation: int) -> tuple[float, float]:
    inverse = {6: 8, 8: 6}  # all others undo themselves
    return _to_stored(x, y, inverse.get(orientation, orientation))


def mwg_fields(area: Area) -> dict[str, str]:
    """The members of stArea, whose x and y are the centre."""
    return {
        "x": _number(area.x + area.width / 2),
        "y": _number(area.y + area.height / 2),
        "w": _number(area.width),
        "h": _number(area.height),
    }


def from_mwg(x: str, y: str, width: str, height: str) -> Area | None:
    """None for what is not numbers or has no extent."""
    numbers = _numbers([x, y, width, height])
    if numbers is None:
        return None
    return Area(numbers[0] - numbers[2] / 2, numbers[1] - numbers[3] / 2, numbers[2], numbers[3])


def mp_rectangle(area: Area) -> str:
    """Microsoft's "x, y, w, h" from the top left corner."""
    return ", ".join(_number(value) for value in (area.x, area.y, area.width, area.height))


def from_mp(rectangle: str) -> Area | None:
    """None for what is not four numbers or has no extent."""
    numbers = _numbers(rectangle.split(","))
    return None if numbers is None else Area(*numbers)


def _numbers(texts: list[str]) -> tuple[float, float, float, float] | None:
    try:
        values = [float(text) for text in texts]
    except ValueError:
        return None
    sane = len(values) == 4 and all(-1 <= value <= 2 for value in values) and values[2] > 0 and values[3] > 0
    return (values[0], values[1], values[2], values[3]) if sane else None


def _number(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def same_face(first: Area | None, second: Area | None) -> bool:
    """Whether two regions of one name mean one face: both without a rectangle, or overlapping enough."""
    if first is None or second is None:
        return first is second
    return first.iou(second) >= SAME_FACE
