"""What a page says about itself."""

import json
import os
import subprocess

import pytest
from bs4 import BeautifulSoup

from book.site import describe
from book.site.page import inner
from tests.book.site.small import COURSE, page


class TestDescription:
    @pytest.mark.parametrize(
        ("repository", "address"),
        [
            ("https://github.com/Someone/course", "https://someone.github.io/course/"),
            ("https://github.com/a-b/c.d.git", "https://a-b.github.io/c.d/"),
            ("https://github.com/me/me.github.io/", "https://me.github.io/"),
        ],
    )
    def test_the_address_follows_from_the_repository(self, repository, address):
        assert describe.published_address(repository) == address
        assert describe.site_address({"repository": {"url": repository}}) == address

    def test_a_set_address_wins_and_an_unknown_host_is_an_error(self):
        config = {"repository": {"url": "https://example.org/x"}, "html": {"baseurl": ""}}
        with pytest.raises(ValueError, match="baseurl"):
            describe.site_address(config)
        config["html"]["baseurl"] = "https://example.org/"
        assert describe.site_address(config) == "https://example.org/"

    def test_a_chapter_is_described_by_its_question(self, site):
        (chapter,) = (p for p in site.pages() if p.name != "index")
        assert describe.summarize(chapter) == "Why is it so?"
        describe.describe(chapter, COURSE, "_images/card.png")
        head = chapter.soup.head
        assert head.title.get_text() == "The title — A Course"
        content = {
            meta.get("name") or meta.get("property"): meta["content"]
            for meta in head.find_all("meta", content=True)
        }
        assert content["description"] == content["og:description"] == "Why is it so?"
        assert content["og:image"] == "https://someone.github.io/course/_images/card.png"
        assert content["citation_author"] == "The contributors; Ada L."
        assert content["citation_publication_date"] == "2026/01/02"
        address = "https://someone.github.io/course/chapters/02_page.html"
        assert head.find("link", rel="canonical")["href"] == address
        data = json.loads(inner(head.find("script", type="application/ld+json")))
        assert data["@type"] == "LearningResource"
        assert data["isPartOf"]["@id"] == "https://someone.github.io/course/"

    def test_another_page_by_its_first_paragraph(self):
        prose = "This is the first paragraph that is long enough to tell what it is about."
        made = page(
            f"<article><h1>T</h1><p>Short.</p><div class='admonition'><p>{prose * 2}</p></div>"
            f"<p>{prose}</p></article>"
        )
        assert describe.summarize(made) == prose

    def test_a_long_text_is_cut_between_words(self):
        short = describe.shorten("word, " * 80)
        assert len(short) <= describe.LONGEST + 1
        assert short.endswith("word …")

    def test_a_title_cannot_end_the_script_with_the_data(self):
        made = page("<article><h1>&lt;/script&gt;&lt;b&gt;</h1></article>")
        describe.describe(made, COURSE, None)
        again = BeautifulSoup(str(made.soup), "html.parser")
        data = json.loads(inner(again.find("script", type="application/ld+json")))
        assert data["name"] == "</script><b>"

    def test_the_foot_has_version_day_and_a_link_to_the_changes(self, site):
        (chapter,) = (p for p in site.pages() if p.name != "index")
        describe.sign(chapter, COURSE)
        foot = chapter.soup.footer
        assert foot.get_text(strip=True) == "Version 1.0 · 2026-02-03 ·What changed"
        changes = "https://github.com/someone/course/blob/HEAD/CHANGELOG.md"
        assert foot.a["href"] == changes

    def test_the_day_is_that_of_the_commit_or_as_the_environment_says(self, tmp_path, monkeypatch):
        citation = {"date-released": "2020-01-02"}
        monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
        assert describe.edition(tmp_path, citation) == "2020-01-02"  # no repository
        day = {"GIT_COMMITTER_DATE": "2024-05-06T23:00:00Z"}
        who = ["-c", "user.name=x", "-c", "user.email=x@y.z"]
        for words in (["init", "-q"], [*who, "commit", "-q", "--allow-empty", "-m", "x"]):
            subprocess.run(["git", *words], cwd=tmp_path, check=True, env=os.environ | day)
        assert describe.edition(tmp_path, citation) == "2024-05-06"
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
        assert describe.edition(tmp_path, citation) == "1970-01-02"

    def test_the_search_page_is_not_listed(self):
        made = page("<h1>Search</h1>", name="search")
        describe.describe(made, COURSE, None)
        assert made.soup.head.find("meta", attrs={"name": "robots"})["content"] == "noindex"
