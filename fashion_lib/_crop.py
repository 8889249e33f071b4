"""The part of a picture that a network's answer depends on."""

from typing import TYPE_CHECKING

from fashion_lib.networks import describe

if TYPE_CHECKING:
    import keras


def used_sides(model: "keras.Model") -> tuple[int, int] | None:
    """Return the height and width, from the top left, of the input that the network uses.

    Pooling drops an odd last row or column. What a later layer drops, the earlier ones need
    not compute, so the sizes are followed from the last layer back to the first. The baseline
    network uses 22 by 22 of its 28 by 28 pixels, and about half of its operations.

    Parameters
    ----------
    model : keras.Model
        Any model.

    Returns
    -------
    tuple of int or None
        None unless the model is a `keras.Sequential` whose layers can all be described and pad
        nothing, without dropout (it would draw other numbers for fewer pixels) and without
        penalties on activities (they would miss those that are not computed).
    """
    try:
        network = describe(model)
    except ValueError:
        return None
    if type(model).__name__ != "Sequential" or len(network.layers) != len(model.layers):
        return None
    if any(layer.activity_regularizer for layer in model.layers):
        return None
    maps = [layer for layer in network.layers if len(network.shapes[layer.name]) == 3]
    height, width = network.shapes[maps[-1].name if maps else "input"][:2]  # all of it is used
    for layer in reversed(maps):
        if layer.padding == "same":
            return None
        if layer.size:
            height = (height - 1) * layer.stride + layer.size
            width = (width - 1) * layer.stride + layer.size
    return height, width
