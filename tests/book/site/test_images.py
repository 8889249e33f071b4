"""Small pictures of known sizes."""

import io
import shutil

import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from book.site import images as site_images
from book.site.page import Page, PageError
from tests.book.site.small import finish, png
from tools.notebooks.dark_plots import with_dark


@pytest.fixture(autouse=True)
def _copied(site):
    """Put the site's files in their places, as is done before its pictures are converted."""
    shutil.copytree(site.raw, site.folder)


class TestImages:
    def test_a_plot_keeps_its_pixels(self):
        pixels = np.kron(np.arange(64, dtype=np.uint8).reshape(8, 8), np.ones((9, 9), np.uint8))
        original = png(np.stack([pixels] * 3, axis=-1))
        smaller = site_images.encode(original)
        assert len(smaller) < len(original)
        assert (np.asarray(Image.open(io.BytesIO(smaller)))[..., 0] == pixels).all()

    def test_a_colorful_picture_loses_what_cannot_be_seen(self):
        random = np.random.default_rng(0)
        smooth = random.integers(0, 255, (12, 12, 3)).astype(np.uint8)
        picture = Image.fromarray(smooth).resize((400, 400), Image.Resampling.BICUBIC)
        noisy = np.asarray(picture).astype(int) + random.integers(-2, 3, (400, 400, 3))
        original = png(np.clip(noisy, 0, 255).astype(np.uint8))
        smaller = site_images.encode(original)
        assert len(smaller) < len(original) / 4
        error = np.abs(np.asarray(Image.open(io.BytesIO(smaller))).astype(int) - noisy)
        assert error.mean() < 4

    def test_transparency_stays(self):
        pixels = np.zeros((20, 20, 4), np.uint8)
        pixels[:10, :, 3] = 255
        assert Image.open(io.BytesIO(site_images.encode(png(pixels)))).mode == "RGBA"

    def test_a_picture_is_converted_once(self, site, monkeypatch):
        finish(site)
        monkeypatch.setattr(site_images, "encode", lambda content: pytest.fail("again"))
        finish(site)

    def test_sizes_are_stated_as_shown(self, site):
        html = (
            '<img src="_images/plot.png"/><img src="_images/plot.png" style="width: 45px;"/>'
            '<img src="_static/logo.svg"/><img src="_static/logo.svg" width="50%"/>'
        )
        made = Page("index", BeautifulSoup(html, "html.parser"))
        site_images.improve(site, made)
        images = made.soup.find_all("img")
        assert [(i.get("width"), i.get("height")) for i in images] == [
            ("90", "60"),
            ("45", "30"),
            ("64", "32"),
            ("50%", None),
        ]
        assert "style" not in images[1].attrs

    def test_pictures_below_the_first_screen_wait(self, site):
        long = "<p>" + "words " * 400 + "</p>"
        html = (
            f'<article><img src="_images/plot.png"/>{long}<img src="_images/plot.png"/></article>'
        )
        made = Page("index", BeautifulSoup(html, "html.parser"))
        site_images.improve(site, made)
        first, last = made.soup.find_all("img")
        assert "loading" not in first.attrs
        assert last["loading"] == "lazy"

    def test_a_narrow_screen_gets_a_picture_made_for_it(self, site):
        narrow = np.zeros((50, 20, 3), np.uint8)
        (site.raw / "_static" / "plot-narrow.png").write_bytes(png(narrow))
        for _ in range(2):  # for another page, too
            made = Page("a/b", BeautifulSoup('<img src="../_images/plot.png"/>', "html.parser"))
            site_images.improve(site, made)
            source, image = made.soup.picture.find_all(True)
            assert source["srcset"] == "../_static/plot-narrow.webp"
            assert source["media"] == "(max-width: 600px)"
            assert (source["width"], source["height"]) == ("20", "50")
            assert image["src"] == "../_images/plot.webp"

    def test_a_picture_that_links_to_itself_follows(self, site):
        html = '<a href="_images/plot.png"><img src="_images/plot.png"/></a>'
        made = Page("index", BeautifulSoup(html, "html.parser"))
        site_images.improve(site, made)
        assert made.soup.a["href"] == "_images/plot.webp"

    def test_a_dark_page_shows_the_drawing_that_a_plot_carries(self, site):
        light, dark = (png(np.full((60, 90, 3), level, np.uint8)) for level in (250, 20))
        (site.raw / "_images" / "plot.png").write_bytes(with_dark(light, dark))
        html = '<div class="cell_output"><img src="_images/plot.png" alt="A plot"/></div>'
        made = Page("index", BeautifulSoup(html, "html.parser"))
        site_images.improve(site, made)
        shown = made.soup.select("a.course-enlarge > img")
        assert made.soup.a["href"] == shown[0]["src"]
        for image, level in zip(shown, (250, 20), strict=True):
            with Image.open(site.folder / image["src"]) as picture:
                assert picture.convert("L").getextrema() == (level, level)
            assert (image["alt"], image["width"], image["loading"]) == ("A plot", "90", "lazy")
        assert [image["class"] for image in shown] == [["course-light"], ["course-dark"]]

    def test_a_missing_picture_is_an_error(self, site):
        made = Page("index", BeautifulSoup('<img src="_images/none.png"/>', "html.parser"))
        with pytest.raises(PageError, match="not there"):
            site_images.improve(site, made)
