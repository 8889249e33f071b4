"""The preparation of the data set's authors beside the course's own (chapter 6).

Garments of the validation set, enlarged, on a white ground as in a shop: the scene "white" of
`tools.picture_scenes`. Each picture is prepared in both ways, and the shipped network names both.
"""

import io

import numpy as np
from PIL import Image, ImageFilter

from fashion_lib import (
    forward,
    load_data,
    load_weights,
    normalize,
    prepare_image,
    train_validation_split,
)
from tools.picture_scenes.scenes import photograph
from tools.runs import record

PICTURES = 60


def recipe(picture: Image.Image) -> np.ndarray:
    """Prepare a picture as chapter 6 prints the authors' steps: uint8 (28, 28)."""
    rgb = picture.convert("RGB")
    corner = np.asarray(rgb)[0, 0].astype(float)
    away = np.sqrt(((np.asarray(rgb) - corner) ** 2).mean(axis=2)) > 0.05 * 255
    rows, columns = np.flatnonzero(away.any(axis=1)), np.flatnonzero(away.any(axis=0))
    trimmed = rgb.crop((int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1))
    scale = 28 / max(trimmed.size)
    size = [max(1, round(scale * edge)) for edge in trimmed.size]
    small = trimmed.resize(size, Image.Resampling.NEAREST)
    small = small.filter(ImageFilter.UnsharpMask(radius=1, percent=100, threshold=0))
    canvas = Image.new("RGB", (28, 28), "white")
    canvas.paste(small, ((28 - small.width) // 2, (28 - small.height) // 2))
    return 255 - np.asarray(canvas.convert("L"))


def one(seed: int) -> dict:
    """Return how many of the pictures each preparation lets the network name."""
    (x_train, y_train), _ = load_data()
    _, (images, labels) = train_validation_split(x_train, y_train)
    theirs, ours, wanted = [], [], []
    for number in range(PICTURES):
        file, label = photograph("white", number, images, labels, seed)
        theirs.append(recipe(Image.open(io.BytesIO(file))))
        ours.append(prepare_image(file).pixels)
        wanted.append(label)
    guesses = [
        forward(load_weights(), normalize(np.stack(each))).argmax(axis=1) for each in (ours, theirs)
    ]
    return {"label": wanted, "ours": guesses[0].tolist(), "theirs": guesses[1].tolist()}


if __name__ == "__main__":
    record(one, range(5), "authors_recipe")
