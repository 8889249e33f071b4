"""Fashion-MNIST: find it, verify it, load it, split it and normalize it.

Fashion-MNIST is 70,000 photographs of fashion products, 28 by 28 pixels in shades of gray,
in ten classes (Xiao, Rasul and Vollgraf, 2017, https://arxiv.org/abs/1708.07747).
License: MIT, Zalando SE.

Where the files come from, and in which order, is in `fashion_lib._sources`; nothing is ever
used whose decompressed bytes do not have the publisher's SHA-256.
"""

import warnings
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np

from fashion_lib import _checks, _idx, _sources

CLASS_NAMES: tuple[str, ...] = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

Pair = tuple[np.ndarray, np.ndarray]


class DataError(Exception):
    """The data set cannot be had. The message says what was tried and what you can do."""


class DataWarning(UserWarning):
    """The data in use are not those you would expect. The message says what you can do."""


@dataclass(frozen=True)
class DataFiles:
    """Where the data set in use comes from.

    Attributes
    ----------
    source : str
        One of "directory", "system", "cache", "keras", "download", "apt" and "sample".
    folder : Path or None
        The folder that holds the files; None if they could only be kept in memory.
    """

    source: str
    folder: Path | None

    @property
    def is_sample(self) -> bool:
        """Whether these are the sample's 7,000 images instead of all 70,000."""
        return self.source == "sample"


def locate_data(source: str | PathLike | None = None) -> DataFiles:
    """Find the data set, get it if necessary, and verify it.

    Takes the same as `load_data`, and raises and warns as it does.

    Returns
    -------
    DataFiles
        The source that `load_data` uses when it is called in the same way.
    """
    return _find(source)[0]


def load_data(source: str | PathLike | None = None) -> tuple[Pair, Pair]:
    """Load Fashion-MNIST.

    Parameters
    ----------
    source : str, path or None
        None tries every source in turn. Otherwise a folder, in which the four files may have
        the names that downloads and other libraries give them, or the name of the one source
        to use: "directory" (the folder named by ``FASHION_MNIST_DIR``), "system", "cache",
        "keras", "download", "apt" or "sample".

    Returns
    -------
    (x_train, y_train), (x_test, y_test)
        Images are uint8 of shape (60000, 28, 28) and (10000, 28, 28), 0 (background) to 255;
        labels are uint8 of shape (60000,) and (10000,), 0 to 9, indices into `CLASS_NAMES`.
        The sample (``source="sample"``) has 6,000 and 1,000 of them.

    Raises
    ------
    DataError
        If no source, or not the one asked for, has the data.

    Warns
    -----
    DataWarning
        If only the sample is left, or ``FASHION_MNIST_DIR`` names a folder of no use.

    References
    ----------
    H. Xiao, K. Rasul, R. Vollgraf. Fashion-MNIST: a Novel Image Dataset for Benchmarking
    Machine Learning Algorithms. 2017. https://arxiv.org/abs/1708.07747
    """
    contents = _find(source)[1]
    # The sample's files have the same names.
    x_train, y_train, x_test, y_test = (_idx.parse(contents[file.name]) for file in _idx.FULL)
    return (x_train, y_train), (x_test, y_test)


def _find(source: str | PathLike | None) -> tuple[DataFiles, dict[str, bytes]]:
    """Return the source in use and the verified contents of its files, by file name."""
    try:
        found = _sources.find(source)
    except _sources.NothingFound as error:
        raise DataError(str(error)) from error
    if found.notice:
        warnings.warn(found.notice, DataWarning, stacklevel=3)
    return DataFiles(found.source, found.folder), found.contents


def train_validation_split(
    x: np.ndarray, y: np.ndarray, validation_size: int = 5000, seed: int = 0
) -> tuple[Pair, Pair]:
    """Split a training set at random into one to learn from and one to choose with.

    The split is stratified: each class has the same share of both parts, to the nearest
    image. Both parts keep the order of the original.

    Parameters
    ----------
    x : ndarray of shape (n, ...)
        Images, or anything else of which there is one for each label.
    y : ndarray of shape (n,)
        Labels, whole numbers.
    validation_size : int
        How many images to hold out.
    seed : int
        The same seed gives the same split.

    Returns
    -------
    (x, y), (x_val, y_val)
        ``n - validation_size`` images and labels to train on, and `validation_size` held out.

    Raises
    ------
    TypeError
        If `validation_size` or `seed` is not a whole number, or images or labels are no array.
    ValueError
        If images and labels do not match, or a class would be missing from one of the parts.
    """
    x, y = _checks.array_of(x, "x"), _checks.array_of(y, "y")
    _checks.whole_labels(y, "y")
    if len(x) != len(y):
        raise ValueError(f"there are {len(x)} images but {len(y)} labels.")
    validation_size = _checks.whole_number(
        "validation_size, the number of images to hold out,", validation_size, 1, len(y) - 1
    )
    seed = _checks.whole_number("seed", seed, 0)
    classes, counts = np.unique(y, return_counts=True)
    held_out = _shares(counts, validation_size)
    if (held_out == 0).any() or (held_out == counts).any():
        raise ValueError(
            f"validation_size={validation_size} of {len(y)} leaves a class without images in one "
            "of the two parts; choose a size nearer to the middle."
        )
    generator = np.random.default_rng(seed)
    in_validation = np.zeros(len(y), dtype=bool)
    for label, size in zip(classes, held_out, strict=True):
        members = np.flatnonzero(y == label)
        in_validation[generator.choice(members, size, replace=False)] = True
    return (x[~in_validation], y[~in_validation]), (x[in_validation], y[in_validation])


def _shares(counts: np.ndarray, size: int) -> np.ndarray:
    """Divide `size` in proportion to `counts`, in whole numbers (largest remainders)."""
    exact = counts * (size / counts.sum())
    shares = np.floor(exact + 1e-9).astype(int)
    missing = size - shares.sum()
    shares[np.argsort(shares - exact, kind="stable")[:missing]] += 1
    return shares


def normalize(images: np.ndarray) -> np.ndarray:
    """Turn images into what the network takes: values from 0 to 1, and a channel axis.

    Parameters
    ----------
    images : uint8 ndarray of shape (n, 28, 28)
        Pixels from 0 to 255.

    Returns
    -------
    float32 ndarray of shape (n, 28, 28, 1)
        Pixels from 0 to 1: each value divided by 255, and by nothing measured on the data.

    Raises
    ------
    TypeError
        If the images are no array, or not uint8: perhaps they are normalized already.
    ValueError
        If the shape is another one: perhaps the batch axis is missing.
    """
    images = _checks.array_of(images, "images")
    if images.dtype != np.uint8:
        ways = {"f": "images that are float already were perhaps normalized before."}
        way = ways.get(
            images.dtype.kind, "if they are such pixels, convert them: .astype('uint8')."
        )
        raise TypeError(f"normalize takes uint8 pixels from 0 to 255, not {images.dtype}; {way}")
    side = _idx.SIDE
    if images.shape == (side, side):
        raise ValueError(
            f"normalize takes a batch of shape (n, {side}, {side}), and this is one image; "
            "add the batch axis with image[np.newaxis]."
        )
    if images.ndim != 3 or images.shape[1:] != (side, side):
        way = f" Take images.reshape(-1, {side}, {side})." if images.size % side**2 == 0 else ""
        raise ValueError(f"normalize takes shape (n, {side}, {side}), not {images.shape}.{way}")
    return np.divide(images, 255, dtype=np.float32)[..., np.newaxis]  # (n, 28, 28, 1)


@dataclass(frozen=True)
class FileReport:
    """One file of the data set: what is on the disk, and whether it is the publisher's.

    Attributes
    ----------
    name : str
        Name of the file in its folder.
    bytes : int
        Size on the disk; 0 if the file is missing.
    sha256 : str or None
        Checksum of the decompressed content; None if that is not the publisher's.
    problem : str or None
        What is wrong, if anything.
    """

    name: str
    bytes: int
    sha256: str | None
    problem: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the file is as published."""
        return self.problem is None


@dataclass(frozen=True)
class DataReport(DataFiles):
    """The data set in use, file by file."""

    files: tuple[FileReport, ...]

    @property
    def ok(self) -> bool:
        """Whether every file is as published."""
        return all(file.ok for file in self.files)


def data_report(source: str | PathLike | None = None, download: bool = False) -> DataReport:
    """Say which source is in use and verify each of its files, as they are on the disk.

    Parameters
    ----------
    source : str, path or None
        As for `load_data`.
    download : bool
        Fetch the files from the publisher into the cache first, even if there are others.

    Raises
    ------
    DataError
        If no source, or not the one asked for, has the data.
    ValueError
        If both `source` and `download` are given.
    """
    if download:
        if source is not None:
            raise ValueError("give either source or download=True, not both.")
        source = "download"
    files = _find(source)[0]
    expected = _idx.SAMPLE if files.is_sample else _idx.FULL
    rows = tuple(_file_report(files.folder, file) for file in expected)
    return DataReport(files.source, files.folder, rows)


def _file_report(folder: Path | None, file: _idx.IdxFile) -> FileReport:
    if folder is None:  # verified on arrival, and kept in memory only
        return FileReport(file.name, file.size, file.sha256)
    path = folder / file.name
    if not path.exists():
        path = folder / f"{file.name}.gz"
    problem = None
    try:
        path, _ = _idx.locate_file(folder, file)
    except _idx.SourceError as error:
        problem = str(error)
    size = path.stat().st_size if path.exists() else 0
    return FileReport(path.name, size, None if problem else file.sha256, problem)
