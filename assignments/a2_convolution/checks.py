"""Convolution by hand: the trusted side. Students' interpreters never see this file."""

import math

import numpy as np
import scipy  # loads a part when it is used: `list` needs none

from grader.questions import Assignment, Case, Inputs, Mistake, Question, Written, close

SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=np.float64)
SOBEL_Y = SOBEL_X.T


# --- slide: cross-correlation with strides and padding ---------------------------------------


def slide(image, kernel, stride=(1, 1), padding=0, flip=False, swap=False, late=0):
    """Compute the right answer by SciPy, or a wrong one for the typical mistakes."""
    image, kernel = np.asarray(image, float), np.asarray(kernel, float)
    image = np.pad(image, padding)
    full = scipy.signal.correlate2d(image, kernel[::-1, ::-1] if flip else kernel, mode="valid")
    rows, columns = stride[::-1] if swap else stride
    return full[late::rows, late::columns]


def slide_in_bytes(image, kernel, stride=(1, 1), padding=0):
    """Multiply and add in 8 bits, as uint8 arrays do."""
    wide = slide(image, kernel, stride, padding)
    return np.asarray(np.round(wide), np.int64) % 256


def slide_without_last(image, kernel, stride=(1, 1), padding=0):
    """Stop one position too early along each axis."""
    height, width = np.asarray(image).shape
    rows = (height + 2 * padding - len(kernel)) // stride[0]
    columns = (width + 2 * padding - len(kernel[0])) // stride[1]
    return slide(image, kernel, stride, padding)[:rows, :columns]


def slide_padded_after(image, kernel, stride=(1, 1), padding=0):
    """Add all zeros below and on the right."""
    image = np.pad(np.asarray(image, float), ((0, 2 * padding), (0, 2 * padding)))
    return slide(image, kernel, stride)


def _kernel(rng, height=3, width=3):
    return rng.normal(size=(height, width))


def _image(rng, low=7, high=13):
    height, width = rng.choice(np.arange(low, high), size=2, replace=False)
    return rng.normal(size=(height, width))


def draw_plain(rng):
    return Inputs(_image(rng), _kernel(rng, *rng.choice([2, 3, 4], size=2, replace=False)))


def draw_strided(rng):
    strides = tuple(int(n) for n in rng.choice([1, 2, 3], size=2, replace=False))
    return Inputs(_image(rng, 9, 15), _kernel(rng), stride=strides)


def draw_padded(rng):
    return Inputs(_image(rng), _kernel(rng), padding=int(rng.integers(1, 3)))


def draw_bytes(rng):
    image = rng.integers(0, 256, size=rng.choice(np.arange(7, 13), 2, False), dtype=np.uint8)
    return Inputs(image, rng.integers(1, 4, size=(3, 3), dtype=np.uint8))


SLIDE = Question(
    id="slide",
    name="slide",
    title="Slide a kernel over an image",
    reference=slide,
    cases=(
        Case(
            "an image and a kernel that are not square",
            2,
            draw_plain,
            "at each position the sum of products of the window and the kernel, not flipped",
        ),
        Case(
            "a stride that differs between rows and columns",
            1,
            draw_strided,
            "stride[0] pixels between rows of positions, stride[1] between columns",
        ),
        Case(
            "zeros around the image",
            1,
            draw_padded,
            "`padding` rows or columns of zeros on each of the four sides",
        ),
        Case(
            "whole numbers of 8 bits (uint8)",
            1,
            draw_bytes,
            "the same sums as with floats: uint8 wraps around beyond 255",
        ),
    ),
    mistakes=(
        Mistake(
            lambda *a, **k: slide(*a, **k, flip=True),
            "the kernel is flipped: that is convolution in the mathematical sense",
        ),
        Mistake(lambda *a, **k: slide(*a, **k).T, "rows and columns of the result are swapped"),
        Mistake(lambda *a, **k: slide(*a, **k, swap=True), "the two strides are swapped"),
        Mistake(slide_in_bytes, "the sums wrapped around: convert the image to floats first"),
        Mistake(slide_without_last, "the last position along each axis is missing"),
        Mistake(slide_padded_after, "all zeros were added below and on the right"),
        Mistake(lambda *a, **k: slide(*a, **{**k, "stride": (1, 1)}), "the stride is ignored"),
        Mistake(lambda *a, **k: slide(*a, **{**k, "padding": 0}), "the padding is ignored"),
    ),
)


# --- pool: averages, with incomplete windows -------------------------------------------------


def pool(image, size, stride=None, ceil_mode=False, count=None, best=np.mean):
    """Average windows; `count` and `best` make the typical mistakes."""
    image = np.asarray(image, float)
    stride = stride or size
    rounded = math.ceil if ceil_mode else math.floor
    shape = [rounded((n - size) / stride) + 1 for n in image.shape]
    # A window that would start beyond the image does not count.
    shape = [n - 1 if (n - 1) * stride >= m else n for n, m in zip(shape, image.shape, strict=True)]
    result = np.empty(shape)
    for i, j in np.ndindex(*shape):
        window = image[i * stride : i * stride + size, j * stride : j * stride + size]
        result[i, j] = window.sum() / size**2 if count else best(window)
    return result


def draw_pool(rng):
    size = int(rng.integers(2, 4))
    height, width = (size * int(n) for n in rng.choice([3, 4, 5], size=2, replace=False))
    return Inputs(rng.normal(size=(height, width)), size)


def draw_pool_overlap(rng):
    """Draw windows that leave a rest along both axes, which is dropped."""
    size = int(rng.integers(3, 5))
    stride = size - 1
    rests = rng.integers(1, stride, size=2)
    height, width = size + stride * rng.choice([2, 3, 4], size=2, replace=False) + rests
    return Inputs(rng.normal(size=(height, width)), size, stride=stride)


def draw_pool_ceil(rng):
    size = int(rng.integers(2, 4))
    height, width = (size * int(n) + 1 for n in rng.choice([2, 3, 4], size=2, replace=False))
    return Inputs(rng.normal(size=(height, width)), size, ceil_mode=True)


POOL = Question(
    id="pool",
    name="average_pool",
    title="Average pooling with incomplete windows",
    reference=pool,
    cases=(
        Case("windows that fit exactly", 1, draw_pool, "the mean of each window"),
        Case(
            "windows that overlap",
            1,
            draw_pool_overlap,
            "`stride` pixels between windows, which may be fewer than `size`",
        ),
        Case(
            "incomplete windows, with ceil_mode=True",
            1,
            draw_pool_ceil,
            "at the edge, the mean of those pixels of the window that exist",
        ),
    ),
    mistakes=(
        Mistake(lambda *a, **k: pool(*a, **k, best=np.max), "that is the maximum, not the mean"),
        Mistake(lambda *a, **k: pool(*a, **k, best=np.sum), "that is the sum, not the mean"),
        Mistake(
            lambda *a, **k: pool(*a, **k, count=True),
            "at the edge you divide by all pixels of a window, also by those outside",
        ),
        Mistake(
            lambda *a, **k: pool(*a, **{**k, "ceil_mode": False}), "incomplete windows are dropped"
        ),
        Mistake(lambda *a, **k: pool(*a, **{**k, "stride": None}), "the stride is ignored"),
    ),
)


# --- edges: a kernel for every direction, and the strength of edges --------------------------


def edge_kernel(angle):
    """Turn Sobel's kernels so that they answer to brightening towards `angle` degrees."""
    turned = math.radians(angle)
    return math.cos(turned) * SOBEL_X + math.sin(turned) * SOBEL_Y


def edge_strength(image, best=np.hypot):
    """Return the length of the gradient by Sobel's kernels, where they fit."""
    image = np.asarray(image, float)
    return best(slide(image, SOBEL_X), slide(image, SOBEL_Y))


def edge_strength_in_bytes(image):
    """Wrap the gradients around, as 8-bit arithmetic does."""
    image = np.asarray(image, np.int64)
    across, down = slide(image, SOBEL_X) % 256, slide(image, SOBEL_Y) % 256
    return np.hypot(across, down)


DIRECTION = Question(
    id="direction",
    name="edge_kernel",
    title="An edge detector for every direction",
    reference=edge_kernel,
    cases=(
        Case(
            "a multiple of 90 degrees",
            1,
            # Mostly up or down, where up is told from down.
            lambda rng: Inputs(int(rng.choice([0, 90, 180, 270], p=[0.1, 0.4, 0.1, 0.4]))),
            "Sobel's kernels or their negatives: 0 looks to the right, 90 down",
            times=8,
        ),
        Case(
            "any other angle",
            1,
            lambda rng: Inputs(float(rng.uniform(1, 89) + 90 * rng.integers(0, 4))),
            "a mixture of the two kernels with the cosine and the sine of the angle",
        ),
    ),
    mistakes=(
        Mistake(
            lambda angle: math.cos(angle) * SOBEL_X + math.sin(angle) * SOBEL_Y,
            "cosine and sine take radians, the angle comes in degrees",
        ),
        Mistake(lambda angle: edge_kernel(90 - angle), "cosine and sine are swapped"),
        Mistake(lambda angle: edge_kernel(-angle), "90 degrees point down, as row numbers grow"),
        Mistake(lambda angle: edge_kernel(angle + 180), "the sign is the opposite"),
    ),
)

STRENGTH = Question(
    id="strength",
    name="edge_strength",
    title="How strong an edge is, whatever its direction",
    reference=edge_strength,
    cases=(
        Case(
            "an image of floats",
            1,
            lambda rng: Inputs(_image(rng)),
            "the square root of the sum of both squared responses",
        ),
        Case(
            "a picture of whole numbers (uint8)",
            1,
            lambda rng: Inputs(rng.integers(0, 256, size=(9, 12), dtype=np.uint8)),
            "the same as for floats: responses may be negative or beyond 255",
        ),
    ),
    mistakes=(
        Mistake(edge_strength_in_bytes, "the responses wrapped around: convert to floats first"),
        Mistake(
            lambda image: edge_strength(image, lambda a, b: abs(a) + abs(b)),
            "that is the sum of both absolute responses, not the length",
        ),
        Mistake(
            lambda image: edge_strength(image, lambda a, b: a**2 + b**2),
            "the square root is missing",
        ),
        Mistake(
            lambda image: edge_strength(image, lambda a, b: a + b),
            "responses of opposite sign cancel out",
        ),
    ),
)


# --- parameters: counting them through a network ---------------------------------------------


def count_parameters(input_shape, layers, bias=1, flat=None, pooling=math.floor):
    """Return the parameters of each layer; the settings make the typical mistakes."""
    height, width, channels = input_shape
    units, counts = None, []
    for layer in layers:
        if layer["type"] == "conv":
            kh, kw = layer["kernel"]
            counts.append((kh * kw * channels + bias) * layer["filters"])
            height, width, channels = height - kh + 1, width - kw + 1, layer["filters"]
        elif layer["type"] == "pool":
            counts.append(0)
            height, width = pooling(height / layer["size"]), pooling(width / layer["size"])
        elif layer["type"] == "flatten":
            counts.append(0)
            units = flat or height * width * channels
        else:
            counts.append((units + bias) * layer["units"])
            units = layer["units"]
    return [int(n) for n in counts]


def count_one_channel(input_shape, layers):
    """Forget that a filter reaches through all channels."""
    counts = count_parameters(input_shape, layers)
    for n, layer in enumerate(layers):
        if layer["type"] == "conv":
            kh, kw = layer["kernel"]
            counts[n] = (kh * kw + 1) * layer["filters"]
    return counts


def _conv(rng):
    kernel = tuple(int(n) for n in rng.choice([1, 2, 3, 5], size=2, replace=False))
    return {"type": "conv", "filters": int(rng.integers(3, 40)), "kernel": kernel}


def _input(rng):
    height, width = (int(n) for n in rng.choice(np.arange(27, 40), size=2, replace=False))
    return (height, width, int(rng.integers(2, 5)))


def draw_convolutions(rng):
    return Inputs(_input(rng), [_conv(rng) for _ in range(3)])


def draw_network(rng):
    height, width, channels = _input(rng)
    layers = [
        {"type": "conv", "filters": int(rng.integers(3, 40)), "kernel": (2, 4)},
        {"type": "pool", "size": 2},
        _conv(rng),
        {"type": "pool", "size": 2},
        {"type": "flatten"},
        {"type": "dense", "units": int(rng.integers(16, 100))},
        {"type": "dense", "units": int(rng.integers(2, 12))},
    ]
    # Even, so that the first pooling has a row and a column left.
    return Inputs(((height | 1) + 1, (width | 1) + 1, channels), layers)


PARAMETERS = Question(
    id="parameters",
    name="count_parameters",
    title="Counting parameters",
    reference=count_parameters,
    cases=(
        Case(
            "convolutions alone",
            1,
            draw_convolutions,
            "kernel height × width × channels of the input, plus 1, for each filter",
        ),
        Case(
            "a whole network down to its dense layers",
            2,
            draw_network,
            "sizes followed through every layer: the first dense layer sees them flattened",
        ),
    ),
    compare=close(1e-9),
    mistakes=(
        Mistake(lambda *a: count_parameters(*a, bias=0), "the biases are missing"),
        Mistake(count_one_channel, "a filter reaches through all channels of its input"),
        Mistake(
            lambda *a: count_parameters(*a, pooling=math.ceil),
            "pooling drops an incomplete window: sizes are rounded down",
        ),
        Mistake(lambda *a: [sum(count_parameters(*a))], "that is the total, not one per layer"),
    ),
)

ASSIGNMENT = Assignment(
    name="a2_convolution",
    title="Convolution by hand",
    minutes=75,
    questions=(
        SLIDE,
        POOL,
        DIRECTION,
        STRENGTH,
        PARAMETERS,
        Written(
            id="flipping",
            title="Flipped or not",
            points=3,
            guidance=(
                "1 point: the two agree where turning the kernel by 180 degrees changes nothing. "
                "1 point: an example of a kernel for which they differ, and how (for Sobel: the "
                "sign). 1 point: a learned kernel comes out flipped, so the network computes the "
                "same function."
            ),
        ),
    ),
)
