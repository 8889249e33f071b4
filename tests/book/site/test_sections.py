"""The index of the search: sections with their own text."""

import json

from book.site import sections
from tests.book.site.small import finish, page

ARTICLE = """<article><section id="top"><p class="course-place">Chapter 2 of 6</p>
<h1>Top<a class="headerlink">#</a></h1><p>Of <em>the</em> t<b>o</b>p.</p><p>More</p>
<div class="cw-host"><script>{"a": 1}</script>figure</div>
<section id="low"><h2>Low</h2><pre>code(1)</pre><math>x</math>
<section id="exercise-content"><p>Try.</p></section></section>
<p>After.</p>
<dl class="simple glossary"><dt id="term-a">A word<a class="headerlink">#</a></dt><dd>Meaning.</dd>
<dt id="term-b">Another</dt><dd><p>One.</p><p>Two.</p></dd></dl></section></article>"""


def test_a_section_has_its_own_text_and_a_term_is_a_section():
    assert sections.read(page(ARTICLE)) == [
        ["top", "Top", "Of the top. More After."],
        ["low", "Low", "code(1) Try."],
        ["term-a", "A word", "Meaning."],
        ["term-b", "Another", "One. Two."],
    ]


def test_the_index_is_a_script_that_the_search_page_alone_loads(site):
    search = (site.raw / "index.html").read_text().replace("<article", '<div id="search-results">')
    (site.raw / "search.html").write_text(search.replace("</article>", "</div>"))
    (site.raw / "_static" / "search.js").write_text("const ours = 1;")
    section = '<section id="a"><h2>A</h2><p>Text</p></section></article>'
    for name in ("index", "chapters/02_page"):
        path = site.raw / f"{name}.html"
        path.write_text(path.read_text().replace("</article>", section))
    files = finish(site)
    name, _, data = files[sections.INDEX].decode().partition("=")
    assert name == "globalThis.courseSections"
    assert json.loads(data.rstrip(";\n")) == [
        ["chapters/02_page", "", "The title", [["a", "A", "Text"]]],
        ["index", "", "The title", [["a", "A", "Text"]]],
    ]
    loading = [name for name in files if b"sections.js" in files[name]]
    assert loading == ["search.html"]
    assert "_static/searchtools.js" not in files
