"""A whole site, from the folder that Sphinx wrote to the finished one."""

import io
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from book.site import describe
from book.site.page import PageError, Site
from fashion_lib._palette import PALETTE
from tests.book.site.small import PAGE, finish, png, read_files


class TestWhole:
    def test_finishing_changes_nothing_of_what_it_reads(self, site):
        raw = read_files(site.raw)
        assert finish(site) == finish(site)
        assert read_files(site.raw) == raw

    def test_if_it_fails_the_site_stays(self, site, monkeypatch):
        before = finish(site)
        (site.raw / "index.html").write_text("<html><head><title>x</title></head></html>")
        with pytest.raises(PageError):
            finish(site)
        assert read_files(site.folder) == before
        assert sorted(path.name for path in site.folder.parent.iterdir()) == [
            "cache",
            "html",
            "raw",
        ]

    def test_if_the_new_one_cannot_take_its_place_the_site_stays(self, site, monkeypatch):
        before, rename = finish(site), Path.rename

        def fail(path, target):
            if path.name == "new":
                raise PermissionError(target)
            return rename(path, target)

        monkeypatch.setattr(Path, "rename", fail)
        with pytest.raises(PermissionError):
            finish(site)
        assert read_files(site.folder) == before

    def test_what_is_gone_from_what_sphinx_wrote_is_gone_from_the_site(self, site):
        assert "chapters/02_page.html" in finish(site)
        (site.raw / "chapters" / "02_page.html").unlink()
        assert "chapters/02_page.html" not in finish(site)

    def test_what_only_the_build_reads_is_not_published(self, site):
        for name in ("reports/index.err.log", ".buildinfo", "_static/doctools.js.map"):
            (site.raw / name).parent.mkdir(exist_ok=True)
            (site.raw / name).write_text("x")
        assert not [name for name in finish(site) if name.endswith(("log", "buildinfo", "map"))]
        assert "_static/logo.svg" in finish(site)

    @pytest.mark.parametrize(
        ("scheme", "start"), [("light", "html[data-theme]{"), ("dark", "@media not print")]
    )
    def test_the_palette_is_in_the_style(self, site, scheme, start):
        css = finish(site)["_static/site.css"].decode()
        block = css[css.index(start) :].partition("}")[0]
        for name, color in PALETTE[scheme].items():
            assert f"--course-{name}: {color}" in block

    def test_a_page_that_sphinx_writes_again_is_finished_again(self, site):
        before = finish(site)
        raw = PAGE.replace("@", "").replace("NAME", "index").replace("Why is it so?", "Who says?")
        (site.raw / "index.html").write_text(raw)
        after = finish(site)
        changed = {name for name in before if before[name] != after[name]}
        assert changed == {"index.html"}
        assert b"Who says?" in after["index.html"]

    def test_a_plot_that_sphinx_draws_again_is_converted_again(self, site):
        before = finish(site)
        assert "_images/plot.png" not in before
        (site.raw / "_images" / "plot.png").write_bytes(png(np.full((10, 10, 3), 9, np.uint8)))
        after = finish(site)
        assert "_images/plot.png" not in after
        assert before["_images/plot.webp"] != after["_images/plot.webp"]
        assert b'height="10"' in after["index.html"]

    def test_every_page_has_one_stylesheet_and_one_script(self, site):
        files = finish(site)
        for name, root in (("index.html", ""), ("chapters/02_page.html", "../")):
            soup = BeautifulSoup(files[name], "html.parser")
            (sheet,) = soup.select("link[rel=stylesheet]")
            assert sheet["href"].startswith(f"{root}_static/site.css?v=")
            (script,) = soup.find_all("script", src=True)
            assert script["src"].startswith(f"{root}_static/site.js?v=")
            assert "defer" in script.attrs
        css = files["_static/site.css"].decode()
        assert ".bd-article" in css
        assert "unused" not in css
        assert "nobody" not in css
        assert "color: red!important" in css

    def test_the_map_lists_the_pages_and_the_wrong_address_leads_on(self, site):
        files = finish(site)
        sitemap = files["sitemap.xml"].decode()
        assert "<loc>https://someone.github.io/course/</loc>" in sitemap
        assert "<loc>https://someone.github.io/course/chapters/02_page.html</loc>" in sitemap
        assert b"https://someone.github.io/course/sitemap.xml" in files["robots.txt"]
        lost = BeautifulSoup(files["404.html"], "html.parser")
        links = [link["href"] for link in lost.find_all("a")]
        assert links == ["/course/index.html", "/course/chapters/02_page.html"]
        assert not lost.find_all(["link", "img"])  # at any depth, nothing else is needed
        assert "@" not in lost.main.decode()

    def test_the_preview_picture_has_the_size_that_is_stated(self, site):
        files = finish(site)
        card = Image.open(io.BytesIO(files["_images/card-chapters-02_page.png"]))
        assert card.size == describe.CARD
        assert len(files["_images/card-chapters-02_page.png"]) < 60_000

    def test_no_page_is_an_error(self, tmp_path):
        (tmp_path / "raw").mkdir()
        with pytest.raises(PageError, match="no page"):
            finish(Site(tmp_path / "raw", tmp_path / "html", tmp_path / "cache"))
