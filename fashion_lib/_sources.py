"""Where the files of Fashion-MNIST can come from, and the order in which that is tried.

1. ``directory``: the folder that the caller or the variable ``FASHION_MNIST_DIR`` names;
2. ``system``: the Debian and Ubuntu package ``dataset-fashion-mnist``, if installed;
3. ``cache``: what an earlier call kept, decompressed, in this package's cache folder;
4. ``keras``: what Keras has downloaded;
5. ``download``: the publisher's address, then the copy that Keras uses;
6. ``apt``: the package of 2, downloaded and unpacked without root;
7. ``sample``: 7,000 of the images, which ship in this package.

pooch downloads; the cache is ours. pooch would check the compressed files, of which every
publisher has others, import requests for files that are there, read each of them twice, and
give up where the cache cannot be written to.
"""

import math
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path

from fashion_lib import _idx
from fashion_lib._files import expand, write_whole
from fashion_lib._idx import SourceError
from fashion_lib._progress import progress_reporter

DEBIAN_PACKAGE = "dataset-fashion-mnist"
SYSTEM_FOLDER = Path("/usr/share/datasets/fashion-mnist")
SAMPLE_FOLDER = Path(__file__).parent / "sample"
MIRRORS = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
)
TIME_OUTS = (5, 8)  # seconds to wait for a connection, and for more of a file
REST = 300  # seconds in which a source that needs the network is not tried again
FAILURE = "Fashion-MNIST could not be loaded."
SAMPLE_NOTICE = (
    "The full Fashion-MNIST could not be found. This is the small sample, with 6,000 training "
    "and 1,000 test images: expect worse results."
)

Contents = dict[str, bytes]
Result = tuple[Path | None, Contents]


class NothingFound(Exception):  # noqa: N818  (becomes a DataError, whose name ends as it should)
    """No source has the data; the message lists what was tried."""


@dataclass(frozen=True)
class Found:
    """A source that has the data: its name, folder, verified contents, and a notice if any."""

    source: str
    folder: Path | None
    contents: Contents
    notice: str | None = None


def cache_folder() -> Path:
    """Return this package's own cache folder (``FASHION_LIB_CACHE``, or the system's place)."""
    if named := os.environ.get("FASHION_LIB_CACHE"):
        return _expand(named)
    from platformdirs import user_cache_dir

    try:
        folder = Path(user_cache_dir("fashion-lib"))
    except RuntimeError:  # older versions return "~/.cache", unexpanded
        folder = Path("~")
    if not folder.is_absolute():
        raise SourceError("no home folder is known: FASHION_LIB_CACHE=/path/to/a/folder names one")
    return folder


def _expand(named: str | os.PathLike) -> Path:
    try:
        return expand(named)
    except FileNotFoundError as error:
        raise SourceError(str(error)) from error


def find(source: str | os.PathLike | None = None) -> Found:
    """Return the first usable source, or the one asked for; raise `NothingFound` otherwise."""
    if source is None:
        return _find_any()
    if isinstance(source, str) and source in SOURCES:
        name, get = source, SOURCES[source]
    elif isinstance(source, str) and source.isidentifier() and not Path(source).exists():
        raise NothingFound(
            f"There is no source {source!r}, and no folder of that name. "
            f"The sources: {', '.join(SOURCES)}. A folder with the four .gz files works, too."
        )
    else:
        name, get = "directory", partial(_folder, source)
    try:
        return Found(name, *get())
    except SourceError as error:
        raise NothingFound(_message(FAILURE, {name: str(error)})) from error


def _find_any() -> Found:
    problems = {}
    for name, get in SOURCES.items():
        try:
            folder, contents = _get_rested(name, get)
        except SourceError as error:
            problems[name] = str(error)
            continue
        notice = None
        if name == "sample":
            notice = _message(SAMPLE_NOTICE, problems)
        elif name != "directory" and os.environ.get("FASHION_MNIST_DIR"):
            notice = f"FASHION_MNIST_DIR is of no use: {problems['directory']}. Used: {name}."
        return Found(name, folder, contents, notice)
    raise NothingFound(_message(FAILURE, problems))


_failed: dict[str, tuple[float, str]] = {}  # of the network: when, and why


def _get_rested(name: str, get: Callable[[], Result]) -> Result:
    """Get the data, unless that has just failed: a silent network costs its time only once."""
    when, why = _failed.get(name, (-math.inf, ""))
    if time.monotonic() - when < REST:
        raise SourceError(f"{why} (a moment ago; not tried again)")
    try:
        return get()
    except SourceError as error:
        if name in ("download", "apt"):
            _failed[name] = time.monotonic(), str(error)
        raise


def _message(start: str, problems: dict[str, str]) -> str:
    """Return `start`, and each source with what went wrong there and what to do about it."""
    lines = [f"  {name}: {problem}\n      {REMEDIES[name]}" for name, problem in problems.items()]
    return "\n".join([f"{start} What was tried, and what helps:", *lines])


def _folder(named: str | os.PathLike) -> Result:
    folder = _expand(named)
    return folder, _idx.read_folder(folder, _idx.FULL)


def _directory() -> Result:
    named = os.environ.get("FASHION_MNIST_DIR")
    if not named:
        raise SourceError("FASHION_MNIST_DIR is not set")
    return _folder(named)


def _system() -> Result:
    folder = _system_folder()
    # Reading the cache's decompressed copy of the same bytes takes a fifth of the time.
    with suppress(SourceError):
        return folder, _idx.read_folder(cache_folder(), _idx.FULL)
    contents = _idx.read_folder(folder, _idx.FULL)
    keep(contents)
    return folder, contents


def _system_folder() -> Path:
    """Return the folder of the installed package's files."""
    if SYSTEM_FOLDER.is_dir():
        return SYSTEM_FOLDER
    if shutil.which("dpkg"):
        done = subprocess.run(
            ["dpkg", "-L", DEBIAN_PACKAGE], capture_output=True, text=True, check=False
        )
        for line in done.stdout.splitlines():
            if line.endswith(f"/{_idx.FULL.train_images.name}.gz"):
                return Path(line).parent
    raise SourceError(f"the package {DEBIAN_PACKAGE} is not installed")


def _cache() -> Result:
    folder = cache_folder()
    if not folder.is_dir():
        raise SourceError(f"nothing is kept yet in {folder}")
    contents, trouble = {}, []
    for file in _idx.FULL:
        try:
            contents[file.name] = _idx.read_file(folder, file)
        except SourceError as error:
            trouble.append(error)
            for path in (folder / file.name, folder / f"{file.name}.gz"):
                with suppress(OSError):  # a damaged copy must not stay
                    path.unlink(missing_ok=True)
    if trouble:
        raise trouble[0]
    return folder, contents


def _keras() -> Result:
    home = Path(os.environ.get("KERAS_HOME") or "~/.keras")
    folder, contents = _folder(home / "datasets" / "fashion-mnist")
    keep(contents)
    return folder, contents


def _download() -> Result:
    contents: Contents = {}
    problems = []
    with progress_reporter(None) as report:
        for mirror in MIRRORS:
            try:
                for file in _idx.FULL:
                    if file.name not in contents:
                        report.show(f"Fashion-MNIST: asking {mirror} for {file.name}.gz …")
                        packed = _fetch(f"{mirror}{file.name}.gz", report.show)
                        contents[file.name] = _idx.unpack(packed, file)
            except SourceError as error:
                problems.append(f"{mirror}: {error}")
                report.finish(f"Fashion-MNIST: {problems[-1]}")
            else:
                report.finish(f"Fashion-MNIST: downloaded from {mirror}")
                return keep(contents), contents
    raise SourceError("; ".join(problems))


def _fetch(url: str, show: Callable[[str], None]) -> bytes:
    """Return what `url` holds; `show` gets a line of text now and then."""
    import pooch
    import requests

    buffer = BytesIO()  # not a file: nothing half-written can be left behind
    bar = _Bar(f"Fashion-MNIST: {url}", show)
    try:
        pooch.HTTPDownloader(bar, chunk_size=1 << 16, timeout=TIME_OUTS)(url, buffer, None)
    except (requests.RequestException, OSError, ValueError) as error:
        raise SourceError(f"the download failed ({type(error).__name__})") from error
    return buffer.getvalue()


class _Bar:
    """Shows what has come, as pooch asks of a progress bar."""

    def __init__(self, name: str, show: Callable[[str], None]) -> None:
        self.name, self.show, self.n, self.total = name, show, 0, 0.0

    def update(self, n: int) -> None:
        self.n += n
        if self.n // 500_000 > (self.n - n) // 500_000:
            self.show(f"{self.name}: {self.n / 1e6:.1f} of {self.total / 1e6:.1f} MB")

    def reset(self) -> None:
        self.n = 0

    def close(self) -> None:
        """Do nothing: the line stands until another is shown."""


def _apt() -> Result:
    for program in ("apt-get", "dpkg-deb"):
        if not shutil.which(program):
            raise SourceError(f"{program} is not on this system")
    with (
        progress_reporter(None) as report,
        tempfile.TemporaryDirectory(prefix="fashion-lib-") as temporary,
    ):
        folder = Path(temporary)
        report.show(f"Fashion-MNIST: asking apt-get for {DEBIAN_PACKAGE} …")
        waiting = [f"-oAcquire::{kind}::Timeout={TIME_OUTS[1]}" for kind in ("http", "https")]
        _run(["apt-get", *waiting, "-oAcquire::Retries=0", "download", DEBIAN_PACKAGE], folder)
        packages = list(folder.glob("*.deb"))
        if not packages:
            raise SourceError("apt-get has downloaded no package")
        _run(["dpkg-deb", "-x", packages[0].name, "."], folder)
        inside = next(folder.rglob(f"{_idx.FULL.train_images.name}.gz"), None)
        if inside is None:
            raise SourceError("the downloaded package holds other files")
        contents = _idx.read_folder(inside.parent, _idx.FULL)
    return keep(contents), contents


def _run(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=600, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceError(f"{command[0]} failed ({error})") from error
    if done.returncode:
        reason = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise SourceError(f"{command[0]} failed ({' '.join(reason)})")


def _sample() -> Result:
    return SAMPLE_FOLDER, _idx.read_folder(SAMPLE_FOLDER, _idx.SAMPLE)


SOURCES: dict[str, Callable[[], Result]] = {
    "directory": _directory,
    "system": _system,
    "cache": _cache,
    "keras": _keras,
    "download": _download,
    "apt": _apt,
    "sample": _sample,
}
REMEDIES = {
    "directory": "Name a folder with the four .gz files: FASHION_MNIST_DIR=/path/to/files, or "
    "load_data('/path/to/files').",
    "system": f"On Debian or Ubuntu: sudo apt-get install {DEBIAN_PACKAGE}",
    "cache": "Fill it: python -m fashion_lib data --download",
    "keras": "Filled by: keras.datasets.fashion_mnist.load_data()",
    "download": "Check the connection or proxy, then: python -m fashion_lib data --download",
    "apt": "On Debian or Ubuntu, refresh the package lists first: sudo apt-get update",
    "sample": "Install this package again.",
}


def keep(contents: Contents) -> Path | None:
    """Write verified `contents` into the cache; return its folder, or None if that fails.

    Each file appears complete or not at all, whatever other processes do at the same time.
    """
    try:
        folder = cache_folder()
        folder.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(folder)
        for name, content in contents.items():
            write_whole(folder / name, content)
    except (OSError, SourceError):  # read-only, full: the data are in memory all the same
        return None
    return folder


def _remove_leftovers(folder: Path) -> None:
    """Delete what processes that were killed more than an hour ago left half-written."""
    for path in folder.glob("*.part"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > 3600:
                path.unlink()
