"""Draw the example pictures of garments in ``fashion_lib/examples``.

    python -m tools.draw_examples            draw them all
    python -m tools.draw_examples --check    exit 1 unless the files show what this draws

They are drawings, not photographs: outlines with soft shading, off center, on backgrounds that
a phone camera might see. No file of anyone else's is used, so they are free to use.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from tools import ROOT

FOLDER = ROOT / "fashion_lib" / "examples"
FINE = 3  # drawn this many times larger, then averaged: smooth edges

Point = tuple[float, float]
Color = tuple[int, int, int]


def smooth(points: list[Point], steps: int = 12) -> list[Point]:
    """Return a closed Catmull-Rom curve through `points`; a doubled point is a corner."""
    p = np.array(points, dtype=float)
    t = np.linspace(0, 1, steps, endpoint=False)[:, np.newaxis]
    curve = []
    for a, b, c, d in zip(np.roll(p, 1, 0), p, np.roll(p, -1, 0), np.roll(p, -2, 0), strict=True):
        if (b == c).all():
            continue  # the doubled point of a corner: no curve between the two
        cubic = (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
        curve.append((2 * b + (c - a) * t + cubic) / 2)
    return [tuple(point) for point in np.concatenate(curve)]


@dataclass
class Scene:
    """A background, and a garment drawn on it in a box of 100 units' height."""

    size: tuple[int, int]
    left: float
    top: float
    height: float
    background: tuple[Color, Color] = ((255, 255, 255), (255, 255, 255))
    picture: Image.Image = field(init=False)

    def __post_init__(self) -> None:
        """Fill the background with a gradient from the left top to the right bottom."""
        width, height = (FINE * edge for edge in self.size)
        slope = np.add.outer(np.linspace(0, 0.5, height), np.linspace(0, 0.5, width))
        first, last = (np.array(color, dtype=float) for color in self.background)
        pixels = first + (last - first) * slope[:, :, np.newaxis]
        self.picture = Image.fromarray(np.round(pixels).astype(np.uint8))

    def place(self, points: list[Point]) -> list[Point]:
        """Return points of the garment's box as pixels of the fine picture."""
        scale = FINE * self.height / 100
        return [(FINE * self.left + x * scale, FINE * self.top + y * scale) for x, y in points]

    def mask(self, *shapes: list[Point]) -> Image.Image:
        """Return the union of polygons as a mask."""
        mask = Image.new("L", self.picture.size)
        for shape in shapes:
            ImageDraw.Draw(mask).polygon(self.place(shape), fill=255)
        return mask

    def strokes(self, lines: list[list[Point]], width: float) -> Image.Image:
        """Return lines as a mask; `width` is in units of the garment's box."""
        mask = Image.new("L", self.picture.size)
        pen = ImageDraw.Draw(mask)
        thick = max(1, round(width * FINE * self.height / 100))
        for line in lines:
            points = self.place(line)
            pen.line(points, fill=255, width=thick, joint="curve")
            for x, y in (points[0], points[-1]):
                pen.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=255)
        return mask

    def paint(self, mask: Image.Image, color: Color, depth: float = 0.35) -> None:
        """Fill a mask with `color`, darker by `depth` toward its outline, as round things are."""
        radius = FINE * self.height / 14
        inner = np.asarray(mask.filter(ImageFilter.GaussianBlur(radius)), dtype=float) / 255
        light = 1 - depth * 2 * (1 - np.clip(inner, 0.5, 1))
        pixels = np.round(np.array(color) * light[:, :, np.newaxis]).astype(np.uint8)
        self.picture.paste(Image.fromarray(pixels), mask=mask)

    def fold(self, lines: list[list[Point]], within: Image.Image, width=2.0, dark=0.3) -> None:
        """Darken soft lines inside a mask: folds and seams."""
        soft = self.strokes(lines, width).filter(
            ImageFilter.GaussianBlur(FINE * self.height * width / 250)
        )
        soft = ImageChops.multiply(soft, within).point(lambda value: int(value * dark))
        self.picture.paste(Image.new("RGB", self.picture.size), mask=soft)

    def shadow(self, mask: Image.Image, dark: float = 0.2) -> None:
        """Darken the background softly below a mask. Call it before painting the mask."""
        down = ImageChops.offset(mask, 0, round(FINE * self.height / 40))
        soft = down.filter(ImageFilter.GaussianBlur(FINE * self.height / 50))
        soft = soft.point(lambda value: int(value * dark))
        self.picture.paste(Image.new("RGB", self.picture.size), mask=soft)

    def finish(self) -> Image.Image:
        """Return the picture at its real size."""
        return self.picture.reduce(FINE)


def mirror(half: list[Point], middle: float) -> list[Point]:
    """Complete the left half of an outline, listed from top to bottom, by its mirror image."""
    return half + [(2 * middle - x, y) for x, y in reversed(half)]


def t_shirt() -> Image.Image:
    """Draw a blue T-shirt on white."""
    scene = Scene((300, 320), left=52, top=38, height=226)
    half = [(38, 3), (38, 3), (27, 5), (14, 12), (1, 34), (1, 34), (16, 42), (16, 42), (21, 34)]
    half += [(21, 34), (22, 65), (21, 99), (21, 99)]
    body = scene.mask(smooth(mirror(half, 50)))
    neck = scene.mask(smooth([(38, 2), (50, -6), (62, 2), (58, 9), (50, 12), (42, 9)]))
    scene.paint(body, (58, 104, 176))
    scene.fold([[(21, 34), (25, 14)], [(79, 34), (75, 14)]], body, 1.4)
    scene.fold([[(34, 60), (37, 96)], [(66, 52), (60, 97)], [(48, 74), (49, 98)]], body, 3, 0.2)
    scene.paint(ImageChops.multiply(neck, body), (38, 72, 126), 0.1)
    scene.paint(
        scene.mask(smooth([(40, 1), (50, -7), (60, 1), (56, 6), (50, 8), (44, 6)])),
        (255, 255, 255),
        0,
    )
    return scene.finish()


def trouser() -> Image.Image:
    """Draw dark jeans on a light gray background with uneven light."""
    scene = Scene(
        (260, 380), left=112, top=34, height=316, background=((236, 235, 232), (198, 197, 196))
    )
    half = [(5, 0), (5, 0), (2, 18), (0, 50), (1, 100), (1, 100), (14, 100), (14, 100)]
    half += [(16, 70), (19.5, 32)]
    legs = scene.mask(smooth(mirror(half, 19.5)))
    scene.shadow(legs, 0.12)
    scene.paint(legs, (52, 66, 104), 0.4)
    scene.fold([[(5, 5), (34, 5)], [(19.5, 5), (19.5, 30)]], legs, 0.8, 0.5)
    scene.fold([[(4, 13), (10, 8)], [(35, 13), (29, 8)]], legs, 0.8, 0.5)
    scene.fold([[(8, 40), (8, 98)], [(31, 40), (31, 98)]], legs, 2, 0.2)
    return scene.finish()


def dress() -> Image.Image:
    """Draw a red sleeveless dress on beige."""
    scene = Scene(
        (280, 380), left=62, top=28, height=312, background=((240, 228, 208), (226, 210, 186))
    )
    half = [(22, 0), (22, 0), (18, 0), (18, 0), (18, 10), (13, 18), (13, 18), (15, 30), (17, 40)]
    half += [(10, 66), (2, 97), (2, 97), (15, 99)]
    body = scene.mask(smooth([*mirror(half, 27), (32, 0), (32, 0), (32, 8), (27, 12), (22, 8)]))
    scene.shadow(body, 0.1)
    scene.paint(body, (178, 38, 52), 0.4)
    scene.fold([[(17, 40), (37, 40)]], body, 1, 0.5)
    folds = [[(20, 44), (9, 97)], [(25, 44), (21, 98)], [(30, 44), (34, 98)], [(34, 44), (45, 97)]]
    scene.fold(folds, body, 2, 0.35)
    return scene.finish()


def pullover() -> Image.Image:
    """Draw a cream knitted pullover on a dark green wall."""
    scene = Scene((320, 320), left=44, top=44, height=228, background=((42, 70, 62), (28, 50, 44)))
    half = [(40, 3), (40, 3), (28, 6), (18, 12), (11, 40), (4, 82), (4, 82), (16, 86), (16, 86)]
    half += [(25, 46), (25, 46), (26, 70), (25, 98), (25, 98)]
    body = scene.mask(smooth(mirror(half, 50)))
    scene.paint(body, (226, 214, 188), 0.3)
    scene.fold([[(25, 46), (28, 14)], [(75, 46), (72, 14)]], body, 1.4, 0.4)
    scene.fold([[(24, 91), (76, 91)], [(5, 77), (18, 81)], [(95, 77), (82, 81)]], body, 0.8, 0.5)
    ribs = [[(x, 92), (x, 98)] for x in range(27, 75, 3)]
    scene.fold(ribs, body, 0.8, 0.4)
    knit = [[(x, 20), (x, 90)] for x in range(31, 72, 6)]
    scene.fold(knit, body, 1.5, 0.15)
    collar = scene.mask(smooth([(40, 4), (44, 0), (56, 0), (60, 4), (55, 10), (50, 11), (45, 10)]))
    scene.paint(collar, (188, 174, 146), 0.5)
    return scene.finish()


def sneaker() -> Image.Image:
    """Draw a gray running shoe with a white sole on a pale blue background."""
    scene = Scene(
        (380, 260), left=46, top=72, height=282, background=((206, 222, 236), (188, 206, 224))
    )
    upper = [(2, 32), (8, 25), (26, 20), (40, 11), (52, 2), (60, 5), (72, 8), (82, 4), (92, 1)]
    upper += [(95, 10), (96, 34), (96, 36), (50, 38), (4, 38)]
    sole = [(0, 34), (6, 36), (50, 36), (97, 33), (99, 36), (97, 43), (97, 43), (20, 43), (4, 41)]
    shoe = scene.mask(smooth(upper))
    base = scene.mask(smooth(sole))
    scene.shadow(base, 0.15)
    scene.paint(shoe, (72, 74, 84), 0.4)
    scene.paint(base, (252, 252, 252), 0.04)
    stripe = scene.strokes([[(56, 33), (66, 12)], [(64, 33), (74, 13)]], 2.6)
    scene.picture.paste(Image.new("RGB", scene.picture.size, (238, 240, 242)), mask=stripe)
    laces = scene.strokes(
        [[(36 + 6 * i, 19 - 4.5 * i), (43 + 6 * i, 22 - 4 * i)] for i in range(4)], 1.5
    )
    scene.picture.paste(Image.new("RGB", scene.picture.size, (240, 240, 240)), mask=laces)
    scene.fold([[(8, 27), (22, 26), (28, 34)]], shoe, 1.0, 0.6)
    scene.fold([[(86, 5), (84, 34)]], shoe, 1.0, 0.5)
    return scene.finish()


def sandal() -> Image.Image:
    """Draw a brown sandal with a heel on white."""
    scene = Scene((360, 280), left=38, top=66, height=276)
    sole = [(0, 50), (10, 49), (26, 49), (44, 44), (62, 34), (80, 27), (96, 25), (98, 28), (94, 31)]
    sole += [(80, 33), (64, 40), (48, 50), (30, 55), (10, 55), (1, 54)]
    heel = [(84, 30), (97, 28), (95, 42), (94, 55), (94, 55), (89, 55), (89, 55), (88, 44)]
    scene.paint(scene.mask(smooth(heel)), (84, 52, 34), 0.3)
    straps = scene.strokes(
        [
            smooth([(8, 49), (12, 41), (20, 39), (28, 44), (30, 49), (28, 44), (20, 39), (12, 41)])[
                :48
            ],
            [(26, 48), (36, 33), (42, 31), (47, 42)],
            [(88, 26), (84, 12), (84, 6)],
            [(84, 7), (74, 8), (68, 14), (70, 30)],
        ],
        3.2,
    )
    scene.paint(straps, (132, 78, 44), 0.2)
    scene.paint(scene.mask(smooth(sole)), (110, 66, 38), 0.3)
    return scene.finish()


def bag() -> Image.Image:
    """Draw a brown handbag on white."""
    scene = Scene((320, 320), left=58, top=42, height=230)
    body = scene.mask(
        smooth(
            [(6, 40), (6, 40), (82, 40), (82, 40), (88, 96), (80, 99), (44, 100), (8, 99), (0, 96)]
        )
    )
    handle = scene.strokes(
        [
            smooth([(22, 42), (24, 16), (44, 4), (64, 16), (66, 42), (66, 44), (44, 44), (22, 44)])[
                :49
            ]
        ],
        4.5,
    )
    scene.shadow(body, 0.1)
    scene.paint(handle, (96, 56, 30), 0.3)
    scene.paint(body, (146, 90, 50), 0.45)
    flap = scene.mask(smooth([(5, 39), (5, 39), (83, 39), (83, 39), (80, 60), (44, 72), (8, 60)]))
    scene.paint(flap, (124, 74, 40), 0.3)
    scene.fold([[(10, 62), (44, 73), (78, 62)]], body, 1.5, 0.6)
    clasp = scene.mask(smooth([(40, 64), (48, 64), (48, 74), (40, 74)]))
    scene.paint(clasp, (226, 196, 110), 0.2)
    return scene.finish()


def ankle_boot() -> Image.Image:
    """Draw a black ankle boot on a warm gray background."""
    scene = Scene(
        (340, 320), left=40, top=50, height=236, background=((214, 206, 196), (190, 182, 172))
    )
    shaft = [(56, 2), (56, 2), (92, 0), (92, 0), (94, 30), (100, 62), (101, 86), (101, 86)]
    shaft += [(60, 88), (30, 90), (4, 90), (0, 84), (6, 75), (26, 68), (46, 58), (56, 40)]
    sole = [(0, 88), (0, 88), (62, 88), (74, 84), (102, 84), (102, 84), (102, 98), (102, 98)]
    sole += [(80, 98), (80, 98), (76, 93), (50, 95), (6, 95), (1, 93)]
    boot = scene.mask(smooth(shaft))
    base = scene.mask(smooth(sole))
    scene.shadow(base, 0.15)
    scene.paint(boot, (58, 50, 48), 0.5)
    scene.paint(base, (28, 24, 22), 0.2)
    scene.fold([[(66, 4), (68, 40), (74, 56)]], boot, 1.4, 0.7)
    scene.fold([[(50, 56), (64, 64)], [(42, 62), (52, 72)]], boot, 2, 0.5)
    shine = scene.strokes([[(14, 78), (28, 73)]], 2.5).filter(ImageFilter.GaussianBlur(FINE * 4))
    scene.picture.paste(Image.new("RGB", scene.picture.size, (150, 140, 134)), mask=shine)
    return scene.finish()


DRAWINGS: tuple[Callable[[], Image.Image], ...] = (
    ankle_boot,
    bag,
    dress,
    pullover,
    sandal,
    sneaker,
    t_shirt,
    trouser,
)


def is_current(path: Path, picture: Image.Image) -> bool:
    """Return whether the file shows `picture`; two gray levels of rounding are allowed."""
    if not path.exists():
        return False
    with Image.open(path) as stored:
        if stored.size != picture.size or stored.mode != "RGB":
            return False
        return max(high for _, high in ImageChops.difference(stored, picture).getextrema()) <= 2


def main(argv: list[str] | None = None) -> int:
    """Draw the pictures, or check the files; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if outdated")
    check = parser.parse_args(argv).check
    pictures = {FOLDER / f"{draw.__name__}.png": draw() for draw in DRAWINGS}
    if check:
        stale = [path.name for path, picture in pictures.items() if not is_current(path, picture)]
        stale += sorted(path.name for path in FOLDER.glob("*") if path not in pictures)
        for name in stale:
            print(
                f"{name} is not what tools/draw_examples.py draws: run `make derived`.",
                file=sys.stderr,
            )
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for path, picture in pictures.items():
        picture.save(path, optimize=True)
        print(f"{path.relative_to(FOLDER.parent.parent)}: {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
