"""A map of 5,000 garments: near by their pixels, or near by what the network computes."""

from typing import Any, ClassVar

import traitlets

from fashion_figures.garment_map.projection import PROJECTIONS, map_bytes, planes
from fashion_figures.host.base import CourseWidget
from fashion_lib.data import CLASS_NAMES

CLASSES = len(CLASS_NAMES)


class GarmentMap(CourseWidget):
    """5,000 test images as points that one can point at, select, and see part by class.

    The images are the first 500 of each class of the test set. Their places are the first two
    principal components of their 784 pixels or of the 64 features that the shipped network
    computes from them (the flattened output of its last pooling layer), each fitted to these
    images. The reader points at a garment, draws a line around some or takes the nearest of one,
    and sees their mean image and how many are of which class.

    Attributes
    ----------
    projection : {"pixels", "features"}
        What the places are principal components of.
    chosen : int or None
        The garment that is shown large, as an index into the test set.
    selected : list of int
        The garments whose mean is shown, as indices into the test set; [] for none, when it is
        the mean of all that are shown. ``x_test[figure.selected].mean(axis=0)`` is the mean in full
        quality: the pictures of the map are reduced.
    classes : list of int
        The labels whose garments are shown.

    Raises
    ------
    traitlets.TraitError
        If `chosen` or `selected` is not on the map, or `classes` holds no label.
    """

    module = "garment_map/figure"
    assets: ClassVar = {"garment-map": map_bytes}

    projection = traitlets.Enum(PROJECTIONS, default_value="pixels").tag(sync=True)
    chosen = traitlets.Int(4, allow_none=True).tag(sync=True)  # a shirt
    selected = traitlets.List(traitlets.Int()).tag(sync=True)
    classes = traitlets.List(traitlets.Int(), default_value=list(range(CLASSES))).tag(sync=True)
    label = traitlets.Unicode("Which garments are alike?").tag(sync=True)
    text = traitlets.Unicode(
        "A map on which every test image shown is a mark, with a shape and a color for its class. "
        "Its place is given by two numbers: the first two principal components, either of the "
        "image’s 784 pixels or of the 64 features that the trained network computes from them. "
        "By pixels, low shoes and trousers have regions of their own, and shirts, "
        "pullovers and coats lie on top of each other. By features, the regions overlap less: the "
        "nearest neighbor of a garment is of its own class more often. You can point at a "
        "garment to see it, draw a line around a group of them, or take the nearest of one: the "
        "figure then shows the mean image of the group and counts its classes. The legend "
        "switches classes off and on."
    ).tag(sync=True)

    @traitlets.validate("chosen")
    def _check_chosen(self, proposal: dict[str, Any]) -> int | None:
        value = proposal["value"]
        if value is not None:
            self._check([value])
        return value

    @traitlets.validate("selected")
    def _check_selected(self, proposal: dict[str, Any]) -> list[int]:
        self._check(proposal["value"])
        return proposal["value"]

    @traitlets.validate("classes")
    def _check_classes(self, proposal: dict[str, Any]) -> list[int]:
        labels = proposal["value"]
        if not all(0 <= label < CLASSES for label in labels):
            raise traitlets.TraitError(f"classes are labels from 0 to {CLASSES - 1}, not {labels}.")
        return labels

    @staticmethod
    def _check(indices: list[int]) -> None:
        """Raise if one of the test images is not on the map."""
        if unknown := sorted(set(indices) - set(planes().indices.tolist())):
            raise traitlets.TraitError(
                f"The map holds the first 500 test images of each class, and not {unknown[:5]}."
            )
