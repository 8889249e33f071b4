"""Which engines a test runs in: what is missing is told, what is left out is listed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import browsers

ROOT = Path(__file__).parents[1]


@pytest.fixture
def without(monkeypatch):
    """Return a function that hides engines; no CI is set."""
    monkeypatch.delenv("CI", raising=False)

    def hide(*names):
        for name in browsers.ENGINES:
            found = None if name in names else "/usr/bin/browser"
            changed = browsers.ENGINES[name]._replace(find=lambda found=found: found)
            monkeypatch.setitem(browsers.ENGINES, name, changed)

    return hide


def test_what_is_missing_is_named_with_the_line_that_brings_it(without, capsys):
    without()
    assert browsers.main() == 0
    assert capsys.readouterr().out == ""
    without("firefox", "webkit")
    assert browsers.main() == 0
    told = capsys.readouterr().out
    assert "firefox, webkit" in told
    assert "--no-install-recommends firefox-esr webkit2gtk-driver xvfb xauth\n" in told
    without("chromium")
    assert browsers.main() == 1


def test_in_ci_all_must_be_there(without, monkeypatch):
    without("webkit")
    monkeypatch.setenv("CI", "true")
    assert browsers.main() == 1


def test_a_test_gets_the_engines_whose_driver_can_and_that_are_here(without):
    without()
    assert browsers.choose([]) == (["chromium", "firefox", "webkit"], {})
    usable, left_out = browsers.choose(["color scheme"])
    assert usable == ["chromium"]
    assert left_out == browsers.CANNOT["color scheme"]
    without("firefox")
    assert browsers.choose([]) == (["chromium", "webkit"], {})
    with pytest.raises(KeyError):
        browsers.choose(["telepathy"])


def collect(environment):
    """Let pytest collect the site's tests in all engines."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests/book/test_engines.py"]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_what_is_left_out_is_no_skip_and_is_listed():
    said = collect({name: value for name, value in os.environ.items() if name != "CI"}).stdout
    cases, _, left_out = said.partition("cases that no driver can run")
    test = "test_without_a_choice_the_page_is_as_the_system"
    assert f"{test}[chromium]" in cases
    assert f"{test}[webkit]" not in cases
    assert f"{test}[webkit]: WebKitGTK's driver cannot tell" in left_out


def test_in_ci_a_run_without_an_engine_fails(tmp_path):
    done = collect(os.environ | {"CI": "true", "PATH": str(tmp_path)})
    assert done.returncode != 0
    assert "not installed: chromium, firefox, webkit" in done.stdout + done.stderr
