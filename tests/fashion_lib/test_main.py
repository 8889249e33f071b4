"""The command line: answers on stdout, one clear message on stderr, exit codes."""

import csv
import json
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import fashion_lib
from fashion_lib import _commands
from fashion_lib.__main__ import main


@pytest.fixture(scope="module")
def boot():
    return fashion_lib.example_pictures()["ankle_boot"]


@pytest.fixture
def blank(tmp_path):
    path = tmp_path / "blank.png"
    Image.new("RGB", (50, 50), "white").save(path)
    return path


def complaint(capsys):
    """Return what stderr got, after checking that it is one line and no traceback."""
    output = capsys.readouterr()
    assert output.err.startswith("fashion-lib: ")
    assert output.err.count("\n") == 1
    return output.err


# --- arguments -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["guess"],
        ["predict"],
        ["predict", "a.png", "--top", "0"],
        ["predict", "a.png", "--top", "11"],
        ["predict", "a.png", "--top", "many"],
        ["data", "--source", "sample", "--download"],
        ["train", "--limit", "5"],
        ["train", "--preset", "slow"],
        ["train", "--epochs", "many"],
    ],
)
def test_wrong_arguments_exit_with_2(argv, capsys):
    assert main(argv) == 2
    output = capsys.readouterr()
    assert "usage: fashion-lib" in output.err
    assert "error: " in output.err
    assert output.out == ""


@pytest.mark.parametrize("command", [[], ["data"], ["train"], ["evaluate"], ["predict"]])
def test_help(command, capsys):
    assert main([*command, "--help"]) == 0
    assert "usage: fashion-lib" in capsys.readouterr().out


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == fashion_lib.__version__


# --- data ----------------------------------------------------------------------------------


def test_data_names_the_source_and_verifies_every_file(capsys):
    assert main(["data", "--source", "sample"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "source: sample"
    assert sum("verified" in line for line in lines) == 4
    assert "data --download" in lines[-1]


def test_data_finds_the_full_set_by_itself(capsys, fashion):
    assert main(["data"]) == 0
    output = capsys.readouterr().out
    assert f"source: {fashion_lib.locate_data().source}" in output
    assert "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888" in output


def test_a_damaged_file_exits_with_1(capsys, monkeypatch):
    files = (
        SimpleNamespace(name="good.gz", bytes=10, sha256="ab", ok=True, problem=None),
        SimpleNamespace(name="bad.gz", bytes=0, sha256=None, ok=False, problem="it is cut off"),
    )
    report = SimpleNamespace(source="cache", folder=None, files=files, ok=False, is_sample=False)
    monkeypatch.setattr(_commands, "data_report", lambda source, download: report)
    assert main(["data"]) == 1
    output = capsys.readouterr().out
    assert "NOT USABLE: it is cut off" in output
    assert "in memory only" in output


@pytest.mark.parametrize("command", [["data"], ["evaluate"]])
def test_a_source_without_data_says_so(command, tmp_path, capsys):
    assert main([*command, "--source", str(tmp_path / "nothing")]) == 1
    output = capsys.readouterr()
    assert output.err.startswith("fashion-lib: error: ")
    assert "nothing" in output.err
    assert "Traceback" not in output.err


# --- predict -------------------------------------------------------------------------------


def test_predict_answers_as_the_library_does(boot, capsys):
    assert main(["predict", str(boot), "--top", "2"]) == 0
    output = capsys.readouterr()
    expected = fashion_lib.predict_image(boot, top=2)
    lines = output.out.splitlines()
    assert lines[0] == str(boot)
    for line, (name, probability) in zip(lines[1:], expected.top, strict=True):
        assert line.split() == [*name.split(), f"{probability:.2%}"]
    assert output.err == ""


@pytest.fixture
def striped(tmp_path):
    """Write a picture of stripes, which is no garment on a plain background."""
    pixels = np.zeros((90, 90), np.uint8)
    pixels[:, ::9] = pixels[:, 1::9] = pixels[:, 2::9] = pixels[:, 3::9] = 220
    path = tmp_path / "striped.png"
    Image.fromarray(pixels).save(path)
    return path


def test_predict_tells_its_doubts(boot, striped, capsys):
    assert main(["predict", str(striped), str(boot)]) == 0
    doubted, sure = capsys.readouterr().out.split(str(boot))
    assert "  ! " in doubted
    assert "!" not in sure
    assert main(["predict", "--json", str(striped), str(boot)]) == 0
    first, second = json.loads(capsys.readouterr().out)
    for entry, path in ((first, striped), (second, boot)):
        expected = fashion_lib.predict_image(path)
        assert entry["evidence"] == pytest.approx(expected.evidence)
        assert entry["warnings"] == [vars(warning) for warning in expected.warnings]
    assert first["warnings"]
    assert second["warnings"] == []


def test_patterns_of_names_are_expanded_where_the_shell_did_not(boot, tmp_path, capsys):
    for name in ("b.png", "a.png", "c [1].png", "d.txt"):
        (tmp_path / name).write_bytes(boot.read_bytes())
    assert main(["predict", "--json", f"{tmp_path}/*.png", f"{tmp_path}/c [1].png"]) == 0
    names = [entry["file"] for entry in json.loads(capsys.readouterr().out)]
    assert names == [f"{tmp_path}/{name}.png" for name in ("a", "b", "c [1]", "c [1]")]


def test_a_pattern_without_a_file_and_a_missing_file_are_told_in_full(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert main(["predict", "*.png"]) == 1
    assert f"There is no file {tmp_path}/*.png" in complaint(capsys)
    assert main(["predict", "boot.png"]) == 1
    assert f"There is no file {tmp_path}/boot.png" in complaint(capsys)


def test_bad_files_are_named_and_good_ones_answered(boot, blank, tmp_path, capsys):
    missing = tmp_path / "missing.png"
    text = tmp_path / "notes.png"
    text.write_text("shopping list")
    assert main(["predict", str(missing), str(boot), str(blank), str(text), str(boot)]) == 1
    output = capsys.readouterr()
    assert output.out.count(str(boot)) == 2
    complaints = output.err.splitlines()
    assert len(complaints) == 3
    for line, path in zip(complaints, (missing, blank, text), strict=True):
        assert line.startswith(f"fashion-lib: {path}: ")


def test_predict_json_has_an_entry_for_each_file(boot, blank, capsys):
    assert main(["predict", "--json", str(boot), str(blank)]) == 1
    output = capsys.readouterr()
    good, bad = json.loads(output.out)
    expected = fashion_lib.predict_image(boot)
    assert good["file"] == str(boot)
    assert good["label"] == expected.label
    assert good["class_name"] == expected.class_name
    assert len(good["top"]) == 3
    np.testing.assert_allclose(good["probabilities"], expected.probabilities)
    assert set(bad) == {"file", "error"}
    assert str(blank) in output.err


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "no weights file"), (b"nonsense", "not a complete safetensors")]
)
def test_unusable_weights_say_why(content, reason, boot, tmp_path, capsys):
    path = tmp_path / "weights.safetensors"
    if content is not None:
        path.write_bytes(content)
    assert main(["predict", "--weights", str(path), str(boot)]) == 1
    assert reason in complaint(capsys)


def test_a_closed_pipe_is_no_traceback(boot, monkeypatch):
    def closed(*args, **options):
        raise BrokenPipeError

    monkeypatch.setattr(_commands, "_print_prediction", closed)
    monkeypatch.setattr(sys, "stdout", sys.stdout)  # main replaces it; put it back afterwards
    assert main(["predict", str(boot)]) == 1


def test_an_interruption_is_no_traceback(boot, monkeypatch, capsys):
    def interrupt(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(_commands, "_print_prediction", interrupt)
    assert main(["predict", str(boot)]) == 130
    assert "interrupted" in complaint(capsys)


def test_the_module_runs_as_a_program(boot, blank):
    done = subprocess.run(
        [sys.executable, "-m", "fashion_lib", "predict", str(boot), str(blank)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout.startswith(str(boot))
    assert done.stderr.startswith(f"fashion-lib: {blank}: Nothing stands out")


# --- evaluate ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample_truth():
    """Return true and predicted labels of the sample's test images."""
    _, (images, labels) = fashion_lib.load_data("sample")
    scores = fashion_lib.forward(fashion_lib.load_weights(), fashion_lib.normalize(images))
    return labels, scores.argmax(axis=1)


def test_evaluate_prints_tables(sample_truth, capsys):
    assert main(["evaluate", "--source", "sample"]) == 0
    output = capsys.readouterr().out
    y_true, y_pred = sample_truth
    assert f"Accuracy on 1,000 test images: {(y_true == y_pred).mean():.4f}" in output
    for title in ("Each class", "Confusion", "Most confused"):
        assert title in output
    assert all(name in output for name in fashion_lib.CLASS_NAMES)


def test_evaluate_json(sample_truth, capsys):
    assert main(["evaluate", "--source", "sample", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    y_true, y_pred = sample_truth
    assert result["accuracy"] == pytest.approx((y_true == y_pred).mean())
    assert result["images"] == 1000
    low, high = result["accuracy_interval"]
    assert low < result["accuracy"] < high
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (y_true, y_pred), 1)
    np.testing.assert_array_equal(result["confusion"]["data"], counts)


# --- train ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        (["--epochs", "0"], "epochs must be"),
        (["--batch-size", "0"], "batch_size must be"),
        (["--learning-rate", "-1"], "learning_rate must be"),
        (["--patience", "0"], "patience must be"),
        (["--seed", "-1"], "seed must be"),
    ],
)
def test_impossible_settings_exit_with_2(option, reason, tmp_path, capsys):
    assert main(["train", "--output", str(tmp_path / "out"), *option]) == 2
    assert reason in complaint(capsys)
    assert not (tmp_path / "out").exists()


def test_a_missing_tensorflow_names_the_install_command(tmp_path, capsys, monkeypatch):
    def missing(seed):
        raise ImportError("Training needs TensorFlow. Install it with: pip install tensorflow")

    monkeypatch.setattr(_commands, "build_cnn", missing)
    assert main(["train", "--output", str(tmp_path)]) == 1
    assert "pip install tensorflow" in complaint(capsys)


def test_an_output_folder_that_cannot_be_made(tmp_path, capsys):
    path = tmp_path / "file"
    path.write_text("in the way")
    assert main(["train", "--output", str(path)]) == 1
    assert str(path) in complaint(capsys)


@pytest.mark.tensorflow
def test_train_writes_weights_history_and_curves(boot, tmp_path, capsys):
    options = ["--source", "sample", "--limit", "480", "--epochs", "1", "--seed", "3"]
    assert main(["train", *options, "--output", str(tmp_path / "a")]) == 0
    output = capsys.readouterr().out
    weights = tmp_path / "a" / "weights.safetensors"
    assert f"evaluate --weights {weights}" in output
    with (tmp_path / "a" / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1"]
    with Image.open(tmp_path / "a" / "curves.png") as picture:
        assert picture.width > 1000
    from fashion_lib.weights import read_metadata

    metadata = read_metadata(weights)
    assert metadata["seed"] == "3"
    assert json.loads(metadata["recipe"])["epochs"] == 1
    assert float(metadata["val_accuracy"]) == pytest.approx(
        float(rows[0]["val_accuracy"]), abs=1e-4
    )

    assert main(["train", *options, "--output", str(tmp_path / "b")]) == 0
    assert (tmp_path / "b" / "weights.safetensors").read_bytes() == weights.read_bytes()
    assert main(["predict", str(boot), "--weights", str(weights)]) == 0


@pytest.mark.tensorflow
def test_ctrl_c_leaves_the_best_weights_and_the_history(tmp_path):
    code = (
        "import os, signal, sys\n"
        "from fashion_lib import training\n"
        "from fashion_lib.__main__ import main\n"
        # Whoever runs the tests in the background may have taken Ctrl-C from its children.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "end = training._Watch.end_batches\n"
        "def press(watch, *arguments, **named):\n"
        "    end(watch, *arguments, **named)\n"
        "    if len(watch.rows) == 2:\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "training._Watch.end_batches = press\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    options = ["--source", "sample", "--limit", "480", "--epochs", "5"]
    command = [sys.executable, "-c", code, "train", *options, "--output", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert "Interrupted in epoch 3" in done.stderr
    assert "Traceback" not in done.stderr
    assert len((tmp_path / "history.csv").read_text().splitlines()) == 3
    assert (
        main(["evaluate", "--source", "sample", "--weights", f"{tmp_path}/weights.safetensors"])
        == 0
    )
