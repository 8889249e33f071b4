"""The public names, in one place: lazy_loader, type checkers and editors read them here."""

from . import plots as plots
from .convolution import (
    KERNELS as KERNELS,
    conv2d as conv2d,
    max_pool2d as max_pool2d,
    output_size as output_size,
    relu as relu,
    softmax as softmax,
)
from .data import (
    CLASS_NAMES as CLASS_NAMES,
    DataError as DataError,
    load_data as load_data,
    locate_data as locate_data,
    normalize as normalize,
    train_validation_split as train_validation_split,
)
from .evaluation import (
    accuracy_interval as accuracy_interval,
    classification_table as classification_table,
    confusion_table as confusion_table,
    heuristic_suspects as heuristic_suspects,
    most_confused as most_confused,
    paired_difference as paired_difference,
    recall_intervals as recall_intervals,
)
from .forward_pass import (
    forward as forward,
)
from .networks import (
    build_cnn as build_cnn,
    layer_table as layer_table,
)
from .picture_warnings import (
    PictureWarning as PictureWarning,
)
from .pictures import (
    ImageError as ImageError,
)
from .prediction import (
    Prediction as Prediction,
    example_pictures as example_pictures,
    predict_image as predict_image,
)
from .preparation import (
    PreparedImage as PreparedImage,
    prepare_image as prepare_image,
)
from .training import (
    History as History,
    TrainConfig as TrainConfig,
    train as train,
)
from .weights import (
    load_model as load_model,
    load_weights as load_weights,
)

__version__: str
