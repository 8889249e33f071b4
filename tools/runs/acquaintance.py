"""What acquaintance and blur are worth to the shipped network (chapter 6).

The same network on the images that taught it, on the validation images, and on test images that
are blurred a little.
"""

import numpy as np
from scipy.ndimage import gaussian_filter

from fashion_lib import forward, load_data, load_weights, normalize, train_validation_split
from fashion_lib.evaluation import paired_difference
from tools.runs import record

SIGMAS = (0.5, 0.6, 0.8)  # of a Gaussian blur, in pixels


def one(seed: int) -> dict:
    """Return counts and means over all images; the seed decides nothing."""
    (x_train, y_train), (x_test, y_test) = load_data()
    fitted, validation = train_validation_split(x_train, y_train)
    weights = load_weights()
    groups = {}
    for name, (images, labels) in (("fitted", fitted), ("validation", validation)):
        guess = forward(weights, normalize(images))
        right = int((guess.argmax(axis=1) == labels).sum())
        groups[name] = {
            "images": len(labels),
            "right": right,
            "top": float(guess.max(axis=1).mean()),
        }
    clear = forward(weights, normalize(x_test)).argmax(axis=1)
    blurred = {}
    for sigma in SIGMAS:
        images = gaussian_filter(normalize(x_test), (0, sigma, sigma, 0)).clip(0, 1)
        guess = forward(weights, images.astype(np.float32)).argmax(axis=1)
        found = paired_difference(y_test, guess, clear)
        blurred[str(sigma)] = {"accuracy": float((guess == y_test).mean()), **found._asdict()}
    accuracy = float((clear == y_test).mean())
    return {"groups": groups, "blur": {"clear": accuracy, "blurred": blurred}}


if __name__ == "__main__":
    record(one, range(1), "acquaintance")
