"""The book's own tools, on small and deliberately awkward input."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from book.sphinx_ext import course, mathml

ROOT = Path(__file__).resolve().parents[2]


class TestMathML:
    @pytest.mark.parametrize(
        ("tex", "expected"),
        [
            (r"\frac{a}{b}", "<mfrac>"),
            (r"\left\lfloor \frac{n}{s} \right\rfloor", "&#x0230A;"),
            (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "<mtable"),
            (r"x_{i+u,\,j+v}", "<msub>"),
            ("n' + 1", '<mi>n</mi><mo lspace="0" rspace="0">&#x02032;</mo>'),
            (r"\ln 10", '<mi>ln</mi><mspace width="0.167em" /><mn>10</mn>'),
            (r"\log(p)", "<mi>log</mi><mo"),
        ],
    )
    def test_converts_what_the_chapters_use(self, tex, expected):
        result = mathml.to_mathml(tex, display=True)
        assert result.startswith("<math")
        assert 'display="block"' in result
        assert expected in result

    @pytest.mark.parametrize("tex", [r"\nosuchcommand x", r"\operatorname*{arg\,max}_k p_k"])
    def test_refuses_what_it_cannot_convert(self, tex):
        with pytest.raises(ValueError, match="cannot convert"):
            mathml.to_mathml(tex, display=False)


class TestLibraryDigest:
    @pytest.fixture
    def root(self, tmp_path):
        (tmp_path / "fashion_lib" / "__pycache__").mkdir(parents=True)
        (tmp_path / "fashion_lib" / "data.py").write_text("A = 1\n")
        (tmp_path / "requirements.txt").write_text("numpy==2\n")
        return tmp_path

    def test_depends_on_the_library_and_on_the_pins(self, root):
        before = course.library_digest(root)
        (root / "fashion_lib" / "data.py").write_text("A = 2\n")
        changed = course.library_digest(root)
        (root / "requirements.txt").write_text("numpy==3\n")
        assert len({before, changed, course.library_digest(root)}) == 3

    def test_ignores_compiled_files(self, root):
        before = course.library_digest(root)
        (root / "fashion_lib" / "__pycache__" / "data.pyc").write_bytes(b"x")
        assert course.library_digest(root) == before


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

        monkeypatch.setattr(data, "locate_data", lambda: data.DataFiles("sample", Path()))
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


class TestProject:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    @staticmethod
    def _pins(name):
        found = {}
        for line in (ROOT / name).read_text().splitlines():
            if match := re.match(r"([a-z0-9._-]+)==([^\s;]+)", line):
                found.setdefault(match[1], []).append(Version(match[2]))
        return found

    @pytest.mark.parametrize(
        ("file", "extras"),
        [("requirements.txt", ["tensorflow", "book"]), ("requirements-dev.txt", ["dev"])],
    )
    def test_pins_satisfy_what_pyproject_asks_for(self, file, extras):
        pins = self._pins(file)
        wanted = list(self.project["dependencies"])
        for extra in extras:
            wanted += self.project["optional-dependencies"][extra]
        for requirement in map(Requirement, wanted):
            if requirement.name != self.project["name"]:
                assert requirement.name in pins, requirement
                assert all(pin in requirement.specifier for pin in pins[requirement.name])

    def test_every_pin_has_a_hash(self):
        for name in ("requirements.txt", "requirements-dev.txt"):
            text = (ROOT / name).read_text()
            entries = re.findall(r"^[a-z0-9][^\n]*\\\n(?:    --hash[^\n]*\n?)+", text, re.M)
            assert len(entries) == len(re.findall(r"^[a-z0-9]", text, re.M))

    def test_the_development_pins_contain_the_others(self):
        book, development = self._pins("requirements.txt"), self._pins("requirements-dev.txt")
        assert all(development.get(name) == versions for name, versions in book.items())

    def test_tensorflow_is_not_among_the_hard_requirements(self):
        names = {Requirement(text).name for text in self.project["dependencies"]}
        assert not names & {"tensorflow", "tensorflow-cpu", "keras"}

    def test_the_repository_has_its_address_in_one_place(self):
        address = re.search(r"^  url: (\S+)", (ROOT / "_config.yml").read_text(), re.M)[1]
        folders = {".git", ".venv", "_build", "node_modules"}
        folders |= {".ruff_cache", ".pytest_cache", ".hypothesis"}
        top = {path.name for path in ROOT.iterdir()} - folders
        kinds = {".md", ".py", ".toml", ".yml", ".cff", ".css", ".txt", ""}
        holding = [
            path.relative_to(ROOT).as_posix()
            for name in top
            for path in [ROOT / name, *(ROOT / name).rglob("*")]
            if path.is_file() and path.suffix in kinds and address.encode() in path.read_bytes()
        ]
        assert holding == ["_config.yml"]

    def test_make_lists_its_commands(self):
        text = (ROOT / "Makefile").read_text()
        listed = set(re.findall(r"^([a-z-]+):.*## ", text, re.M))
        wanted = {"book", "serve", "test", "test-unit", "bench", "weights", "clean", "preview"}
        assert wanted <= listed
