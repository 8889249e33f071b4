"""A page in memory, and the folders."""

from tests.book.site.small import page


class TestPage:
    def test_addresses_in_a_page(self):
        chapter = page(name="chapters/02_page")
        assert chapter.root == "../"
        assert chapter.local("../_static/a.css?v=1#x") == "_static/a.css"
        assert chapter.local("b.html") == "chapters/b.html"
        for elsewhere in ("https://example.org/", "data:,", "#here", "/top", "mailto:a@b.c"):
            assert chapter.local(elsewhere) is None

    def test_only_what_sphinx_made_of_a_source_is_a_page(self, site):
        for name in ("_static/webpack-macros.html", "reports/index.html"):
            (site.raw / name).parent.mkdir(exist_ok=True)
            (site.raw / name).write_text("<p>x</p>")
        assert [page.name for page in site.pages()] == ["chapters/02_page", "index"]

    def test_a_page_may_begin_like_the_folder_of_reports(self, site):
        (site.raw / "reports_of_2026.html").write_text("<p>x</p>")
        assert "reports_of_2026" in [page.name for page in site.pages()]

    def test_a_slow_step_is_done_once(self, site):
        assert site.cached("a", lambda: b"1") == site.cached("a", lambda: b"2") == b"1"
