"""The public names; `lazy_loader` reads them from here."""

from . import plots as plots
from .convolution import (
    KERNELS as KERNELS,
)
from .convolution import (
    conv2d as conv2d,
)
from .convolution import (
    max_pool2d as max_pool2d,
)
from .convolution import (
    output_size as output_size,
)
from .convolution import (
    relu as relu,
)
from .convolution import (
    softmax as softmax,
)
from .data import (
    CLASS_NAMES as CLASS_NAMES,
)
from .data import (
    DataError as DataError,
)
from .data import (
    load_data as load_data,
)
from .data import (
    locate_data as locate_data,
)
from .data import (
    normalize as normalize,
)
from .data import (
    train_validation_split as train_validation_split,
)
from .evaluation import (
    accuracy_interval as accuracy_interval,
)
from .evaluation import (
    classification_table as classification_table,
)
from .evaluation import (
    confusion_table as confusion_table,
)
from .evaluation import (
    most_confused as most_confused,
)
from .evaluation import (
    recall_intervals as recall_intervals,
)
from .forward_pass import (
    forward as forward,
)
from .networks import (
    build_cnn as build_cnn,
)
from .networks import (
    layer_table as layer_table,
)
from .prediction import (
    ImageError as ImageError,
)
from .prediction import (
    Prediction as Prediction,
)
from .prediction import (
    PreparedImage as PreparedImage,
)
from .prediction import (
    example_pictures as example_pictures,
)
from .prediction import (
    predict_image as predict_image,
)
from .prediction import (
    prepare_image as prepare_image,
)
from .training import (
    History as History,
)
from .training import (
    TrainConfig as TrainConfig,
)
from .training import (
    train as train,
)
from .weights import (
    load_model as load_model,
)
from .weights import (
    load_weights as load_weights,
)

__version__: str
