"""The command line: ``fashion-lib`` or ``python -m fashion_lib``.

``data`` says where the images come from, ``train`` trains the network, ``evaluate`` judges
weights on the test set, ``predict`` names the garments in picture files. Mistakes end in a
message on stderr and exit code 2 (wrong arguments) or 1 (anything else), never in a traceback.
"""

import argparse
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import fashion_lib
from fashion_lib._commands import (
    INTERRUPTED,
    PROGRAM,
    TRAINED,
    UserError,
    complain,
    run_data,
    run_evaluate,
    run_predict,
    run_train,
)
from fashion_lib.data import CLASS_NAMES, DataError

_SOURCE_HELP = (
    "a folder with the four files, or the one source to use: "
    "system, cache, keras, download, apt, sample"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; by default those of the process.

    Returns
    -------
    int
        Exit code: 0 done, 1 something went wrong, 2 the arguments are wrong, 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a name that the terminal cannot show is no error
            stream.reconfigure(errors="replace")
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:  # argparse has printed its message, or the help
        return int(stop.code or 0)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: complain("warning", message)
            return arguments.run(arguments)
    except UserError as error:
        complain("error", error)
        return error.code
    except BrokenPipeError:  # the reader of our output, such as `head`, has left
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115
        return 1
    except (DataError, ImportError, FloatingPointError, OSError) as error:
        complain("error", error)
        return 1
    except KeyboardInterrupt:
        complain("error", "interrupted")
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description="Train, judge and use a small network on Fashion-MNIST."
    )
    parser.add_argument("--version", action="version", version=fashion_lib.__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in (_add_data, _add_train, _add_evaluate, _add_predict):
        add(commands)
    return parser


def _add(commands: Any, name: str, run: Callable) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
    command.set_defaults(run=run)
    return command


def _add_data(commands: Any) -> None:
    command = _add(commands, "data", run_data)
    where = command.add_mutually_exclusive_group()
    where.add_argument("--source", help=_SOURCE_HELP)
    where.add_argument("--download", action="store_true", help="fetch the files into the cache")


def _add_train(commands: Any) -> None:
    command = _add(commands, "train", run_train)
    command.add_argument(
        "--preset",
        choices=("fast", "origin"),
        default="fast",
        help="settings to start from (default: fast); the options below change single ones",
    )
    for option, kind, text in (
        ("--epochs", int, "times to see the training images, at most"),
        ("--batch-size", int, "images behind each update"),
        ("--learning-rate", float, "learning rate; in the fast preset its peak"),
        ("--patience", int, "stop after so many epochs without improvement"),
        ("--seed", int, "the same seed gives the same weights"),
    ):
        command.add_argument(option, type=kind, help=text)
    command.add_argument("--source", help=_SOURCE_HELP)
    command.add_argument(
        "--limit", type=_integer(120), metavar="N", help="use N training images, for a quick try"
    )
    command.add_argument(
        "--output",
        type=Path,
        default=Path("training"),
        metavar="DIR",
        help=f"folder for {', '.join(TRAINED)}; older ones are replaced (default: training)",
    )


def _add_evaluate(commands: Any) -> None:
    command = _add(commands, "evaluate", run_evaluate)
    _add_weights(command)
    command.add_argument("--source", help=_SOURCE_HELP)
    command.add_argument("--json", action="store_true", help="print JSON instead of tables")


def _add_predict(commands: Any) -> None:
    command = _add(commands, "predict", run_predict)
    command.add_argument("files", nargs="+", metavar="FILE", help="PNG, JPEG, WebP, GIF, BMP, TIFF")
    command.add_argument(
        "--top",
        type=_integer(1, len(CLASS_NAMES)),
        default=3,
        metavar="N",
        help="how many classes to list (default: 3)",
    )
    _add_weights(command)
    command.add_argument("--json", action="store_true", help="print JSON instead of text")


def _add_weights(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--weights", metavar="PATH", help="a .safetensors file (default: the shipped weights)"
    )


def _integer(low: int, high: int | None = None) -> Callable[[str], int]:
    """Return an argparse type: an integer from `low` to `high`."""

    def integer(text: str) -> int:
        value = int(text)
        if value < low or (high is not None and value > high):
            limits = f"at least {low}" if high is None else f"between {low} and {high}"
            raise argparse.ArgumentTypeError(f"must be {limits}, not {value}")
        return value

    return integer


if __name__ == "__main__":
    sys.exit(main())
