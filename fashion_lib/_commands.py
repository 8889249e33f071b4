"""What the commands do: each takes the parsed arguments and returns the exit code."""

import argparse
import glob
import json
import os
import sys
import textwrap
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import fashion_lib
from fashion_lib import evaluation
from fashion_lib._checks import check_probabilities
from fashion_lib._files import expand
from fashion_lib.data import Pair, data_report, load_data, normalize, train_validation_split
from fashion_lib.forward_pass import forward
from fashion_lib.networks import build_cnn
from fashion_lib.pictures import ImageError
from fashion_lib.prediction import Prediction, predict_image
from fashion_lib.training import History, TrainConfig, train
from fashion_lib.weights import get_weights, load_weights, save_weights

PROGRAM = "fashion-lib"
INTERRUPTED = 130  # exit code after Ctrl-C, as shells have it
TRAINED = WEIGHTS_FILE, HISTORY_FILE, CURVES_FILE = (
    "weights.safetensors",
    "history.csv",
    "curves.png",
)


class UserError(Exception):
    """Something that the user can put right; `code` is the exit code."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def complain(kind: str, message: object) -> None:
    """Print a warning or an error on stderr."""
    print(f"{PROGRAM}: {kind}: {message}", file=sys.stderr)


def run_data(arguments: argparse.Namespace) -> int:
    """Say which data are in use, and verify them."""
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


def run_train(arguments: argparse.Namespace) -> int:
    """Train the network. Needs TensorFlow."""
    config = _config(arguments)
    # Found out now, not after minutes of training.
    output = expand(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    if not os.access(output, os.W_OK):
        raise UserError(f"The folder {output} is not writable. Choose another --output.")
    model = build_cnn(seed=config.seed)
    x, y = _training_images(arguments)
    print(f"Training on {len(x):,} images (one in twelve of them for validation).", flush=True)
    history = train(model, x, y, config=config)  # says on stderr if it was interrupted
    facts = _metadata(arguments.preset, history)
    save_weights(get_weights(model), output / WEIGHTS_FILE, facts)
    history.epochs.to_csv(output / HISTORY_FILE, index=False)
    _draw_curves(history, output / CURVES_FILE)
    _report_training(history, output)
    return INTERRUPTED if history.interrupted else 0


def _config(arguments: argparse.Namespace) -> TrainConfig:
    names = ("epochs", "batch_size", "learning_rate", "patience", "seed")
    given = {name: getattr(arguments, name) for name in names}
    changes = {name: value for name, value in given.items() if value is not None}
    try:
        return getattr(TrainConfig, arguments.preset)(**changes)
    except ValueError as error:
        raise UserError(str(error), code=2) from error


def _training_images(arguments: argparse.Namespace) -> Pair:
    (x, y), _ = load_data(arguments.source)
    limit = arguments.limit
    if limit is None or limit >= len(x):
        return x, y
    return train_validation_split(x, y, validation_size=limit, seed=0)[1]  # of each class alike


def _metadata(preset: str, history: History) -> dict[str, str]:
    return {
        "recipe": json.dumps(vars(history.config)),
        "preset": preset,
        "seed": str(history.config.seed),
        "best_epoch": str(history.best_epoch),
        "val_accuracy": f"{history.best['val_accuracy']:.4f}",
        "versions": f"keras {version('keras')}, fashion-lib {fashion_lib.__version__}",
    }


def _draw_curves(history: History, path: Path) -> None:
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


def _report_training(history: History, folder: Path) -> None:
    print(
        f"Best epoch: {history.best_epoch} of {len(history.epochs)}, "
        f"validation accuracy {history.best['val_accuracy']:.4f}, {history.seconds:.0f} s."
    )
    for name in TRAINED:
        print(f"Wrote {folder / name}")
    print(f"Test it once, at the end: {PROGRAM} evaluate --weights {folder / WEIGHTS_FILE}")


def _load_weights(name_or_path: str | None) -> dict[str, np.ndarray]:
    """Load weights, and try them on a blank image: they may be of a network for something else."""
    try:
        weights = load_weights("baseline" if name_or_path is None else Path(name_or_path))
        answers = forward(weights, np.zeros((1, 28, 28, 1)))
        check_probabilities(answers, 1, len(fashion_lib.CLASS_NAMES))
    except ValueError as error:
        raise UserError(str(error)) from error
    return weights


def run_evaluate(arguments: argparse.Namespace) -> int:
    """Judge weights on the test set."""
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


def run_predict(arguments: argparse.Namespace) -> int:
    """Name the garments in picture files."""
    weights = _load_weights(arguments.weights)
    results, failed = [], False
    for file in [file for given in arguments.files for file in _named(given)]:
        name = os.fsencode(file).decode(errors="replace")
        try:
            prediction = predict_image(file, weights, top=arguments.top)
        except ImageError as error:
            failed = True
            complain(name, error)
            words = str(error).encode(errors="replace").decode()
            results.append({"file": name, "error": words})
            continue
        results.append({"file": name, **_as_dict(prediction)})
        if not arguments.json:
            _print_prediction(name, prediction)
    if arguments.json:
        print(json.dumps(results, indent=2))
    return 1 if failed else 0


def _named(file: str) -> list[str]:
    """Return the files that a pattern stands for: not every shell sees to that."""
    if os.path.exists(file) or not glob.has_magic(file):  # noqa: PTH110  (it never raises)
        return [file]
    return sorted(glob.glob(os.path.expanduser(file))) or [file]  # noqa: PTH111, PTH207


def _as_dict(prediction: Prediction) -> dict[str, Any]:
    return {
        "label": prediction.label,
        "class_name": prediction.class_name,
        "top": [{"class_name": name, "probability": share} for name, share in prediction.top],
        "probabilities": [float(share) for share in prediction.probabilities],
        "evidence": prediction.evidence,
        "warnings": [{"code": one.code, "text": one.text} for one in prediction.warnings],
    }


def _print_prediction(name: str, prediction: Prediction) -> None:
    print(name)
    for class_name, probability in prediction.top:
        print(f"  {class_name:<12} {probability:8.2%}")
    for warning in prediction.warnings:
        lines = textwrap.wrap(f"{warning.code}: {warning.text}", 88)
        print(*[f"  ! {line}" for line in lines], sep="\n")
