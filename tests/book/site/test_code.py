"""Code with fewer elements."""

from book.site import code
from tests.book.site.small import page


class TestCode:
    CSS = """
    html[data-theme="light"] .highlight { background: #fff; color: #080808 }
    html[data-theme="light"] .highlight .n { color: #080808 } /* Name */
    html[data-theme="light"] .highlight .p { color: #080808 } /* Punctuation */
    html[data-theme="light"] .highlight .k { color: #7928a1 } /* Keyword */
    html[data-theme="light"] .highlight .b { color: #080808; font-weight: bold }
    html[data-theme="dark"] .highlight { background: #000; color: #f8f8f2 }
    html[data-theme="dark"] .highlight .n { color: #f8f8f2 }
    html[data-theme="dark"] .highlight .p { color: #dcc6e0 }
    """

    def test_plain_is_what_is_plain_in_every_color_mode(self):
        assert code.plain_tokens(self.CSS) == {"n"}

    def test_plain_elements_go_and_the_code_stays(self):
        made = page(
            '<div class="highlight"><pre><span></span><span class="k">for</span> '
            '<span class="n">i</span><span class="p">:</span>\n  <span class="n" id="x">j</span>'
            '</pre></div><p><span class="n">prose</span></p>'
        )
        text = made.soup.pre.get_text()
        code.lighten(made, {"n"})
        kept = [(span.get("class"), span.get_text()) for span in made.soup.find_all("span")]
        assert kept == [(["k"], "for"), (["p"], ":"), (["n"], "j"), (["n"], "prose")]
        assert made.soup.pre.get_text() == text

    def test_the_installed_theme_has_such_a_stylesheet(self):
        from pygments.formatters import HtmlFormatter

        css = HtmlFormatter(style="a11y-high-contrast-light").get_style_defs(".highlight")
        assert "n" in code.plain_tokens(css)
        assert "k" not in code.plain_tokens(css)
