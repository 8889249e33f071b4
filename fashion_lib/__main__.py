"""The command line: ``fashion-lib`` or ``python -m fashion_lib``.

``data`` says where the images come from, ``train`` trains the network, ``evaluate`` judges
weights on the test set, ``predict`` names the garments in picture files. Mistakes end in a
message on stderr and exit code 2 (wrong arguments) or 1 (anything else), never in a traceback.
"""

import argparse
import json
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fashion_lib
from fashion_lib.data import CLASS_NAMES, DataError, data_report, load_data, normalize

if TYPE_CHECKING:
    import numpy as np

    from fashion_lib.prediction import Prediction
    from fashion_lib.training import History, TrainConfig

PROGRAM = "fashion-lib"
WEIGHTS_FILE, HISTORY_FILE, CURVES_FILE = "weights.safetensors", "history.csv", "curves.png"

_SOURCE_HELP = (
    "a folder with the four files, or the one source to use: "
    "system, cache, keras, download, apt, sample"
)


class _UserError(Exception):
    """Something that the user can put right; `code` is the exit code."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; by default those of the process.

    Returns
    -------
    int
        Exit code: 0 done, 1 something went wrong, 2 the arguments are wrong.
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
            warnings.showwarning = lambda message, *_, **__: _complain("warning", message)
            return arguments.run(arguments)
    except _UserError as error:
        _complain("error", error)
        return error.code
    except BrokenPipeError:  # the reader of our output, such as `head`, has left
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115
        return 1
    except (DataError, ImportError, FloatingPointError, OSError) as error:
        _complain("error", error)
        return 1
    except KeyboardInterrupt:
        _complain("error", "interrupted")
        return 130


def _complain(kind: str, message: object) -> None:
    print(f"{PROGRAM}: {kind}: {message}", file=sys.stderr)


# --- arguments -----------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description="Train, judge and use a small network on Fashion-MNIST."
    )
    parser.add_argument("--version", action="version", version=fashion_lib.__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in (_add_data, _add_train, _add_evaluate, _add_predict):
        add(commands)
    return parser


def _add(commands: Any, name: str, run: Callable, text: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text)
    command.set_defaults(run=run)
    return command


def _add_data(commands: Any) -> None:
    command = _add(commands, "data", _data, "Say which data are in use, and verify them.")
    where = command.add_mutually_exclusive_group()
    where.add_argument("--source", help=_SOURCE_HELP)
    where.add_argument("--download", action="store_true", help="fetch the files into the cache")


def _add_train(commands: Any) -> None:
    command = _add(commands, "train", _train, "Train the network. Needs TensorFlow.")
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
        "--output", type=Path, default=Path("training"), metavar="DIR",
        help=f"folder for {WEIGHTS_FILE}, {HISTORY_FILE} and {CURVES_FILE}; "
        "older ones are replaced (default: training)",
    )  # fmt: skip


def _add_evaluate(commands: Any) -> None:
    command = _add(commands, "evaluate", _evaluate, "Judge weights on the test set.")
    _add_weights(command)
    command.add_argument("--source", help=_SOURCE_HELP)
    command.add_argument("--json", action="store_true", help="print JSON instead of tables")


def _add_predict(commands: Any) -> None:
    command = _add(commands, "predict", _predict, "Name the garments in picture files.")
    command.add_argument("files", nargs="+", metavar="FILE", help="PNG, JPEG, WebP, GIF, BMP, TIFF")
    command.add_argument(
        "--top", type=_integer(1, len(CLASS_NAMES)), default=3, metavar="N",
        help="how many classes to list (default: 3)",
    )  # fmt: skip
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


# --- data ----------------------------------------------------------------------------------


def _data(arguments: argparse.Namespace) -> int:
    report = data_report(arguments.source, download=arguments.download)
    print(f"source: {report.source}")
    print(f"folder: {report.folder or 'none; the files are kept in memory only'}")
    width = max(len(file.name) for file in report.files)
    for file in report.files:
        state = "verified" if file.ok else f"NOT USABLE: {file.problem}"
        print(f"{file.name:{width}}  {file.bytes:>12,} bytes  {state}")
        print(f"{'':{width}}  SHA-256 of the content: {file.sha256 or 'unknown'}")
    if report.is_sample:
        print("This is the small sample; `fashion-lib data --download` fetches all 70,000 images.")
    return 0 if report.ok else 1


# --- train ---------------------------------------------------------------------------------


def _train(arguments: argparse.Namespace) -> int:
    from fashion_lib.networks import build_cnn
    from fashion_lib.training import train
    from fashion_lib.weights import get_weights, save_weights

    config = _config(arguments)
    # Found out now, not after minutes of training.
    arguments.output.mkdir(parents=True, exist_ok=True)
    if not os.access(arguments.output, os.W_OK):
        raise _UserError(f"The folder {arguments.output} is not writable. Choose another --output.")
    model = build_cnn(seed=config.seed)
    x, y = _training_images(arguments)
    print(f"Training on {len(x):,} images (one in twelve of them for validation).", flush=True)
    history = train(model, x, y, config=config)
    save_weights(
        get_weights(model), arguments.output / WEIGHTS_FILE, _metadata(arguments, config, history)
    )
    history.epochs.to_csv(arguments.output / HISTORY_FILE, index=False)
    _draw_curves(history, arguments.output / CURVES_FILE)
    _report_training(history, arguments.output)
    return 0


def _config(arguments: argparse.Namespace) -> "TrainConfig":
    from fashion_lib.training import TrainConfig

    names = ("epochs", "batch_size", "learning_rate", "patience", "seed")
    changes = {name: getattr(arguments, name) for name in names}
    changes = {name: value for name, value in changes.items() if value is not None}
    try:
        return getattr(TrainConfig, arguments.preset)(**changes)
    except ValueError as error:
        raise _UserError(str(error), code=2) from error


def _training_images(arguments: argparse.Namespace) -> "tuple[np.ndarray, np.ndarray]":
    from fashion_lib.data import train_validation_split

    (x, y), _ = load_data(arguments.source)
    limit = arguments.limit
    if limit is None or limit >= len(x):
        return x, y
    return train_validation_split(x, y, validation_size=limit, seed=0)[1]  # of each class alike


def _metadata(
    arguments: argparse.Namespace, config: "TrainConfig", history: "History"
) -> dict[str, str]:
    from importlib.metadata import version

    epochs = history.epochs.set_index("epoch")
    return {
        "recipe": json.dumps(vars(config)),
        "preset": arguments.preset,
        "seed": str(config.seed),
        "best_epoch": str(history.best_epoch),
        "val_accuracy": f"{epochs.loc[history.best_epoch, 'val_accuracy']:.4f}",
        "versions": f"keras {version('keras')}, fashion-lib {fashion_lib.__version__}",
    }


def _draw_curves(history: "History", path: Path) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    from fashion_lib import plots

    with mpl.rc_context():
        plots.use_course_style()
        figure = Figure(figsize=(11, 4.2))
        for axes, metric in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
            plots.learning_curves(
                history.epochs, metric=metric, best_epoch=history.best_epoch, ax=axes
            )
        figure.savefig(path, dpi=150)


def _report_training(history: "History", folder: Path) -> None:
    best = history.epochs.set_index("epoch").loc[history.best_epoch]
    print(
        f"Best epoch: {history.best_epoch} of {len(history.epochs)}, "
        f"validation accuracy {best['val_accuracy']:.4f}, {history.seconds:.0f} s."
    )
    for name in (WEIGHTS_FILE, HISTORY_FILE, CURVES_FILE):
        print(f"Wrote {folder / name}")
    print(f"Test it once, at the end: {PROGRAM} evaluate --weights {folder / WEIGHTS_FILE}")


# --- evaluate ------------------------------------------------------------------------------


def _load_weights(name_or_path: str | None) -> "dict[str, np.ndarray]":
    from fashion_lib.weights import load_weights

    try:
        return load_weights() if name_or_path is None else load_weights(Path(name_or_path))
    except ValueError as error:
        raise _UserError(str(error)) from error


def _evaluate(arguments: argparse.Namespace) -> int:
    from fashion_lib import evaluation
    from fashion_lib.forward_pass import forward

    weights = _load_weights(arguments.weights)
    _, (images, y_true) = load_data(arguments.source)
    y_pred = forward(weights, normalize(images)).argmax(axis=1)
    accuracy = float((y_pred == y_true).mean())
    interval = evaluation.accuracy_interval(y_true, y_pred)
    tables = {
        "classes": evaluation.classification_table(y_true, y_pred),
        "confusion": evaluation.confusion_table(y_true, y_pred),
        "most_confused": evaluation.most_confused(y_true, y_pred),
    }
    if arguments.json:
        result = {
            "weights": arguments.weights or "baseline",
            "images": len(y_true),
            "accuracy": accuracy,
            "accuracy_interval": [float(interval.low), float(interval.high)],
            "confidence": 0.95,
        }
        result |= {
            name: json.loads(table.to_json(orient="split")) for name, table in tables.items()
        }
        print(json.dumps(result, indent=2))
        return 0
    print(
        f"Accuracy on {len(y_true):,} test images: {accuracy:.4f} "
        f"(95 % interval {interval.low:.4f} to {interval.high:.4f})"
    )
    for title, name in (
        ("Each class", "classes"),
        ("Confusion (rows: true class, columns: predicted class)", "confusion"),
        ("Most confused", "most_confused"),
    ):
        print(f"\n{title}\n{tables[name].to_string(float_format='{:.3f}'.format)}")
    return 0


# --- predict -------------------------------------------------------------------------------


def _predict(arguments: argparse.Namespace) -> int:
    from fashion_lib.prediction import ImageError, predict_image

    weights = _load_weights(arguments.weights)
    results, failed = [], False
    for file in arguments.files:
        name = os.fsencode(file).decode(errors="replace")
        try:
            prediction = predict_image(file, weights, top=arguments.top)
        except ImageError as error:
            failed = True
            _complain(name, error)
            results.append({"file": name, "error": str(error)})
            continue
        results.append({"file": name, **_as_dict(prediction)})
        if not arguments.json:
            _print_prediction(name, prediction)
    if arguments.json:
        print(json.dumps(results, indent=2))
    return 1 if failed else 0


def _as_dict(prediction: "Prediction") -> dict[str, Any]:
    return {
        "label": prediction.label,
        "class_name": prediction.class_name,
        "top": [{"class_name": name, "probability": share} for name, share in prediction.top],
        "probabilities": [float(share) for share in prediction.probabilities],
    }


def _print_prediction(name: str, prediction: "Prediction") -> None:
    print(name)
    for class_name, probability in prediction.top:
        print(f"  {class_name:<12} {probability:8.2%}")


if __name__ == "__main__":
    sys.exit(main())
