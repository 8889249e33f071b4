"""The convolution explorer: a window slides over a picture, its sums grow into a feature map."""

from typing import Any, ClassVar

import numpy as np
import traitlets

from fashion_figures.host.base import CourseWidget, Pixels
from fashion_figures.shared.assets import garment_bytes
from fashion_lib.convolution import KERNELS, Padding, conv2d, output_size, relu

DEFAULT_GARMENT = 29  # an ankle boot with a high shaft
SIZE = 28
LARGEST_WEIGHT = 1000
PADDINGS: tuple[Padding, ...] = ("valid", "same")

DEFAULT_KERNEL = "sobel_x"

#: What to try at first, and with any other picture or kernel.
FIRST_TASK = (
    "Press Play. Then drag the window to the back edge of the boot: why is the sum negative there?"
)
ANY_TASK = (
    "Press Play. Then change one number of the kernel: where does the map change, and why there?"
)

#: What each of `KERNELS` does, for the reader who has chosen it.
NOTES: dict[str, str] = {
    "identity": "Takes the middle pixel and nothing else: the output looks like the input.",
    "blur": "The mean of nine pixels: fine detail and sharp edges soften.",
    "gaussian": "A mean in which the middle counts most: a gentler blur.",
    "sharpen": "The middle pixel, plus how far it stands out from its four neighbors.",
    "outline": "Eight times the middle minus its eight neighbors: 0 on even areas, large on rims.",
    "sobel_x": "The right column minus the left one: red where the picture gets brighter from "
    "left to right, blue where it gets darker, white where nothing changes sideways.",
    "sobel_y": "The lower row minus the upper one: red where the picture gets brighter downward, "
    "blue where it gets darker, white where nothing changes downward.",
    "emboss": "The lower right minus the upper left, plus the middle: edges look lit from a side.",
}


def _rows(kernel: np.ndarray) -> list[list[float]]:
    return [[float(weight) for weight in row] for row in kernel]


def _garments() -> np.ndarray:
    return np.frombuffer(garment_bytes(), dtype=np.uint8).reshape(-1, SIZE, SIZE)


class ConvolutionExplorer(CourseWidget):
    """Slide a 3×3 kernel over a picture and watch its output grow.

    The front end computes what ``fashion_lib.conv2d`` computes (cross-correlation) on the gray
    values 0 to 255. All that the reader sets can be read and set from Python.

    Attributes
    ----------
    image : uint8 array, shape (28, 28)
        The input. Floats in [0, 1] are taken, too.
    garment : int or None
        Which of the 30 pictures of asset "garments" the input is: ``3 * label + n``. None for
        any other picture, a drawing for example.
    kernel : list of 3 lists of 3 floats
        The weights, each at most 1,000 in size. Also takes an array, or the name of one of
        ``KERNELS``.
    stride : int
        Step of the window in pixels, 1 to 3.
    padding : {"valid", "same"}
        As in ``conv2d``.
    relu : bool
        Whether negative outputs become 0.
    row, column : int
        Where the window stands, as a place in the output, counted from 0.
    task : str
        A sentence above the figure: what to try. Empty, the default, stands for one that goes with
        the picture and the kernel.

    Raises
    ------
    traitlets.TraitError
        If a value is of another kind, or the place is outside of the output.

    Examples
    --------
    >>> explorer = ConvolutionExplorer(kernel="outline", garment=0, stride=2)
    >>> explorer.output.shape
    (13, 13)
    """

    module = "convolution_explorer/figure"
    assets: ClassVar = {"garments": garment_bytes}

    label = traitlets.Unicode("Convolution explorer").tag(sync=True)
    text = traitlets.Unicode(
        "A window of 3×3 pixels slides over a picture of 28×28 gray values. At each place its nine "
        "pixels are multiplied with the nine numbers of the kernel, and the products are added: "
        "one number of the output. With the kernel sobel_x that number is about 0 where nothing "
        "changes from left to right, large and positive where dark turns into bright, and "
        "negative where bright turns into dark, so the output is a map of vertical edges. "
        "A larger stride makes the output smaller; a rim of zeros, padding, keeps its size."
    ).tag(sync=True)
    task = traitlets.Unicode("").tag(sync=True)
    tasks = traitlets.Dict(read_only=True).tag(sync=True)

    image = Pixels()
    garment = traitlets.Int(None, min=0, max=29, allow_none=True).tag(sync=True)
    kernel = traitlets.Any().tag(sync=True)
    stride = traitlets.Int(1, min=1, max=3).tag(sync=True)
    padding = traitlets.Enum(PADDINGS, "valid").tag(sync=True)
    relu = traitlets.Bool(False).tag(sync=True)
    row = traitlets.Int(7, min=0).tag(sync=True)
    column = traitlets.Int(14, min=0).tag(sync=True)
    presets = traitlets.Dict(read_only=True).tag(sync=True)
    notes = traitlets.Dict(read_only=True).tag(sync=True)

    def __init__(self, **state: Any) -> None:
        if state.get("image") is None and state.get("garment") is None:
            state["garment"] = DEFAULT_GARMENT
        elif state.get("image") is not None and state.get("garment") is not None:
            raise traitlets.TraitError("Give an image or the number of a garment, not both.")
        super().__init__(**state)

    @traitlets.default("kernel")
    def _default_kernel(self) -> list[list[float]]:
        return _rows(KERNELS[DEFAULT_KERNEL])

    @traitlets.default("tasks")
    def _default_tasks(self) -> dict[str, Any]:
        first = {"garment": DEFAULT_GARMENT, "kernel": DEFAULT_KERNEL, "first": FIRST_TASK}
        return {**first, "any": ANY_TASK}

    @traitlets.default("presets")
    def _default_presets(self) -> dict[str, list[list[float]]]:
        return {name: _rows(kernel) for name, kernel in KERNELS.items()}

    @traitlets.default("notes")
    def _default_notes(self) -> dict[str, str]:
        return dict(NOTES)

    @traitlets.validate("kernel")
    def _check_kernel(self, proposal: Any) -> list[list[float]]:
        value = proposal["value"]
        if isinstance(value, str):
            if value not in KERNELS:
                known = ", ".join(KERNELS)
                raise traitlets.TraitError(f"There is no kernel {value!r}; there are {known}.")
            value = KERNELS[value]
        try:
            weights = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError):
            weights = np.empty(0)
        if weights.shape != (3, 3) or not (np.abs(weights) <= LARGEST_WEIGHT).all():
            raise traitlets.TraitError(
                f"kernel must be 3×3 numbers of at most {LARGEST_WEIGHT} in size, or a name in "
                f"KERNELS, not {value!r}."
            )
        return _rows(weights)

    @traitlets.validate("image")
    def _check_image(self, proposal: Any) -> np.ndarray:
        if proposal["value"] is None:
            raise traitlets.TraitError("image must be a picture; to empty the sheet, give zeros.")
        return proposal["value"]

    @traitlets.validate("row", "column")
    def _check_place(self, proposal: Any) -> int:
        if proposal["value"] >= self.output_size:
            raise traitlets.TraitError(
                f"{proposal['trait'].name} must be below {self.output_size}, the size of the "
                f"output, not {proposal['value']}."
            )
        return proposal["value"]

    @traitlets.observe("stride", "padding")
    def _keep_the_window_inside(self, _change: Any) -> None:
        last = self.output_size - 1
        with self.hold_sync():
            self.row, self.column = min(self.row, last), min(self.column, last)

    @traitlets.observe("garment")
    def _take_the_garment(self, change: Any) -> None:
        if change["new"] is not None:
            self.image = _garments()[change["new"]]

    @traitlets.observe("image")
    def _name_the_garment(self, change: Any) -> None:
        pictures = _garments()
        if self.garment is None or not np.array_equal(change["new"], pictures[self.garment]):
            same = np.flatnonzero((pictures == change["new"]).all(axis=(1, 2)))
            self.garment = int(same[0]) if len(same) else None

    @property
    def output_size(self) -> int:
        """Return how many rows, and columns, the output has."""
        return output_size(SIZE, 3, self.stride, self.padding)

    @property
    def output(self) -> np.ndarray:
        """Return the whole output, float32 of shape (output_size, output_size)."""
        weights = np.asarray(self.kernel, dtype=np.float32)
        answers = conv2d(self.image, weights, self.stride, self.padding)
        return relu(answers) if self.relu else answers
