"""What a garment lies on or hangs before: RGB scenes, float32 (HEIGHT, WIDTH, 3)."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from scipy import ndimage

from tools.picture_scenes.garments import HEIGHT, LUMA, WIDTH

Random = np.random.Generator


def plain(rng: Random, low: float = 150, high: float = 235, color: float = 12) -> np.ndarray:
    """Return one tone, a little colored."""
    tone = rng.uniform(low, high) + rng.uniform(-color, color, 3)
    return np.broadcast_to(tone.astype(np.float32), (HEIGHT, WIDTH, 3)).clip(0, 255).copy()


def lit(rng: Random, scene: np.ndarray, strength: float) -> np.ndarray:
    """Return a scene in light that falls off across it, by up to this share, in a curve."""
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    across = (np.cos(angle) * x + np.sin(angle) * y + 1.4) / 2.8
    light = 1 - strength * (0.6 * across + 0.4 * across**2)
    return scene * light[:, :, np.newaxis].astype(np.float32)


def vignette(rng: Random, scene: np.ndarray, strength: float) -> np.ndarray:
    """Return a scene that darkens from a point near its middle."""
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    across = (x - rng.uniform(-0.4, 0.4)) ** 2 + (y - rng.uniform(-0.4, 0.4)) ** 2
    return scene * (1 - strength * across / 2.5).clip(0, 1)[:, :, np.newaxis].astype(np.float32)


def folds(rng: Random) -> np.ndarray:
    """Return a sheet with soft folds."""
    waves = sum(
        ndimage.gaussian_filter(rng.normal(0, 1, (HEIGHT, WIDTH)), (blur, 3 * blur)) * 900 * blur
        for blur in (6, 14)
    )
    return (plain(rng) + np.clip(waves / 60, -25, 25)[:, :, np.newaxis]).clip(0, 255)


def checks(rng: Random) -> np.ndarray:
    """Return a checked bedspread."""
    period = rng.uniform(50, 130)
    y, x = np.mgrid[:HEIGHT, :WIDTH] + rng.uniform(0, period, 2)[:, np.newaxis, np.newaxis]
    stripes = (x % period < period / 2).astype(np.float32) + (y % period < period / 2)
    first, second = rng.uniform(180, 245, 3), rng.uniform(60, 200, 3)
    return (first + (second - first) * (stripes / 2)[:, :, np.newaxis]).astype(np.float32)


def floral(rng: Random) -> np.ndarray:
    """Return a cloth with flowers."""
    image = Image.new("RGB", (WIDTH, HEIGHT), _color(rng, 170, 240))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(40, 90))):
        x, y, size = rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT), rng.uniform(8, 28)
        petals = _color(rng, 40, 230)
        for turn in np.arange(5) * 2 * np.pi / 5:
            draw.ellipse(_round(x + size * np.cos(turn), y + size * np.sin(turn), size), petals)
        draw.ellipse(_round(x, y, size / 2), _color(rng, 40, 230))
    return np.asarray(image, np.float32)


def wood(rng: Random) -> np.ndarray:
    """Return floor boards."""
    grain = ndimage.gaussian_filter(rng.normal(0, 1, (HEIGHT, WIDTH)), (40, 1.2)) * 180
    board = rng.integers(60, 150)
    tone = rng.uniform(-22, 22, WIDTH // board + 2)[np.arange(WIDTH) // board]
    scene = rng.uniform(90, 190) * np.array([1.15, 0.95, 0.72]) + (grain + tone)[:, :, np.newaxis]
    scene[:, np.arange(WIDTH) % board < 3] -= 45
    return _either_way(rng, scene.clip(0, 255).astype(np.float32))


def carpet(rng: Random) -> np.ndarray:
    """Return a carpet: coarse noise."""
    tone, noise = rng.uniform(70, 190, 3), rng.normal(0, 1, (HEIGHT, WIDTH))
    cloth = ndimage.gaussian_filter(noise, 1.5) * 90 + ndimage.gaussian_filter(noise, 5) * 90
    return (tone + cloth[:, :, np.newaxis]).clip(0, 255).astype(np.float32)


def bed_and_floor(rng: Random) -> np.ndarray:
    """Return two plain grounds that meet at a slanted line."""
    first, second = plain(rng, 150, 240), plain(rng, 40, 200, 30)
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    beyond = np.cos(angle) * x + np.sin(angle) * y > rng.uniform(0.2, 0.6)
    return np.where(beyond[:, :, np.newaxis], second, first)


def room(rng: Random) -> np.ndarray:
    """Return a room: wall, floor, and a few things."""
    image = Image.fromarray(plain(rng).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, rng.integers(500, 700), WIDTH, HEIGHT), _color(rng, 50, 190))
    for _ in range(4):
        x, y = rng.uniform(-80, WIDTH), rng.uniform(-80, HEIGHT)
        box = (x, y, x + rng.uniform(60, 240), y + rng.uniform(60, 300))
        draw.rectangle(box, _color(rng, 30, 230))
    return np.asarray(image, np.float32)


def limb(rng: Random, points: list[tuple[float, float]], width: float) -> np.ndarray:
    """Return a cut-out as large as a scene: an arm, a leg, a neck."""
    mask = Image.new("L", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(mask)
    draw.line(points, 255, int(width), joint="curve")
    for x, y in points:
        draw.ellipse(_round(x, y, width / 2), 255)
    skin = rng.uniform(0.45, 1) * np.array([235, 190, 160])
    soft, shade = (
        np.asarray(mask.filter(ImageFilter.GaussianBlur(n)), np.float32) for n in (2, 15)
    )
    shade = shade[:, :, np.newaxis] / 255
    return np.dstack([(skin * (0.55 + 0.45 * shade)), soft]).astype(np.float32)


def words(rng: Random, scene: np.ndarray, top: float, lines: int, size: int = 24) -> None:
    """Write lines of text on a scene, in place."""
    image = Image.fromarray(scene.clip(0, 255).astype(np.uint8))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size)
    for n in range(lines):
        text = "".join(rng.choice(list("abcdefgh mnopqr stu "), int(rng.integers(12, 34))))
        draw.text((30, top + 1.5 * size * n), text, (30, 30, 30), font)
    scene[:] = np.asarray(image)


def same_luma(rng: Random, color: np.ndarray, luma: float) -> np.ndarray:
    """Return a saturated color of this luma, unlike the one given."""
    hues = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1]], np.float32)
    hues = luma + 90 * (hues - (hues @ LUMA)[:, np.newaxis])
    away = np.abs(hues.clip(0, 255) - color).sum(axis=1)
    return hues[int(rng.choice(np.argsort(away)[-3:]))].clip(0, 255)


def _round(x: float, y: float, radius: float) -> tuple[float, float, float, float]:
    return x - radius, y - radius, x + radius, y + radius


def _color(rng: Random, low: int, high: int) -> tuple[int, ...]:
    return tuple(int(value) for value in rng.integers(low, high, 3))


def _either_way(rng: Random, scene: np.ndarray) -> np.ndarray:
    """Return a scene as it is, or its lines across."""
    if rng.random() < 0.5:
        return scene
    across = Image.fromarray(scene.astype(np.uint8)).rotate(90, expand=True)
    return np.asarray(across.resize((WIDTH, HEIGHT)), np.float32)
