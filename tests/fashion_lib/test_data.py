"""Data: only verified files are ever used, every source can stand in for every other."""

import gzip
import hashlib
import http.server
import io
import os
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from fashion_lib import _files, _idx, _sources, data
from fashion_lib.__main__ import main
from fashion_lib.data import (
    CLASS_NAMES,
    DataError,
    DataWarning,
    data_report,
    load_data,
    locate_data,
    normalize,
    train_validation_split,
)
from fashion_lib.training import History, TrainConfig
from fashion_lib.weights import load_weights, save_weights

TRAIN, TEST = 40, 20
NAMES = [file.name for file in _idx.FULL]
IMAGES, LABELS = NAMES[0], NAMES[1]


def _header(*numbers):
    return b"".join(number.to_bytes(4, "big") for number in numbers)


def _tiny_contents():
    """Return the decompressed files of a data set of 40 + 20 random images, by name."""
    generator = np.random.default_rng(7)
    contents = {}
    for count, images, labels in ((TRAIN, *NAMES[:2]), (TEST, *NAMES[2:])):
        contents[images] = _header(2051, count, 28, 28) + generator.bytes(count * 784)
        contents[labels] = _header(2049, count) + bytes(i % 10 for i in range(count))
    return contents


CONTENTS = _tiny_contents()
EDITION = _idx.edition(
    TRAIN, TEST, tuple(hashlib.sha256(CONTENTS[name]).hexdigest() for name in NAMES)
)


def _fill(folder, suffix=".gz"):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in CONTENTS.items():
        packed = gzip.compress(content) if suffix else content
        (folder / f"{name}{suffix}").write_bytes(packed)
    return folder


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Replace every source by an empty one under `tmp_path`, and the data set by a tiny one."""
    found = SimpleNamespace(
        cache=tmp_path / "cache",
        system=tmp_path / "system",
        keras=tmp_path / "keras" / "datasets" / "fashion-mnist",
        sample=_fill(tmp_path / "sample"),
        directory=tmp_path / "directory",
    )
    monkeypatch.setattr(_idx, "FULL", EDITION)
    monkeypatch.setattr(_idx, "SAMPLE", EDITION)
    monkeypatch.setattr(_sources, "SYSTEM_FOLDER", found.system)
    monkeypatch.setattr(_sources, "SAMPLE_FOLDER", found.sample)
    monkeypatch.setattr(_sources, "MIRRORS", ())
    monkeypatch.setattr(_sources, "_failed", {})
    monkeypatch.setattr(_sources.shutil, "which", lambda program: None)
    monkeypatch.setenv("FASHION_LIB_CACHE", str(found.cache))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("FASHION_MNIST_DIR", raising=False)
    return found


def _assert_complete(loaded):
    (x_train, y_train), (x_test, y_test) = loaded
    for array, name, offset in (
        (x_train, NAMES[0], 16),
        (y_train, NAMES[1], 8),
        (x_test, NAMES[2], 16),
        (y_test, NAMES[3], 8),
    ):
        assert array.dtype == np.uint8
        assert array.tobytes() == CONTENTS[name][offset:]
    assert x_train.shape == (TRAIN, 28, 28)
    assert x_test.shape == (TEST, 28, 28)


HTML = b"<!DOCTYPE html><title>Please log in</title>"
DAMAGES = {
    "truncated": lambda packed: packed[: len(packed) // 2],
    "without its end": lambda packed: packed[:-4],
    "empty": lambda packed: b"",
    "one bit flipped": lambda packed: packed[:5000] + bytes([packed[5000] ^ 1]) + packed[5001:],
    "a web page": lambda packed: HTML,
    "a web page, compressed": lambda packed: gzip.compress(HTML),
    "other pixels": lambda packed: gzip.compress(CONTENTS[IMAGES][:-1] + b"\x00"),
    "the test images": lambda packed: gzip.compress(CONTENTS[NAMES[2]]),
    "a bomb": lambda packed: gzip.compress(bytes(50_000_000), 9),
}


class TestDataSet:
    """The real one, from wherever this machine has it."""

    def test_is_what_the_course_says(self, fashion):
        (x_train, y_train), (x_test, y_test) = fashion
        assert x_train.shape == (60_000, 28, 28)
        assert x_test.shape == (10_000, 28, 28)
        assert x_train.dtype == y_train.dtype == x_test.dtype == y_test.dtype == np.uint8
        assert np.bincount(y_train).tolist() == [6000] * 10
        assert np.bincount(y_test).tolist() == [1000] * 10
        assert (x_train.min(), x_train.max()) == (0, 255)
        assert x_train.mean() / 255 == pytest.approx(0.2860, abs=5e-5)
        assert x_train.std() / 255 == pytest.approx(0.3530, abs=5e-5)
        assert CLASS_NAMES[y_train[0]] == "Ankle boot"

    def test_can_be_written_to(self, fashion):
        assert all(array.flags.writeable for pair in fashion for array in pair)

    def test_checksums_are_of_the_data_set_as_published(self):
        assert _idx.FULL.train_images.sha256.startswith("c59f468a2f672dc8")
        assert _idx.FULL.train_labels.sha256.startswith("bad3541b69d91243")
        assert _idx.FULL.test_images.sha256.startswith("5b4141f0afbad91e")
        assert _idx.FULL.test_labels.sha256.startswith("0402a96d92fd2663")


class TestSample:
    def test_has_the_same_share_of_each_class_and_warns_nobody_who_asks(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            (x_train, y_train), (x_test, y_test) = load_data("sample")
        assert x_train.shape == (6000, 28, 28)
        assert x_test.shape == (1000, 28, 28)
        assert np.bincount(y_train).tolist() == [600] * 10
        assert np.bincount(y_test).tolist() == [100] * 10

    def test_holds_images_of_the_full_set_with_their_labels(self, fashion):
        for (x, y), (x_sample, y_sample) in zip(fashion, load_data("sample"), strict=True):
            full = {image.tobytes(): label for image, label in zip(x, y, strict=True)}
            labels = [full[image.tobytes()] for image in x_sample]
            assert labels == y_sample.tolist()
            assert len({image.tobytes() for image in x_sample}) == len(x_sample)

    def test_resembles_the_full_set(self, fashion):
        (x_train, _), _ = fashion
        (x_sample, _), _ = load_data("sample")
        assert x_sample.mean() == pytest.approx(x_train.mean(), rel=0.02)
        assert x_sample.std() == pytest.approx(x_train.std(), rel=0.02)

    def test_ships_with_its_license(self):
        text = (_sources.SAMPLE_FOLDER / "LICENSE").read_text(encoding="utf-8")
        assert "Zalando SE" in text
        assert "Permission is hereby granted" in text

    def test_is_known_as_a_sample(self):
        assert locate_data("sample").is_sample
        report = data_report("sample")
        assert report.ok
        assert report.is_sample

    def test_is_the_last_resort_and_says_so(self, places):
        with pytest.warns(DataWarning, match="small sample") as caught:
            _assert_complete(load_data())
        message = str(caught[0].message)
        assert caught[0].filename == __file__  # it points at the caller
        for name in ("directory", "system", "cache", "keras", "download", "apt"):
            assert f"\n  {name}: " in message
        assert "apt-get install dataset-fashion-mnist" in message


class TestSources:
    @pytest.mark.parametrize("suffix", [".gz", ""])
    def test_reads_a_folder_given_as_argument(self, places, suffix):
        folder = _fill(places.directory, suffix)
        _assert_complete(load_data(folder))
        _assert_complete(load_data(str(folder)))
        assert locate_data(folder) == data.DataFiles("directory", folder)

    def test_reads_the_folder_named_by_the_environment(self, places, monkeypatch):
        monkeypatch.setenv("FASHION_MNIST_DIR", str(_fill(places.directory)))
        _fill(places.system)
        assert locate_data().source == "directory"
        assert locate_data("directory").folder == places.directory

    def test_says_so_when_that_folder_is_of_no_use(self, places, monkeypatch):
        monkeypatch.setenv("FASHION_MNIST_DIR", str(places.directory))
        _fill(places.system)
        with pytest.warns(DataWarning, match=r"FASHION_MNIST_DIR.*Used: system"):
            _assert_complete(load_data())

    def test_order(self, places):
        _fill(places.keras)
        assert locate_data().source == "keras"  # and keeps a copy in the cache
        assert locate_data().source == "cache"
        _fill(places.system)
        assert locate_data().source == "system"

    @pytest.mark.parametrize("source", ["system", "keras"])
    def test_keeps_a_decompressed_copy(self, places, source):
        _fill(getattr(places, source))
        load_data()
        kept = {path.name: path.read_bytes() for path in places.cache.iterdir()}
        assert kept == CONTENTS
        _assert_complete(load_data("cache"))

    def test_asks_the_packager_for_an_unusual_folder(self, places, monkeypatch):
        folder = _fill(places.directory)
        listing = "\n".join(["/.", *map(str, folder.iterdir())])
        monkeypatch.setattr(_sources.shutil, "which", lambda program: f"/usr/bin/{program}")
        monkeypatch.setattr(
            _sources.subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=listing)
        )
        assert locate_data("system").folder == folder

    def test_a_misspelt_source_is_no_folder(self, places):
        with pytest.raises(DataError, match=r"no source 'sistem'.* directory, system, cache"):
            load_data("sistem")

    def test_a_missing_home_is_an_error_with_a_reason(self, places):
        with pytest.raises(DataError, match="home"):
            load_data("~nobody-of-this-name/data")

    @pytest.mark.parametrize("source", ["system", "cache", "keras", "download", "apt"])
    def test_a_source_asked_for_is_not_replaced_by_another(self, places, source):
        _fill(places.directory)
        with pytest.raises(DataError, match=f"\n  {source}: "):
            load_data(source)

    def test_one_error_lists_every_source_when_none_is_left(self, places):
        (places.sample / f"{IMAGES}.gz").unlink()
        with pytest.raises(DataError) as caught:
            load_data()
        lines = str(caught.value).splitlines()
        for name in _sources.SOURCES:
            at = next(i for i, line in enumerate(lines) if line.startswith(f"  {name}: "))
            assert lines[at + 1].startswith("      ")  # what to do about it

    def test_the_cache_folder_is_the_systems_unless_named(self, monkeypatch):
        import platformdirs

        monkeypatch.delenv("FASHION_LIB_CACHE", raising=False)
        assert _sources.cache_folder() == Path(platformdirs.user_cache_dir("fashion-lib"))


@pytest.fixture
def homeless(places, monkeypatch):
    """Be a user whom the system does not know, without a home folder."""
    import pwd

    def unknown(user):
        raise KeyError(user)

    for variable in ("HOME", "FASHION_LIB_CACHE", "KERAS_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.chdir(places.sample)
    return places


class TestHome:
    def test_without_one_the_data_are_found_all_the_same(self, homeless):
        _fill(homeless.system)
        _assert_complete(load_data())
        assert data_report().ok
        assert not (homeless.sample / "~").exists()

    @pytest.mark.parametrize("source", ["cache", "keras", "~/data", "~nosuchuser/data"])
    def test_without_one_a_source_below_it_says_so(self, homeless, source, capsys):
        with pytest.raises(DataError, match="no home folder is known"):
            load_data(source)
        assert main(["data", "--source", source]) == 1
        assert "no home folder is known" in capsys.readouterr().err

    def test_without_one_a_download_stays_in_memory(self, homeless, publish):
        publish("good")
        _assert_complete(load_data())
        assert locate_data("download").folder is None
        assert not (homeless.sample / "~").exists()

    @pytest.mark.parametrize(
        "use",
        [
            load_weights,
            lambda path: save_weights(load_weights(), path),
            History.load,
            lambda path: History(None, 1, False, 1.0, TrainConfig()).save(path),
            lambda path: _files.expand(Path(path)),
        ],
    )
    def test_of_nobody_is_no_traceback_from_inside(self, use):
        with pytest.raises(FileNotFoundError, match=r"~nosuchuser.*no home folder is known"):
            use("~nosuchuser/file.json")

    @pytest.mark.parametrize(
        "command", [["evaluate", "--weights"], ["data", "--source"], ["train", "--output"]]
    )
    def test_of_nobody_is_a_message_on_the_command_line(self, command, capsys):
        assert main([*command, "~nosuchuser/there.safetensors"]) == 1
        assert "no home folder is known" in capsys.readouterr().err

    def test_is_meant_by_a_tilde_everywhere(self, places, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        monkeypatch.setenv("FASHION_LIB_CACHE", "~/cache")
        monkeypatch.setenv("KERAS_HOME", "~/keras")
        monkeypatch.chdir(places.sample)
        _fill(tmp_path / "home" / "keras" / "datasets" / "fashion-mnist")
        assert locate_data().source == "keras"
        assert locate_data().folder == tmp_path / "home" / "cache"
        path = save_weights(load_weights(), "~/w.safetensors")
        assert path == tmp_path / "home" / "w.safetensors"
        assert list(load_weights("~/w.safetensors")) == list(load_weights())
        assert not list(places.sample.glob("~*"))


def _renamed(folder, name):
    """Fill a folder with files that are named by a function of the data set's own names."""
    _fill(folder)
    for file in NAMES:
        target = folder / name(file)
        target.parent.mkdir(parents=True, exist_ok=True)
        packed = (folder / f"{file}.gz").read_bytes()
        (folder / f"{file}.gz").unlink()
        target.write_bytes(packed if target.suffix == ".gz" else gzip.decompress(packed))


LAYOUTS = {
    "a dot for a hyphen": lambda name: name.replace("-idx", ".idx"),
    "torchvision's root": lambda name: f"FashionMNIST/raw/{name}",
    "downloaded again": lambda name: f"{name} (1).gz",
    "a folder each": lambda name: f"{name}/{name}",
    "a folder each, dotted": lambda name: f"{name.replace('-idx', '.idx')}/{name}",
    "capitals": lambda name: f"{name.upper()}.gz",
    "test for t10k": lambda name: f"{name.replace('t10k', 'test')}.gz",
}


class TestFolders:
    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_as_people_have_them(self, places, layout):
        _renamed(places.directory, LAYOUTS[layout])
        _assert_complete(load_data(places.directory))
        report = data_report(places.directory)
        assert report.ok
        assert all(file.bytes for file in report.files)

    @pytest.mark.parametrize("sizes", [[1000], [1, 2000], [500] * 5], ids=len)
    def test_gzip_files_of_several_members(self, places, sizes):
        _fill(places.directory)
        content, at = CONTENTS[IMAGES], np.cumsum(sizes)
        parts = np.split(np.frombuffer(content, np.uint8), at)
        packed = b"".join(gzip.compress(part.tobytes()) for part in parts)
        (places.directory / f"{IMAGES}.gz").write_bytes(packed)
        _assert_complete(load_data(places.directory))
        (places.directory / f"{IMAGES}.gz").write_bytes(packed[:-9])
        with pytest.raises(DataError, match="cut off"):
            load_data(places.directory)

    def test_a_second_download_stands_in_for_a_broken_first(self, places):
        _fill(places.directory)
        path = places.directory / f"{IMAGES}.gz"
        (places.directory / f"{IMAGES} (1).gz").write_bytes(path.read_bytes())
        path.write_bytes(HTML)
        _assert_complete(load_data(places.directory))
        assert data_report(places.directory).files[0].name == f"{IMAGES} (1).gz"

    @pytest.mark.parametrize(
        ("names", "message"),
        [
            (["fashion-mnist.zip", "a.txt"], "holds a.txt, fashion-mnist.zip: unpack it first"),
            (["fashion-mnist_train.csv"], "which holds fashion-mnist_train.csv"),
            (["b.txt", "a.txt"], "which holds a.txt, b.txt"),
            ([], "no files"),
        ],
    )
    def test_a_near_miss_is_named(self, places, names, message):
        places.directory.mkdir()
        for name in names:
            (places.directory / name).touch()
        with pytest.raises(DataError, match=f"{IMAGES}.gz is missing.*{message}"):
            load_data(places.directory)

    def test_a_file_in_place_of_the_folder_is_named(self, places):
        path = _fill(places.directory) / f"{IMAGES}.gz"
        with pytest.raises(DataError, match=r"is a file: name the folder"):
            load_data(path)

    def test_files_of_another_content_are_not_taken_for_ours(self, places):
        _renamed(places.directory, LAYOUTS["downloaded again"])
        (places.directory / f"{IMAGES} (1).gz").write_bytes(gzip.compress(CONTENTS[IMAGES][::-1]))
        with pytest.raises(DataError, match=r"SHA-256 differs.*MNIST"):
            load_data(places.directory)

    def test_deep_and_crowded_folders_are_not_searched_to_the_end(self, places, monkeypatch):
        _fill(places.directory / "a" / "b" / "c" / "d")
        with pytest.raises(DataError, match="is missing"):
            load_data(places.directory)
        _assert_complete(load_data(places.directory / "a"))
        monkeypatch.setattr(_idx, "_MOST_FILES", 3)
        with pytest.raises(DataError, match="is missing"):
            load_data(places.directory / "a")


class TestDamage:
    @pytest.mark.parametrize("damage", DAMAGES)
    @pytest.mark.parametrize("source", ["directory", "system", "keras"])
    def test_is_never_accepted_and_the_next_source_is_used(
        self, places, monkeypatch, source, damage
    ):
        folder = _fill(getattr(places, source))
        path = folder / f"{IMAGES}.gz"
        path.write_bytes(DAMAGES[damage](path.read_bytes()))
        with pytest.raises(DataError, match=IMAGES):
            load_data(folder if source == "directory" else source)
        _fill(places.system if source == "keras" else places.keras)
        _assert_complete(load_data())
        _assert_complete(load_data("cache"))  # which holds nothing of the damaged folder

    @pytest.mark.parametrize(
        "content",
        [b"", HTML, CONTENTS[IMAGES][:-1], CONTENTS[IMAGES][:-1] + b"\x00", CONTENTS[NAMES[2]]],
        ids=["empty", "web page", "cut off", "one byte changed", "the test images"],
    )
    def test_in_the_cache_is_removed_and_repaired(self, places, content):
        _fill(places.cache, "")
        (places.cache / IMAGES).write_bytes(content)
        with pytest.raises(DataError, match=IMAGES):
            load_data("cache")
        assert not (places.cache / IMAGES).exists()
        (places.cache / IMAGES).write_bytes(content)
        _fill(places.system)
        _assert_complete(load_data())
        assert (places.cache / IMAGES).read_bytes() == CONTENTS[IMAGES]

    def test_several_in_the_cache_are_all_removed(self, places):
        _fill(places.cache, "")
        for name in NAMES[:3]:
            (places.cache / name).write_bytes(HTML)
        with pytest.raises(DataError):
            load_data("cache")
        assert [path.name for path in places.cache.iterdir()] == [NAMES[3]]

    def test_training_and_test_files_swapped(self, places):
        folder = _fill(places.directory)
        for one, other in zip(NAMES[:2], NAMES[2:], strict=True):
            (folder / f"{one}.gz").rename(folder / "between")
            (folder / f"{other}.gz").rename(folder / f"{one}.gz")
            (folder / "between").rename(folder / f"{other}.gz")
        with pytest.raises(DataError, match="bytes instead of"):
            load_data(folder)

    def test_a_missing_file_is_named(self, places):
        (_fill(places.directory) / f"{LABELS}.gz").unlink()
        with pytest.raises(DataError, match=f"{LABELS}.gz is missing"):
            load_data(places.directory)

    def test_a_good_file_beside_a_bad_one_is_used(self, places):
        folder = _fill(places.directory)
        (folder / IMAGES).write_bytes(HTML)
        _assert_complete(load_data(folder))


class TestCache:
    @pytest.fixture(params=["no folder", "read-only", "full"])
    def unwritable(self, request, places, monkeypatch):
        """Make the cache one that cannot be written to, in three ways."""
        if request.param == "no folder":
            places.cache.write_text("a file where the folder should be")
        else:
            number, text = {"read-only": (30, "Read-only"), "full": (28, "No space left")}[
                request.param
            ]
            real = Path.open

            def fail(path, mode="r", **options):
                if "x" in mode:
                    raise OSError(number, text)
                return real(path, mode, **options)

            monkeypatch.setattr(Path, "open", fail)
        return places.cache

    def test_that_cannot_be_written_still_ends_in_data(self, places, unwritable):
        _fill(places.keras)
        _assert_complete(load_data())
        assert not unwritable.is_dir() or not list(unwritable.iterdir())

    def test_that_cannot_be_written_leaves_a_download_in_memory(
        self, places, unwritable, monkeypatch
    ):
        monkeypatch.setattr(_sources, "MIRRORS", ("test:/",))
        monkeypatch.setattr(
            _sources,
            "_fetch",
            lambda url, show: gzip.compress(CONTENTS[url[6:].removesuffix(".gz")]),
        )
        _assert_complete(load_data())
        assert locate_data().folder is None
        report = data_report()
        assert report.ok
        assert [file.name for file in report.files] == NAMES

    def test_a_write_that_fails_half_way_keeps_the_old_file(self, tmp_path, monkeypatch):
        path = tmp_path / "file"
        path.write_bytes(b"old")

        class Disk(io.FileIO):
            def write(self, content):
                super().write(content[:10])
                raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "open", lambda path, mode: Disk(path, mode))
        with pytest.raises(OSError, match="No space"):
            _files.write_whole(path, bytes(100))
        assert path.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [path]

    def test_removes_what_killed_processes_left_long_ago(self, places):
        places.cache.mkdir()
        old, new = places.cache / "old.part", places.cache / "new.part"
        for path in (old, new):
            path.write_bytes(b"half")
        os.utime(old, (0, 0))
        _sources.keep(CONTENTS)
        assert not old.exists()
        assert new.exists()  # it may belong to a process at work

    def test_processes_that_start_at_once_all_get_the_data(self, places, tmp_path):
        _fill(places.keras)
        program = (
            "import sys; from pathlib import Path\n"
            "from fashion_lib import _idx, _sources\n"
            f"_idx.FULL = _idx.edition({TRAIN}, {TEST}, {tuple(f.sha256 for f in EDITION)})\n"
            f"_sources.SYSTEM_FOLDER = Path({str(places.keras)!r})\n"
            "sys.stdin.read(1)\n"  # wait for the start signal
            "for _ in range(20):\n"
            "    for file in _sources.cache_folder().glob('train-*'):\n"
            "        file.unlink(missing_ok=True)\n"
            "    _sources.find()\n"
            "print('complete')\n"
        )
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(3)
        ]
        for worker in workers:
            worker.stdin.write("!")
            worker.stdin.flush()
        for worker in workers:
            output, errors = worker.communicate(timeout=60)
            assert output == "complete\n", errors
        assert not list(places.cache.glob("*.part"))
        for path in places.cache.iterdir():
            assert path.read_bytes() == CONTENTS[path.name]


class _Publisher(http.server.BaseHTTPRequestHandler):
    """Serves the tiny data set from 127.0.0.1 in good and bad ways, named by the path."""

    def do_GET(self):
        _, manner, file_name = self.path.split("/")
        name = file_name.removesuffix(".gz")
        body, promised, status = gzip.compress(CONTENTS[name]), None, 200
        if manner == "missing":
            status, body = 404, b"gone"
        elif manner == "portal":
            body = HTML
        elif manner == "interrupted" and name != IMAGES:
            promised, body = len(body), body[: len(body) // 2]
        elif manner == "swapped":
            body = gzip.compress(CONTENTS[{IMAGES: NAMES[2], NAMES[2]: IMAGES}.get(name, name)])
        self.server.asked.append(self.path)
        self.send_response(status)
        self.send_header("Content-Length", str(promised or len(body)))
        if manner == "unpacked":  # the client decompresses what the server marks like this
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    """Run the publisher of this test on a free port."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Publisher) as running:
        running.asked = []
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def publish(server, places, monkeypatch):
    """Return a function that sets the manners in which the mirrors serve."""
    monkeypatch.setenv("NO_PROXY", "*")
    server.asked.clear()
    address = f"http://127.0.0.1:{server.server_address[1]}"

    def _publish(*manners):
        mirrors = tuple(f"{address}/{manner}/" for manner in manners)
        monkeypatch.setattr(_sources, "MIRRORS", mirrors)

    return _publish


class TestDownload:
    @pytest.mark.parametrize("manner", ["good", "unpacked"])
    def test_ends_in_the_cache(self, places, publish, server, manner):
        publish(manner)
        _assert_complete(load_data())
        assert len(server.asked) == 4
        assert locate_data() == data.DataFiles("cache", places.cache)
        assert {path.name for path in places.cache.iterdir()} == set(NAMES)

    @pytest.mark.parametrize("manner", ["missing", "portal", "interrupted", "swapped"])
    def test_of_bad_files_leaves_nothing_and_says_why(self, places, publish, manner):
        publish(manner)
        with pytest.raises(DataError, match=f"/{manner}/: ") as caught:
            load_data("download")
        assert "--download" in str(caught.value)
        assert not places.cache.exists()

    def test_goes_on_at_the_next_mirror_with_the_files_still_missing(self, places, publish, server):
        publish("interrupted", "good")
        _assert_complete(load_data("download"))
        assert [path.split("/")[1] for path in server.asked].count("good") == 3

    def test_from_nowhere_is_an_error_with_a_reason(self, places, monkeypatch):
        monkeypatch.setenv("NO_PROXY", "*")
        monkeypatch.setattr(_sources, "MIRRORS", ("http://127.0.0.1:1/",))
        with pytest.raises(DataError, match=r"download failed \(ConnectionError\)"):
            load_data("download")

    def test_says_what_it_tries_where_somebody_looks(self, places, publish, monkeypatch, capsys):
        publish("missing", "good")
        load_data("download")
        assert capsys.readouterr().err == ""
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
        load_data("download")
        shown = capsys.readouterr().err
        for mirror, name in zip(_sources.MIRRORS, (IMAGES, LABELS), strict=True):
            assert f"asking {mirror} for {name}.gz" in shown
        assert shown.endswith("\r\x1b[2K")  # and leaves the terminal as it was

    def test_says_how_far_it_is(self):
        shown = []
        bar = _sources._Bar("name", shown.append)
        bar.total = 2e6
        for _ in range(20):
            bar.update(100_000)
        assert shown == [f"name: {done} of 2.0 MB" for done in (0.5, 1.0, 1.5, 2.0)]

    def test_leaves_one_line_in_a_notebook(self, places, publish, monkeypatch):
        shown = []
        handle = SimpleNamespace(update=lambda data, raw: shown.append(data["text/plain"]))
        monkeypatch.setattr("fashion_lib._progress._in_notebook", lambda: True)
        monkeypatch.setattr("IPython.display.display", lambda *_, **__: handle)
        publish("good")
        load_data("download")
        assert shown[0].startswith("Fashion-MNIST: asking http://127.0.0.1")
        assert shown[-1] == f"Fashion-MNIST: downloaded from {_sources.MIRRORS[0]}"


class TestSilence:
    """A network that does not answer costs its time once."""

    @pytest.fixture
    def tries(self, places, monkeypatch):
        """Count the attempts to reach the network, none of which succeeds."""
        tries = []

        def fail(name):
            tries.append(name)
            raise _idx.SourceError("silence")

        for name in ("download", "apt"):
            monkeypatch.setitem(_sources.SOURCES, name, lambda name=name: fail(name))
        return tries

    def test_is_remembered(self, tries):
        for number in range(3):
            with pytest.warns(DataWarning, match="silence") as caught:
                load_data()
            assert ("not tried again" in str(caught[0].message)) == (number > 0)
        assert tries == ["download", "apt"]

    def test_is_forgotten_after_a_rest(self, tries, monkeypatch):
        for later in (0, _sources.REST + 1):
            monkeypatch.setattr(_sources.time, "monotonic", lambda now=later: 1000.0 + now)
            with pytest.warns(DataWarning):
                load_data()
        assert tries == ["download", "apt"] * 2

    def test_is_no_answer_to_whoever_asks_for_the_network(self, tries, places, publish):
        with pytest.warns(DataWarning):
            load_data()
        for source in ("download", "apt"):
            with pytest.raises(DataError, match="silence"):
                load_data(source)
        assert tries == ["download", "apt"] * 2

    def test_of_a_folder_is_not_remembered(self, places, tries):
        with pytest.warns(DataWarning):
            load_data()
        _fill(places.system)
        assert locate_data().source == "system"

    def test_is_waited_for_no_longer_than_said(self, monkeypatch):
        import requests

        def get(url, timeout, **_):
            assert timeout == _sources.TIME_OUTS
            raise requests.ConnectTimeout

        monkeypatch.setattr(requests, "get", get)
        assert sum(_sources.TIME_OUTS) <= 20
        with pytest.raises(_idx.SourceError, match="ConnectTimeout"):
            _sources._fetch("http://example.invalid/x.gz", print)


class TestApt:
    @pytest.fixture
    def apt(self, places, monkeypatch):
        """Pretend that apt-get and dpkg-deb are there, and return what they are asked."""
        asked = []

        def run(command, folder):
            asked.append(command)
            if command[0] == "apt-get":
                (folder / "dataset-fashion-mnist_0.0_all.deb").touch()
            else:
                _fill(folder / "usr" / "share" / "datasets" / "fashion-mnist")

        monkeypatch.setattr(_sources.shutil, "which", lambda program: f"/usr/bin/{program}")
        monkeypatch.setattr(
            _sources.subprocess, "run", lambda *_, **__: SimpleNamespace(stdout="", returncode=1)
        )
        monkeypatch.setattr(_sources, "_run", run)
        return asked

    def test_unpacks_the_package_into_the_cache_without_root(self, places, apt):
        _assert_complete(load_data())
        assert [command[0] for command in apt] == ["apt-get", "dpkg-deb"]
        assert not any("sudo" in command or "install" in command for command in apt)
        assert locate_data().source == "cache"

    def test_a_package_with_other_files_is_refused(self, places, apt, monkeypatch):
        monkeypatch.setitem(CONTENTS, IMAGES, HTML)
        with pytest.raises(DataError, match=IMAGES):
            load_data("apt")
        assert not places.cache.exists()

    def test_a_command_that_fails_gives_its_last_line_as_the_reason(self, tmp_path):
        program = "import sys; sys.exit('first\\nE: Unable to locate package')"
        with pytest.raises(_idx.SourceError, match=r"\(E: Unable to locate package\)"):
            _sources._run([sys.executable, "-c", program], tmp_path)
        with pytest.raises(_idx.SourceError, match="failed"):
            _sources._run(["no-such-program-anywhere"], tmp_path)


class TestReport:
    def test_describes_each_file(self, places):
        folder = _fill(places.system)
        report = data_report()
        assert report.ok
        assert (report.source, report.folder) == ("system", folder)
        for file, name in zip(report.files, NAMES, strict=True):
            assert file.name == f"{name}.gz"
            assert file.bytes == (folder / file.name).stat().st_size
            assert file.sha256 == hashlib.sha256(CONTENTS[name]).hexdigest()

    def test_reads_the_files_themselves_not_the_kept_copy(self, places):
        _fill(places.system)
        load_data()
        (places.system / f"{IMAGES}.gz").write_bytes(HTML)
        report = data_report()
        assert not report.ok
        assert [file.ok for file in report.files] == [False, True, True, True]
        assert "web page" in report.files[0].problem
        (places.system / f"{IMAGES}.gz").unlink()
        assert data_report().files[0].bytes == 0

    def test_downloads_when_asked(self, places, publish):
        _fill(places.system)
        publish("good")
        report = data_report(download=True)
        assert (report.source, report.folder, report.ok) == ("download", places.cache, True)
        with pytest.raises(ValueError, match="not both"):
            data_report("system", download=True)


class TestFormat:
    def test_two_images_by_hand(self):
        pixels = bytes(range(256)) * 6 + bytes(32)
        images = _idx.parse(_header(2051, 2, 28, 28) + pixels)
        assert images.shape == (2, 28, 28)
        assert images[0, 0, :3].tolist() == [0, 1, 2]
        assert images[0, 1, 0] == 28  # rows first
        assert images[1, 0, 0] == 784 % 256

    def test_three_labels_by_hand(self):
        labels = _idx.parse(_header(2049, 3) + bytes([9, 0, 2]))
        assert labels.dtype == np.uint8
        assert labels.tolist() == [9, 0, 2]


class TestSplit:
    def test_is_stratified_as_in_scikit_learn(self, fashion):
        (x, y), _ = fashion
        (x_fit, y_fit), (x_val, y_val) = train_validation_split(x, y)
        assert (x_fit.shape, x_val.shape) == ((55_000, 28, 28), (5_000, 28, 28))
        _, reference = train_test_split(y, test_size=5000, stratify=y, random_state=0)
        assert np.bincount(y_val).tolist() == np.bincount(reference).tolist()
        assert np.bincount(y_fit).tolist() == [5500] * 10

    def test_keeps_shares_of_unequal_classes(self):
        y = np.repeat([3, 5, 8], [600, 300, 100])
        for size in (7, 50, 333):
            _, (_, y_val) = train_validation_split(y, y, size)
            exact = size * np.array([0.6, 0.3, 0.1])
            assert len(y_val) == size
            assert (abs(np.unique(y_val, return_counts=True)[1] - exact) < 1).all()

    def test_loses_and_repeats_nothing_and_keeps_pairs_and_order(self):
        y = np.arange(100) % 10
        x = np.arange(100) * 2
        (x_fit, y_fit), (x_val, y_val) = train_validation_split(x, y, 30)
        assert sorted([*x_fit, *x_val]) == x.tolist()
        for x_part, y_part in ((x_fit, y_fit), (x_val, y_val)):
            assert (x_part // 2 % 10 == y_part).all()
            assert (np.diff(x_part) > 0).all()

    def test_depends_on_the_seed_alone(self):
        y = np.arange(100) % 10
        first, again, other = (
            train_validation_split(np.arange(100), y, 20, seed=seed)[1][0] for seed in (0, 0, 1)
        )
        assert first.tolist() == again.tolist()
        assert first.tolist() != other.tolist()

    @pytest.mark.parametrize(
        ("arguments", "error", "message"),
        [
            ((np.zeros(9), np.zeros(10, int), 2), ValueError, "9 images but 10 labels"),
            ((np.zeros(10), np.eye(10), 2), ValueError, "argmax"),
            ((np.zeros(10), np.zeros(10, int), 0.2), TypeError, "whole number"),
            ((np.zeros(10), np.zeros(10, int), True), TypeError, "whole number"),
            ((np.zeros(10), np.zeros(10, int), 10), ValueError, "from 1 to 9"),
            ((np.zeros(10), np.zeros(10, int), 0), ValueError, "from 1 to 9"),
            ((np.zeros(10), np.arange(10) % 5, 4), ValueError, "a class without images"),
            ((np.zeros(0), np.zeros(0, int), 5), ValueError, "non-empty"),
        ],
    )
    def test_mistakes(self, arguments, error, message):
        with pytest.raises(error, match=message):
            train_validation_split(*arguments)


class TestNormalize:
    def test_gives_what_the_network_takes(self, fashion):
        (_, _), (x_test, _) = fashion
        images = normalize(x_test)
        assert images.shape == (10_000, 28, 28, 1)
        assert images.dtype == np.float32
        assert (images.min(), images.max()) == (0, 1)
        reference = x_test.astype(np.float64)[..., None] / 255
        np.testing.assert_allclose(images, reference, rtol=1e-7)

    def test_loses_nothing(self):
        every_value = np.resize(np.arange(256, dtype=np.uint8), (1, 28, 28))
        back = np.round(normalize(every_value)[..., 0] * 255).astype(np.uint8)
        assert (back == every_value).all()

    def test_takes_an_empty_batch(self):
        assert normalize(np.zeros((0, 28, 28), np.uint8)).shape == (0, 28, 28, 1)

    @pytest.mark.parametrize(
        ("images", "error", "message"),
        [
            (np.zeros((28, 28), np.uint8), ValueError, r"image\[np.newaxis\]"),
            (np.zeros((5, 28, 28, 1), np.uint8), ValueError, r"not \(5, 28, 28, 1\)"),
            (np.zeros((5, 32, 32), np.uint8), ValueError, r"not \(5, 32, 32\)"),
            (np.zeros((5, 28, 28), np.float32), TypeError, "normalized before"),
            (np.zeros((5, 28, 28), np.int64), TypeError, "not int64"),
        ],
    )
    def test_mistakes(self, images, error, message):
        with pytest.raises(error, match=message):
            normalize(images)
