"""Progress of a training or a download, where somebody can see it, leaving one line at most."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_BAR_WIDTH = 20
_SECONDS_BETWEEN = 0.25


class Silent:
    """Shows nothing."""

    def show(self, line: str) -> None:
        """Show a line in place of the one before."""

    def batch(self, epoch: int, seen: int, loss: float) -> None:
        """Note that the epoch has come so far."""

    def epoch(self, row: dict[str, float]) -> None:
        """Note that an epoch is over."""

    def finish(self, text: str) -> None:
        """Note how the training ended."""

    def close(self) -> None:
        """Leave the screen in order, also after an error."""


class _Live(Silent):
    """One line that is rewritten a few times a second."""

    def __init__(self, epochs: int, images: int) -> None:
        self.epochs, self.images = epochs, images
        self.shown_at, self.before = 0.0, ""

    def batch(self, epoch: int, seen: int, loss: float) -> None:
        now = time.monotonic()
        if now - self.shown_at < _SECONDS_BETWEEN:
            return
        self.shown_at = now
        share = seen / self.images
        bar = "█" * round(share * _BAR_WIDTH)
        self.show(f"epoch {epoch}/{self.epochs} |{bar:·<20}| loss {loss:.3f}{self.before}")

    def epoch(self, row: dict[str, float]) -> None:
        self.before = f" | epoch {row['epoch']}: val_accuracy {row['val_accuracy']:.4f}"


class _Terminal(_Live):
    """Rewrites a line of standard error."""

    def show(self, line: str) -> None:
        sys.stderr.write(f"\r\x1b[2K{line}")
        sys.stderr.flush()

    def close(self) -> None:
        sys.stderr.write("\r\x1b[2K")
        sys.stderr.flush()


class _Notebook(_Live):
    """Replaces one display of the running cell, so that a saved page holds one line."""

    def __init__(self, epochs: int, images: int) -> None:
        super().__init__(epochs, images)
        from IPython.display import display

        self.handle = display({"text/plain": "…"}, raw=True, display_id=True)

    def show(self, line: str) -> None:
        self.handle.update({"text/plain": line}, raw=True)

    def finish(self, text: str) -> None:
        self.show(text)


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and "kernel" in getattr(shell, "trait_names", list)()


@contextmanager
def progress_reporter(wanted: bool | None, epochs: int = 0, images: int = 0) -> Iterator[Any]:
    """Yield something to report progress to; None shows it in notebooks and terminals only.

    `epochs` and `images` are those of a training; there are other things to wait for.
    """
    if wanted is False:
        reporter = Silent()
    elif _in_notebook():
        reporter = _Notebook(epochs, images)
    elif wanted or sys.stderr.isatty():
        reporter = _Terminal(epochs, images)
    else:
        reporter = Silent()
    try:
        yield reporter
    finally:
        reporter.close()
