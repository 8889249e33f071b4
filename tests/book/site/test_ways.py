"""Ways to notebooks, figures, copies and old sections."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from book.site import ways
from book.site.page import PageError
from tests.book.site.small import finish, page

COLAB = "https://colab.research.google.com/github/o/r/blob/main/chapters/02_page.ipynb"
BINDER = "https://mybinder.org/v2/gh/o/r/main?urlpath=lab/tree/chapters/02_page.ipynb"
MENU = (
    f'<div class="dropdown-launch-buttons"><a href="{BINDER}">Binder</a>'
    f'<a href="{COLAB}">Colab</a></div>'
)
CARD = '<div class="sd-card"><div class="sd-card-body"></div><a href="{}">x</a></div>'


def write(site, name, old, new):
    path = site.raw / f"{name}.html"
    html = path.read_text()
    assert old in html
    path.write_text(html.replace(old, new))


def soup(files, name):
    return BeautifulSoup(files[f"{name}.html"], "html.parser")


class TestNotebook:
    def test_it_is_offered_below_the_title_in_the_table_and_as_a_file(self, site):
        write(site, "chapters/02_page", "<main>", MENU + "<main>")
        write(site, "index", "</article>", '<div class="course-notebooks">x</div></article>')
        (site.raw / "chapters" / "02_page.ipynb").write_text("{}")
        files = finish(site)
        assert files["chapters/02_page.ipynb"] == b"{}"
        chapter = soup(files, "chapters/02_page")
        line = chapter.h1.find_next_sibling("p")
        assert line.get_text() == "Open in Colab · Binder · Download the notebook"
        addresses = [COLAB, BINDER, "../chapters/02_page.ipynb"]
        assert [link["href"] for link in line.find_all("a")] == addresses
        assert not chapter.select(".dropdown-launch-buttons")
        table = soup(files, "index").select_one(".course-notebooks table")
        assert [cell.get_text() for cell in table.select("thead th")] == [
            "Chapter",
            "Colab",
            "Binder",
            "Notebook",
        ]
        addresses[2] = "chapters/02_page.ipynb"
        assert [link["href"] for link in table.select("tbody a")] == addresses

    def test_a_page_without_one_has_no_menu(self):
        made = page(f"<article><h1>T</h1></article>{MENU}", name="pages/a")
        assert ways.offer_notebook(SiteWithout, made) is None
        assert not made.soup.find_all("a")

    def test_a_theme_without_a_menu_is_an_error(self, site):
        (site.raw / "chapters" / "02_page.ipynb").write_text("{}")
        with pytest.raises(PageError, match="no place where Colab opens"):
            finish(site)


class SiteWithout:
    raw = Path("/nowhere")


class TestFigure:
    HOST = '<div class="cw-host" data-widget="{}/figure"></div>'

    def test_the_question_leads_to_it_and_the_card_says_so(self, site):
        quiz, lab = self.HOST.format("quiz"), self.HOST.format("lab")
        write(site, "chapters/02_page", "</article>", f"{quiz}{lab}</article>")
        cards = CARD.format("chapters/02_page.html#x") + CARD.format("https://example.org")
        write(site, "index", "</article>", f"{cards}</article>")
        files = finish(site)
        chapter = soup(files, "chapters/02_page")
        link = chapter.select_one(".course-question + .course-jump a")
        assert chapter.select_one(link["href"])["data-widget"] == "lab/figure"
        marked = [card.get_text() for card in soup(files, "index").select(".sd-card-body")]
        assert marked == [ways.LIVE, ""]

    def test_a_quiz_alone_is_none(self):
        question = '<div class="course-question"></div>'
        made = page(f"<article>{question}{self.HOST.format('quiz')}</article>")
        assert not ways.lead_to_figure(made)
        assert not made.soup.find_all("a")


class TestCopies:
    def test_they_are_linked_and_published_if_they_were_made(self, site):
        place = '<div class="course-copies">x</div></article>'
        write(site, "chapters/02_page", "</article>", place)
        assert not soup(finish(site), "chapters/02_page").select(".course-copies")
        made = site.cache.parent / "epub" / "from-pixels-to-predictions.epub"
        made.parent.mkdir()
        made.write_bytes(b"epub")
        files = finish(site)
        assert files[made.name] == b"epub"
        links = soup(files, "chapters/02_page").select(".course-copies a")
        assert [link["href"] for link in links] == [f"../{made.name}"]


class TestRenamed:
    RENAMED = {"chapters/02_page": {"old": "new"}}  # noqa: RUF012

    def test_the_old_name_leads_to_the_section(self):
        made = page('<section id="new"><h2>New</h2></section>')
        ways.keep_anchors(made, self.RENAMED)
        assert made.soup.find(id="old").find_parent("section")["id"] == "new"

    @pytest.mark.parametrize("body", ["<p id='old'></p><p id='new'></p>", "<p></p>"])
    def test_a_table_that_is_not_true_is_an_error(self, body):
        with pytest.raises(PageError, match=r"renamed\.yml"):
            ways.keep_anchors(page(body), self.RENAMED)
