"""How scenes are answered: ``python -m tools.picture_scenes``.

Prints, for each scene, how often the answer is right, and how often the right and the wrong
answers come with a warning. The thresholds of `fashion_lib.picture_warnings` were chosen on the
table of seed 0; another seed makes other pictures. ``--record`` writes what ships,
``fashion_lib/shipped/scenes.npz``: some pictures of each scene as 28×28 pixels, and their warnings.
``--check`` writes nothing; it exits with 1 if the first picture of a scene is another one now.
"""

import argparse
import sys
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from fashion_lib import ImageError, load_data, predict_image, train_validation_split
from fashion_lib.picture_warnings import SCENES_FILE, recorded_scenes
from fashion_lib.prediction import Prediction
from tools.picture_scenes.scenes import DIFFICULT, EASY, LARGE, SCENES, photograph

RECORDED = 4  # of each scene
OTHER_PIXELS = 0.02  # of a recording may differ where a decoder rounds otherwise


class Answer(NamedTuple):
    """What became of a picture: the label of its garment, and the prediction or None."""

    label: int
    prediction: Prediction | None


def answers(name: str, count: int, seed: int = 0) -> Iterator[Answer]:
    """Yield the answers to the first pictures of a scene; None where a picture is refused."""
    (x, y), _ = load_data()
    _, (images, labels) = train_validation_split(x, y)
    for number in range(count):
        file, label = photograph(name, number, images, labels, seed)
        try:
            yield Answer(label, predict_image(file))
        except ImageError:
            yield Answer(label, None)


def row(found: list[Answer]) -> dict[str, float]:
    """Return the numbers of a scene; shares are NaN where there is nothing to share."""
    given = [(label, one) for label, one in found if one is not None]
    right = [bool(one.warnings) for label, one in given if one.label == label]
    wrong = [bool(one.warnings) for label, one in given if one.label != label]
    return {
        "pictures": len(found),
        "refused": len(found) - len(given),
        "accuracy": len(right) / len(found),
        "wrong": len(wrong),
        "wrong warned": np.mean(wrong) if wrong else np.nan,
        "right warned": np.mean(right) if right else np.nan,
    }


def print_table(names: list[str], count: int, seed: int) -> None:
    """Print a line for each scene as it is done, and the means of the easy and the difficult."""
    print(f"{'scene':24}{'n':>4}{'refused':>9}{'right':>8}{'wrong':>7}  warned: wrong  right")
    rows = {}
    for name in names:
        found = rows[name] = row(list(answers(name, count, seed)))
        print(
            f"{name:24}{found['pictures']:4}{found['refused']:9}{found['accuracy']:8.2f}"
            f"{found['wrong']:7}{found['wrong warned']:15.2f}{found['right warned']:7.2f}",
            flush=True,
        )
    for title, kind in (("easy", EASY), ("difficult", DIFFICULT)):
        chosen = [rows[name] for name in names if name in kind]
        if chosen:
            mean = {key: np.nanmean([one[key] for one in chosen]) for key in chosen[0]}
            print(
                f"{title + ', mean':45}{mean['accuracy']:8.2f}{'':7}"
                f"{mean['wrong warned']:15.2f}{mean['right warned']:7.2f}"
            )


def record(count: int = RECORDED) -> dict[str, np.ndarray]:
    """Return what ships, as `recorded_scenes` does; of each scene so many pictures at most."""
    lines = [
        (name, number, label, one)
        for name in SCENES
        if name not in LARGE
        for number, (label, one) in enumerate(answers(name, count))
        if one is not None
    ]
    names, numbers, labels, found = zip(*lines, strict=True)
    return {
        "scene": np.array(names),
        "number": np.array(numbers, dtype=np.uint8),
        "label": np.array(labels, dtype=np.uint8),
        "pixels": np.stack([one.prepared.pixels for one in found]),
        "predicted": np.array([one.label for one in found], dtype=np.uint8),
        "warnings": np.array([" ".join(w.code for w in one.warnings) for one in found]),
    }


def differences(new: dict[str, np.ndarray], old: dict[str, np.ndarray]) -> list[str]:
    """Return the names of what differs between two recordings."""
    if new.keys() != old.keys() or len(new["scene"]) != len(old["scene"]):
        return ["scenes"]
    return [
        key
        for key in new
        if new[key].shape != old[key].shape or (new[key] != old[key]).mean() > OTHER_PIXELS
    ]


def main() -> int:
    """Print the table, or write or check the recording; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenes", nargs="*", metavar="SCENE", help=f"of: {', '.join(SCENES)}")
    parser.add_argument("--count", type=int, default=60, help="pictures of each (default: 60)")
    parser.add_argument("--seed", type=int, default=0, help="for other pictures (default: 0)")
    parser.add_argument("--record", action="store_true", help="write what ships")
    parser.add_argument("--check", action="store_true", help="compare it, write nothing")
    arguments = parser.parse_args()
    if unknown := set(arguments.scenes) - SCENES.keys():
        parser.error(f"there is no scene {', '.join(sorted(unknown))}")
    if not (arguments.record or arguments.check):
        names = arguments.scenes or [name for name in SCENES if name not in LARGE]
        print_table(names, arguments.count, arguments.seed)
        return 0
    if arguments.record:
        np.savez_compressed(SCENES_FILE, **record())
    shipped = recorded_scenes()
    is_first = shipped["number"] == 0
    problems = differences(record(1), {key: value[is_first] for key, value in shipped.items()})
    for problem in problems:
        print(f"{SCENES_FILE.name}: other {problem}", file=sys.stderr)
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
