"""The package as a whole: light to import, complete, and honest about missing TensorFlow."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import fashion_lib

HEAVY = ("tensorflow", "keras", "pandas", "matplotlib", "seaborn", "sklearn", "scipy", "PIL")


def _run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_importing_it_loads_nothing_heavy():
    done = _run(
        "import sys, fashion_lib\n"
        f"print([name for name in {HEAVY} + ('numpy', 'pooch') if name in sys.modules])"
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_numpy_parts_work_without_the_heavy_packages():
    done = _run(
        "import sys\n"
        "sys.modules.update(dict.fromkeys(['tensorflow', 'keras', 'pandas', 'matplotlib']))\n"
        "import numpy as np, fashion_lib as f\n"
        "image = np.zeros((28, 28), np.uint8)\n"
        "f.conv2d(image, f.KERNELS['blur'])\n"
        "print(f.forward(f.load_weights(), f.normalize(image[None])).shape)"
    )
    assert done.stdout.strip() == "(1, 10)", done.stderr


@pytest.mark.parametrize("call", ["build_cnn()", "load_model()"])
def test_missing_tensorflow_names_the_command_that_installs_it(call):
    done = _run(
        "import sys\n"
        "sys.modules.update(tensorflow=None, keras=None)\n"
        "import fashion_lib\n"
        f"try:\n    fashion_lib.{call}\n"
        "except ImportError as error:\n    print(error)"
    )
    assert "pip install" in done.stdout, done.stderr
    assert "tensorflow" in done.stdout


def test_every_public_name_can_be_had():
    for name in fashion_lib.__all__:
        assert getattr(fashion_lib, name) is not None
        assert name in dir(fashion_lib)


def test_the_stub_is_the_list_of_public_names():
    stub = Path(fashion_lib.__file__).with_name("__init__.pyi").read_text(encoding="utf-8")
    named = {
        alias.asname
        for node in ast.walk(ast.parse(stub))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert named == set(fashion_lib.__all__)


def test_no_module_has_the_name_of_a_function():
    # Importing a module sets its name in the package, and would hide the function from then on.
    modules = {path.stem for path in Path(fashion_lib.__file__).parent.glob("*.py")}
    assert modules & set(fashion_lib.__all__) == {"plots"}


@pytest.mark.parametrize("first", ["forward_pass", "prediction", "weights", "training", "_crop"])
def test_names_are_the_same_whatever_was_imported_first(first):
    done = _run(
        f"import fashion_lib.{first}\n"
        "import fashion_lib, types\n"
        "names = {name: getattr(fashion_lib, name) for name in fashion_lib.__all__}\n"
        "print([n for n, value in names.items() if isinstance(value, types.ModuleType)])\n"
        "print(names['forward'].__module__, fashion_lib.forward.__name__)"
    )
    assert done.stdout.splitlines() == ["['plots']", "fashion_lib.forward_pass forward"], (
        done.stderr
    )


def test_every_public_function_says_what_it_takes_and_returns():
    for name in fashion_lib.__all__:
        value = getattr(fashion_lib, name)
        if inspect.isfunction(value):
            signature = inspect.signature(value)
            assert len(value.__doc__.splitlines()[0]) > 15, name
            assert "Returns\n" in value.__doc__ or signature.return_annotation is None, name
            same = re.search(r"Takes the same as|Parameters\n", value.__doc__)
            assert same or not signature.parameters, name


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_thing"):
        fashion_lib.no_such_thing  # noqa: B018


def test_data_and_image_errors_are_the_only_exceptions_of_its_own():
    own = {
        name
        for name in fashion_lib.__all__
        if isinstance(getattr(fashion_lib, name), type)
        and issubclass(getattr(fashion_lib, name), BaseException)
    }
    assert own == {"DataError", "ImageError"}
