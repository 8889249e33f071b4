"""Networks of all kinds of layers, drawn at random, for tests that compare implementations."""

import numpy as np

from fashion_lib.description import Layer, Network
from fashion_lib.weights import Weights


class _Drawn:
    """The layers so far, with the shapes that they put out; the next one goes on after `at`."""

    def __init__(self, rng):
        self.rng, self.layers = rng, []
        self.at, self.shapes = "input", {"input": (28, 28, 1)}

    @property
    def shape(self):
        return self.shapes[self.at]

    def add(self, kind, inputs=None, **options):
        name = f"{kind.replace(' ', '_')}_{len(self.layers) + 1}"
        layer = Layer(name, kind, inputs or (self.at,), **options)
        self.layers.append(layer)
        self.at = name
        self.shapes[name] = layer.output_shape(*(self.shapes[taken] for taken in layer.inputs))

    def window(self, kind, **options):
        """Add a convolution or a pooling that fits."""
        padding = str(self.rng.choice(["valid", "same"]))
        largest = 5 if padding == "same" else min(5, *self.shape[:2])
        options["size"] = int(self.rng.integers(1, largest + 1))
        stride = int(self.rng.choice([0, 1, 1, 2, 3]))  # 0: what the kind does by itself
        self.add(kind, stride=stride, padding=padding, **options)

    def activation(self):
        return str(self.rng.choice(["relu", ""])) or None

    def residual(self):
        """Add a block that is bridged: its input, projected where shapes differ, is added."""
        start, before = self.at, self.shape
        units, stride = int(self.rng.integers(1, 7)), int(self.rng.integers(1, 3))
        options = {"units": units, "padding": "same"}
        self.add("convolution", size=3, stride=stride, activation="relu", **options)
        self.add("convolution", size=int(self.rng.integers(1, 5)), **options)
        end = self.at
        if self.shape != before:
            self.add("convolution", (start,), size=1, stride=stride, **options)
            start = self.at
        more = (end,) if self.rng.random() < 0.3 else ()  # also what is added twice
        self.add("addition", (end, start, *more))
        self.add("relu")


def random_network(seed: int) -> Network:
    """Return a network for 28×28×1 pixels that ends in a softmax over 10 classes.

    Those of even seeds are chains; the others have residual additions.
    """
    drawn = _Drawn(rng := np.random.default_rng(seed))
    kinds = ["convolution", "convolution", "max pooling", "average pooling", "relu"]
    if seed % 2:
        drawn.residual()
    kinds += ["residual"] if seed % 2 else []
    for kind in map(str, rng.choice(kinds, rng.integers(2, 6))):
        if kind == "convolution":
            drawn.window(kind, units=int(rng.integers(1, 9)), activation=drawn.activation())
        elif kind == "residual":
            drawn.residual()
        elif kind == "relu":
            drawn.add(kind)
        else:
            drawn.window(kind)
    drawn.add(str(rng.choice(["flatten", "global max pooling", "global average pooling"])))
    for _ in range(rng.integers(0, 2)):
        drawn.add("dense", units=int(rng.integers(2, 21)), activation=drawn.activation())
    if seed % 2 and rng.random() < 0.5:
        start = drawn.at
        drawn.add("dense", units=drawn.shape[0], activation="relu")
        drawn.add("addition", (start, drawn.at))
    if rng.random() < 0.5:
        drawn.add("dense", units=10, activation="softmax")
    else:
        drawn.add("dense", units=10)
        drawn.add("softmax")
    return Network(tuple(drawn.layers), name=f"random_{seed}")


def random_weights(network: Network, seed: int) -> Weights:
    """Return weights with which what a layer puts out is about as large as what it takes."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for key, shape in network.weight_shapes().items():
        inputs = np.prod(shape[:-1])  # of a bias: 1
        scale = (2 / inputs) ** 0.5 if key.endswith("/kernel") else 0.2
        arrays[key] = rng.normal(0, scale, shape).astype(np.float32)
    return Weights(arrays, network)
