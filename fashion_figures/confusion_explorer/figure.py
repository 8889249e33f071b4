"""The confusion matrix of the shipped model, with the images behind every number."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, ClassVar

import numpy as np
import traitlets

from fashion_figures.host.base import CourseWidget
from fashion_figures.shared.network import network_assets
from fashion_lib.data import CLASS_NAMES, load_data, normalize
from fashion_lib.evaluation import heuristic_suspects
from fashion_lib.forward_pass import forward
from fashion_lib.weights import load_weights

CLASSES = len(CLASS_NAMES)
ANY = -1  # in `selected`: all classes
TOP = 3  # answers of an image that the figure shows
RECORD_BYTES = 11  # of one image in packed predictions
PROBABILITY_STEPS = 65535  # a probability is a uint16: this value stands for 1
GRAY_STEPS = 63  # a pixel of a small picture has 6 bits: this value stands for 255


def pack_predictions(y_true: np.ndarray, probabilities: np.ndarray) -> bytes:
    """Pack what the figure needs to know about each image, 11 bytes an image.

    The values lie one after the other, in eight planes of n values each:

    1. true label, uint8
    2. predicted label, uint8
    3. runner-up, the label with the second largest probability, uint8
    4. 1 if the label is a suspect (see `heuristic_suspects`), else 0, uint8
    5. third, the label with the third largest probability, uint8
    6. confidence, the largest probability, times 65535, uint16, little-endian
    7. the runner-up's probability, times 65535, uint16, little-endian
    8. the third's probability, times 65535, uint16, little-endian

    Parameters
    ----------
    y_true : int array, shape (n,)
        Labels, 0 to 9.
    probabilities : float array, shape (n, 10)
        Rows that sum to 1.

    Returns
    -------
    bytes
        11 n of them, in the order of the images.

    Raises
    ------
    ValueError
        If the shapes do not belong together, or these are no labels and no probabilities.
    """
    y_true, probabilities = np.asarray(y_true), np.asarray(probabilities, dtype=np.float64)
    if y_true.ndim != 1 or probabilities.shape != (len(y_true), CLASSES):
        raise ValueError(
            f"{len(y_true)} images need probabilities of shape ({len(y_true)}, {CLASSES}), "
            f"not {probabilities.shape}."
        )
    sums_are_one = np.allclose(probabilities.sum(axis=1), 1, atol=1e-3)
    if not sums_are_one or probabilities.min(initial=0) < 0:
        raise ValueError("each row must hold ten probabilities, none negative, with the sum 1.")
    if y_true.size and not 0 <= y_true.min() <= y_true.max() < CLASSES:
        raise ValueError(f"labels must be whole numbers from 0 to {CLASSES - 1}.")
    y_true = y_true.astype(np.int64)
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :TOP]  # (n, 3)
    top = np.take_along_axis(probabilities, order, axis=1)
    steps = np.rint(np.minimum(top, 1) * PROBABILITY_STEPS).astype("<u2")
    suspects = heuristic_suspects(y_true, probabilities)
    labels = [y_true, order[:, 0], order[:, 1], suspects, order[:, 2]]
    planes = [np.asarray(values, dtype=np.uint8) for values in labels]
    return b"".join(plane.tobytes() for plane in [*planes, *steps.T])


@lru_cache(maxsize=1)
def predictions_bytes() -> bytes:
    """Return the shipped model's predictions of the test set, packed: asset "predictions"."""
    _, (images, labels) = load_data()
    return pack_predictions(labels, forward(load_weights(), normalize(images)))


def image_bytes(label: int) -> bytes:
    """Return the test images of a true class: asset "test-images-<label>".

    One byte a pixel, 784 an image, in the order of the test set. A pixel has the values 0 to
    63 instead of 0 to 255: at the size of a thumbnail nobody can tell, and it saves a quarter
    of what a reader has to load.
    """
    _, (images, labels) = load_data()
    small = np.rint(images[labels == label] * (GRAY_STEPS / 255)).astype(np.uint8)
    return small.tobytes()


IMAGE_ASSETS: dict[str, Callable[[], bytes]] = {
    f"test-images-{label}": partial(image_bytes, label) for label in range(CLASSES)
}


class ConfusionExplorer(CourseWidget):
    """The confusion matrix of the shipped model on the test images, cell by cell.

    The reader chooses a cell, or the name of a row or column, and sees the images behind it:
    the mistakes first, the surest at the front, then the right answers, the least sure at the
    front. Each opens large, with the three largest probabilities. Labels that the model
    contradicts with a confidence of at least 0.9 are marked as suspects, by
    `heuristic_suspects`.

    Parameters
    ----------
    probabilities : float array, shape (n, 10), optional
        Another model's answers for the n test images that `load_data` gives, in their order.
        By default the shipped model's.
    **state
        Attributes to begin with.

    Attributes
    ----------
    selected : list of int
        The chosen cell as [true label, predicted label]; -1 stands for all classes, so that
        [6, -1] is the row of shirts. [] for none.
    image : int or None
        The image that is shown large, by its index in the test set, if the cell holds it.
    normalize : bool
        Show percent of each true class instead of counts.
    fade_diagonal : bool
        Take the color off the diagonal, so that the mistakes get the whole scale.
    predictions : bytes or None
        Of another model, as `pack_predictions` gives them; None for the shipped one's.

    Raises
    ------
    ValueError
        If the probabilities do not fit the test images.
    traitlets.TraitError
        If `selected` is no cell.
    """

    module = "confusion_explorer/figure"
    assets: ClassVar = {
        "predictions": predictions_bytes,
        "network-baseline": network_assets()["network-baseline"],  # for a reader's own picture
        **IMAGE_ASSETS,
    }

    selected = traitlets.List(traitlets.Int(), default_value=[6, 0]).tag(sync=True)
    normalize = traitlets.Bool(False).tag(sync=True)
    fade_diagonal = traitlets.Bool(True).tag(sync=True)
    image = traitlets.Int(None, allow_none=True).tag(sync=True)
    predictions = traitlets.Bytes(None, allow_none=True).tag(sync=True)
    label = traitlets.Unicode("Where is the network wrong?").tag(sync=True)
    text = traitlets.Unicode(
        "A table of ten true classes, one a row, against the ten answers of the network, one a "
        "column. Numbers on the diagonal count correct answers, all others count mistakes. The "
        "course’s own network errs most where tops, coats and dresses meet, and less "
        "where sandal, sneaker and ankle boot meet; shirts taken for T-shirts are its largest "
        "group. Choose a cell, or the name of a row or a column, and its images are beside the "
        "table: the surest mistakes first, of right answers the least sure. Average images say "
        "what they have in common: shirts taken for T-shirts mostly have short sleeves, shirts "
        "that were recognized have long ones. Each image opens large, with the three largest "
        "probabilities. Some labels are suspects by a rule of thumb: the network contradicts "
        "them with a confidence of at least 90%. A suspect can be right all the same."
    ).tag(sync=True)

    def __init__(self, probabilities: np.ndarray | None = None, **state: Any) -> None:
        if probabilities is not None:
            _, (_, labels) = load_data()
            state["predictions"] = pack_predictions(labels, probabilities)
        super().__init__(**state)

    @traitlets.validate("selected")
    def _check_cell(self, proposal: dict[str, Any]) -> list[int]:
        cell = list(proposal["value"])
        if cell and (len(cell) != 2 or not all(ANY <= label < CLASSES for label in cell)):
            raise traitlets.TraitError(
                f"selected is [true, predicted], two labels from 0 to {CLASSES - 1} or {ANY} for "
                f"all of them, or [], not {cell}."
            )
        return cell

    @property
    def selected_indices(self) -> np.ndarray:
        """Indices of the chosen images in the test set, as the figure sorts them; int64 (n,)."""
        if not self.selected:
            return np.empty(0, dtype=np.int64)
        packed = predictions_bytes() if self.predictions is None else self.predictions
        n = len(packed) // RECORD_BYTES
        truth, predicted = np.frombuffer(packed, dtype=np.uint8, count=2 * n).reshape(2, n)
        confidence = np.frombuffer(packed, dtype="<u2", offset=5 * n, count=n).astype(np.int64)
        chosen = np.ones(n, dtype=bool)
        for labels, wanted in zip((truth, predicted), self.selected, strict=True):
            chosen &= (labels == wanted) | (wanted == ANY)
        members = np.flatnonzero(chosen)
        surely_right = np.where(truth == predicted, confidence, -confidence)
        return members[np.argsort(surely_right[members], kind="stable")]
