"""Chapter 4: the protocol of the course's article on all images, to its end.

Adam at 0.001, batches of 32, at most 25 epochs, patience 2; judged by validation images.
"""

import numpy as np

from fashion_lib import TrainConfig, build_cnn, load_data, normalize, train, train_validation_split
from tools.runs import record


def one(seed: int) -> dict:
    """Return the table of epochs, and what the kept network answers for the validation images."""
    (x, y), _ = load_data()
    (x, y), (x_val, y_val) = train_validation_split(x, y, len(y) // 12)
    model = build_cnn(seed=seed)
    run = train(model, x, y, (x_val, y_val), TrainConfig(seed=seed), progress=False)
    answers = np.asarray(model.predict(normalize(x_val), batch_size=1000, verbose=0))
    epochs = run.epochs.round(4).to_dict(orient="list")
    kept = {"best_epoch": run.best_epoch, "stopped_early": run.stopped_early}
    return kept | {"epochs": epochs, "answers": "".join(map(str, answers.argmax(axis=1)))}


if __name__ == "__main__":
    record(one, range(1), "full_training")
