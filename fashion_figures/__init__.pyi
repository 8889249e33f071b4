"""The public names, in one place: lazy_loader, type checkers and editors read them here."""

from .confusion_explorer.figure import ConfusionExplorer as ConfusionExplorer
from .convolution_explorer.figure import ConvolutionExplorer as ConvolutionExplorer
from .figures import all_figures as all_figures
from .garment_map.figure import GarmentMap as GarmentMap
from .host.base import CourseWidget as CourseWidget
from .network_walk.figure import NetworkWalk as NetworkWalk
from .occlusion_lens.figure import OcclusionLens as OcclusionLens
from .picture_lab.figure import PictureLab as PictureLab
from .quiz.figure import Quiz as Quiz
from .training_lab.figure import TrainingLab as TrainingLab
