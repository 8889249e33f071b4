"""The scenes: the same each time, as large as they say, and told by a table that counts right."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from fashion_lib import train_validation_split
from fashion_lib.picture_warnings import SCENES_FILE, recorded_scenes
from tools.picture_scenes.__main__ import Answer, answers, differences, row
from tools.picture_scenes.scenes import DIFFICULT, EASY, LARGE, SCENES, photograph


@pytest.fixture(scope="module")
def validation(fashion):
    return train_validation_split(*fashion[0])[1]


@pytest.mark.parametrize("name", [name for name in SCENES if name not in LARGE])
def test_a_scene_is_a_photo_of_its_size(name, validation):
    file, label = photograph(name, 4, *validation)
    assert label == (6 if name == "worn" else 4)
    picture = Image.open(io.BytesIO(file))
    assert picture.format == ("PNG" if name == "transparent PNG" else "JPEG")
    assert picture.size == ((276, 368) if name == "0.1 megapixels" else (600, 800))


@pytest.mark.parametrize("name", ["white", "thin frame", "two garments", "transparent PNG"])
def test_a_scene_depends_on_its_name_number_and_seed_alone(name, validation):
    file = photograph(name, 4, *validation)
    assert photograph(name, 4, *validation) == file
    assert photograph(name, 4, *validation, seed=1) != file
    assert photograph(name, 14, *validation) != file


def test_large_scenes_have_their_size(validation):
    file, _ = photograph("24 megapixels", 0, *validation)
    width, height = Image.open(io.BytesIO(file)).size
    assert 23.9e6 < width * height < 24.1e6


def test_each_class_has_its_turn_and_only_tops_are_worn(validation):
    assert [photograph("white", n, *validation)[1] for n in range(12)] == [*range(10), 0, 1]
    assert {photograph("worn", n, *validation)[1] for n in range(6)} == {0, 2, 3, 4, 6}


def test_a_row_counts_right_wrong_warned_and_refused_answers():
    def answer(label, warned):
        return Answer(3, SimpleNamespace(label=label, warnings=("!",) * warned))

    found = row([answer(3, 0), answer(3, 0), answer(3, 1), answer(3, 0), answer(5, 2)])
    assert (found["accuracy"], found["wrong"]) == (0.8, 1)
    assert (found["right warned"], found["wrong warned"]) == (0.25, 1)
    found = row([Answer(3, None), answer(4, 1), answer(4, 0)])
    assert (found["pictures"], found["refused"], found["accuracy"]) == (3, 1, 0)
    assert found["wrong warned"] == 0.5
    assert np.isnan(found["right warned"])


@pytest.mark.parametrize(
    ("kind", "is_right", "low", "high"), [(EASY, True, 0, 0.1), (DIFFICULT, False, 0.85, 1)]
)
def test_right_answers_are_seldom_warned_and_wrong_ones_mostly(kind, is_right, low, high):
    scenes = recorded_scenes()
    chosen = np.isin(scenes["scene"], list(kind))
    chosen &= (scenes["label"] == scenes["predicted"]) == is_right
    assert chosen.sum() > 20
    assert low <= (scenes["warnings"][chosen] != "").mean() <= high


def test_what_ships_is_small_and_of_every_scene():
    scenes = recorded_scenes()
    assert SCENES_FILE.stat().st_size < 200_000
    assert set(scenes["scene"]) == SCENES.keys() - LARGE.keys() - {"minute"}  # which is refused
    count = len(scenes["scene"])
    assert scenes["pixels"].shape == (count, 28, 28)
    assert scenes["pixels"].dtype == np.uint8
    assert {len(values) for values in scenes.values()} == {count}


def test_what_ships_is_what_the_tool_makes():
    scenes = recorded_scenes()
    for name in ("hand", "white border", "low-quality JPEG"):
        found = list(answers(name, 2))
        for number, (label, one) in enumerate(found):
            is_this = (scenes["scene"] == name) & (scenes["number"] == number)
            (place,) = np.flatnonzero(is_this)
            assert scenes["label"][place] == label
            assert scenes["warnings"][place] == " ".join(w.code for w in one.warnings)
            assert np.abs(scenes["pixels"][place].astype(int) - one.prepared.pixels).max() <= 3


def test_the_check_finds_other_pixels_and_fewer_scenes():
    scenes = recorded_scenes()
    assert differences(scenes, scenes) == []
    changed = scenes | {"pixels": scenes["pixels"] // 2}
    assert differences(scenes, changed) == ["pixels"]
    assert differences(scenes, {key: value[1:] for key, value in scenes.items()}) == ["scenes"]
    assert_array_equal(changed["label"], scenes["label"])
