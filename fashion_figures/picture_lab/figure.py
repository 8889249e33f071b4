"""Your own picture: prepared step by step, classified, and doubted where doubt is due."""

import io
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import traitlets
from PIL import Image

from fashion_figures.host.base import Pixels
from fashion_figures.host.linker import link
from fashion_figures.shared.assets import MEASURED_NETWORK, evidence_bytes
from fashion_figures.shared.network import NetworkFigure, described, network_assets
from fashion_lib._picture_bytes import MAX_BYTES, ImageError, read_bytes
from fashion_lib.pictures import read_picture
from fashion_lib.prediction import example_pictures
from fashion_lib.weights import Weights

THUMB = 56
TITLES = {"t_shirt": "T-shirt"}
SOURCES = ("", "example", "file", "drop", "paste", "camera", "drawing", "edited", "Python")


ANSWER = (
    "You give a picture of one garment: a file, a photo, a drawing, or one of eight "
    "examples. It is prepared like the pictures that the network was trained on: frames "
    "removed, its background made black, cropped to the garment, fitted into a square, and "
    "averaged down to 28 by 28 pixels. The network answers with ten probabilities, one for "
    "each class."
)
GRAD_CAM = (
    "A colored layer over the picture, Grad-CAM, marks where the evidence for a class was found."
)
CERTAINTY = "The probabilities always add up to 1, even for a picture of a cat."
FOOL = (
    "You can also change the 28 by 28 pixels, by erasing, painting, shifting or turning, and watch "
    "the answer change; two challenges count the changed pixels."
)
DOUBT = (
    "So the figure lists what speaks against the answer: a patterned background, several things "
    "in the picture, little contrast."
)
WARNING = (
    "It also looks at the logits before softmax, and warns when none of them is as large as "
    "garments make them."
)
NO_WARNING = (
    "How large the logits before softmax have to be for a garment was not measured for this "
    "network, so they give no warning."
)
PRIVACY = "The picture stays on your device."


class PictureFile(traitlets.TraitType):
    """A picture file; the front end sees its bytes and prepares it like the reader's own.

    Accepts what `fashion_lib.prepare_image` does; a PIL image or an array becomes a PNG file.
    """

    default_value = None
    allow_none = True
    info_text = f"bytes of a picture file (at most {MAX_BYTES // 10**6} MB), path, image or array"

    def validate(self, obj: traitlets.HasTraits, value: Any) -> bytes | None:
        """Return the file's bytes, or raise TraitError."""
        if value is None:
            return None
        try:
            if not isinstance(value, (np.ndarray, Image.Image)):
                return read_bytes(value)
            file = io.BytesIO()
            Image.fromarray(read_picture(value)[0]).save(file, "PNG")
            return file.getvalue()
        except (ImageError, TypeError) as error:
            name = type(obj).__name__
            raise traitlets.TraitError(f"{name}'s image is {self.info_text}. {error}") from error


def _title(name: str) -> str:
    return TITLES.get(name, name.replace("_", " ").capitalize())


def worker_bytes() -> bytes:
    """Return the worker that decodes and prepares pictures: asset "picture-worker"."""
    return link("picture_lab/worker", "worker").encode("utf-8")


@lru_cache(maxsize=1)
def thumb_bytes() -> bytes:
    """Return small copies of the example pictures: asset "example-thumbs".

    RGB, `THUMB` pixels a side, row by row, in the order of `example_pictures`.
    """
    thumbs = [
        np.asarray(Image.open(path).convert("RGB").resize((THUMB, THUMB), Image.Resampling.BOX))
        for path in example_pictures().values()
    ]
    return np.stack(thumbs).tobytes()  # (8, THUMB, THUMB, 3) uint8


def _example_assets() -> dict[str, Callable[[], bytes]]:
    """Return the example pictures' files: assets "example-bag" and so on."""
    return {
        f"example-{name}": partial(Path.read_bytes, path)
        for name, path in example_pictures().items()
    }


class PictureLab(NetworkFigure):
    """The reader's own picture, prepared like the data set's and shown to the network.

    A file, a drop, a paste, a photo, a drawing or a shipped example is prepared step by step
    in the reader's browser, classified by a network, explained with Grad-CAM, and doubted when
    its evidence is low (see `fashion_lib.calibration`); the threshold for that was measured with
    the shipped network, so another one's answers are not judged. No picture leaves
    the device, unless a kernel is attached: then the 28×28 pixels are synced as a trait.

    Attributes
    ----------
    network : str or Weights
        The network, as `ShownNetwork` takes it: by default the shipped "baseline". Another one is
        shown the same picture.
    pixels : uint8 array, shape (28, 28), or None
        The prepared picture. Set it, as `Pixels` takes it, to show one that is in the data
        set's format.
    image : bytes or None
        Set it to a picture, as `PictureFile` takes it, to have it prepared in the figure. The
        reader's own files do not appear here.
    probabilities : list of 10 floats
        The network's answer in the order of the labels; empty when there is none. Written by
        the front end, as are the next six.
    class_name : str
        The most probable class; empty when there is none.
    source : str
        How the picture came: "example", "file", "drop", "paste", "camera", "drawing", "edited"
        (changed by hand in the figure) or "Python"; empty at first.
    evidence : float or None
        The logarithm of the summed exponentials of the logits.
    looks_like_a_garment : bool or None
        Whether the evidence reaches the threshold; None before it is known, and with a network of
        which it is not.
    warnings : list of dict
        Reasons to doubt the answer, as ``code`` and ``text``: those of `predict_image`.
    error : str
        Why the last picture could not be used; empty if it could. The answer before it stands.
    example : str
        The example that is answered first, a key of `fashion_lib.example_pictures`; empty to
        start with nothing.
    compact : bool
        Whether the preparation steps and the doubts start folded away, for the front page.
    examples : list of [str, str]
        Key and title of each example.
    """

    module = "picture_lab/figure"
    assets: ClassVar = {
        **network_assets(),
        "evidence": evidence_bytes,
        "picture-worker": worker_bytes,
        "example-thumbs": thumb_bytes,
        **_example_assets(),
    }

    pixels = Pixels()
    image = PictureFile().tag(sync=True)
    probabilities = traitlets.List(traitlets.Float()).tag(sync=True)
    class_name = traitlets.Unicode("").tag(sync=True)
    source = traitlets.Enum(SOURCES, default_value="").tag(sync=True)
    evidence = traitlets.Float(None, allow_none=True).tag(sync=True)
    looks_like_a_garment = traitlets.Bool(None, allow_none=True).tag(sync=True)
    warnings = traitlets.List(traitlets.Dict()).tag(sync=True)
    error = traitlets.Unicode("").tag(sync=True)
    example = traitlets.Enum(("", *example_pictures()), default_value="ankle_boot").tag(sync=True)
    compact = traitlets.Bool(False).tag(sync=True)
    examples = traitlets.List([[name, _title(name)] for name in example_pictures()]).tag(sync=True)
    label = traitlets.Unicode("Your own picture").tag(sync=True)

    def words(self, network: str | Weights) -> str:
        """Return what the figure does with a picture and a network."""
        kinds = {layer.kind for layer in described(network).layers}
        where = [GRAD_CAM] if "convolution" in kinds else []
        warning = WARNING if network == MEASURED_NETWORK else NO_WARNING
        return " ".join([ANSWER, *where, CERTAINTY, DOUBT, warning, FOOL, PRIVACY])
