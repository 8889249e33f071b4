"""Answers to *Convolution by hand* that are typical or unusual, and what each must lose."""

from grader.trials import Wrong

SLIDE = """
def slide(image, kernel, stride=(1, 1), padding=0):
    image, kernel = np.pad(np.asarray(image, {dtype}), {pad}), np.asarray(kernel, {dtype}){flip}
    (kh, kw), (sy, sx) = kernel.shape, {stride}
    rows = (image.shape[0] - kh) // sy + {last}
    columns = (image.shape[1] - kw) // sx + {last}
    out = np.zeros((rows, columns), {dtype})
    for i in range(rows):
        for j in range(columns):
            out[i, j] = (image[i * sy : i * sy + kh, j * sx : j * sx + kw] * kernel).sum({sum})
    return out{end}
"""
RIGHT = {
    "dtype": "float",
    "pad": "padding",
    "flip": "",
    "stride": "stride",
    "last": "1",
    "sum": "",
    "end": "",
}


def _slide(**changes: str) -> str:
    return SLIDE.format(**{**RIGHT, **changes})


POOL = """
def average_pool(image, size, stride=None, ceil_mode=False):
    image = np.asarray(image, float)
    stride = {stride}
    up = math.ceil if {ceil} else math.floor
    rows, columns = (up((n - size) / stride) + 1 for n in image.shape)
    windows = [[image[i * stride:i * stride + size, j * stride:j * stride + size]
                for j in range(columns)] for i in range(rows)]
    return np.array([[{value} for w in row] for row in windows])
"""
PARAMETERS = """
def count_parameters(input_shape, layers):
    h, w, c = input_shape
    counts = []
    for layer in layers:
        kind = layer["type"]
        if kind == "conv":
            a, b = layer["kernel"]
            counts.append((a * b * {depth} + {bias}) * layer["filters"])
            h, w, c = h - a + 1, w - b + 1, layer["filters"]
        elif kind == "pool":
            counts.append(0)
            h, w = {pool}(h / layer["size"]), {pool}(w / layer["size"])
        elif kind == "flatten":
            counts.append(0)
            n = {flat}
        else:
            counts.append((n + {bias}) * layer["units"])
            n = layer["units"]
    return counts
"""
EDGE = """
def edge_kernel(angle):
    a = {angle}
    return {first} * KERNELS["sobel_x"] {sign} {second} * KERNELS["sobel_y"]
"""
STRENGTH = """
def edge_strength(image):
    a, b = slide({image}, KERNELS["sobel_x"]), slide({image}, KERNELS["sobel_y"])
    return {value}
"""


def _pool(stride: str = "stride or size", ceil: str = "ceil_mode", value: str = "w.mean()") -> str:
    return POOL.format(stride=stride, ceil=ceil, value=value)


def _parameters(
    depth: str = "c", bias: str = "1", pool: str = "math.floor", flat: str = "h * w * c"
) -> str:
    return PARAMETERS.format(depth=depth, bias=bias, pool=pool, flat=flat)


def _edge(
    angle: str = "math.radians(angle)",
    first: str = "math.cos(a)",
    sign: str = "+",
    second: str = "math.sin(a)",
) -> str:
    return EDGE.format(angle=angle, first=first, sign=sign, second=second)


WRONG = (
    # slide
    Wrong("loops, right", "slide", 0, _slide()),
    Wrong("returns nested lists", "slide", 0, _slide(end=".tolist()")),
    Wrong(
        "by fashion_lib.conv2d",
        "slide",
        0,
        """
from fashion_lib import conv2d
def slide(image, kernel, stride=(1, 1), padding=0):
    padded = np.pad(np.asarray(image, np.float32), padding)
    return conv2d(padded, np.asarray(kernel, np.float32))[::stride[0], ::stride[1]]
""",
    ),
    Wrong("kernel flipped", "slide", 5, _slide(flip="[::-1, ::-1]")),
    Wrong("kernel transposed", "slide", 5, _slide(flip=".T")),
    Wrong("result transposed", "slide", 5, _slide(end=".T")),
    Wrong("strides swapped", "slide", 1, _slide(stride="stride[::-1]")),
    Wrong("stride ignored", "slide", 1, _slide(stride="(1, 1)")),
    Wrong("padding ignored", "slide", 1, _slide(pad="0")),
    Wrong("padding below and right", "slide", 1, _slide(pad="((0, 2*padding), (0, 2*padding))")),
    Wrong("padding one too much", "slide", 5, _slide(pad="padding + 1")),
    Wrong("last position forgotten", "slide", 5, _slide(last="0")),
    Wrong(
        "sums in uint8",
        "slide",
        1,
        _slide(dtype="image.dtype", sum="dtype=image.dtype")
        .replace(
            "np.pad(np.asarray(image, image.dtype), padding)", "np.pad(np.asarray(image), padding)"
        )
        .replace("np.asarray(kernel, image.dtype)", "np.asarray(kernel).astype(image.dtype)"),
    ),
    Wrong("prints instead of returning", "slide", 5, _slide().replace("return", "print(") + ")"),
    Wrong(
        "answers for squares alone",
        "slide",
        5,
        """
def slide(image, kernel, stride=(1, 1), padding=0):
    image = np.asarray(image, float)
    n, k = len(image), len(kernel)
    return np.array([[(image[i:i + k, j:j + k] * kernel).sum() for j in range(n - k + 1)]
                     for i in range(n - k + 1)])
""",
    ),
    # pool
    Wrong("loops, right", "pool", 0, _pool()),
    Wrong("maximum", "pool", 3, _pool(value="w.max()")),
    Wrong("sum", "pool", 3, _pool(value="w.sum()")),
    Wrong("stride ignored", "pool", 1, _pool(stride="size")),
    Wrong("ceil_mode ignored", "pool", 1, _pool(ceil="False")),
    Wrong("ceil_mode always", "pool", 1, _pool(ceil="True")),
    Wrong("divides by all pixels", "pool", 1, _pool(value="w.sum() / size**2")),
    # direction
    Wrong("degrees taken for radians", "direction", 2, _edge(angle="angle")),
    Wrong(
        "cosine and sine swapped", "direction", 2, _edge(first="math.sin(a)", second="math.cos(a)")
    ),
    Wrong("upwards", "direction", 2, _edge(sign="-")),
    Wrong("opposite sign", "direction", 2, _edge(first="-math.cos(a)", sign="-")),
    Wrong(
        "rounded to right angles",
        "direction",
        1,
        _edge(angle="math.radians(round(angle / 90) * 90)"),
    ),
    # strength
    Wrong(
        "by hypot and conv2d",
        "strength",
        0,
        """
from fashion_lib import conv2d
def edge_strength(image):
    return np.hypot(conv2d(image, KERNELS["sobel_x"]), conv2d(image, KERNELS["sobel_y"]))
""",
    ),
    Wrong(
        "sum of absolute values",
        "strength",
        2,
        STRENGTH.format(image="image", value="abs(a) + abs(b)"),
    ),
    Wrong("no square root", "strength", 2, STRENGTH.format(image="image", value="a**2 + b**2")),
    Wrong("only across", "strength", 2, STRENGTH.format(image="image", value="abs(a)")),
    Wrong(
        "wraps around in uint8",
        "strength",
        1,
        """
def edge_strength(image):
    a, b = slide(image, KERNELS["sobel_x"]), slide(image, KERNELS["sobel_y"])
    if image.dtype == np.uint8:
        a, b = a.astype(int).astype(np.uint8), b.astype(int).astype(np.uint8)
    return np.hypot(a.astype(float), b.astype(float))
""",
    ),
    # parameters
    Wrong(
        "an array, right",
        "parameters",
        0,
        _parameters().replace("return counts", "return np.array(counts)"),
    ),
    Wrong("biases forgotten", "parameters", 3, _parameters(bias="0")),
    Wrong("one channel", "parameters", 3, _parameters(depth="1")),
    Wrong("pooling rounds up", "parameters", 2, _parameters(pool="math.ceil")),
    Wrong("flattens without channels", "parameters", 2, _parameters(flat="h * w")),
    Wrong(
        "total alone", "parameters", 3, _parameters().replace("return counts", "return sum(counts)")
    ),
)
