"""The heights of figures: straight pieces that keep to what was measured."""

import numpy as np
import pytest

from tools.figure_heights import differences, height_at, straight_pieces


def _figure(widths):
    """Return heights of a picture that grows with its width, under a text that breaks in lines."""
    stacked = np.where(widths < 540, 240, 0)
    return 0.8 * np.minimum(widths, 700) + 24 * np.ceil(9000 / widths) + stacked


@pytest.mark.parametrize("tolerance", [1.0, 3.0])
def test_the_pieces_keep_to_what_was_measured_and_are_fewer(tolerance):
    widths = np.arange(264, 961, 8)
    samples = list(zip(widths.tolist(), _figure(widths).tolist(), strict=True))
    pieces = straight_pieces(samples, tolerance)
    reserved = [height_at(pieces, width) for width in widths]
    assert np.abs(np.array(reserved) - _figure(widths)).max() <= tolerance + 0.1  # they are rounded
    assert len(pieces) < len(widths) / 2
    assert height_at(pieces, 5000) == pytest.approx(samples[-1][1], abs=0.1)


def test_one_size_is_one_piece_and_the_end():
    assert straight_pieces([(10, 5.0), (20, 5.0), (30, 5.0)], 1) == [
        [10, 30, 5.0, 5.0],
        [30, 30, 5.0, 5.0],
    ]


def test_says_which_figure_is_not_as_high_as_the_place_that_is_kept():
    kept = {"a": {"x/figure": [[264, 960, 400.0, 400.0]]}}
    found = {"a": {"x/figure": [[264, 405.0], [300, 420.0]], "y/figure": [[264, 10.0]]}}
    assert differences(found, kept) == [
        "a: x/figure, 300 px wide: 400, is 420",
        "a: y/figure has no height",
    ]
    assert differences({"a": {"x/figure": [[264, 405.0]]}}, kept) == []
