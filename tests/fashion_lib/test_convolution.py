"""Convolution, pooling and activations against SciPy, Keras and numbers worked by hand."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage, special
from scipy.signal import convolve2d, correlate, correlate2d

from fashion_lib.convolution import (
    KERNELS,
    average_pool,
    conv2d,
    max_pool,
    max_pool2d,
    output_size,
    relu,
    softmax,
)

# Reproducible: the same examples every time, and no time limit for any of them.
steady = settings(max_examples=60, deadline=None, derandomize=True, database=None)
sides = st.integers(1, 12)
small = st.integers(1, 5)
seeds = st.integers(0, 2**32 - 1)


def random_arrays(seed, *shapes, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


def padded_as_keras_documents(image, kernel_shape, stride):
    """Add zeros until ceil(n / stride) windows fit; an odd zero goes to the end."""
    widths = []
    for n, k in zip(image.shape[:2], kernel_shape[:2], strict=True):
        zeros = 0
        while (n + zeros - k) // stride + 1 < np.ceil(n / stride):
            zeros += 1
        widths.append((zeros // 2, zeros - zeros // 2))
    return np.pad(image, widths + [(0, 0)] * (image.ndim - 2))


# One window, and the named kernels


def test_a_3x3_window_worked_by_hand():
    image = [[1, 2, 0], [0, 3, 1], [4, 0, 5]]
    kernel = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    # -1 + 0 + 0, then 0 + 0 + 2, then -4 + 0 + 5
    assert conv2d(np.array(image), np.array(kernel)).tolist() == [[2.0]]
    assert conv2d(np.array(image), np.array(kernel), bias=0.5).tolist() == [[2.5]]


def test_every_window_of_a_4x4_image_worked_by_hand():
    image = np.array([[0, 0, 9, 9]] * 4)
    result = conv2d(image, KERNELS["sobel_x"])
    assert result.tolist() == [[36.0, 36.0], [36.0, 36.0]]
    assert conv2d(image.T, KERNELS["sobel_y"]).tolist() == [[36.0, 36.0], [36.0, 36.0]]
    assert conv2d(image, KERNELS["sobel_y"]).tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_the_kernel_is_not_flipped():
    rng = np.random.default_rng(0)
    image, kernel = rng.normal(size=(9, 8)), rng.normal(size=(3, 3))
    flipped = kernel[::-1, ::-1]
    assert_allclose(conv2d(image, flipped), convolve2d(image, kernel, mode="valid"))
    assert not np.allclose(conv2d(image, kernel), convolve2d(image, kernel, mode="valid"))


def test_kernels_are_small_and_cannot_be_changed():
    for kernel in KERNELS.values():
        assert kernel.shape == (3, 3)
        assert kernel.dtype == np.float32
        with pytest.raises(ValueError, match="read-only"):
            kernel[0, 0] = 1


def test_kernels_do_what_their_names_say():
    even = np.full((5, 5), 8.0)
    for name in ("identity", "blur", "gaussian", "sharpen", "emboss"):
        assert_allclose(conv2d(even, KERNELS[name]), 8.0, rtol=1e-6)  # brightness stays
    for name in ("outline", "sobel_x", "sobel_y"):
        assert_array_equal(conv2d(even, KERNELS[name]), 0.0)  # no edge, no answer
    dot = np.zeros((5, 5))
    dot[2, 2] = 1
    assert conv2d(dot, KERNELS["outline"])[1, 1] == 8
    # A dot returns the kernel itself, turned by half a turn.
    for kernel in KERNELS.values():
        assert_array_equal(conv2d(dot, kernel), kernel[::-1, ::-1])


@pytest.mark.parametrize(("name", "axis"), [("sobel_x", 1), ("sobel_y", 0)])
def test_sobel_is_scipys_and_positive_toward_the_brighter_side(name, axis):
    (image,) = random_arrays(2, (9, 7))
    expected = ndimage.sobel(image, axis=axis)[1:-1, 1:-1]  # inside, where no edge rule counts
    assert_allclose(conv2d(image, KERNELS[name]), expected, atol=1e-12)
    ramp = np.indices((6, 6))[axis]  # brighter to the right, or downward
    assert_array_equal(conv2d(ramp, KERNELS[name]), 8)
    assert_array_equal(conv2d(ramp[::-1, ::-1], KERNELS[name]), -8)


# conv2d against SciPy


@steady
@given(sides, sides, small, small, st.integers(1, 4), seeds)
def test_conv2d_valid_is_scipys_correlate2d(height, width, kh, kw, stride, seed):
    kh, kw = min(kh, height), min(kw, width)
    image, kernel = random_arrays(seed, (height, width), (kh, kw))
    expected = correlate2d(image, kernel, mode="valid")[::stride, ::stride]
    assert_allclose(conv2d(image, kernel, stride), expected, atol=1e-10)


@steady
@given(sides, sides, small, small, st.integers(1, 4), seeds)
def test_conv2d_same_is_scipy_on_a_padded_image(height, width, kh, kw, stride, seed):
    image, kernel = random_arrays(seed, (height, width), (kh, kw))
    padded = padded_as_keras_documents(image, (kh, kw), stride)
    expected = correlate2d(padded, kernel, mode="valid")[::stride, ::stride]
    expected = expected[: -(-height // stride), : -(-width // stride)]
    result = conv2d(image, kernel, stride, padding="same")
    assert result.shape == (-(-height // stride), -(-width // stride))
    assert_allclose(result, expected, atol=1e-10)


@steady
@given(sides, sides, small, small, st.integers(1, 4), st.integers(1, 4), seeds)
def test_channels_are_summed_and_filters_kept_apart(height, width, kh, kw, channels, f, seed):
    kh, kw = min(kh, height), min(kw, width)
    image, kernel, bias = random_arrays(
        seed, (height, width, channels), (kh, kw, channels, f), (f,)
    )
    result = conv2d(image, kernel, bias=bias)
    assert result.shape == (height - kh + 1, width - kw + 1, f)
    for number in range(f):
        expected = correlate(image, kernel[..., number], mode="valid")[:, :, 0] + bias[number]
        assert_allclose(result[..., number], expected, atol=1e-10)


@steady
@given(st.integers(1, 4), st.integers(1, 4), seeds)
def test_conv2d_is_translation_equivariant_inside(down, right, seed):
    image, kernel = random_arrays(seed, (16, 16), (3, 3))
    moved = np.roll(image, (down, right), axis=(0, 1))
    before, after = conv2d(image, kernel), conv2d(moved, kernel)
    assert_allclose(after[down:, right:], before[:-down, :-right], atol=1e-12)


@pytest.mark.parametrize(
    ("image", "kernel", "expected"),
    [
        (np.float32, np.float32, np.float32),
        (np.float64, np.float32, np.float64),
        (np.float32, np.float64, np.float64),
        (np.uint8, np.float32, np.float32),
        (np.uint8, np.int64, np.float32),
        (bool, np.float32, np.float32),
        (np.float16, np.float16, np.float32),
        (">f4", np.float32, np.float32),
        (">f8", np.float32, np.float64),  # big-endian, as some image files store it
    ],
)
def test_conv2d_keeps_floats_and_computes_the_rest_in_float32(image, kernel, expected):
    result = conv2d(np.ones((4, 4), image), np.ones((3, 3), kernel))
    assert result.dtype == expected
    assert_array_equal(result, 9)


@pytest.mark.parametrize("bias", [0.5, np.float64(0.5), np.array([0.5]), [0.5]])
def test_a_bias_does_not_change_the_dtype(bias):
    image, kernel = np.ones((4, 4), np.float32), np.ones((3, 3), np.float32)
    result = conv2d(image, kernel, bias=bias)
    assert result.dtype == np.float32
    assert_array_equal(result, 9.5)


def test_uint8_does_not_overflow():
    bright = np.full((3, 3), 255, np.uint8)
    assert conv2d(bright, np.ones((3, 3), np.uint8)) == 9 * 255


def test_conv2d_leaves_its_inputs_alone():
    image, kernel = random_arrays(1, (6, 6), (3, 3))
    copies = image.copy(), kernel.copy()
    conv2d(image, kernel, padding="same", bias=1.0)
    assert_array_equal(image, copies[0])
    assert_array_equal(kernel, copies[1])


# Sizes and pooling


@steady
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 9))
def test_output_size_counts_the_windows(size, kernel, stride):
    starts = [start for start in range(0, size, stride) if start + kernel <= size]
    if starts:
        assert output_size(size, kernel, stride) == len(starts)
    else:
        with pytest.raises(ValueError, match="does not fit"):
            output_size(size, kernel, stride)
    assert output_size(size, kernel, stride, "same") == len(range(0, size, stride))


@steady
@given(sides, sides, small, st.one_of(st.none(), small), st.integers(0, 3), seeds)
def test_max_pool2d_is_the_maximum_of_each_window(height, width, size, stride, channels, seed):
    size = min(size, height, width)
    shape = (height, width) if channels == 0 else (height, width, channels)
    (image,) = random_arrays(seed, shape, dtype=np.float32)
    step = stride or size
    expected = [
        [
            image[i : i + size, j : j + size].max(axis=(0, 1))
            for j in range(0, width, step)
            if j + size <= width
        ]
        for i in range(0, height, step)
        if i + size <= height
    ]
    result = max_pool2d(image, size, stride)
    assert result.dtype == np.float32
    assert_array_equal(result, np.array(expected))


def test_max_pool2d_by_hand_keeps_dtype_and_drops_the_edge():
    image = np.array([[1, 2, 9], [4, 3, 9], [7, 7, 9]], np.uint8)
    result = max_pool2d(image)
    assert result.tolist() == [[4]]
    assert result.dtype == np.uint8
    assert max_pool2d(image, size=2, stride=1).tolist() == [[4, 9], [7, 9]]


def test_pooling_takes_no_account_of_padding():
    images = -np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]], np.float32)[np.newaxis, ..., np.newaxis]
    # Four zeros are added along each axis, two before; the window at a corner sees 3×3 pixels.
    assert max_pool(images, 5, 1, "same")[0, :, :, 0].tolist() == [[-1] * 3] * 3
    assert average_pool(images, 5, 1, "same")[0, :, :, 0].tolist() == [[-5] * 3] * 3
    # One zero, at the end.
    assert average_pool(images, 2, 2, "same")[0, :, :, 0].tolist() == [[-3, -4.5], [-7.5, -9]]
    assert average_pool(images, 2, 1)[0, :, :, 0].tolist() == [[-3, -4], [-6, -7]]
    assert average_pool(images[:0], 2, 1).shape == (0, 2, 2, 1)


# Activations


def test_relu_and_softmax_by_hand():
    assert relu(np.array([-2.0, 0.0, 3.0])).tolist() == [0.0, 0.0, 3.0]
    assert relu(np.array([-2, 3], np.float32)).dtype == np.float32
    assert_allclose(softmax(np.log([[1.0, 2.0, 5.0]])), [[0.125, 0.25, 0.625]])
    assert_allclose(softmax(np.array([1, 1])), [0.5, 0.5])


@pytest.mark.filterwarnings("error")
def test_softmax_survives_huge_logits():
    assert_allclose(softmax(np.array([1e5, 1e5, -1e5])), [0.5, 0.5, 0.0])


@steady
@given(small, st.integers(1, 12), st.floats(0.1, 500), seeds)
def test_softmax_is_scipys(rows, classes, spread, seed):
    (logits,) = random_arrays(seed, (rows, classes))
    assert_allclose(softmax(spread * logits), special.softmax(spread * logits, axis=-1), rtol=1e-9)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.float16, np.float32])
def test_softmax_does_not_wrap_around_in_small_types(dtype):
    logits = np.array([[1, 3, 0], [0, 0, 100]], dtype)
    result = softmax(logits)
    assert result.dtype == np.float32
    assert_allclose(result, special.softmax(logits.astype(float), axis=-1), rtol=1e-5, atol=1e-30)


# Mistakes


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: conv2d(np.zeros((5, 5)), np.zeros((3, 3, 1, 1))), "one image at a time"),
        (lambda: conv2d(np.zeros((2, 5, 5, 1)), np.zeros((3, 3, 1, 1))), "one image at a time"),
        (lambda: conv2d(np.zeros((5, 5, 3)), np.zeros((3, 3))), "one image at a time"),
        (lambda: conv2d(np.zeros((5, 5, 3)), np.zeros((3, 3, 1, 8))), "has 3 channels"),
        (lambda: conv2d(np.zeros((5, 5, 1)), np.zeros((8, 1, 3, 3))), "channels, filters"),
        (lambda: conv2d(np.zeros((5, 5)), np.zeros((6, 3))), "6 pixels does not fit into 5"),
        (lambda: conv2d(np.zeros((5, 5)), np.zeros((3, 3)), padding="full"), "'valid' or 'same'"),
        (lambda: conv2d(np.zeros((5, 5)), np.zeros((3, 3)), stride=0), "stride must be"),
        (lambda: conv2d(np.zeros((5, 5)), np.zeros((3, 3)), bias=[1, 2]), "per filter"),
        (lambda: conv2d(np.zeros((5, 5)), np.zeros((3, 3)), stride=2.0), "stride must be"),
        (lambda: conv2d(np.zeros((5, 5)), np.zeros((3, 3)), stride=(1, 1)), "stride must be"),
        (lambda: conv2d(np.zeros((5, 5, 1)), np.zeros((3, 3, 1, 2)), bias=[1]), "per filter"),
        (lambda: conv2d(np.zeros((5, 5), complex), np.zeros((3, 3))), "real numbers"),
        (lambda: conv2d(np.array([["a"]]), np.zeros((1, 1))), "real numbers"),
        (lambda: output_size(28, 3, padding="reflect"), "'valid' or 'same'"),
        (lambda: output_size(28, 3, stride=1.5), "stride must be a whole number"),
        (lambda: output_size(28, 3, stride=None), "stride must be a whole number"),
        (lambda: output_size(float("inf"), 3), "size must be a whole number"),
        (lambda: output_size(28, 0), "kernel must be"),
        (lambda: output_size(-1, 3), "size must be"),
        (lambda: max_pool2d(np.zeros((3, 8, 8, 1))), "takes one image"),
        (lambda: max_pool2d(np.zeros(8)), "takes one image"),
        (lambda: max_pool2d(np.zeros((8, 8)), size=2, stride=0), "stride must be"),
        (lambda: max_pool2d(np.zeros((8, 8)), size=2.0), "size must be a whole number"),
        (lambda: max_pool2d(np.zeros((8, 8)), size=(2, 2)), "size must be a whole number"),
        (lambda: max_pool2d(np.zeros((8, 8)), stride=0), "stride must be a whole number"),
        (lambda: max_pool2d(np.zeros((0, 8))), r"not shape \(0, 8\)"),
        (lambda: max_pool2d(np.zeros((8, 8), complex)), "real numbers"),
        (lambda: max_pool2d(np.full((8, 8), "a")), "real numbers"),
        (lambda: max_pool2d(np.zeros((3, 8)), size=4), "does not fit"),
        (lambda: max_pool2d(np.zeros((8, 8)), size=0), "size must be .* at least 1"),
    ],
)
def test_a_mistake_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# Keras, the independent judge


@pytest.fixture(scope="module")
def keras():
    from fashion_lib.keras_import import require_keras

    return require_keras()


@pytest.mark.tensorflow
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_conv2d_is_keras_convolution(keras, padding):
    @settings(steady, max_examples=40)
    @given(
        sides, sides, small, small, st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), seeds
    )
    def compare(height, width, kh, kw, stride, channels, filters, seed):
        if padding == "valid":
            kh, kw = min(kh, height), min(kw, width)
        image, kernel, bias = random_arrays(
            seed,
            (height, width, channels),
            (kh, kw, channels, filters),
            (filters,),
            dtype=np.float32,
        )
        expected = keras.ops.conv(image[None], kernel, strides=stride, padding=padding) + bias
        result = conv2d(image, kernel, stride, padding, bias)
        assert result.dtype == np.float32
        assert_allclose(result, np.asarray(expected)[0], atol=1e-5)

    compare()


@pytest.mark.tensorflow
def test_max_pool2d_is_keras_max_pooling(keras):
    @settings(steady, max_examples=40)
    @given(sides, sides, st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), seeds)
    def compare(height, width, size, stride, channels, seed):
        size = min(size, height, width)
        (image,) = random_arrays(seed, (height, width, channels), dtype=np.float32)
        expected = keras.ops.max_pool(image[None], size, stride, padding="valid")
        assert_array_equal(max_pool2d(image, size, stride), np.asarray(expected)[0])

    compare()


@pytest.mark.tensorflow
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("ours", "theirs"), [(max_pool, "max_pool"), (average_pool, "average_pool")]
)
def test_pooling_of_batches_is_keras_pooling(keras, ours, theirs, padding):
    @settings(steady, max_examples=40)
    @given(sides, sides, small, small, st.integers(1, 3), seeds)
    def compare(height, width, size, stride, channels, seed):
        if padding == "valid":
            size = min(size, height, width)
        (images,) = random_arrays(seed, (2, height, width, channels), dtype=np.float32)
        expected = getattr(keras.ops, theirs)(images, size, stride, padding=padding)
        result = ours(images, size, stride, padding)
        assert result.dtype == np.float32
        assert_allclose(result, np.asarray(expected), atol=1e-6)

    compare()
