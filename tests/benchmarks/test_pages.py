"""The table of Lighthouse's scores, on a report as Lighthouse writes it. Nothing is measured."""

import shutil
import subprocess

import pytest

from benchmarks import pages
from benchmarks.pages import PageScores


def report(performance, paint=1200, sizes=(1024, 2048)):
    rest = {key: {"score": 1} for key in ("accessibility", "best-practices", "seo")}
    return {
        "categories": {"performance": {"score": performance}, **rest},
        "audits": {
            "first-contentful-paint": {"numericValue": paint},
            "network-requests": {
                "details": {"items": [*({"transferSize": size} for size in sizes), {}]}
            },
        },
    }


def test_numbers_of_a_report():
    page = PageScores.read("a", report(0.97))
    assert page == PageScores("a", 0.97, 1, 1, 1, 1.2, 3)
    assert page.missed() == []


@pytest.mark.parametrize(
    ("changed", "missed"),
    [
        ({"performance": 0.94}, ["performance"]),
        ({"performance": 0.95, "paint": 1800}, []),
        ({"performance": 1, "paint": 1900, "sizes": (400 * 1024,)}, ["first_paint", "kibibytes"]),
    ],
)
def test_targets_from_both_sides(changed, missed):
    assert PageScores.read("a", report(**changed)).missed() == missed


def test_the_median_is_taken_number_by_number():
    runs = [
        PageScores.read("a", report(p, paint)) for p, paint in ((1, 3000), (0.5, 1000), (0.9, 2000))
    ]
    assert (pages.median(runs).performance, pages.median(runs).first_paint) == (0.9, 2.0)


def test_the_table_judges_chapters_but_not_the_stock_page():
    table = pages.format_scores(
        [
            PageScores.read("good", report(1)),
            PageScores.read("slow", report(0.5)),
            PageScores.read(pages.STOCK, report(0.5, 5900)),
        ]
    ).splitlines()
    assert table[1].endswith("met")
    assert table[2].endswith("MISSED performance")
    assert "5.9 s" in table[3]
    assert "MISSED" not in table[3]
    assert table[4].startswith("target")


def test_what_is_missing_is_said(tmp_path, monkeypatch):
    with pytest.raises(pages.NoLighthouseError, match="make book"):
        pages.measure(["a"], 1, lambda text: None, tmp_path)
    monkeypatch.setattr(pages, "LIGHTHOUSE", tmp_path / "none")
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/chromium")
    with pytest.raises(pages.NoLighthouseError, match="make node_modules"):
        pages.run_lighthouse("a", "http://127.0.0.1:1/")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(pages.NoLighthouseError, match="Chromium"):
        pages.run_lighthouse("a", "http://127.0.0.1:1/")


def test_a_failed_run_shows_what_lighthouse_said(tmp_path, monkeypatch):
    (tmp_path / "lighthouse").touch()
    monkeypatch.setattr(pages, "LIGHTHOUSE", tmp_path / "lighthouse")
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/chromium")
    failed = subprocess.CompletedProcess([], 1, "", "no debugging port")
    monkeypatch.setattr(pages.subprocess, "run", lambda *a, **k: failed)
    with pytest.raises(pages.NoLighthouseError, match="no debugging port"):
        pages.run_lighthouse("a", "http://127.0.0.1:1/")
