"""Ways that a reader would have to search for: to notebooks, figures, copies and old sections.

The addresses at which Colab and Binder open a notebook are those of the theme's own menu, which
hides them behind the picture of a rocket; they follow from the repository in ``_config.yml``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from bs4 import Tag

from book.site.page import Page, PageError, Site

HOSTS = {"Colab": "https://colab.research.google.com/", "Binder": "https://mybinder.org/"}
FIGURE = "figure"  # the anchor of a chapter's first live figure
LIVE = "with a live figure"
# Sections of earlier versions that have another name now: page -> old anchor -> anchor.
RENAMED = yaml.safe_load((Path(__file__).parent / "renamed.yml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Notebook:
    """The notebook of a chapter.

    Attributes
    ----------
    title : str
        The chapter's number and heading.
    file : str
        Its address in the site.
    hosts : dict
        Where it can be opened, by name: "Colab" and "Binder".
    """

    title: str
    file: str
    hosts: dict[str, str]


def offer_notebook(site: Site, page: Page) -> Notebook | None:
    """Write below the title where the page's notebook is; return it, or None if there is none.

    Raises
    ------
    PageError
        If there is a notebook and the theme names no place that opens it.
    """
    menus = page.soup.select(".dropdown-launch-buttons")
    links = [link["href"] for menu in menus for link in menu.find_all("a", href=True)]
    for menu in menus:
        menu.decompose()
    file = f"{page.name}.ipynb"
    if not (site.raw / file).is_file() or page.article is None:
        return None
    hosts = {}
    for name, start in HOSTS.items():
        found = [link for link in links if link.startswith(start)]
        if len(found) != 1:
            raise PageError(f"{page.name}: the theme names no place where {name} opens {file}.")
        hosts[name] = found[0]
    place = page.article.select_one(".course-place")
    number = f"{place.get_text().split()[1]} · " if place else ""
    notebook = Notebook(number + page.heading, file, hosts)
    line = page.tag("p", class_="course-open")
    line.append("Open in ")
    for link in _links(page, notebook, "Download the notebook"):
        line.extend([link, " · "])
    line.contents[-1].extract()
    page.article.find("h1").insert_after(line)
    return notebook


def _links(page: Page, notebook: Notebook, download: str) -> list[Tag]:
    """Return the links to the hosts, and to the file, which comes with the site."""
    links = [page.tag("a", name, href=address) for name, address in notebook.hosts.items()]
    return [*links, page.tag("a", download, href=page.root + notebook.file, download="")]


def list_notebooks(page: Page, notebooks: Iterable[Notebook]) -> None:
    """Put a table of all notebooks into the place that a page has for it."""
    for place in page.soup.select(".course-notebooks"):
        table = page.tag("table", class_="table")
        head = page.tag("tr")
        head.extend(page.tag("th", name, scope="col") for name in ("Chapter", *HOSTS, "Notebook"))
        body = page.tag("tbody")
        for notebook in notebooks:
            row = page.tag("tr")
            row.append(page.tag("th", notebook.title, scope="row"))
            for link in _links(page, notebook, "Download"):
                cell = page.tag("td")
                cell.append(link)
                row.append(cell)
            body.append(row)
        table.append(page.tag("thead"))
        table.thead.append(head)
        table.append(body)
        place.clear()
        place.append(table)
        place["class"].append("pst-scrollable-table-container")


def lead_to_figure(page: Page) -> bool:
    """Write a link to the chapter's live figure below its question; tell whether it has one."""
    question = page.soup.select_one(".course-question")
    figures = [
        host
        for host in page.soup.select("article .cw-host")
        if not host["data-widget"].startswith("quiz/")
    ]
    if question is None or not figures:
        return False
    name = figures[0].get("id") or FIGURE
    figures[0]["id"] = name
    line = page.tag("p", class_="course-jump")
    line.append(page.tag("a", "Jump to the figure", href=f"#{name}"))
    question.insert_after(line)
    return True


def mark_cards(page: Page, live: Iterable[str]) -> None:
    """Say on the cards that lead to one of the pages in `live` that a figure is there."""
    names = {f"{name}.html" for name in live}
    for card in page.soup.select(".sd-card"):
        links = card.find_all("a", href=True)
        if any(page.local(link["href"]) in names for link in links):
            card.select_one(".sd-card-body").append(page.tag("p", LIVE, class_="course-live"))


def offer_copies(page: Page, copies: Mapping[str, Path]) -> None:
    """Link the whole book as one file, by kind, where a page has a place for that."""
    for place in page.soup.select(".course-copies"):
        if not copies:
            place.decompose()
            continue
        place.clear()
        line = page.tag("p", "The whole course as one file, to read without a connection: ")
        for kind, path in copies.items():
            size = f"{kind} ({path.stat().st_size / 2**20:.0f} MB)"
            line.extend([page.tag("a", size, href=page.root + path.name, download=""), " · "])
        line.contents[-1].replace_with(".")
        place.append(line)


def keep_anchors(page: Page, renamed: Mapping[str, Mapping[str, str]] = RENAMED) -> None:
    """Let links to the old names of sections lead to the new ones.

    Raises
    ------
    PageError
        If the page has no section of the new name, or again one of the old.
    """
    for old, new in renamed.get(page.name, {}).items():
        section = page.soup.find(id=new)
        if section is None or page.soup.find(id=old) is not None:
            raise PageError(f"{page.name}: {old} → {new} in renamed.yml is not true any more.")
        section.insert(0, page.tag("span", id=old))
