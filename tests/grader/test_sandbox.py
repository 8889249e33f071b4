"""The sandbox runs the Python that the grader runs on, by whatever name that was started."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader import sandbox
from grader.release import ROOT

CODE = """
import sys
from grader.confined import Reader
from grader.sandbox import Limits, find_mode
from grader.session import open_session
with Reader() as reader:
    reader.notebook(b'{"cells": []}')
with open_session(find_mode(), Limits()) as session:
    reply = session.ask("cell", 60.0, source="import fashion_lib", keep=[])
print(sys.prefix, reply["error"])
"""


@pytest.mark.skipif(
    shutil.which("bwrap") is None and not os.environ.get("CI"), reason="needs bubblewrap"
)
def test_the_environment_may_be_a_symbolic_link(tmp_path):
    link = tmp_path / "links" / "environment"
    link.parent.mkdir()
    link.symlink_to(sys.prefix)
    done = subprocess.run(
        [link / "bin" / "python", "-c", CODE], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.strip() == f"{link} None", done.stderr


def folder(path):
    path.mkdir(parents=True)
    return path


@pytest.mark.parametrize("outside", ["link", "linked/deep/er", "real", "base/link"])
def test_each_folder_stands_where_it_is_looked_for(tmp_path, monkeypatch, outside):
    """And no folder but those that are needed, so that a course beside them stays unseen."""
    base, real = folder(tmp_path / "base"), folder(tmp_path / "real")
    (tmp_path / "linked").symlink_to(folder(tmp_path / "over" / "there"))
    (tmp_path / "over" / "there" / "deep" / "er").mkdir(parents=True)
    for place in ("link", "base/link"):
        (tmp_path / place).symlink_to(real)
    monkeypatch.setattr(sys, "base_prefix", str(base))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / outside))
    monkeypatch.setattr(sandbox, "PACKAGES", ())
    found = sandbox._places(None)
    wanted = (tmp_path / outside).resolve()
    assert set(found.values()) == {base, wanted} == set(sandbox.visible_folders(None))
    assert all(Path(place).resolve() == target for place, target in found.items())
    reachable = found.get(tmp_path / outside) == wanted
    assert reachable or outside == "base/link"  # it stands in a folder that is seen anyway
