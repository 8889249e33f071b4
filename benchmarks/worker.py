"""One training loop in a process of its own, which runs epoch by epoch when it is told to.

Processes take turns, so that none disturbs another, and each one's peak memory is its own.
The worker writes a line of JSON when it is ready and after each epoch, and waits for a line
on its standard input before it carries on.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any, Self

from benchmarks import ROOT
from benchmarks.loops import LOOPS, Data
from benchmarks.memory import peak_megabytes
from fashion_lib import load_data, train_validation_split


class _Referee:
    """The worker's side of the conversation."""

    def start(self) -> None:
        self._say(ready=True)

    def epoch(self, images: int, accuracy: float) -> None:
        seconds = time.perf_counter() - self.started
        self._say(images=images, seconds=seconds, accuracy=accuracy, peak=peak_megabytes())

    def _say(self, **message: Any) -> None:
        print(json.dumps(message), flush=True)
        if not sys.stdin.readline():
            # Nobody waits for what a tidy ending would do, such as restoring weights.
            os._exit(0)
        self.started = time.perf_counter()


class Worker:
    """The other side: a process that runs one loop.

    Parameters
    ----------
    name : str
        A key of `loops.LOOPS`.
    images : int, optional
        Number of training images; all 55,000 if not given.
    validation : int, optional
        Number of validation images; all 5,000 if not given.
    seed : int
        Seed of the training.
    """

    def __init__(
        self,
        name: str,
        images: int | None = None,
        validation: int | None = None,
        seed: int = 0,
    ) -> None:
        self.name = name
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  (closed in `close`)
        command = [sys.executable, "-m", "benchmarks.worker", name, "--seed", str(seed)]
        command += [] if images is None else ["--images", str(images)]
        command += [] if validation is None else ["--validation", str(validation)]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            bufsize=1,
        )

    def wait(self) -> Self:
        """Return the worker once it is ready to start."""
        self._read()
        return self

    def epoch(self) -> dict[str, float] | None:
        """Let it run one epoch; return its images, seconds, accuracy and peak memory in MB.

        None means that its training was over before.
        """
        self._process.stdin.write("go\n")
        result = self._read()
        return None if "over" in result else result

    def _read(self) -> dict[str, float]:
        line = self._process.stdout.readline()
        if not line:
            self._errors.seek(0)
            raise RuntimeError(f"The {self.name} loop ended early:\n{self._errors.read()[-2000:]}")
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a loop as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("loop", choices=LOOPS)
    parser.add_argument("--images", type=int)
    parser.add_argument("--validation", type=int)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    (x, y), _ = load_data()
    (x, y), validation = train_validation_split(x, y)
    training = (array[: options.images] for array in (x, y))
    data = Data(*training, *(array[: options.validation] for array in validation))
    LOOPS[options.loop](_Referee(), data, options.seed)
    print(json.dumps({"over": True}), flush=True)


if __name__ == "__main__":
    main()
