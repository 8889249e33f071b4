"""The EPUB: what Sphinx writes of a tiny book, finished for readers without scripts."""

import io
import xml.etree.ElementTree as ElementTree
import zipfile

import numpy as np
import pytest
from PIL import Image

from book import epub
from fashion_figures.host.base import host_html
from tests.book.site.small import png
from tests.book.sphinx_ext import quiz_book
from tools.notebooks.dark_plots import with_dark

ADDRESS = "https://someone.github.io/course/"
FIGURE = host_html("lab/figure", {"secret": 1}, "<p>What the figure says.</p>")
PAGES = {
    "index": "# Book\n\n```{toctree}\nchapters/one\n```\n",
    "chapters/one": f"""# One

Text with $x^2$, and a picture:

![A plot](plot.png)

```{{raw}} html
{FIGURE}
<details class="hide"><summary>Show</summary><pre>drawing()</pre></details>
```

:::{{dropdown}} Solution
Folded &amp; *found*.
:::
""",
}


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """Return the finished EPUB of a book with one figure, as an open archive."""
    folder = tmp_path_factory.mktemp("epub")
    (folder / "source" / "chapters").mkdir(parents=True)
    plot = png(np.zeros((8, 8, 3), np.uint8))
    (folder / "source" / "chapters" / "plot.png").write_bytes(with_dark(plot, plot))
    built, _ = quiz_book.build(folder, PAGES, builder="epub")
    (plain,) = built.glob("*.epub")
    figures = {"index": [], "chapters/one": [png(np.full((9, 9, 3), 7, np.uint8))]}
    epub.finish(plain, folder / "book.epub", figures, ADDRESS)
    with zipfile.ZipFile(folder / "book.epub") as archive:
        yield archive


def test_it_is_an_epub_whose_pages_are_xml(book):
    first = book.infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    assert book.read("mimetype") == b"application/epub+zip"
    pages = [name for name in book.namelist() if name.endswith((".xhtml", ".opf", ".ncx"))]
    assert {"index.xhtml", "chapters/one.xhtml", "content.opf"} <= set(pages)
    for name in pages:
        ElementTree.fromstring(book.read(name))


def test_what_the_package_lists_is_there_and_nothing_else(book):
    package = ElementTree.fromstring(book.read("content.opf"))
    listed = {item.get("href") for item in package.iter("{http://www.idpf.org/2007/opf}item")}
    apart = {"mimetype", "META-INF/container.xml", "content.opf"}
    assert set(book.namelist()) - apart == listed
    media = {item.get("id") for item in package.iter("{http://www.idpf.org/2007/opf}item")}
    assert len(media) == len(listed)


def test_a_figure_is_a_picture_with_its_text_and_what_needs_a_script_is_gone(book):
    page = book.read("chapters/one.xhtml").decode()
    assert 'src="../_figures/chapters-one-1.png"' in page
    assert "What the figure says." in page
    assert f'href="{ADDRESS}chapters/one.html"' in page
    assert "secret" not in page
    assert "<script" not in page
    assert "drawing()" not in page
    assert "<details" not in page  # readers that cannot unfold
    assert "Folded" in page
    assert "<math" in page
    with Image.open(io.BytesIO(book.read("_figures/chapters-one-1.png"))) as picture:
        assert picture.size == (9, 9)


def test_plots_leave_the_drawing_for_dark_pages_behind(book):
    (name,) = (name for name in book.namelist() if name.endswith("plot.png"))
    assert b"daRk" not in book.read(name)
