"""The book's PDF, printed from a site of three small pages by the real browser."""

import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from PIL import Image
from pypdf import PdfReader

from book import pdf

ROOT = Path(__file__).resolve().parents[2]

ADDRESS = "https://someone.github.io/course/"
TOC = {
    "root": "index",
    "parts": [{"chapters": [{"file": "chapters/01_first"}, {"file": "chapters/02_second"}]}],
}
CITATION = {
    "title": "A Course: on something",
    "abstract": "An abstract.",
    "authors": [{"name": "The contributors"}],
    "date-released": "2026-01-02",
    "license": "MIT",
    "version": "1.0",
}
PAGES = {
    "index": '<h1>A Course</h1><p><a href="chapters/02_second.html#deep">to the second</a></p>',
    "chapters/01_first": '<section id="first"><h1>First<a class="headerlink" href="#first">#</a>'
    '</h1><section id="same"><h2>Same heading</h2><p><a href="#same">here</a> '
    '<a href="../index.html">front</a> <a href="https://example.org/x">out</a> '
    '<a href="../downloads/x.zip">file</a></p><img src="../_images/plot.png" alt="x" '
    'loading="lazy"></section></section>',
    "chapters/02_second": '<section id="second"><h1>Second</h1><details><summary>Solution'
    '</summary><p>unfolded text</p></details><details class="hide"><summary>Show the code'
    '</summary><pre>drawing()</pre></details><section id="same"><h2 id="deep">Same heading</h2>'
    '</section><section id="s"><h2>Summary</h2></section><div class="cw-host">'
    '<script type="application/json">{"secret": 1}</script>'
    '<div class="cw-fallback"><p>what the figure says</p></div></div></section>',
}


@pytest.fixture
def site(tmp_path):
    for folder in ("_static", "_images", "chapters"):
        (tmp_path / "html" / folder).mkdir(parents=True)
    (tmp_path / "html" / "_static" / "site.css").write_text("body { color: #111 }")
    Image.new("RGB", (40, 30), "red").save(tmp_path / "html" / "_images" / "plot.png")
    for name, body in PAGES.items():
        html = f"<html><body><main><article>{body}</article></main></body></html>"
        (tmp_path / "html" / f"{name}.html").write_text(html)
    return tmp_path / "html"


def document(site, numbers=()):
    html = pdf.document(site, TOC, CITATION, ADDRESS, dict(numbers))
    return BeautifulSoup(html, "html.parser")


def test_links_lead_to_the_same_places_inside_of_the_document(site):
    soup = document(site)
    links = {link.get_text(): link["href"] for link in soup.select("article a")}
    assert links["to the second"] == "#p2--deep"
    assert links["here"] == "#p1--same"
    assert links["front"] == "#p0"
    assert links["out"] == "https://example.org/x"
    assert links["file"] == f"{ADDRESS}downloads/x.zip"
    names = [element["id"] for element in soup.find_all(id=True)]
    assert len(set(names)) == len(names)
    inside = {href[1:] for href in links.values() if href.startswith("#")}
    assert inside <= set(names)


def test_only_what_has_a_meaning_on_paper_stays(site):
    soup = document(site)
    text = soup.get_text()
    assert "secret" not in text
    assert "drawing()" not in text
    assert "#" not in soup.select_one("#p1--first h1").get_text()
    assert "what the figure says" in text
    assert soup.select_one(".cw-host a")["href"] == f"{ADDRESS}chapters/02_second.html"
    assert all("open" in details.attrs for details in soup.find_all("details"))
    picture = soup.select_one("article img")
    assert picture["src"].startswith("file:")
    assert "loading" not in picture.attrs


def test_the_contents_has_pages_numbers_and_no_common_sections(site):
    entries = [
        (item.select_one(".pdf-title").get_text(), item.select_one(".pdf-number").get_text())
        for item in document(site, {"p1": 7, "p1--same": 8}).select(".pdf-contents li")
    ]
    assert entries == [
        ("A Course", "000"),
        ("1  First", "7"),
        ("Same heading", "8"),
        ("2  Second", "000"),
        ("Same heading", "000"),
    ]


def test_the_printed_book(site, tmp_path):
    target = tmp_path / "out" / "book.pdf"
    count = pdf.print_twice(site, target, TOC, CITATION, ADDRESS)
    reader = PdfReader(target)
    assert len(reader.pages) == count >= 5  # title, contents, and three pages of the site
    assert reader.metadata.title == CITATION["title"]
    assert reader.metadata.author == "The contributors"
    texts = [page.extract_text() for page in reader.pages]
    assert "A Course" in texts[0]
    assert "on something".capitalize() in texts[0]
    contents, second = texts[1], next(n for n, t in enumerate(texts) if "unfolded text" in t)
    line = next(line for line in contents.splitlines() if "Second" in line)
    assert line.split()[-1] == str(second + 1)
    assert "2 Second" in " ".join(texts[second].split())  # at the top of the page
    titles = [entry["/Title"] for entry in reader.outline if not isinstance(entry, list)]
    assert {"A Course", "First", "Second"} <= set(titles)
    # For who listens to it: structure and language.
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"].startswith("en")


def test_what_is_missing_is_said(site, tmp_path, monkeypatch):
    (site / "index.html").unlink()
    with pytest.raises(FileNotFoundError, match="make book"):
        document(site)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(FileNotFoundError, match="Chromium"):
        pdf.print_twice(site, tmp_path / "x.pdf", TOC, CITATION, ADDRESS)
