"""The scenes: a garment, photographed well or badly, as a picture file.

Each function takes a `Shot` and returns RGB or RGBA pixels; `photograph` adds the camera's noise
and makes the file. A scene depends on the seed, its name and its number only.
"""

import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from tools.picture_scenes import grounds
from tools.picture_scenes.garments import (
    HEIGHT,
    WIDTH,
    cut_out,
    paste,
    place,
    shadow,
    turned,
)

TOPS = (0, 2, 3, 4, 6)  # what is worn on the body


@dataclass(frozen=True)
class Shot:
    """What a scene is made of: its random numbers, its garment, and another one."""

    rng: np.random.Generator
    image: np.ndarray
    label: int
    other: tuple[np.ndarray, int]

    def piece(self, low: int = 340, high: int = 520, **options) -> np.ndarray:
        """Return the garment cut out, its longest edge between these pixels."""
        edge = int(self.rng.integers(low, high))
        return cut_out(self.rng, self.image, self.label, edge, **options)

    def on(self, ground: np.ndarray, **options) -> np.ndarray:
        """Return the garment on a ground."""
        place(self.rng, ground, self.piece(**options))
        return ground


# --- easy -----------------------------------------------------------------------------------


def _white(shot: Shot) -> np.ndarray:
    return shot.on(grounds.plain(shot.rng, 249, 254, 1))


def _plain_sheet(shot: Shot) -> np.ndarray:
    return shot.on(grounds.plain(shot.rng))


def _uneven_sheet(shot: Shot) -> np.ndarray:
    return grounds.lit(shot.rng, shot.on(grounds.plain(shot.rng, 170, 240)), 0.25)


def _small(shot: Shot) -> np.ndarray:
    return shot.on(grounds.plain(shot.rng, 180, 240), low=90, high=160)


def _low_quality(shot: Shot) -> np.ndarray:
    return shot.on(grounds.plain(shot.rng, 170, 245))


def _soft_shadow(shot: Shot) -> np.ndarray:
    return _shaded(shot, blur=35, depth=0.25)


def _transparent(shot: Shot) -> np.ndarray:
    scene, piece = np.zeros((HEIGHT, WIDTH, 4), dtype=np.float32), shot.piece()
    top, left = (HEIGHT - piece.shape[0]) // 2, (WIDTH - piece.shape[1]) // 2
    scene[top : top + piece.shape[0], left : left + piece.shape[1]] = piece
    return scene


def _tilted(shot: Shot) -> np.ndarray:
    scene = grounds.plain(shot.rng, 170, 245)
    place(shot.rng, scene, turned(shot.piece(320, 460), shot.rng.uniform(-14, 14)))
    return scene


def _tiny_file(shot: Shot) -> np.ndarray:
    return _scaled(_plain_sheet(shot), 0.46)  # 0.1 megapixels


def _photo_24_mp(shot: Shot) -> np.ndarray:
    return _scaled(_uneven_sheet(shot), 7.07)


def _photo_48_mp(shot: Shot) -> np.ndarray:
    return _scaled(_uneven_sheet(shot), 10)


# --- difficult ------------------------------------------------------------------------------


def _checked_bedspread(shot: Shot) -> np.ndarray:
    return shot.on(grounds.checks(shot.rng))


def _floral_bedspread(shot: Shot) -> np.ndarray:
    return shot.on(grounds.floral(shot.rng))


def _wood_floor(shot: Shot) -> np.ndarray:
    return shot.on(grounds.wood(shot.rng))


def _bed_and_floor(shot: Shot) -> np.ndarray:
    return shot.on(grounds.bed_and_floor(shot.rng))


def _worn(shot: Shot) -> np.ndarray:
    rng, scene = shot.rng, grounds.plain(shot.rng, 130, 235, 20)
    if rng.random() < 0.4:
        scene = grounds.room(rng)
    middle, top = WIDTH / 2 + rng.uniform(-40, 40), rng.uniform(190, 260)
    if shot.label in TOPS:
        parts = [
            ([(middle, top - 80), (middle, top - 90)], 110),
            ([(middle, top - 60), (middle, top + 40)], 62),
            ([(middle - 110, top + 80), (middle - 150, top + 360)], 52),
            ([(middle + 110, top + 80), (middle + 150, top + 360)], 52),
            ([(middle - 50, top + 300), (middle - 55, HEIGHT + 60)], 90),
            ([(middle + 50, top + 300), (middle + 55, HEIGHT + 60)], 90),
        ]
    else:
        parts = [([(middle, -60), (middle + rng.uniform(-60, 60), top + 160)], 110)]
    for points, width in parts:
        paste(scene, grounds.limb(rng, points, width), 0, 0)
    piece = shot.piece(380, 460)
    paste(scene, piece, int(top), int(middle - piece.shape[1] / 2))
    return scene


def _hand(shot: Shot) -> np.ndarray:
    rng, scene = shot.rng, grounds.plain(shot.rng)
    top, left = place(rng, scene, shot.piece(340, 460))
    end = (left + rng.uniform(40, 160), top + rng.uniform(10, 120))
    start = (rng.choice([-60, WIDTH + 60]), rng.uniform(100, HEIGHT - 100))
    if rng.random() < 0.4:
        start = (rng.uniform(80, WIDTH - 80), HEIGHT + 60)
    paste(scene, grounds.limb(rng, [start, end], rng.uniform(55, 95)), 0, 0)
    for turn in rng.uniform(-0.8, 0.8, 3):
        tip = (end[0] + 70 * np.cos(turn), end[1] + 70 * np.sin(turn))
        paste(scene, grounds.limb(rng, [end, tip], 24), 0, 0)
    return scene


def _screenshot(shot: Shot) -> np.ndarray:
    rng, scene = shot.rng, grounds.plain(shot.rng, 238, 254, 3)
    photo = _scaled(shot.on(grounds.plain(rng, 190, 252)), rng.uniform(0.62, 0.8))
    photo = photo[: int(rng.uniform(0.75, 1) * len(photo))]
    top, left = 70, (WIDTH - photo.shape[1]) // 2
    scene[:50] = rng.choice([20, 245])
    scene[top : top + len(photo), left : left + photo.shape[1]] = photo[: HEIGHT - top]
    grounds.words(rng, scene, top + len(photo) + 15, int(rng.integers(1, 4)))
    if rng.random() < 0.8:
        scene[HEIGHT - 85 : HEIGHT - 25, 60 : WIDTH - 60] = rng.uniform(20, 200, 3)
    return scene


def _two_garments(shot: Shot) -> np.ndarray:
    rng, scene = shot.rng, grounds.plain(shot.rng)
    first, second = shot.piece(230, 290), cut_out(rng, *shot.other, int(rng.integers(230, 290)))
    if rng.random() < 0.5:
        paste(scene, first, int(rng.integers(40, 110)), int(rng.integers(60, 260)))
        paste(scene, second, int(rng.integers(440, 480)), int(rng.integers(60, 260)))
    else:
        paste(scene, first, int(rng.integers(80, 380)), int(rng.integers(5, 20)))
        paste(scene, second, int(rng.integers(80, 380)), int(rng.integers(305, 320)))
    return scene


def _thin_frame(shot: Shot) -> np.ndarray:
    scene, width = _uneven_sheet(shot), int(shot.rng.choice([1, 2, 3, 6, 12]))
    inside = scene[width:-width, width:-width].copy()
    scene[:] = shot.rng.choice([0, 0, 255, 60])
    scene[width:-width, width:-width] = inside
    return scene


def _bars(shot: Shot) -> np.ndarray:
    rng, scene = shot.rng, grounds.plain(shot.rng, 170, 240)
    place(rng, scene, shot.piece(320, 420), 0.05)
    scene, tone = grounds.lit(rng, scene, 0.25), rng.choice([0, 0, 255, 30])
    first, second = (int(n) for n in rng.integers(20, 85, 2))
    along = scene if rng.random() < 0.6 else scene.transpose(1, 0, 2)
    along[:first] = tone
    if rng.random() < 0.8:
        along[-second:] = tone
    return scene


def _white_border(shot: Shot) -> np.ndarray:
    scene = shot.on(grounds.plain(shot.rng, 90, 190))
    photo = _scaled(scene, shot.rng.uniform(0.7, 0.9))
    scene[:] = shot.rng.uniform(245, 255)
    place(shot.rng, scene, np.dstack([photo, np.full(photo.shape[:2], 255)]), 0.2)
    return scene


def _dark_on_dark(shot: Shot) -> np.ndarray:
    piece = shot.piece(tones=tuple(shot.rng.uniform((8, 30), (20, 55))))
    place(shot.rng, scene := grounds.plain(shot.rng, 15, 50, 4), piece)
    return scene


def _white_on_white(shot: Shot) -> np.ndarray:
    tones = tuple(shot.rng.uniform((205, 235), (225, 250)))
    piece = shot.piece(tones=tones, color=np.full(3, 255.0))
    place(shot.rng, scene := grounds.plain(shot.rng, 228, 248, 3), piece)
    return scene


def _equal_luma(shot: Shot) -> np.ndarray:
    rng, tone = shot.rng, shot.rng.uniform(90, 150)
    color = grounds.same_luma(rng, np.full(3, tone), tone)
    scene = np.empty((HEIGHT, WIDTH, 3), dtype=np.float32)
    scene[:] = grounds.same_luma(rng, color, tone)
    piece = shot.piece(tones=(-12, 12), color=np.zeros(3))
    piece[:, :, :3] = (piece[:, :, :3] - 6 + color).clip(0, 255)
    place(rng, scene, piece)
    return scene


def _strong_falloff(shot: Shot) -> np.ndarray:
    scene = shot.on(grounds.plain(shot.rng, 190, 250))
    make = grounds.lit if shot.rng.random() < 0.5 else grounds.vignette
    return make(shot.rng, scene, shot.rng.uniform(0.5, 0.75))


# --- in between -----------------------------------------------------------------------------


def _hard_shadow(shot: Shot) -> np.ndarray:
    return _shaded(shot, blur=5, depth=0.45)


def _folded_sheet(shot: Shot) -> np.ndarray:
    return shot.on(grounds.folds(shot.rng))


def _carpet(shot: Shot) -> np.ndarray:
    return shot.on(grounds.carpet(shot.rng))


def _hanger(shot: Shot) -> np.ndarray:
    rng, scene, piece = shot.rng, grounds.plain(shot.rng), shot.piece(420, 500)
    top, middle = 200, WIDTH // 2
    wire = grounds.limb(rng, [(middle, -20), (middle, top + 10)], 9)
    bar = grounds.limb(rng, [(middle - 150, top + 70), (middle, top), (middle + 150, top + 70)], 16)
    for part in (wire, bar):
        part[:, :, :3] = rng.uniform(20, 120)
        paste(scene, part, 0, 0)
    paste(scene, piece, top - 5, middle - piece.shape[1] // 2)
    return scene


def _half_out(shot: Shot) -> np.ndarray:
    rng, scene, piece = shot.rng, grounds.plain(shot.rng), shot.piece(420, 520)
    height, width = piece.shape[:2]
    top, left = (HEIGHT - height) // 2, (WIDTH - width) // 2
    cut = rng.uniform(0.3, 0.55)
    places = {
        0: (-int(cut * height), left),
        1: (HEIGHT - int((1 - cut) * height), left),
        2: (top, -int(cut * width)),
        3: (top, WIDTH - int((1 - cut) * width)),
    }
    paste(scene, piece, *places[int(rng.integers(4))])
    return scene


def _blurred(shot: Shot) -> np.ndarray:
    return ndimage.gaussian_filter(_plain_sheet(shot), (*[shot.rng.uniform(18, 36)] * 2, 0))


def _minute(shot: Shot) -> np.ndarray:
    return shot.on(grounds.plain(shot.rng), low=14, high=32)


def _room(shot: Shot) -> np.ndarray:
    return shot.on(grounds.room(shot.rng))


EASY = {
    "white": _white,
    "plain sheet": _plain_sheet,
    "uneven sheet": _uneven_sheet,
    "small": _small,
    "low-quality JPEG": _low_quality,
    "soft shadow": _soft_shadow,
    "transparent PNG": _transparent,
    "tilted": _tilted,
    "0.1 megapixels": _tiny_file,
}
DIFFICULT = {
    "checked bedspread": _checked_bedspread,
    "floral bedspread": _floral_bedspread,
    "wood floor": _wood_floor,
    "bed and floor": _bed_and_floor,
    "worn": _worn,
    "hand": _hand,
    "screenshot": _screenshot,
    "two garments": _two_garments,
    "thin frame": _thin_frame,
    "bars": _bars,
    "white border": _white_border,
    "dark on dark": _dark_on_dark,
    "white on white": _white_on_white,
    "equal luma": _equal_luma,
    "strong falloff": _strong_falloff,
}
BETWEEN = {
    "hard shadow": _hard_shadow,
    "folded sheet": _folded_sheet,
    "carpet": _carpet,
    "hanger": _hanger,
    "half out of the picture": _half_out,
    "blurred": _blurred,
    "minute": _minute,
    "room": _room,
}
#: Seconds each: left out unless they are named.
LARGE = {"24 megapixels": _photo_24_mp, "48 megapixels": _photo_48_mp}
SCENES: dict[str, Callable[[Shot], np.ndarray]] = EASY | DIFFICULT | BETWEEN | LARGE
QUALITY = {"low-quality JPEG": (15, 30), "white": (85, 95), "24 megapixels": (80, 90)}


def photograph(
    name: str, number: int, images: np.ndarray, labels: np.ndarray, seed: int = 0
) -> tuple[bytes, int]:
    """Return the picture file of a scene, and the label of the garment in it.

    Parameters
    ----------
    name : str
        A key of `SCENES`.
    number : int
        The classes take turns: garments of one kind in every tenth scene.
    images, labels : uint8 arrays, shapes (n, 28, 28) and (n,)
        Where the garments come from.
    seed : int
        Other scenes for another seed.
    """
    rng = np.random.default_rng([seed, zlib.crc32(name.encode()), number])
    label = TOPS[number % len(TOPS)] if name == "worn" else number % 10
    image = images[rng.choice(np.flatnonzero(labels == label))]
    other = int(rng.integers(len(images)))
    shot = Shot(rng, image, label, (images[other], int(labels[other])))
    pixels = SCENES[name](shot)
    if len(pixels) <= HEIGHT:
        pixels[:, :, :3] += rng.normal(0, rng.uniform(1, 3), pixels.shape[:2])[:, :, np.newaxis]
    picture, file = Image.fromarray(pixels.clip(0, 255).astype(np.uint8)), io.BytesIO()
    if pixels.shape[2] == 4:
        picture.save(file, "PNG")
    else:
        picture.save(file, "JPEG", quality=int(rng.integers(*QUALITY.get(name, (60, 93)))))
    return file.getvalue(), label


def _shaded(shot: Shot, blur: float, depth: float) -> np.ndarray:
    scene, piece = grounds.plain(shot.rng, 170, 240), shot.piece(340, 460)
    top, left = (HEIGHT - piece.shape[0]) // 2, (WIDTH - piece.shape[1]) // 2
    down, right = (int(n) for n in shot.rng.uniform(-35, 35, 2))
    shadow(scene, piece, top + down, left + right, blur, depth)
    paste(scene, piece, top, left)
    return scene


def _scaled(scene: np.ndarray, factor: float) -> np.ndarray:
    height, width = scene.shape[:2]
    return _scaled_to(scene, round(factor * width), round(factor * height))


def _scaled_to(scene: np.ndarray, width: int, height: int) -> np.ndarray:
    image = Image.fromarray(scene.clip(0, 255).astype(np.uint8))
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR), np.float32)
