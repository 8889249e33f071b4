"""What `make weights` says of the shipped network, and that its recipe is the file's."""

import json

import pytest

from fashion_lib.weights import read_metadata
from tools.make_weights import CONFIG, SEEDS, distance


@pytest.mark.parametrize(
    ("shipped", "words"),
    [
        (0.91, "inside"),
        (0.90, "inside"),
        (0.925, "0.50 points outside of it"),
        (0.89, "1.00 points"),
    ],
)
def test_distance_to_the_band_of_the_seeds(shipped, words):
    said = distance(shipped, [0.91, 0.90, 0.92])
    assert "0.9000 to 0.9200 (3 seeds)" in said
    assert words in said


def test_the_shipped_file_was_made_by_this_recipe():
    recipe = json.loads(read_metadata()["recipe"])
    assert recipe.pop("seed") in SEEDS
    del recipe["skip_unused"]  # of the same mathematics
    config = vars(CONFIG)
    assert recipe == {name: config[name] for name in recipe}
    assert config["momentum"] == 0
