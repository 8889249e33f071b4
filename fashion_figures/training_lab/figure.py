"""The training lab: the chapter's network learns in the page, and one run races another."""

import gzip
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import traitlets

from fashion_figures.host.base import CourseWidget, Pixels
from fashion_figures.host.linker import link
from fashion_lib.data import CLASS_NAMES, load_data, train_validation_split

TRAINING_IMAGES, VALIDATION_IMAGES = 4000, 1000
MAX_EPOCHS = 25  # of the article; longer than a reader waits
SIDE = 22  # rows and columns that the network uses: see `fashion_lib._crop`
METRICS = ("loss", "accuracy", "val_loss", "val_accuracy")
_NODE_MODULES = Path(__file__).resolve().parents[2] / "node_modules" / "@tensorflow"
_TFJS = (
    "tfjs-core/dist/tf-core.es2017.min.js",
    "tfjs-backend-webgl/dist/tf-backend-webgl.es2017.min.js",
    "tfjs-backend-webgpu/dist/tf-backend-webgpu.es2017.min.js",
)


@lru_cache(maxsize=1)
def _selection() -> tuple[np.ndarray, ...]:
    """Return images and labels: to train on, to validate with, and ten pictures to look at.

    The training images are the chapter's 4,000, the others are among its validation images.
    All are training images of Fashion-MNIST: nothing here looks at the test set.
    """
    (x_all, y_all), _ = load_data()
    validation_size = min(5000, len(x_all) // 4)  # smaller where only the sample is at hand
    (x, y), (x_val, y_val) = train_validation_split(x_all, y_all, validation_size)
    _, (x, y) = train_validation_split(x, y, TRAINING_IMAGES, seed=1)
    (x_rest, y_rest), (x_val, y_val) = train_validation_split(x_val, y_val, VALIDATION_IMAGES)
    first = [np.flatnonzero(y_rest == label)[0] for label in range(len(CLASS_NAMES))]
    return *_mixed(x, y), *_mixed(x_val, y_val), x_rest[first]


def _mixed(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Order images so that any number of first ones has about as many of each class."""
    turn = np.empty(len(labels), dtype=int)
    for label in range(len(CLASS_NAMES)):
        members = np.flatnonzero(labels == label)
        turn[members] = np.arange(len(members))
    order = np.lexsort((labels, turn))
    return images[order], labels[order]


@lru_cache(maxsize=1)
def training_images() -> bytes:
    """Return the images of the lab, asset "training-images".

    Returns
    -------
    bytes
        Two little-endian uint32, the numbers of training images and of validation images; one
        byte a label, first those of the training images; then 484 bytes an image: the 22 by 22
        pixels that the network uses, row by row. In each row but the first of an image stands,
        modulo 256, the difference to the pixel above, which compresses better.
    """
    x, y, x_val, y_val, _ = _selection()
    pixels = np.concatenate([x, x_val])[:, :SIDE, :SIDE]
    packed = pixels.copy()
    packed[:, 1:] -= pixels[:, :-1]  # uint8 wraps around
    sizes = np.array([len(y), len(y_val)], dtype="<u4")
    labels = np.concatenate([y, y_val]).astype(np.uint8)
    return sizes.tobytes() + labels.tobytes() + packed.tobytes()


@lru_cache(maxsize=1)
def tensorflow_js() -> bytes:
    """Return TensorFlow.js as one script, asset "tfjs"; empty without `npm ci`."""
    files = [_NODE_MODULES / name for name in _TFJS]
    if not all(file.exists() for file in files):
        return b""
    texts = [
        file.read_text(encoding="utf-8").rsplit("//# sourceMappingURL", 1)[0] for file in files
    ]
    return "\n".join([*texts, ""]).encode()


@lru_cache(maxsize=1)
def _download() -> dict[str, int]:
    """Return how many bytes a page loads, compressed."""
    sizes = {"images": training_images(), "tfjs": tensorflow_js()}
    return {name: len(gzip.compress(data, 9)) if data else 0 for name, data in sizes.items()}


class TrainingLab(CourseWidget):
    """Train the chapter's network in the page, in a worker, on up to 4,000 real images.

    Without a graphics processor it trains in plain JavaScript; with one, TensorFlow.js trains if
    it is faster in a short race. Early stopping acts as in `fashion_lib.train`, and the best
    weights are restored at the end. A run that has ended stays as a ghost for the next ones.

    Parameters
    ----------
    learning_rate : float
        Of Adam, above 0. Like the other settings, for the next run: one under way keeps its own.
    batch_size : int
        Images behind each update, 1 to 512.
    patience : int or None
        Epochs without a lower validation loss before it stops; None runs all epochs.
    images, validation_images : int
        How many images to learn from (10 to 4,000) and to judge by (10 to 1,000). The defaults
        are few, so that something is seen within seconds.
    max_epochs : int
        1 to 25.
    seed : int
        Decides the initial weights and the order of the images.
    running : bool
        Set it to start, pause and continue. It needs a visible figure.
    backend : {"auto", "javascript", "webgl", "webgpu"}
        What may train; "auto" takes the fastest.
    engine : str
        What does train: "javascript", "webgl", "webgpu", or "" before the start.
    guess : float or None
        The validation accuracy that the reader expects, 0 to 1. What it is when a run starts is
        compared with what the run reaches.
    epochs : list of dict
        Written by the figure: the newest run, one row an epoch, with the columns of
        `History.epochs`.
    runs : list of dict
        Written by the figure: at most five runs, the newest last. Each has `name` ("A"),
        `learning_rates` and `batch_sizes` (of one item each),
        `images`, `seed`, `guess`, `ended` ("patience", "epochs", "stopped", "nan", "failed", or ""
        while it may go on) and `epochs`. Set a shorter list to remove some.
    run : str
        Name of the run that is drawn in color and replayed; "" for the newest.
    shown_epoch : int or None
        Epoch of that run whose weights are shown, 0 for the start; None for the latest, or in the
        end for those that are kept.
    reference : History, DataFrame, or mapping of str to list of float
        Another training to draw faintly: `loss`, `accuracy`, `val_loss`, `val_accuracy`.
    reference_name : str
        What the legend calls it: say its rate, batch size and number of images.
    picture : uint8 array (28, 28)
        The picture whose probabilities are shown.
    pictures : bytes
        Ten held-out pictures to choose from, one of each class, 784 bytes each.
    download : dict
        Bytes that a page loads on start, compressed: "images", and "tfjs" or 0 without it.
    """

    module: ClassVar[str] = "training_lab/figure"
    assets: ClassVar[Mapping[str, Callable[[], bytes]]] = {
        "training-images": training_images,
        "training-worker": lambda: link("training_lab/worker", "worker").encode(),
        "tfjs": tensorflow_js,
    }

    label = traitlets.Unicode("Training lab: the network learns on your device").tag(sync=True)
    text = traitlets.Unicode(
        "A network with the chapter’s 94,154 weights learns in your browser. You choose learning "
        "rate, batch size, patience and the number of images, and you may guess the validation "
        "accuracy before you start. Two charts show the accuracy and the loss: of the batches it "
        "learns from as they come, and, after each epoch, of the training images and of validation "
        "images that it never learns from. After as many epochs without a lower validation loss as "
        "your patience allows, the run stops, and the weights of its best epoch are restored. "
        "Each run stays in the charts under its letter, the newest and four more, so that you can "
        "race one setting against another. A slider replays the run epoch by epoch: what its "
        "network answers to a picture, the 32 maps of its first layer, and how far the kernels of "
        "that layer have moved. A table holds the numbers of each epoch."
    ).tag(sync=True)
    learning_rate = traitlets.Float(1e-3).tag(sync=True)
    batch_size = traitlets.Int(32, min=1, max=512).tag(sync=True)
    patience = traitlets.Int(2, min=1, max=MAX_EPOCHS, allow_none=True).tag(sync=True)
    images = traitlets.Int(1000, min=10, max=TRAINING_IMAGES).tag(sync=True)
    validation_images = traitlets.Int(500, min=10, max=VALIDATION_IMAGES).tag(sync=True)
    max_epochs = traitlets.Int(MAX_EPOCHS, min=1, max=MAX_EPOCHS).tag(sync=True)
    seed = traitlets.Int(0, min=0, max=2**31 - 2).tag(sync=True)
    running = traitlets.Bool(False).tag(sync=True)
    backend = traitlets.Enum(("auto", "javascript", "webgl", "webgpu"), "auto").tag(sync=True)
    engine = traitlets.Unicode("").tag(sync=True)
    guess = traitlets.Float(None, min=0, max=1, allow_none=True).tag(sync=True)
    epochs = traitlets.List(traitlets.Dict()).tag(sync=True)
    runs = traitlets.List(traitlets.Dict()).tag(sync=True)
    run = traitlets.Unicode("").tag(sync=True)
    shown_epoch = traitlets.Int(None, min=0, max=MAX_EPOCHS, allow_none=True).tag(sync=True)
    reference = traitlets.Dict().tag(sync=True)
    reference_name = traitlets.Unicode("an earlier training").tag(sync=True)
    picture = Pixels()
    pictures = traitlets.Bytes(b"").tag(sync=True)
    download = traitlets.Dict().tag(sync=True)

    def __init__(self, reference: Any = None, **state: Any) -> None:
        state.setdefault("pictures", _selection()[-1].tobytes())
        shirt = CLASS_NAMES.index("Shirt")  # the class that is learned last
        state.setdefault("picture", state["pictures"][784 * shirt : 784 * (shirt + 1)])
        state.setdefault("download", dict(_download()))
        super().__init__(reference=_curves(reference), **state)

    def reset(self) -> None:
        """Forget all runs: back to random weights. It needs a visible figure."""
        self.send({"type": "reset"})

    @traitlets.validate("learning_rate")
    def _check_rate(self, proposal: Any) -> float:
        rate = proposal["value"]
        if not (np.isfinite(rate) and rate > 0):
            raise traitlets.TraitError(f"learning_rate must be a number above 0, not {rate!r}")
        return rate

    @traitlets.validate("reference")
    def _check_reference(self, proposal: Any) -> dict[str, list[float]]:
        return _curves(proposal["value"])


def _curves(source: Any) -> dict[str, list[float]]:
    """Return the four metrics of a training as lists of the same length; {} for none."""
    if source is None or (isinstance(source, Mapping) and not source):
        return {}
    table = getattr(source, "epochs", source)  # a History, or its DataFrame
    try:
        curves = {name: [float(value) for value in table[name]] for name in METRICS}
    except (KeyError, TypeError, ValueError) as error:
        raise traitlets.TraitError(
            f"reference must be a History or hold {', '.join(METRICS)}, one number an epoch each"
        ) from error
    if len({len(values) for values in curves.values()}) != 1:
        raise traitlets.TraitError("the curves of reference must have the same length")
    return curves
