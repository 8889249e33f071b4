"""All figures, for what handles every one: the book's files, the tests of what ships."""

from fashion_figures.confusion_explorer.figure import ConfusionExplorer
from fashion_figures.convolution_explorer.figure import ConvolutionExplorer
from fashion_figures.garment_map.figure import GarmentMap
from fashion_figures.host.base import CourseWidget
from fashion_figures.network_walk.figure import NetworkWalk
from fashion_figures.occlusion_lens.figure import OcclusionLens
from fashion_figures.picture_lab.figure import PictureLab
from fashion_figures.quiz.figure import Quiz
from fashion_figures.training_lab.figure import TrainingLab


def all_figures() -> list[type[CourseWidget]]:
    """Return the class of every figure."""
    return [
        OcclusionLens,
        GarmentMap,
        ConvolutionExplorer,
        NetworkWalk,
        TrainingLab,
        ConfusionExplorer,
        PictureLab,
        Quiz,
    ]
