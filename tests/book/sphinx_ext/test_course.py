"""What decides over a chapter's outputs, and what a page says of its data."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from book.sphinx_ext import course

ROOT = Path(__file__).resolve().parents[3]


class TestLibraryDigest:
    @pytest.fixture
    def root(self, tmp_path):
        (tmp_path / "fashion_lib" / "__pycache__").mkdir(parents=True)
        (tmp_path / "fashion_lib" / "data.py").write_text("A = 1\n")
        (tmp_path / "requirements.txt").write_text("numpy==2\n")
        (tmp_path / "tools" / "notebooks").mkdir(parents=True)
        for name in course.START_UP:
            (tmp_path / name).write_text("")
        return tmp_path

    def test_depends_on_the_library_on_the_pins_and_on_what_kernels_start_with(self, root):
        digests = [course.library_digest(root)]
        for name in ("fashion_lib/data.py", "requirements.txt", *course.START_UP):
            (root / name).write_text("changed\n")
            digests.append(course.library_digest(root))
        assert len(set(digests)) == len(digests) == 6

    def test_ignores_compiled_files(self, root):
        before = course.library_digest(root)
        (root / "fashion_lib" / "__pycache__" / "data.pyc").write_bytes(b"x")
        assert course.library_digest(root) == before


LEFT = """
import sys
names = {}
exec(open(sys.argv[1]).read(), names)
print(*sorted(names.keys() - {"__builtins__"}))
"""


@pytest.mark.parametrize("name", course.START_UP)
def test_what_kernels_start_with_leaves_no_name_that_a_chapter_could_replace(
    name, tmp_path, monkeypatch
):
    monkeypatch.setenv("IPYTHONDIR", "")
    course.prepare_kernels(tmp_path)
    path = tmp_path / "profile_default" / "startup" / Path(name).name
    left = subprocess.run(
        [sys.executable, "-c", LEFT, str(path)], capture_output=True, text=True, check=True
    ).stdout.split()
    assert left == [] or (path.stem == "claim" and "claim" in left)


class TestSampleBanner:
    @pytest.mark.parametrize("sample", [True, False])
    def test_every_page_says_when_only_the_sample_was_found(self, sample, tmp_path, monkeypatch):
        monkeypatch.setattr(course, "uses_sample", lambda: sample)
        monkeypatch.setattr(course, "prepare_kernels", lambda folder: None)
        config = SimpleNamespace(html_title="T", html_theme_options={}, html_context={})
        course.configure(SimpleNamespace(outdir=tmp_path / "html"), config)
        announcement = config.html_theme_options.get("announcement", "")
        assert ("small sample" in announcement) == sample
        # Outputs computed from the sample must never be taken from the full data's cache.
        assert config.course_digest.endswith("-sample") == sample
        assert config.nb_execution_cache_path.endswith(config.course_digest)

    def test_the_sample_is_recognized(self, monkeypatch):
        from fashion_lib import data

        monkeypatch.setattr(course, "locate_data", lambda: data.DataFiles("sample", Path()))
        assert course.uses_sample()


FALLBACK = """
from fashion_lib import _sources, load_data
def gone():
    raise _sources.SourceError("gone")
_sources.SOURCES.update({name: gone for name in _sources.SOURCES if name != "sample"})
(images, _), _ = load_data()
print(len(images))
"""


class TestKernelStartUp:
    @pytest.mark.parametrize("started", [True, False])
    def test_holds_back_the_warning_that_the_banner_replaces(self, started):
        startup = (
            (ROOT / "tools" / "notebooks" / "quiet_tensorflow.py").read_text() if started else ""
        )
        done = subprocess.run(
            [sys.executable, "-c", startup + FALLBACK],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.strip() == "6000", done.stderr
        # Whatever a cell writes to standard error fails the build, and so would the warning.
        assert ("small sample" in done.stderr) == (not started)
