"""Pins, addresses and commands of the project as a whole."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]


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
