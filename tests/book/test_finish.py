"""What finishing does to a site, on small pages written like the theme's."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from book.site import code, csp, describe, icons, markup, scripts, styles
from book.site import finish as finishing
from book.site import images as site_images
from book.site.describe import Course
from book.site.page import Page, PageError, RawStore, inner
from book.site.styles import Vocabulary

ROOT = Path(__file__).resolve().parents[2]

COURSE = Course(
    "A Course",
    "https://someone.github.io/course/",
    {
        "title": "A Course: on something",
        "abstract": "An abstract that is long enough to be shown to somebody.",
        "authors": [{"name": "The contributors"}, {"given-names": "Ada", "family-names": "L."}],
        "date-released": "2026-01-02",
        "license": "MIT",
        "version": "1.0",
    },
)
MODE = """<script>
document.documentElement.dataset.mode = localStorage.getItem("mode") || "auto";
document.documentElement.dataset.theme = localStorage.getItem("theme") || "auto";
</script>"""
PAGE = f"""<!DOCTYPE html>
<html lang="en" data-content_root="@" data-theme="auto"><head><meta charset="utf-8"/>
<title>A page &#8212; A Course</title>{MODE}
<link rel="stylesheet" href="@_static/theme.css?v=1"/>
<script src="@_static/documentation_options.js"></script>
<script src="@_static/doctools.js"></script>
<script>DOCUMENTATION_OPTIONS.pagename = 'NAME';</script>
<script src="@_static/searchtools.js"></script>
</head><body><main><article class="bd-article"><h1>The title<a class="headerlink">#</a></h1>
<div class="admonition tip"><p class="admonition-title">The question</p><p>Why is it so?</p></div>
<p style="color: red">A paragraph that is surely longer than forty letters, for it goes on.</p>
<img src="@_images/plot.png" alt="A plot"/></article></main></body></html>"""


def page(body="", name="chapters/02_page", head=""):
    html = f"<html><head><title>x</title>{head}</head><body>{body}</body></html>"
    return Page(name, BeautifulSoup(html, "html.parser"))


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def site(tmp_path):
    """Write a site of two pages as a theme would; return its folder."""
    folder = tmp_path / "html"
    (folder / "_static").mkdir(parents=True)
    (folder / "_images").mkdir()
    (folder / "chapters").mkdir()
    static = {
        "theme.css": ".bd-article{color:#123}.unused{color:red}#nobody{top:0}",
        "documentation_options.js": "const DOCUMENTATION_OPTIONS = {};",
        "doctools.js": "const tools = 1;\n//# sourceMappingURL=doctools.js.map",
        "searchtools.js": "const Search = {};",
        "logo.svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 32">'
        '<rect width="64" height="32" fill="#fff"/></svg>',
    }
    for name, text in static.items():
        (folder / "_static" / name).write_text(text)
    drawing = np.zeros((60, 90, 3), np.uint8)
    drawing[20:40] = 200
    (folder / "_images" / "plot.png").write_bytes(png(drawing))
    (folder / "index.html").write_text(PAGE.replace("@", "").replace("NAME", "index"))
    deep = PAGE.replace("@", "../").replace("NAME", "chapters/02_page")
    (folder / "chapters" / "02_page.html").write_text(deep)
    return folder


def finish(site):
    finishing.finish(site, site.parent / "raw", COURSE)
    return {
        path.relative_to(site).as_posix(): path.read_bytes()
        for path in sorted(site.rglob("*"))
        if path.is_file()
    }


class TestWhole:
    def test_finishing_twice_changes_nothing(self, site):
        assert finish(site) == finish(site)

    def test_a_page_that_sphinx_writes_again_is_finished_again(self, site):
        before = finish(site)
        raw = PAGE.replace("@", "").replace("NAME", "index").replace("Why is it so?", "Who says?")
        (site / "index.html").write_text(raw)
        after = finish(site)
        changed = {name for name in before if before[name] != after[name]}
        assert changed == {"index.html"}
        assert b"Who says?" in after["index.html"]

    def test_a_plot_that_sphinx_draws_again_is_converted_again(self, site):
        before = finish(site)
        assert "_images/plot.png" not in before
        (site / "_images" / "plot.png").write_bytes(png(np.full((10, 10, 3), 9, np.uint8)))
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
        (tmp_path / "html").mkdir()
        with pytest.raises(PageError, match="no page"):
            finishing.finish(tmp_path / "html", tmp_path / "raw", COURSE)


class TestPage:
    def test_addresses_in_a_page(self):
        chapter = page(name="chapters/02_page")
        assert chapter.root == "../"
        assert chapter.local("../_static/a.css?v=1#x") == "_static/a.css"
        assert chapter.local("b.html") == "chapters/b.html"
        for elsewhere in ("https://example.org/", "data:,", "#here", "/top", "mailto:a@b.c"):
            assert chapter.local(elsewhere) is None

    def test_the_store_keeps_what_was_removed(self, tmp_path):
        site = tmp_path / "html"
        site.mkdir()
        (site / "a.ttf").write_bytes(b"font")
        store = RawStore(site, tmp_path / "raw")
        store.remove("a.ttf")
        assert not (site / "a.ttf").exists()
        assert RawStore(site, tmp_path / "raw").read("a.ttf") == b"font"


class TestMarkup:
    def test_a_solution_unfolds_without_a_script(self):
        made = page(
            '<div class="solution dropdown admonition" id="s"><p class="admonition-title">Solution'
            ' to <a href="#e">Exercise 1</a></p><section><p>42</p></section></div>'
        )
        markup.improve(made)
        details = made.soup.select_one("details.solution.admonition#s")
        assert details.find("summary").get_text() == "Solution to Exercise 1"
        assert not details.select("summary a")
        assert "open" not in details.attrs

    def test_the_name_of_an_index_moves_beside_those_of_the_columns(self):
        made = page(
            "<table><thead><tr><th>predicted</th><th>bag</th></tr><tr><th>true</th><th></th></tr>"
            "</thead><tbody><tr><th>bag</th><td>1</td></tr></tbody></table>"
        )
        markup.improve(made)
        rows = made.soup.select("thead tr")
        assert [cell.get_text() for cell in rows[0].find_all("th")] == [
            "true ↓ predicted →",
            "bag",
        ]
        assert len(rows) == 1

    def test_two_full_header_rows_stay(self):
        made = page(
            "<table><thead><tr><th>a</th><th>b</th></tr><tr><th>c</th><th>d</th></tr></thead>"
            "</table>"
        )
        markup.improve(made)
        assert len(made.soup.select("thead tr")) == 2

    def test_no_header_is_empty_and_bold_rows_have_one(self):
        made = page(
            "<table><thead><tr><th></th><th>x</th></tr></thead><tbody>"
            "<tr><td><strong>name</strong></td><td>1</td></tr>"
            "<tr><td><strong>not</strong> only</td><td>2</td></tr></tbody></table>"
        )
        markup.improve(made)
        assert all(header.get_text() for header in made.soup.find_all("th"))
        assert [h.get_text() for h in made.soup.select("tbody th[scope=row]")] == ["name"]

    def test_the_state_for_a_widget_manager_goes_and_a_figure_without_a_host_is_an_error(self):
        kind = "application/vnd.jupyter.widget"
        made = page(f'<script type="{kind}-state+json">{{}}</script><p>text</p>')
        markup.improve(made)
        assert not made.soup.find_all("script")
        with pytest.raises(PageError, match="only a kernel"):
            markup.improve(page(f'<script type="{kind}-view+json">{{}}</script>'))

    def test_chapters_are_numbered(self):
        made = page(
            '<nav class="bd-docs-nav"><ul><li><a href="01_first.html">1. First</a></li>'
            '<li><a class="current" href="#">2. Second</a></li><li><a href="../pages/a.html">A</a>'
            "</li></ul></nav><article><h1><span class='section-number'>2. </span>Second</h1>"
            "</article>"
        )
        markup.improve(made)
        numbers = [link.get("data-number") for link in made.soup.select("nav a")]
        assert numbers == ["1", "2", None]
        texts = [link.get_text() for link in made.soup.select("nav a")]
        assert texts == ["First", "Second", "A"]
        assert made.heading == "Second"
        assert made.soup.select_one("article .course-place").get_text() == "Chapter 2 of 2"


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


class TestStyles:
    VOCABULARY = Vocabulary.of({"here", "main"}, ['el.classList.add("made-by-script")'])

    @pytest.mark.parametrize(
        "kept",
        [
            ".here{top:0}",
            "#main .here:not(.gone){top:0}",
            ".made-by-script::before{top:0}",
            "html[data-theme=dark] a{top:0}",
            "@media print{.here{top:0}}",
            "@supports (display: grid){@media print{.here{top:0}}}",
            '.here{background:url("data:image/svg+xml;base64,AA==")}',
        ],
    )
    def test_keeps_what_can_match(self, kept):
        assert styles.purge(kept, self.VOCABULARY).replace("\n", "") == kept

    @pytest.mark.parametrize(
        "dropped",
        [
            ".gone{top:0}",
            "#main.gone{top:0}",
            "@media print{.gone{top:0}}",
            ".here{}",
            "/* nothing */",
            "@keyframes spin{from{top:0}to{top:1px}}",
            ":root{--bs-unread:1}",
            ":root{--bs-a:var(--bs-b)}html{--bs-b:';{}'}",
        ],
    )
    def test_drops_what_cannot(self, dropped):
        assert styles.purge(dropped, self.VOCABULARY) == ""

    def test_drops_one_selector_of_a_list(self):
        assert styles.purge(".gone,.here{top:0}", self.VOCABULARY) == ".here{top:0}"

    def test_keeps_an_animation_in_use(self):
        css = "@keyframes spin{from{top:0}}\n.here{animation:spin 1s}"
        assert styles.purge(css, self.VOCABULARY).replace("spin {", "spin{") == css

    def test_keeps_properties_that_others_read(self):
        css = ":root{--pst-a:1px;--pst-b:2px;--own:3px}"
        assert styles.purge(css, self.VOCABULARY, "p{top:var(--pst-b)}") == (
            ":root{--pst-b:2px;--own:3px}"
        )

    def test_our_own_sheet_stays_whole(self):
        css = ".gone{top:0} /* a remark */ @media print{#gone{top:0}}"
        assert styles.purge(css).replace("\n", "") == (".gone{top:0}@media print{#gone{top:0}}")

    def test_puts_imports_in_their_place_and_moves_addresses(self, tmp_path):
        (tmp_path / "_static" / "styles").mkdir(parents=True)
        (tmp_path / "_static" / "basic.css").write_text('a{background:url("a.png")}')
        text = '@import "../basic.css";b{background:url(../b.png)}c{background:url(data:,x)}'
        (tmp_path / "_static" / "styles" / "theme.css").write_text(text)
        css = styles.read_sheets(tmp_path, ["_static/styles/theme.css?digest=1"])
        assert css.index('url("a.png")') < css.index('url("b.png")')
        assert "data:,x" in css
        assert "@import" not in css

    def test_a_missing_or_broken_sheet_is_an_error(self, tmp_path):
        with pytest.raises(styles.StyleError, match="not there"):
            styles.read_sheets(tmp_path, ["_static/none.css"])
        with pytest.raises(styles.StyleError):
            styles.purge("a{top:0}}", self.VOCABULARY)


class TestIcons:
    @pytest.fixture
    def store(self, tmp_path):
        import pydata_sphinx_theme

        theme = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme"
        (source,) = theme.rglob("fa-solid-900.ttf")
        (tmp_path / "html" / "_static" / "fonts").mkdir(parents=True)
        target = tmp_path / "html" / "_static" / "fonts" / "fa-solid-900.ttf"
        target.write_bytes(source.read_bytes())
        return RawStore(tmp_path / "html", tmp_path / "raw")

    CSS = (
        '@font-face{font-family:FA;src:url("fonts/fa-solid-900.woff2") format("woff2"),'
        'url("fonts/fa-solid-900.ttf") format("truetype")}.fa-search:before{content:"\\f002"}'
    )

    def test_the_font_has_the_icons_in_use_and_no_other(self, store):
        from fontTools.ttLib import TTFont

        css = icons.cut_fonts(store, self.CSS)
        assert 'url("icons/fa-solid-900.woff") format("woff")' in css
        assert "ttf" not in css
        cut = store.site / "_static" / "icons" / "fa-solid-900.woff"
        assert set(TTFont(cut).getBestCmap()) == {0xF002}
        assert cut.stat().st_size < 2_000

    def test_letters_and_escapes_both_count(self):
        assert icons.used_code_points('a{content:"\\f002"}b{content:"\uf0eb x"}') == {
            0xF002,
            0xF0EB,
        }

    def test_a_font_that_moved_is_an_error(self, store):
        with pytest.raises(icons.IconError, match="No TrueType"):
            icons.cut_fonts(store, self.CSS.replace("fonts/", "elsewhere/"))
        with pytest.raises(icons.IconError, match="no font face"):
            icons.cut_fonts(store, 'a{content:"\\f002"}')


class TestScripts:
    @staticmethod
    def arrange(site, *pages):
        return scripts.arrange(site, pages, lambda text: "v")

    def test_shared_scripts_become_one_in_their_order(self, site):
        store = RawStore(site, site.parent / "raw")
        text = self.arrange(site, *store.pages())
        assert text.index("DOCUMENTATION_OPTIONS = {}") < text.index("dataset.options")
        assert text.index("dataset.options") < text.index("tools = 1")
        assert "sourceMappingURL" not in text
        assert "Search" not in text  # only the search page has it

    def test_options_of_a_page_move_to_its_root(self, site):
        pages = RawStore(site, site.parent / "raw").pages()
        self.arrange(site, *pages)
        names = {json.loads(p.soup.html["data-options"])["pagename"] for p in pages}
        assert names == {"index", "chapters/02_page"}
        assert not any("DOCUMENTATION_OPTIONS" in str(p.soup) for p in pages)

    def test_a_script_that_does_more_is_an_error(self, site):
        pages = RawStore(site, site.parent / "raw").pages()
        script = pages[0].tag("script", "if (DOCUMENTATION_OPTIONS.x) alert(1);")
        pages[0].soup.head.append(script)
        with pytest.raises(PageError, match="cannot move"):
            self.arrange(site, *pages)

    def test_a_theme_without_an_early_color_mode_is_an_error(self, site):
        pages = RawStore(site, site.parent / "raw").pages()
        pages[0].soup.head.find("script", src=False).decompose()
        with pytest.raises(PageError, match="color mode"):
            self.arrange(site, *pages)

    def test_other_scripts_are_deferred_and_data_stay(self, site):
        pages = RawStore(site, site.parent / "raw").pages()
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
        pages = RawStore(site, site.parent / "raw").pages()
        self.arrange(site, *pages)
        assert scripts.THEME in str(pages[0].soup)


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
        made = Page("index", BeautifulSoup(
            '<img src="_images/plot.png"/><img src="_images/plot.png" style="width: 45px;"/>'
            '<img src="_static/logo.svg"/><img src="_static/logo.svg" width="50%"/>',
            "html.parser",
        ))  # fmt: skip
        site_images.improve(RawStore(site, site.parent / "raw"), made)
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
        site_images.improve(RawStore(site, site.parent / "raw"), made)
        first, last = made.soup.find_all("img")
        assert "loading" not in first.attrs
        assert last["loading"] == "lazy"

    def test_a_narrow_screen_gets_a_picture_made_for_it(self, site):
        narrow = np.zeros((50, 20, 3), np.uint8)
        (site / "_static" / "plot-narrow.png").write_bytes(png(narrow))
        for _ in range(2):  # the second time, the picture comes from the store
            made = Page("a/b", BeautifulSoup('<img src="../_images/plot.png"/>', "html.parser"))
            site_images.improve(RawStore(site, site.parent / "raw"), made)
            source, image = made.soup.picture.find_all(True)
            assert source["srcset"] == "../_static/plot-narrow.webp"
            assert source["media"] == "(max-width: 600px)"
            assert (source["width"], source["height"]) == ("20", "50")
            assert image["src"] == "../_images/plot.webp"

    def test_a_picture_that_links_to_itself_follows(self, site):
        html = '<a href="_images/plot.png"><img src="_images/plot.png"/></a>'
        made = Page("index", BeautifulSoup(html, "html.parser"))
        site_images.improve(RawStore(site, site.parent / "raw"), made)
        assert made.soup.a["href"] == "_images/plot.webp"

    def test_a_missing_picture_is_an_error(self, site):
        made = Page("index", BeautifulSoup('<img src="_images/none.png"/>', "html.parser"))
        with pytest.raises(PageError, match="not there"):
            site_images.improve(RawStore(site, site.parent / "raw"), made)


class TestPolicy:
    @staticmethod
    def policy(made):
        meta = made.soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
        return dict(part.strip().split(" ", 1) for part in meta["content"].split(";"))

    def test_inline_scripts_are_allowed_by_their_hash_and_nothing_is_evaluated(self):
        made = page("<script>let a = 1 && 2;</script><script type='application/json'>{}</script>")
        csp.protect(made)
        policy = self.policy(made)
        # Computed with OpenSSL: printf 'let a = 1 && 2;' | openssl dgst -sha256 -binary | base64
        assert "'sha256-YDVX/YKhFRgEgXkyCM/LLbPEkdO/If8gaz8UUjXAWVk='" in policy["script-src"]
        assert policy["script-src"].count("sha256") == 1
        assert "unsafe" not in str(policy)
        assert policy["default-src"] == policy["base-uri"] == "'none'"
        assert "let a = 1 && 2;" in str(made.soup)

    @pytest.mark.parametrize(
        "bad", ['<p onclick="f()">x</p>', '<a href="JavaScript:f()">x</a>', "<b onerror=f()>x</b>"]
    )
    def test_a_script_in_an_attribute_is_an_error(self, bad):
        with pytest.raises(PageError, match="script"):
            csp.protect(page(bad))

    def test_styles_move_out_of_the_page(self):
        made = page(
            '<p style="color: red; top: 0">x</p><p style="color: red; top: 0" class="a">y</p>'
            "<style>#T_1 td{color:red}</style><style> </style><style>\n"
            "    .dataframe tbody tr th:only-of-type {vertical-align: middle;}\n</style>"
        )
        rules = csp.hoist_styles(made)
        assert rules[0] == "#T_1 td{color:red}"
        name = made.soup.p["class"][0]
        assert rules[1] == f".{name}{{color: red!important;top: 0!important}}"
        assert made.soup.find_all("p")[1]["class"] == ["a", name]
        assert not made.soup.find_all("style")
        assert not made.soup.find_all(style=True)


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
        assert finishing.address_of({"repository": {"url": repository}}) == address

    def test_a_set_address_wins_and_an_unknown_host_is_an_error(self):
        config = {"repository": {"url": "https://example.org/x"}, "html": {"baseurl": ""}}
        with pytest.raises(ValueError, match="baseurl"):
            finishing.address_of(config)
        config["html"]["baseurl"] = "https://example.org/"
        assert finishing.address_of(config) == "https://example.org/"

    def test_a_chapter_is_described_by_its_question(self, site):
        (chapter,) = (p for p in RawStore(site, site.parent / "raw").pages() if p.name != "index")
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

    def test_the_search_page_is_not_listed(self):
        made = page("<h1>Search</h1>", name="search")
        describe.describe(made, COURSE, None)
        assert made.soup.head.find("meta", attrs={"name": "robots"})["content"] == "noindex"
