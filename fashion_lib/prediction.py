"""From a picture of a garment to an answer: `preparation` makes it 28×28, a network names it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fashion_lib import _checks
from fashion_lib.calibration import evidence, shipped_evidence
from fashion_lib.data import CLASS_NAMES, normalize
from fashion_lib.forward_pass import forward, logits
from fashion_lib.picture_warnings import PictureWarning, warnings_for
from fashion_lib.pictures import Source
from fashion_lib.preparation import PreparedImage, prepare_image
from fashion_lib.weights import fingerprint, load_weights


@dataclass(frozen=True)
class Prediction:
    """The network's answer for one picture.

    Attributes
    ----------
    label : int
        The most probable class, 0 to 9.
    class_name : str
        Its name.
    probabilities : ndarray of float32, shape (10,)
        The network's softmax output, in the order of the labels; it sums to 1.
    top : list of (str, float)
        The most probable classes, best first, as (class name, probability).
    prepared : PreparedImage
        What the network was shown.
    evidence : float or None
        How strongly the picture speaks for any of the classes, in nats, higher for what looks
        like a garment: see `fashion_lib.calibration.evidence`. None for a Keras model, whose
        logits are not known.
    warnings : tuple of PictureWarning
        Those of the picture and, where the evidence of the shipped network is below the
        threshold that was measured for it, that it does not look like a garment.
    """

    label: int
    class_name: str
    probabilities: np.ndarray = field(repr=False)
    top: list[tuple[str, float]]
    prepared: PreparedImage = field(repr=False)
    evidence: float | None
    warnings: tuple[PictureWarning, ...]


def predict_image(source: Source | PreparedImage, model: Any = None, top: int = 3) -> Prediction:
    """Say which of the ten classes a picture of one garment belongs to.

    Parameters
    ----------
    source : path, bytes, binary file, PIL image, ndarray or PreparedImage
        The picture, as for `prepare_image`.
    model : None, dict of arrays, or keras.Model
        None: the shipped weights, computed with NumPy, without TensorFlow. A dict: other
        weights of the same network. A Keras model: anything that maps float32 (1, 28, 28, 1),
        (1, 28, 28) or (1, 784) in [0, 1] to 10 probabilities.
    top : int
        How many classes to list in ``.top``, 1 to 10.

    Returns
    -------
    Prediction
        The answer, the probabilities of all ten classes, the prepared picture, and warnings.

    Raises
    ------
    ImageError
        If the picture cannot be used.
    TypeError
        If `source` or `model` is something else, or `top` is no whole number.
    ValueError
        If `top` is not in 1 to 10, or the model's answer is not ten probabilities.
    """
    if not isinstance(top, int | np.integer):
        raise TypeError(f"top must be a whole number, got {top!r}")
    if not 1 <= top <= len(CLASS_NAMES):
        raise ValueError(f"top must be between 1 and {len(CLASS_NAMES)}, got {top}")
    prepared = source if isinstance(source, PreparedImage) else prepare_image(source)
    batch = normalize(prepared.pixels[np.newaxis])  # (1, 28, 28, 1)
    probabilities = _probabilities(model, batch)
    # Stable, so that equal probabilities keep the order of the labels, as argmax does.
    order = np.argsort(-probabilities, kind="stable")
    label = int(order[0])
    best = [(CLASS_NAMES[i], float(probabilities[i])) for i in order[:top]]
    score, is_measured = _evidence(model, batch)
    known = {"evidence": score} if is_measured and score is not None else {}
    warnings = warnings_for(prepared.measures | known)
    return Prediction(label, CLASS_NAMES[label], probabilities, best, prepared, score, warnings)


def example_pictures() -> dict[str, Path]:
    """Return the drawn example pictures that come with the package.

    Returns
    -------
    dict of str to Path
        PNG files by the name of the garment, such as "sneaker".
    """
    folder = Path(__file__).parent / "examples"
    return {path.stem: path for path in sorted(folder.glob("*.png"))}


def _probabilities(model: Any, batch: np.ndarray) -> np.ndarray:
    """Return the model's ten probabilities for a batch of one, float32 (10,)."""
    if model is None or isinstance(model, Mapping):
        answer = forward(load_weights() if model is None else model, batch)
    elif hasattr(model, "predict"):
        batch = _checks.fitted(batch, model)
        answer = _checks.computed(lambda images: model.predict(images, verbose=0), batch)
    else:
        hint = _checks.no_weights(model)
        raise TypeError(f"model must be None, a dict of weights or a Keras model. {hint}")
    answer = _checks.check_probabilities(answer, 1, len(CLASS_NAMES))
    if not np.isfinite(answer).all():
        raise ValueError("The network answers with NaN. Its weights are broken: load others.")
    return answer[0].astype(np.float32)


def _evidence(model: Any, batch: np.ndarray) -> tuple[float | None, bool]:
    """Return the evidence, if the logits are known, and whether a threshold was measured for it."""
    if not (model is None or isinstance(model, Mapping)):
        return None, False
    weights = load_weights() if model is None else model
    score = float(evidence(logits(weights, batch))[0])
    return score, fingerprint(weights) == shipped_evidence()["weights"]
