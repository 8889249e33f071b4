"""What the tests of the JavaScript modules share: arrays on their way into the page and back."""

import base64

import numpy as np


def encoded(data):
    """Return bytes, or an array's, as the page takes them."""
    return base64.b64encode(data if isinstance(data, bytes) else data.tobytes()).decode()


def decoded(text, dtype=np.uint8):
    """Return what `encoded` had, as a flat array."""
    return np.frombuffer(base64.b64decode(text), dtype)


def sent(array):
    """Return an array as a tensor of the page."""
    array = np.ascontiguousarray(array, dtype=np.float32)
    return {"shape": list(array.shape), "data": encoded(array)}


def received(tensor):
    """Return a tensor of the page as an array."""
    return decoded(tensor["data"], np.float32).reshape(tensor["shape"])
