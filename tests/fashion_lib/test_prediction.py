"""Predictions: what the network says to a prepared picture, and how far it can be believed."""

import numpy as np
import pytest

from fashion_lib import example_pictures, predict_image, prepare_image


def test_a_prediction_is_the_forward_pass_of_the_image(fashion):
    from fashion_lib import CLASS_NAMES, forward, load_weights, normalize

    _, (images, _) = fashion
    expected = forward(load_weights(), normalize(images[:8]))
    for image, probabilities in zip(images, expected, strict=False):
        answer = predict_image(image, top=4)
        np.testing.assert_allclose(answer.probabilities, probabilities, atol=1e-6)
        assert answer.probabilities.dtype == np.float32
        assert answer.label == probabilities.argmax()
        assert answer.class_name == CLASS_NAMES[answer.label]
        assert answer.top[0] == (answer.class_name, float(answer.probabilities.max()))
        shares = [share for _, share in answer.top]
        assert shares == sorted(answer.probabilities.tolist(), reverse=True)[:4]
        np.testing.assert_array_equal(answer.prepared.pixels, image)


def test_other_weights_and_prepared_pictures(fashion):
    from fashion_lib import load_weights

    image = fashion[1][0][0]
    weights = {key: np.zeros_like(value) for key, value in load_weights().items()}
    weights["output/bias"][:] = np.log(np.arange(1, 11))
    answer = predict_image(prepare_image(image), weights, top=10)
    np.testing.assert_allclose(answer.probabilities, np.arange(1, 11) / 55, rtol=1e-5)
    assert answer.class_name == "Ankle boot"
    assert len(answer.top) == 10


def test_equal_probabilities_keep_the_order_of_the_labels(fashion):
    class Undecided:
        def predict(self, batch, verbose):
            assert batch.shape == (1, 28, 28, 1)
            return np.full((1, 10), 0.1)

    answer = predict_image(fashion[1][0][0], Undecided())
    assert answer.label == 0
    assert [name for name, _ in answer.top] == ["T-shirt/top", "Trouser", "Pullover"]


@pytest.mark.tensorflow
def test_keras_and_numpy_agree():
    from fashion_lib import load_model

    model = load_model()
    for path in list(example_pictures().values())[:3]:
        expected = predict_image(path, model).probabilities
        np.testing.assert_allclose(predict_image(path).probabilities, expected, atol=1e-5)


def test_the_evidence_is_that_of_the_logits(fashion):
    from scipy.special import logsumexp

    from fashion_lib import forward, load_weights, normalize

    weights, image = load_weights(), fashion[1][0][3]
    _, layers = forward(weights, normalize(image[np.newaxis]), return_layers=True)
    logits = layers["dense"] @ weights["output/kernel"] + weights["output/bias"]
    answer = predict_image(image)
    assert answer.evidence == pytest.approx(logsumexp(logits), abs=1e-4)
    assert answer.warnings == ()


def test_what_is_no_garment_is_doubted_with_the_network_that_the_threshold_is_of():
    from fashion_lib import load_weights
    from fashion_lib.calibration import shipped_evidence

    noise = np.pad(np.random.default_rng(0).integers(0, 256, (24, 24), dtype=np.uint8), 2)
    for weights in (None, load_weights()):
        answer = predict_image(noise, weights)
        assert answer.evidence < shipped_evidence()["threshold"]
        assert [warning.code for warning in answer.warnings] == ["no garment"]
    others = load_weights() | {"output/bias": load_weights()["output/bias"] - 1}
    answer = predict_image(noise, others)
    assert answer.evidence < shipped_evidence()["threshold"]
    assert answer.warnings == ()


def test_of_a_keras_model_no_evidence_is_known(fashion):
    class Even:
        def predict(self, batch, verbose):
            return np.full((1, 10), 0.1)

    answer = predict_image(fashion[1][0][0], Even())
    assert answer.evidence is None
    assert answer.warnings == ()


def test_warnings_of_the_picture_come_first():
    stripes = np.zeros((90, 90), np.uint8)
    stripes[:, ::9] = stripes[:, 1::9] = stripes[:, 2::9] = stripes[:, 3::9] = 220
    prepared = prepare_image(stripes)
    assert prepared.warnings
    answer = predict_image(prepared)
    assert answer.warnings[: len(prepared.warnings)] == prepared.warnings


@pytest.mark.parametrize("top", ["3", 2.5, None])
def test_top_must_be_a_whole_number(top, fashion):
    with pytest.raises(TypeError, match="top must be a whole number, got"):
        predict_image(fashion[1][0][0], top=top)


@pytest.mark.parametrize("top", [0, 11, -1])
def test_top_must_be_possible(top, fashion):
    with pytest.raises(ValueError, match="top must be between 1 and 10"):
        predict_image(fashion[1][0][0], top=top)


def test_other_models_are_a_type_error(fashion):
    with pytest.raises(TypeError, match="dict of weights or a Keras model"):
        predict_image(fashion[1][0][0], model="baseline")
