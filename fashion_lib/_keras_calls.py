"""What a configuration is in Keras: calls that can be shown as code, and made."""

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

from fashion_lib.keras_import import require_keras

if TYPE_CHECKING:
    from fashion_lib._config import TrainConfig

OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD"}  # name in Keras
_LINE = 79  # columns of a line of code


@dataclass(frozen=True)
class Call:
    """A call: the name of what is called, and its arguments by name.

    An argument may be another call, or a list of some.
    """

    name: str
    arguments: dict[str, Any]

    def made(self) -> dict[str, Any]:
        """Return the arguments, with every call among them made."""
        return {name: _made(value) for name, value in self.arguments.items()}

    def __str__(self) -> str:
        return _code(self, 0)


class KerasCalls(NamedTuple):
    """The two calls behind `train`."""

    compile: Call
    fit: Call

    def __str__(self) -> str:
        return f"{self.compile}\n{self.fit}"


class _Variable(str):
    """The name of something that a call is given."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def keras_calls(config: "TrainConfig", images: int) -> KerasCalls:
    """Return what `train` calls for this configuration and so many images."""
    options: dict[str, Any] = {"learning_rate": _learning_rate(config, images)}
    options |= {name: getattr(config, name) for name in ("weight_decay", "momentum")}
    options = {name: value for name, value in options.items() if value}
    stopping = {
        "monitor": "val_loss",
        "mode": "min",
        # Keras has no word for "never"; but all epochs are enough.
        "patience": config.epochs if config.patience is None else config.patience,
        "restore_best_weights": True,
    }
    return KerasCalls(
        Call(
            "model.compile",
            {
                "optimizer": Call(f"keras.optimizers.{OPTIMIZERS[config.optimizer]}", options),
                "loss": "sparse_categorical_crossentropy",
                "metrics": ["accuracy"],
                "steps_per_execution": config.steps_per_execution,
                "jit_compile": False,  # XLA is slower on a CPU
            },
        ),
        Call(
            "model.fit",
            {
                "x": _Variable("batches"),
                "epochs": config.epochs,
                "validation_data": _Variable("(x_val, y_val)"),
                "callbacks": [Call("keras.callbacks.EarlyStopping", stopping)],
            },
        ),
    )


def _learning_rate(config: "TrainConfig", images: int) -> float | Call:
    rising, falling = config.schedule_updates(images)
    peak, schedules = config.learning_rate, "keras.optimizers.schedules"
    if config.schedule == "cosine":
        options: dict[str, Any] = {"initial_learning_rate": 0.0 if rising else peak}
        options["decay_steps"] = falling
        if rising:
            options |= {"warmup_target": peak, "warmup_steps": rising}
        return Call(f"{schedules}.CosineDecay", options)
    if rising:  # a "decay" from 0 up to the peak, which then stays
        options = {"initial_learning_rate": 0.0, "decay_steps": rising, "end_learning_rate": peak}
        return Call(f"{schedules}.PolynomialDecay", options)
    return peak


def _made(value: Any) -> Any:
    if isinstance(value, list):
        return [_made(item) for item in value]
    if not isinstance(value, Call):
        return value
    _, *path = value.name.split(".")
    function: Any = reduce(getattr, path, require_keras())
    return function(**value.made())


def _code(value: Any, indent: int) -> str:
    """Return Python code, on one line where that is short enough."""
    if isinstance(value, list):
        return f"[{', '.join(_code(item, indent) for item in value)}]"
    if not isinstance(value, Call):
        return repr(value)
    arguments = value.arguments.items()
    short = f"{value.name}({', '.join(f'{name}={_code(a, 0)}' for name, a in arguments)})"
    if "\n" not in short and indent + len(short) <= _LINE:
        return short
    inner = " " * (indent + 4)
    lines = "".join(f"{inner}{name}={_code(a, indent + 4)},\n" for name, a in arguments)
    return f"{value.name}(\n{lines}{' ' * indent})"
