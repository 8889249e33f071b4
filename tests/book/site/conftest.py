"""What the tests of several steps share."""

import numpy as np
import pytest

from book.site.page import Site
from tests.book.site.small import PAGE, png


@pytest.fixture
def site(tmp_path):
    """Write a site of two pages as a theme would, and name the folder to finish it into."""
    folder = tmp_path / "raw"
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
    return Site(folder, tmp_path / "html", tmp_path / "cache")
