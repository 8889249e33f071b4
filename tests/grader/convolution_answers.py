"""Whole answers to *Convolution by hand* as different students write them, all right.

Written one by one, as similar and as different as work on the same short questions is: what the
threshold of the report on similar submissions is measured on.
"""

LOOPS = {
    "slide": '''
def slide(image, kernel, stride=(1, 1), padding=0):
    """Return the sums of products of a kernel and each window of an image, as floats."""
    img = np.array(image).astype(float)
    k = np.array(kernel).astype(float)
    if padding > 0:
        img = np.pad(img, ((padding, padding), (padding, padding)), mode="constant")
    H, W = img.shape
    kh, kw = k.shape
    out_h = int((H - kh) / stride[0]) + 1
    out_w = int((W - kw) / stride[1]) + 1
    output = np.zeros((out_h, out_w))
    for y in range(out_h):
        for x in range(out_w):
            region = img[y * stride[0]:y * stride[0] + kh, x * stride[1]:x * stride[1] + kw]
            output[y, x] = (region * k).sum()
    return output
''',
    "pool": '''
def average_pool(image, size, stride=None, ceil_mode=False):
    """Return the mean of each window of an image (H, W), as floats."""
    if stride is None:
        stride = size
    img = np.array(image).astype(float)
    H, W = img.shape
    if ceil_mode:
        out_h = int(np.ceil((H - size) / stride)) + 1
        out_w = int(np.ceil((W - size) / stride)) + 1
    else:
        out_h = (H - size) // stride + 1
        out_w = (W - size) // stride + 1
    output = np.zeros((out_h, out_w))
    for y in range(out_h):
        for x in range(out_w):
            region = img[y * stride:y * stride + size, x * stride:x * stride + size]
            output[y, x] = region.mean()
    return output
''',
    "direction": '''
def edge_kernel(angle):
    """Return the 3×3 kernel that answers where an image gets brighter towards an angle."""
    rad = np.deg2rad(angle)
    return np.cos(rad) * KERNELS["sobel_x"] + np.sin(rad) * KERNELS["sobel_y"]
''',
    "strength": '''
def edge_strength(image):
    """Return the strength of edges in an image (H, W), an array of shape (H-2, W-2)."""
    gx = slide(image, KERNELS["sobel_x"])
    gy = slide(image, KERNELS["sobel_y"])
    return np.sqrt(gx ** 2 + gy ** 2)
''',
    "parameters": '''
def count_parameters(input_shape, layers):
    """Return the number of parameters of each layer, a list of whole numbers."""
    h, w, c = input_shape
    params = []
    flat = None
    for layer in layers:
        if layer["type"] == "conv":
            kh, kw = layer["kernel"]
            params.append(kh * kw * c * layer["filters"] + layer["filters"])
            h = h - kh + 1
            w = w - kw + 1
            c = layer["filters"]
        elif layer["type"] == "pool":
            params.append(0)
            h = h // layer["size"]
            w = w // layer["size"]
        elif layer["type"] == "flatten":
            params.append(0)
            flat = h * w * c
        elif layer["type"] == "dense":
            params.append(flat * layer["units"] + layer["units"])
            flat = layer["units"]
    return params
''',
}

WINDOWS = {
    "slide": """
from numpy.lib.stride_tricks import sliding_window_view

def slide(image, kernel, stride=(1, 1), padding=0):
    # all windows at once, then every stride-th of them
    padded = np.pad(np.asarray(image, dtype=np.float64), padding)
    weights = np.asarray(kernel, dtype=np.float64)
    windows = sliding_window_view(padded, weights.shape)[::stride[0], ::stride[1]]
    return np.einsum("ijkl,kl->ij", windows, weights)
""",
    "pool": """
def average_pool(image, size, stride=None, ceil_mode=False):
    step = stride or size
    data = np.asarray(image, dtype=np.float64)
    if ceil_mode:
        missing = [-(n - size) % step for n in data.shape]
        data = np.pad(data, [(0, m) for m in missing], constant_values=np.nan)
    windows = sliding_window_view(data, (size, size))[::step, ::step]
    return np.nanmean(windows, axis=(2, 3))
""",
    "direction": """
def edge_kernel(angle):
    theta = angle / 180 * np.pi
    direction = np.array([np.cos(theta), np.sin(theta)])
    both = np.stack([KERNELS["sobel_x"], KERNELS["sobel_y"]])
    return np.tensordot(direction, both, axes=1)
""",
    "strength": """
def edge_strength(image):
    responses = [slide(image, KERNELS[name]) for name in ("sobel_x", "sobel_y")]
    return np.linalg.norm(responses, axis=0)
""",
    "parameters": """
def count_parameters(input_shape, layers):
    shape, result = tuple(input_shape), []
    for layer in layers:
        match layer["type"]:
            case "conv":
                a, b = layer["kernel"]
                result.append(layer["filters"] * (1 + a * b * shape[2]))
                shape = (shape[0] - a + 1, shape[1] - b + 1, layer["filters"])
            case "pool":
                result.append(0)
                shape = (shape[0] // layer["size"], shape[1] // layer["size"], shape[2])
            case "flatten":
                result.append(0)
                shape = (int(np.prod(shape)),)
            case "dense":
                result.append(layer["units"] * (1 + shape[0]))
                shape = (layer["units"],)
    return result
""",
}

HELPERS = {
    "slide": '''
def positions(length, window, step):
    return range(0, length - window + 1, step)

def slide(image, kernel, stride=(1, 1), padding=0):
    """Return the sums of products of a kernel and each window of an image, as floats."""
    image = np.asarray(image, float)
    kernel = np.asarray(kernel, float)
    big = np.zeros((image.shape[0] + 2 * padding, image.shape[1] + 2 * padding))
    big[padding:padding + image.shape[0], padding:padding + image.shape[1]] = image
    rows = []
    for top in positions(big.shape[0], kernel.shape[0], stride[0]):
        row = []
        for left in positions(big.shape[1], kernel.shape[1], stride[1]):
            total = 0.0
            for i in range(kernel.shape[0]):
                for j in range(kernel.shape[1]):
                    total += big[top + i, left + j] * kernel[i, j]
            row.append(total)
        rows.append(row)
    return np.array(rows)
''',
    "pool": '''
def starts(length, size, step, ceil_mode):
    found = list(positions(length, size, step))
    if ceil_mode and found[-1] + size < length:
        found.append(found[-1] + step)
    return found

def average_pool(image, size, stride=None, ceil_mode=False):
    """Return the mean of each window of an image (H, W), as floats."""
    image = np.asarray(image, float)
    if not stride:
        stride = size
    means = []
    for top in starts(image.shape[0], size, stride, ceil_mode):
        line = []
        for left in starts(image.shape[1], size, stride, ceil_mode):
            line.append(np.mean(image[top:top + size, left:left + size]))
        means.append(line)
    return np.array(means)
''',
    "direction": '''
def edge_kernel(angle):
    """Return the 3×3 kernel that answers where an image gets brighter towards an angle."""
    x = math.cos(math.pi * angle / 180)
    y = math.sin(math.pi * angle / 180)
    kernel = np.zeros((3, 3))
    kernel += x * KERNELS["sobel_x"]
    kernel += y * KERNELS["sobel_y"]
    return kernel
''',
    "strength": '''
def edge_strength(image):
    """Return the strength of edges in an image (H, W), an array of shape (H-2, W-2)."""
    image = np.asarray(image, float)
    horizontal = slide(image, edge_kernel(0))
    vertical = slide(image, edge_kernel(90))
    return np.hypot(horizontal, vertical)
''',
    "parameters": '''
def conv_parameters(layer, channels):
    height, width = layer["kernel"]
    return (height * width * channels + 1) * layer["filters"]

def count_parameters(input_shape, layers):
    """Return the number of parameters of each layer, a list of whole numbers."""
    size = list(input_shape)
    numbers = []
    for layer in layers:
        kind = layer["type"]
        number = 0
        if kind == "conv":
            number = conv_parameters(layer, size[2])
            size[0] -= layer["kernel"][0] - 1
            size[1] -= layer["kernel"][1] - 1
            size[2] = layer["filters"]
        if kind == "pool":
            size[0] //= layer["size"]
            size[1] //= layer["size"]
        if kind == "flatten":
            size = [size[0] * size[1] * size[2]]
        if kind == "dense":
            number = (size[0] + 1) * layer["units"]
            size = [layer["units"]]
        numbers.append(number)
    return numbers
''',
}

SHORT = {
    "slide": '''
def slide(image, kernel, stride=(1, 1), padding=0):
    """Return the sums of products of a kernel and each window of an image, as floats."""
    image = np.pad(np.asarray(image, dtype=float), padding)
    kernel = np.asarray(kernel, dtype=float)
    h, w = kernel.shape
    sy, sx = stride
    return np.array([
        [np.sum(image[i:i + h, j:j + w] * kernel)
         for j in range(0, image.shape[1] - w + 1, sx)]
        for i in range(0, image.shape[0] - h + 1, sy)
    ])
''',
    "pool": '''
def average_pool(image, size, stride=None, ceil_mode=False):
    """Return the mean of each window of an image (H, W), as floats."""
    image = np.asarray(image, dtype=float)
    stride = stride or size
    rounding = math.ceil if ceil_mode else math.floor
    n, m = [rounding((length - size) / stride) + 1 for length in image.shape]
    return np.array([
        [np.mean(image[i * stride:i * stride + size, j * stride:j * stride + size])
         for j in range(m)]
        for i in range(n)
    ])
''',
    "direction": '''
def edge_kernel(angle):
    """Return the 3×3 kernel that answers where an image gets brighter towards an angle."""
    a = math.radians(angle)
    return math.cos(a) * KERNELS["sobel_x"] + math.sin(a) * KERNELS["sobel_y"]
''',
    "strength": '''
def edge_strength(image):
    """Return the strength of edges in an image (H, W), an array of shape (H-2, W-2)."""
    image = np.asarray(image, dtype=float)
    return np.hypot(slide(image, KERNELS["sobel_x"]), slide(image, KERNELS["sobel_y"]))
''',
    "parameters": '''
def count_parameters(input_shape, layers):
    """Return the number of parameters of each layer, a list of whole numbers."""
    h, w, c = input_shape
    counts = []
    for layer in layers:
        t = layer["type"]
        if t == "conv":
            kh, kw = layer["kernel"]
            counts.append((kh * kw * c + 1) * layer["filters"])
            h, w, c = h - kh + 1, w - kw + 1, layer["filters"]
        elif t == "dense":
            counts.append((n + 1) * layer["units"])
            n = layer["units"]
        else:
            counts.append(0)
            if t == "pool":
                h, w = h // layer["size"], w // layer["size"]
            else:
                n = h * w * c
    return counts
''',
}

WORDY = {
    "slide": '''
def slide(image, kernel, stride=(1, 1), padding=0):
    """Return the sums of products of a kernel and each window of an image, as floats."""
    # convert first, because uint8 overflows
    image_float = np.array(image, dtype=np.float32)
    kernel_float = np.array(kernel, dtype=np.float32)
    image_height, image_width = image_float.shape
    kernel_height, kernel_width = kernel_float.shape
    # make the padded picture
    padded = np.zeros((image_height + padding * 2, image_width + padding * 2), dtype=np.float32)
    for row in range(image_height):
        for column in range(image_width):
            padded[row + padding][column + padding] = image_float[row][column]
    stride_down = stride[0]
    stride_right = stride[1]
    result = []
    row = 0
    while row + kernel_height <= image_height + padding * 2:
        result_row = []
        column = 0
        while column + kernel_width <= image_width + padding * 2:
            window = padded[row:row + kernel_height, column:column + kernel_width]
            result_row.append(float(np.sum(np.multiply(window, kernel_float))))
            column = column + stride_right
        result.append(result_row)
        row = row + stride_down
    return np.array(result)
''',
    "pool": '''
def average_pool(image, size, stride=None, ceil_mode=False):
    """Return the mean of each window of an image (H, W), as floats."""
    image = np.array(image, dtype=np.float32)
    height, width = image.shape
    if stride == None:
        stride = size
    number_of_rows = (height - size) // stride + 1
    number_of_columns = (width - size) // stride + 1
    if ceil_mode == True:
        # add one more window if something is left over at the edge
        if (height - size) % stride != 0:
            number_of_rows = number_of_rows + 1
        if (width - size) % stride != 0:
            number_of_columns = number_of_columns + 1
    pooled = np.zeros((number_of_rows, number_of_columns), dtype=np.float32)
    for row in range(number_of_rows):
        for column in range(number_of_columns):
            start_row = row * stride
            start_column = column * stride
            end_row = min(start_row + size, height)
            end_column = min(start_column + size, width)
            window = image[start_row:end_row, start_column:end_column]
            pooled[row, column] = np.sum(window) / window.size
    return pooled
''',
    "direction": '''
def edge_kernel(angle):
    """Return the 3×3 kernel that answers where an image gets brighter towards an angle."""
    angle_in_radians = np.radians(angle)
    part_x = np.cos(angle_in_radians)
    part_y = np.sin(angle_in_radians)
    result = part_x * KERNELS["sobel_x"] + part_y * KERNELS["sobel_y"]
    return result
''',
    "strength": '''
def edge_strength(image):
    """Return the strength of edges in an image (H, W), an array of shape (H-2, W-2)."""
    response_x = conv2d(image, KERNELS["sobel_x"])
    response_y = conv2d(image, KERNELS["sobel_y"])
    squared_length = response_x * response_x + response_y * response_y
    length = np.sqrt(squared_length)
    return length
''',
    "parameters": '''
def count_parameters(input_shape, layers):
    """Return the number of parameters of each layer, a list of whole numbers."""
    height = input_shape[0]
    width = input_shape[1]
    channels = input_shape[2]
    inputs_of_dense = 0
    list_of_parameters = []
    for i in range(len(layers)):
        layer = layers[i]
        parameters = 0
        if layer["type"] == "conv":
            kernel_size = layer["kernel"][0] * layer["kernel"][1]
            weights = kernel_size * channels * layer["filters"]
            biases = layer["filters"]
            parameters = weights + biases
            height = height - (layer["kernel"][0] - 1)
            width = width - (layer["kernel"][1] - 1)
            channels = layer["filters"]
        elif layer["type"] == "pool":
            height = height // layer["size"]
            width = width // layer["size"]
        elif layer["type"] == "flatten":
            inputs_of_dense = height * width * channels
        elif layer["type"] == "dense":
            weights = inputs_of_dense * layer["units"]
            biases = layer["units"]
            parameters = weights + biases
            inputs_of_dense = layer["units"]
        list_of_parameters.append(parameters)
    return list_of_parameters
''',
}

HONEST = {
    "loops": LOOPS,
    "windows": WINDOWS,
    "helpers": HELPERS,
    "short": SHORT,
    "wordy": WORDY,
}
