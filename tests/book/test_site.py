"""The built site: whole, quiet, described, and failing loudly when a chapter fails."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup

from book.build import COMMAND, OPTIONS
from tests.book.site.small import read_files

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"


def _toc_pages():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    return [toc["root"]] + [c["file"] for part in toc["parts"] for c in part["chapters"]]


PAGES = _toc_pages()
CHAPTERS = [page for page in PAGES if page.startswith("chapters/")]


def _soup(page):
    return BeautifulSoup((SITE / f"{page}.html").read_text(encoding="utf-8"), "html.parser")


def _article(page):
    return _soup(page).find("article")


@pytest.mark.book
@pytest.mark.parametrize("page", PAGES)
class TestEveryPage:
    def test_has_one_title_and_an_article(self, page):
        soup = _soup(page)
        assert len(soup.find("article").find_all("h1")) == 1
        assert "From Pixels to Predictions" in soup.title.text

    def test_shows_no_noise(self, page):
        article = _article(page)
        assert not article.select(".output.stderr, .stderr")
        text = "".join(output.get_text() for output in article.select(".cell_output"))
        for debris in (
            "\r",
            "it/s]",
            "oneDNN",
            "cpu_feature_guard",
            "WARNING:",
            "<Axes",
            "<Figure",
        ):
            assert debris not in text

    def test_names_no_folder_of_the_machine_that_built_it(self, page):
        html = (SITE / f"{page}.html").read_text(encoding="utf-8")
        assert str(ROOT) not in html
        assert str(Path.home()) + "/" not in html
        assert not re.search(r"/tmp/|ipykernel_\d+|site-packages", html)

    def test_describes_every_picture(self, page):
        for image in _article(page).find_all("img"):
            alt = image.get("alt", "")
            assert len(alt) > 20, f"{image['src']}: {alt!r}"
            assert "_images/" not in alt

    def test_has_no_dead_link(self, page):
        source = SITE / f"{page}.html"
        for link in _soup(page).find_all("a", href=True):
            parts = urlsplit(link["href"])
            if parts.scheme or parts.netloc:
                continue
            target = (source.parent / unquote(parts.path)).resolve() if parts.path else source
            assert target.exists(), link["href"]
            if parts.fragment and target.suffix == ".html":
                html = target.read_text(encoding="utf-8")
                assert f'id="{unquote(parts.fragment)}"' in html, link["href"]

    def test_carries_the_sample_banner_exactly_when_the_sample_is_used(self, page):
        from fashion_lib.data import locate_data

        banner = _soup(page).select_one(".bd-header-announcement")
        shown = banner is not None and "small sample" in banner.get_text()
        assert shown == locate_data().is_sample


@pytest.mark.book
@pytest.mark.parametrize(
    ("page", "figure"),
    [
        ("index", "occlusion_lens/figure"),
        ("index", "picture_lab/figure"),
        ("index", "quiz/progress"),
        ("chapters/01_dataset_exploration", "garment_map/figure"),
        ("chapters/02_convolution", "convolution_explorer/figure"),
        ("chapters/03_building_the_cnn", "network_walk/figure"),
        ("chapters/04_training", "training_lab/figure"),
        ("chapters/05_confusion_matrix", "confusion_explorer/figure"),
        ("chapters/06_single_image_prediction", "picture_lab/figure"),
        *((chapter, "quiz/figure") for chapter in CHAPTERS),
    ],
)
def test_a_page_has_its_figure_and_what_it_loads(page, figure):
    (host,) = _soup(page).select(f'.cw-host[data-widget="{figure}"]')
    assert isinstance(json.loads(host.script.string), dict)
    assert (SITE / "_figures" / f"{figure}.js").exists()
    assert _soup(page).select('script[src$="_figures/host.js"]')


@pytest.mark.book
@pytest.mark.parametrize("page", CHAPTERS)
class TestEveryChapter:
    def test_keeps_exercises_with_collapsed_solutions(self, page):
        article = _article(page)
        exercises = article.select(".exercise.admonition")
        solutions = article.select(".solution.admonition")
        assert len(exercises) >= 3
        assert len(solutions) == len(exercises)
        assert all("dropdown" in solution["class"] for solution in solutions)
        assert sum(bool(solution.select(".cell")) for solution in solutions) >= 2

    def test_cites_its_sources(self, page):
        assert _article(page).select('a[href*="references.html#"]')

    def test_its_buttons_open_its_notebook(self, page):
        config = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]
        owner = config["url"].removeprefix("https://github.com/")
        links = {link["href"] for link in _soup(page).find_all("a", href=True)}
        colab = f"https://colab.research.google.com/github/{owner}/blob/{config['branch']}"
        assert f"{colab}/{page}.ipynb" in links
        binder = [link for link in links if link.startswith("https://mybinder.org/v2/gh/")]
        assert len(binder) == 1
        assert f"{owner}/{config['branch']}?urlpath=lab/tree/{page}.ipynb" in binder[0]
        assert (SITE / f"{page}.ipynb").read_bytes() == (ROOT / f"{page}.ipynb").read_bytes()

    def test_was_executed(self, page):
        article = _article(page)
        assert article.select(".cell_output")
        assert article.select(".cell_output img")


def _tiny_book(folder, cell):
    """Write a one-page book with the settings of ours and, if it is not None, one code cell."""
    # Copies, not links: everything then comes from there, as from a checkout that is not installed.
    for name in ("_static", "book", "tools", "fashion_lib", "fashion_figures"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    for name in ("_config.yml", "references.bib", "requirements.txt", "CITATION.cff"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    code = "" if cell is None else f"```{{code-cell}} ipython3\n{cell}\n```\n"
    (folder / "index.md").write_text(
        "---\njupytext:\n  text_representation: {extension: .md, format_name: myst}\n"
        "kernelspec: {display_name: Python 3, language: python, name: python3}\n---\n"
        f"# A tiny book\n\n{code}"
    )


def _build(folder):
    return subprocess.run(
        [sys.executable, "-m", "book.build", folder],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.book
class TestBuild:
    def test_publishes_a_cell_that_runs_and_does_not_run_it_again(self, tmp_path):
        _tiny_book(tmp_path, "print(6 * 7)")
        first = _build(tmp_path)
        assert first.returncode == 0, first.stdout
        assert "running  index" in first.stdout.replace(str(tmp_path), "")
        files = read_files(tmp_path / "_build" / "html")
        assert b"42" in files["index.html"]
        second = _build(tmp_path)
        assert second.returncode == 0
        assert read_files(tmp_path / "_build" / "html") == files
        assert "running" not in second.stdout

    def test_jupyter_book_alone_gives_the_finished_site_every_time(self, tmp_path):
        """Without the checkout on Python's path, and where only a part is new."""
        folder = tmp_path / "course"
        folder.mkdir()
        _tiny_book(folder, None)
        (folder / "other.md").write_text("# Another page\n\nText.\n")
        toc = "format: jb-book\nroot: index\nchapters:\n- file: other\n"
        (folder / "_toc.yml").write_text(toc)

        def build():
            done = subprocess.run(
                [sys.executable, *COMMAND, "build", *OPTIONS, folder],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            return read_files(folder / "_build" / "html")

        first = build()
        assert b"Content-Security-Policy" in first["index.html"]
        assert {"404.html", "other.html", "sitemap.xml", "_figures/host.js"} <= set(first)
        (folder / "other.md").write_text("# Another page\n\nOther words.\n")
        second = build()
        assert set(second) == set(first)
        changed = {name for name in first if first[name] != second[name]}
        assert changed == {"other.html", "search.html", "_static/sections.js"}
        assert b"Other words." in second["other.html"]

    @pytest.mark.parametrize(
        ("cell", "message"),
        [
            ("1 / 0", "ZeroDivisionError"),
            ("import sys; print('noise', file=sys.stderr)", "stderr"),
            (":tags: [remove-cell, claim]\n\nclaim('Bags win', int, -1, unlike=-2)", "“Bags win”"),
        ],
    )
    def test_fails_when_a_cell_raises_writes_to_stderr_or_claims_what_is_false(
        self, tmp_path, cell, message
    ):
        _tiny_book(tmp_path, cell)
        done = _build(tmp_path)
        assert done.returncode != 0
        assert message in done.stdout

    def test_fails_on_a_broken_reference(self, tmp_path):
        _tiny_book(tmp_path, "1")
        with (tmp_path / "index.md").open("a") as page:
            page.write("\n{ref}`nowhere`\n")
        done = _build(tmp_path)
        assert done.returncode != 0
        assert "nowhere" in done.stdout
