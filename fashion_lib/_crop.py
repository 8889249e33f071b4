"""The part of a picture that a network's answer depends on, and training on it alone."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

_BEFORE_FLATTEN = {"Conv2D": "kernel_size", "MaxPooling2D": "pool_size"}


def used_sides(model: "keras.Model") -> tuple[int, int] | None:
    """Return the height and width, from the top left, of the input that the network uses.

    Pooling drops an odd last row or column. What a later layer drops, the earlier ones need
    not compute, so the sizes are followed from the last layer back to the first. The baseline
    network uses 22 by 22 of its 28 by 28 pixels, and about half of its operations.

    Parameters
    ----------
    model : keras.Model
        Any built model.

    Returns
    -------
    tuple of int or None
        None unless the model is a plain stack of the course's four kinds of layers:
        convolutions and max poolings without padding, one flattening, dense layers.
    """
    kinds = [type(layer).__name__ for layer in model.layers]
    if type(model).__name__ != "Sequential" or kinds.count("Flatten") != 1:
        return None
    end = kinds.index("Flatten")
    if set(kinds[end + 1 :]) - {"Dense"}:
        return None
    sides = model.layers[end].input.shape[1:-1]  # what is flattened is all used
    for layer, kind in zip(reversed(model.layers[:end]), reversed(kinds[:end]), strict=True):
        if kind not in _BEFORE_FLATTEN or not _is_plain(layer):
            return None
        windows = getattr(layer, _BEFORE_FLATTEN[kind])
        sides = [
            (side - 1) * stride + window
            for side, stride, window in zip(sides, layer.strides, windows, strict=True)
        ]
    return tuple(sides)


def _is_plain(layer: Any) -> bool:
    return (
        layer.padding == "valid"
        and layer.data_format == "channels_last"
        and set(getattr(layer, "dilation_rate", (1,))) == {1}
        and layer.activity_regularizer is None  # it would look at the unused outputs too
    )


def call_for_training(model: "keras.Model", images: Any, skip_unused: bool) -> Any:
    """Return `model(images, training=True)`, without operations of no effect if `skip_unused`."""
    sides = used_sides(model) if skip_unused else None
    if sides is None:
        return model(images, training=True)
    outputs = images[:, : sides[0], : sides[1]]
    for layer in model.layers:  # none of the four kinds does anything else in training
        outputs = layer(outputs)
    return outputs
