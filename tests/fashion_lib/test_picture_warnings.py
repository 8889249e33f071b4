"""The warnings: each for its reason, none for a garment on a plain background."""

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from fashion_lib import example_pictures, predict_image, prepare_image
from fashion_lib.calibration import shipped_evidence
from fashion_lib.picture_warnings import RULES, PictureWarning, warnings_for

CODES = [rule.code for rule in RULES]


def garment(background=230.0, tone=60.0, top=60, left=70):
    """Return a picture of an egg of cloth on a background, float (200, 240)."""
    picture = np.full((200, 240), background)
    y, x = np.mgrid[:200, :240]
    egg = ((x - left - 50) / 45) ** 2 + ((y - top - 40) / 60) ** 2 < 1
    picture[egg] = tone
    return picture + np.random.default_rng(0).normal(0, 1, picture.shape)


def codes(picture):
    prepared = prepare_image(picture.clip(0, 255).round().astype(np.uint8))
    return {warning.code for warning in prepared.warnings}


def striped():
    stripes = np.where(np.arange(240) // 10 % 2, 60, 0)
    return garment() - stripes * (garment() > 200)


def cut_off():
    return garment()[:, 80:]


def two():
    return np.hstack([garment(left=40)[:, :160], garment(left=60)[:, 20:]])


def framed():
    return np.pad(garment(background=180), 12)


def hand():
    picture = garment()
    picture[110:130, 130:] = 150
    return picture


def busy_photo():
    """Return a photo without a plain background, in a frame."""
    photo = np.random.default_rng(1).integers(60, 256, (30, 24)).repeat(8, axis=0).repeat(8, axis=1)
    return np.pad(photo, 9)


REASONS = {
    "busy photo": (busy_photo, "rectangle"),
    "striped": (striped, "pattern"),
    "cut off": (cut_off, "border"),
    "two": (two, "several"),
    "framed": (framed, "frame"),
    "hand": (hand, "border"),
    "faint": (lambda: garment(tone=205), "contrast"),
    "small": (lambda: np.pad(garment()[::6, ::6], 80, mode="edge"), "small"),
    "blurred": (lambda: ndimage.gaussian_filter(garment(), 14), "blurred"),
}


@pytest.mark.parametrize("name", REASONS)
def test_each_reason_is_told(name):
    make, code = REASONS[name]
    assert code in codes(make())


@pytest.mark.parametrize("tone", [0, 120, 60])
@pytest.mark.parametrize("background", [255, 230, 200])
def test_a_garment_on_a_plain_background_gets_no_warning(background, tone):
    assert codes(garment(background, tone)) == set()


@pytest.mark.parametrize("name", example_pictures())
def test_the_examples_get_none(name):
    answer = predict_image(example_pictures()[name])
    assert answer.warnings == answer.prepared.warnings == ()


def test_values_in_a_wide_container_are_told():
    picture = garment().clip(0, 255).round()
    for source in (picture.astype(np.uint16), picture, Image.fromarray(picture.astype(np.int32))):
        assert [warning.code for warning in prepare_image(source).warnings] == ["values"]
    for source in (picture.astype(np.uint8), picture / 255, picture.astype(np.uint16) * 257):
        assert prepare_image(source).warnings == ()


def test_images_of_the_data_set_get_none_from_the_preparation(fashion):
    for image in fashion[1][0][:50]:
        assert prepare_image(image).warnings == ()


@pytest.mark.parametrize("rule", RULES, ids=CODES)
def test_a_rule_is_one_number_with_one_limit_and_a_sentence_that_says_what_to_do(rule):
    assert (rule.low is None) != (rule.high is None)
    limit, beyond = (rule.low, -1) if rule.high is None else (rule.high, 1)
    assert warnings_for({rule.measure: limit}) == ()
    step = 1e-6 * beyond
    assert warnings_for({rule.measure: limit + step}) == (PictureWarning(rule.code, rule.text),)
    assert rule.text.count(". ") >= 1
    assert rule.text.endswith(".")


def test_codes_and_measures_are_used_once_and_measures_are_measured():
    assert len(set(CODES)) == len({rule.measure for rule in RULES}) == len(RULES)
    measured = prepare_image(example_pictures()["bag"]).measures
    assert {rule.measure for rule in RULES} == {*measured, "evidence"}


def test_the_threshold_of_the_evidence_is_the_shipped_one():
    (rule,) = [rule for rule in RULES if rule.measure == "evidence"]
    assert rule.low == shipped_evidence()["threshold"]
