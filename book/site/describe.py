"""What a page says about itself: to search engines, to who shares it, and to who cites it."""

import json
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import yaml
from bs4 import BeautifulSoup, Tag

from book.site.page import Page
from book.templates import render
from fashion_lib._palette import custom_properties

LONGEST = 180  # letters of a description; search engines cut later ones
CARD = (1200, 630)  # pixels, as the Open Graph recommends


@dataclass(frozen=True)
class Course:
    """What all pages share.

    Attributes
    ----------
    title : str
        The site's name.
    address : str
        Where the site is published, with a slash at the end.
    citation : mapping
        The content of CITATION.cff.
    repository : str
        Where the source is.
    date : str
        The day of this edition, such as "2026-11-28".
    """

    title: str
    address: str
    citation: Mapping[str, object]
    repository: str
    date: str

    @classmethod
    def read(cls, root: Path, title: str, address: str, repository: str) -> "Course":
        """Read the citation and the day of the project in `root`."""
        citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
        return cls(title, address.rstrip("/") + "/", citation, repository, edition(root, citation))

    def address_of(self, page: Page) -> str:
        """Return where a page is published; the front page has the address of the site."""
        return self.address + ("" if page.name == "index" else f"{page.name}.html")

    @property
    def authors(self) -> list[str]:
        """The authors' names."""
        return [
            author.get("name") or f"{author['given-names']} {author['family-names']}"
            for author in self.citation["authors"]
        ]


def edition(root: Path, citation: Mapping[str, object]) -> str:
    """Return the day of what is built: of the last commit, so that a build can be repeated.

    ``SOURCE_DATE_EPOCH`` sets another one; without git it is the day of the release.
    """
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    if not seconds:
        command = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
        try:
            seconds = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            return str(citation["date-released"])
    return datetime.fromtimestamp(int(seconds), UTC).date().isoformat()


def published_address(repository: str) -> str:
    """Return where the host of `repository` publishes its pages.

    >>> published_address("https://github.com/Someone/course.git")
    'https://someone.github.io/course/'
    """
    match = re.fullmatch(r"https://github\.com/([\w.-]+)/([\w.-]+?)(?:\.git)?/?", repository)
    if match is None:
        raise ValueError(f"Set html.baseurl in _config.yml: no pages are known for {repository}.")
    owner, name = match[1].lower(), match[2]
    folder = "" if name.lower() == f"{owner}.github.io" else f"{name}/"
    return f"https://{owner}.github.io/{folder}"


def site_address(config: Mapping[str, object]) -> str:
    """Return where the site is published, from the content of ``_config.yml``."""
    base = (config.get("html") or {}).get("baseurl")
    return base or published_address(config["repository"]["url"])


def summarize(page: Page) -> str:
    """Return the page's description: its own, its question, or its first paragraph."""
    own = page.soup.find("meta", attrs={"name": "description"})
    if own is not None:
        return own["content"]
    if page.article is None:
        return ""
    for admonition in page.article.select(".admonition"):
        title = admonition.select_one(".admonition-title")
        if title is not None and title.get_text(strip=True) == "The question":
            text = " ".join(p.get_text() for p in admonition.find_all("p")[1:])
            return shorten(text)
    for paragraph in page.article.find_all("p"):
        if _is_prose(paragraph):
            return shorten(paragraph.get_text())
    return ""


def _is_prose(paragraph: Tag) -> bool:
    return len(paragraph.get_text(strip=True)) > 40 and not paragraph.find_parent(
        class_=["admonition", "sd-card", "cell", "cw-host"]
    )


def shorten(text: str) -> str:
    """Cut a text at a blank so that search engines show it whole."""
    words = " ".join(text.split())
    if len(words) <= LONGEST:
        return words
    return words[: LONGEST - 1].rsplit(" ", 1)[0].rstrip(",;:") + " …"


def describe(page: Page, course: Course, card: str | None) -> None:
    """Write title, description, preview, canonical address and citation into a page's head."""
    head = page.soup.head
    is_front = page.name == "index"
    title = course.title if is_front else page.heading
    page.soup.title.string = (
        course.citation["title"] if is_front else f"{page.heading} — {course.title}"
    )
    if page.article is None:
        head.append(_meta(page, "robots", "noindex"))
        return
    description = summarize(page)
    address = course.address_of(page)
    for old in head.select("link[rel=canonical], meta[name=description]"):
        old.decompose()
    head.append(page.tag("link", rel="canonical", href=address))
    named = {"description": description, "twitter:card": "summary_large_image"}
    named |= _citation(page, course, title, address)
    properties = {
        "og:title": title,
        "og:description": description,
        "og:type": "website" if is_front else "article",
        "og:url": address,
        "og:site_name": course.title,
        "og:locale": "en_US",
    }
    if card:
        properties |= {
            "og:image": course.address + card,
            "og:image:width": str(CARD[0]),
            "og:image:height": str(CARD[1]),
            "og:image:alt": f"{title}, a page of the course {course.title}",
        }
    head.extend(_meta(page, name, content) for name, content in named.items())
    head.extend(page.tag("meta", property=key, content=text) for key, text in properties.items())
    data = page.tag("script", type="application/ld+json")
    data.string = _linked_data(page, course, title, description, address)
    head.append(data)


def sign(page: Page, course: Course) -> None:
    """Write version, day and a link to the changes into the page's foot."""
    line = page.tag("p", class_="course-version")
    line.append(f"Version {course.citation['version']} · {course.date} · ")
    line.append(page.tag("a", "What changed", href=f"{course.repository}/blob/HEAD/CHANGELOG.md"))
    for foot in page.soup.select(".bd-footer-content__inner"):
        foot.append(line)


def _meta(page: Page, name: str, content: str) -> Tag:
    meta = page.tag("meta", content=content)
    meta["name"] = name
    return meta


def _citation(page: Page, course: Course, title: str, address: str) -> dict[str, str]:
    """Return what reference managers read."""
    data = {
        "citation_title": course.citation["title"] if page.name == "index" else title,
        "citation_author": "; ".join(course.authors),
        "citation_publication_date": str(course.citation["date-released"]).replace("-", "/"),
        "citation_language": "en",
        "citation_public_url": address,
    }
    if page.name != "index":
        data["citation_inbook_title"] = course.citation["title"]
    return data


def _linked_data(page: Page, course: Course, title: str, description: str, address: str) -> str:
    """Return the page as schema.org describes courses and their parts."""
    whole = {
        "@type": "Course",
        "@id": course.address,
        "name": course.citation["title"],
        "url": course.address,
        "description": course.citation["abstract"],
        "provider": {"@type": "Organization", "name": course.authors[0]},
    }
    about = {
        "inLanguage": "en",
        "isAccessibleForFree": True,
        "license": f"https://spdx.org/licenses/{course.citation['license']}.html",
        "author": [{"@type": "Organization", "name": name} for name in course.authors],
        "datePublished": str(course.citation["date-released"]),
        "version": str(course.citation["version"]),
    }
    if page.name == "index":
        content = {"@context": "https://schema.org", **whole, **about}
    else:
        content = {
            "@context": "https://schema.org",
            "@type": "LearningResource",
            "@id": address,
            "name": title,
            "url": address,
            "description": description,
            **about,
            "isPartOf": whole,
        }
    return json.dumps(content, ensure_ascii=False, indent=1).replace("<", "\\u003c")


def sitemap(pages: Iterable[Page], course: Course) -> str:
    """Return the map of the site, for search engines."""
    urls = "".join(
        f"<url><loc>{escape(course.address_of(page))}</loc></url>\n"
        for page in pages
        if page.article is not None
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'
    )


def robots(course: Course) -> str:
    """Return the note to robots: everything is open, and where the map is."""
    return f"User-agent: *\nAllow: /\n\nSitemap: {course.address}sitemap.xml\n"


def not_found(pages: Iterable[Page], course: Course) -> Page:
    """Return the page that a server shows for a wrong address.

    It is whole by itself, so that it works at any depth. Its links lead to where the site is
    published; a script adapts them where a copy is served at another place.
    """
    host, _, folder = course.address.partition("://")[2].partition("/")
    pages = sorted(pages, key=lambda page: (page.name != "index", page.name))
    html = render(
        "404.html",
        course=course.title,
        host=host,
        root=f"/{folder}",
        pages=[page for page in pages if page.name == "index" or page.name.startswith("chapters/")],
        light=custom_properties("light"),
        dark=custom_properties("dark"),
    )
    return Page("404", BeautifulSoup(html, "html.parser"))
