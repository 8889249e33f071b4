"""Plots for dark pages: what is drawn again, what stays, and that nothing is left changed."""

import base64
import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from book.site.images import split
from fashion_lib._palette import PALETTE
from tools.notebooks import dark_plots

PAPER = to_rgb(PALETTE["dark"]["paper"])


def luminance(color):
    """Return the relative luminance of WCAG 2."""
    rgb = np.array(to_rgb(color))
    linear = np.where(rgb <= 0.03928, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def pictures(figure):
    """Return the light and the dark drawing, as arrays of pixels."""
    data = base64.b64decode(dark_plots.print_figure(figure, base64=True))
    return [np.asarray(Image.open(io.BytesIO(part)).convert("RGB")) / 255 for part in split(data)]


@pytest.mark.parametrize("name", ["ink", "gray", "blue", "orange", "green", "red", "purple"])
def test_what_can_be_read_on_white_can_be_read_on_the_dark_paper(name):
    contrast = (luminance(dark_plots.dark(PALETTE["plots"][name])) + 0.05) / (
        luminance(PAPER) + 0.05
    )
    assert contrast >= 4.5


def test_white_becomes_the_paper_and_opacity_stays():
    assert dark_plots.dark((1, 1, 1, 0.5)) == pytest.approx((*PAPER, 0.5))
    assert dark_plots.dark("none") == "none"
    assert dark_plots.dark(np.ones((2, 4))).shape == (2, 4)


def test_a_chart_is_drawn_on_the_dark_paper_and_left_as_it_was():
    figure, ax = plt.subplots(figsize=(2, 2))
    ax.plot([0, 1], color="black")
    ax.annotate("here", (0, 0), (0.5, 0.2), arrowprops={"arrowstyle": "->"})
    light, dark = pictures(figure)
    assert light[0, 0] == pytest.approx((1, 1, 1))
    assert dark[0, 0] == pytest.approx(PAPER, abs=0.01)
    assert dark.max() > 0.8  # the line, and the letters
    assert np.array_equal(pictures(figure)[0], light)
    plt.close(figure)


def test_a_picture_and_what_is_drawn_on_it_stay_and_a_text_below_it_does_not():
    figure, ax = plt.subplots(figsize=(2, 2))
    ax.imshow(np.vstack([np.full((4, 4), 0.9), np.full((4, 4), np.nan)]), cmap="gray", vmin=0)
    ax.axis("off")
    above = ax.text(1.5, 1.5, "on it", color="black")
    below = ax.text(1.5, 5.5, "below", color="black")
    figure.canvas.draw()
    with dark_plots.darkened(figure):
        assert above.get_color() == "black"
        assert luminance(below.get_color()) > 0.7
    assert below.get_color() == "black"
    plt.close(figure)


def test_another_format_and_an_empty_figure_are_as_ever():
    figure = plt.figure()
    assert dark_plots.print_figure(figure) is None
    figure.add_subplot()
    assert dark_plots.print_figure(figure, fmt="svg").startswith("<?xml")
    plt.close(figure)
