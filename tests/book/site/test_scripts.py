"""One deferred script."""

import json

import pytest
from bs4 import BeautifulSoup

from book.site import scripts
from book.site.page import PageError


class TestScripts:
    @staticmethod
    def arrange(site, *pages):
        return scripts.arrange(site.raw, pages, lambda text: "v")

    def test_shared_scripts_become_one_in_their_order(self, site):
        text = self.arrange(site, *site.pages())
        assert text.index("DOCUMENTATION_OPTIONS = {}") < text.index("dataset.options")
        assert text.index("dataset.options") < text.index("tools = 1")
        assert "sourceMappingURL" not in text
        assert "Search" not in text  # only the search page has it

    def test_options_of_a_page_move_to_its_root(self, site):
        pages = site.pages()
        self.arrange(site, *pages)
        names = {json.loads(p.soup.html["data-options"])["pagename"] for p in pages}
        assert names == {"index", "chapters/02_page"}
        assert not any("DOCUMENTATION_OPTIONS" in str(p.soup) for p in pages)

    def test_a_script_that_does_more_is_an_error(self, site):
        pages = site.pages()
        script = pages[0].tag("script", "if (DOCUMENTATION_OPTIONS.x) alert(1);")
        pages[0].soup.head.append(script)
        with pytest.raises(PageError, match="cannot move"):
            self.arrange(site, *pages)

    def test_a_theme_without_an_early_color_mode_is_an_error(self, site):
        pages = site.pages()
        pages[0].soup.head.find("script", src=False).decompose()
        with pytest.raises(PageError, match="color mode"):
            self.arrange(site, *pages)

    def test_other_scripts_are_deferred_and_data_stay(self, site):
        pages = site.pages()
        extra = BeautifulSoup(
            '<script src="_figures/host.js"></script><script type="module" src="m.mjs"></script>'
            '<script type="application/json">{"a": "<b>"}</script>',
            "html.parser",
        )
        pages[-1].soup.head.extend(list(extra.children))
        self.arrange(site, *pages)
        host = pages[-1].soup.find("script", src="_figures/host.js")
        assert "defer" in host.attrs
        assert "defer" not in pages[-1].soup.find("script", src="m.mjs").attrs
        assert '{"a": "<b>"}' in str(pages[-1].soup)

    def test_the_color_mode_survives_as_it_is_written(self, site):
        pages = site.pages()
        self.arrange(site, *pages)
        assert scripts.THEME in str(pages[0].soup)
