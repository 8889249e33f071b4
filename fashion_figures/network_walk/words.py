"""A network in words, for who does not see the walk."""

from collections import Counter

from fashion_lib.description import Layer, Network

MOST_LISTED = 30  # layers; of more, only the kinds are counted

BASELINE = (
    "A picture of 28 by 28 gray values passes three convolutions, each followed by max "
    "pooling, and two dense layers. Most of the 32 feature maps of the first convolution light "
    "up along edges, a few where the picture is empty; each of their values is the sum of nine "
    "products of a pixel and a weight, plus a bias, with negative sums set to zero. Later layers "
    "add up 3 by 3 windows of all maps before them, so one value depends on a growing part of "
    "the picture: 3, 8, then 18 pixels a side. The last layers weigh 64 numbers into 512 and "
    "these into ten votes, which softmax turns into probabilities. You can pick any value, walk "
    "back to the pixels that made it, and on to the vote that it adds most to."
)
SUMS = {
    "convolution": "Each value of a convolution is the sum of a window's values, of all maps "
    "before, times its weights, plus a bias.",
    "addition": "An addition adds what several layers have at the same place.",
    "dense": "A dense layer weighs all values before it.",
}


def network_words(network: Network) -> str:
    """Return what a network is made of, and what can be found out about it."""
    layers = [layer for layer in network.layers if layer.kind != "flatten"]
    start = f"A picture of 28 by 28 gray values passes the network {network.name}"
    if len(layers) > MOST_LISTED:
        counts = Counter(layer.kind for layer in layers)
        kinds = ", ".join(f"{count} times {kind}" for kind, count in counts.items())
        start += f" of {len(layers)} layers: {kinds}."
    else:
        start += f". {'; '.join(_layer_words(network, layer) for layer in layers)}."
    kinds_there = {layer.kind for layer in layers}
    sums = [text for kind, text in SUMS.items() if kind in kinds_there]
    end = (
        "You can pick any value, walk back to the pixels that made it, and on to the vote that "
        "it adds most to."
    )
    votes = "Softmax turns the last ten sums into probabilities."
    return " ".join([start, *sums, votes, end])


def _layer_words(network: Network, layer: Layer) -> str:
    parts = [layer.kind]
    if layer.kind == "addition":
        parts = [f"the sum of {' and '.join(layer.inputs)}"]
    elif layer.kind == "convolution":
        filters = "filter" if layer.units == 1 else "filters"
        parts = [f"convolution with {layer.units} {filters} of {layer.size} by {layer.size}"]
    elif layer.kind == "dense":
        parts = [f"{layer.units} dense units"]
    elif layer.size:
        parts = [f"{layer.kind} of {layer.size} by {layer.size}"]
    if layer.size and layer.stride != (1 if layer.kind == "convolution" else layer.size):
        parts.append(f"in steps of {layer.stride}")
    if layer.padding == "same" and layer.size > 1:
        parts.append("padded at the edges")
    if layer.activation:
        parts.append(f"then {layer.activation}")
    taken = layer.inputs[0]
    if layer.kind != "addition" and taken != _before(network, layer):
        parts.append(f"of {'the picture' if taken == 'input' else taken}")
    shape = " by ".join(map(str, network.shapes[layer.name]))
    return f"{layer.name}: {', '.join(parts)}, makes {shape}"


def _before(network: Network, layer: Layer) -> str:
    """Return what comes right before a layer."""
    names = list(network.shapes)
    return names[names.index(layer.name) - 1]
