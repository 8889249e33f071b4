"""Draws bars and histograms as SVG inside the page: no scripts, no styles of their own.

What a picture shows stands beside it in words as well, for those who cannot see it.
"""

import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

WIDTH, HEIGHT = 360, 150  # of a histogram, in units of its own
LEFT, BOTTOM, TOP = 26, 34, 14
STEPS = (1, 2, 2.5, 5, 10)


def shares(parts: Sequence[tuple[str, str, int]]) -> Markup:
    """Return one bar, divided: a class of the style sheet, words and a count for each part."""
    total = sum(count for _, _, count in parts)
    pieces, place = [], 0.0
    for name, _, count in parts:
        width = 100 * count / total if total else 0
        if count:
            pieces.append(
                Markup('<rect class="{}" x="{:.3f}" width="{:.3f}" height="10"/>').format(
                    name, place, max(width - 0.4, 0.3)
                )
            )
        place += width
    spoken = ", ".join(f"{words} {count}" for _, words, count in parts if count) or "none"
    return _strip(spoken, Markup("").join(pieces))


def bar(value: float, most: float, words: str) -> Markup:
    """Return one bar as long as a value."""
    width = 100 * value / most if most else 0
    return _strip(
        words, Markup('<rect class="full" width="{:.3f}" height="10"/>').format(max(width, 0.5))
    )


def _strip(words: str, inside: Markup) -> Markup:
    return Markup(
        '<svg class="strip" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" '
        'aria-label="{}"><title>{}</title>{}</svg>'
    ).format(words, words, inside)


def edges(lowest: float, highest: float, most: int = 12) -> np.ndarray:
    """Return the edges of at most about so many bins, at round numbers."""
    span = max(highest - lowest, 1e-9)
    power = 10 ** math.floor(math.log10(span / most))
    step = next(step * power for step in STEPS if span / (step * power) <= most)
    first = math.floor(lowest / step)
    last = max(math.ceil(highest / step - 1e-9), first + 1)
    return np.arange(first, last + 1) * step


def histogram(values: Sequence[float], bins: np.ndarray, title: str, unit: str) -> Markup:
    """Return a histogram: how many values lie in each bin."""
    counts, _ = np.histogram(np.asarray(values, float), bins)
    most = max(int(counts.max()), 1)
    width, height = (WIDTH - LEFT) / len(counts), HEIGHT - BOTTOM - TOP
    pieces = []
    for number, count in enumerate(counts):
        tall = height * count / most
        x = LEFT + number * width
        pieces.append(
            Markup(
                '<rect class="full" x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}"/>'
            ).format(x + 1, TOP + height - tall, width - 2, tall)
        )
        if count:
            pieces.append(_text(x + width / 2, TOP + height - tall - 3, str(count)))
    every = math.ceil(len(bins) / 7)
    for number in {*range(0, len(bins) - every // 2, every), len(bins) - 1}:
        pieces.append(_text(LEFT + number * width, HEIGHT - BOTTOM + 13, f"{bins[number]:g}"))
    pieces.append(_text((LEFT + WIDTH) / 2, HEIGHT - 4, unit))
    spoken = "; ".join(
        f"{low:g} to {high:g}: {count}"
        for low, high, count in zip(bins[:-1], bins[1:], counts, strict=True)
        if count
    )
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img"><title>{}</title><desc>{}</desc>'
        '{}<path class="axis" d="M{} {}H{}"/></svg>'
    ).format(
        WIDTH + 14, HEIGHT, title, spoken, Markup("").join(pieces), LEFT, HEIGHT - BOTTOM, WIDTH
    )


def _text(x: float, y: float, words: str) -> Markup:
    return Markup('<text x="{:.2f}" y="{:.2f}">{}</text>').format(x, y, words)
