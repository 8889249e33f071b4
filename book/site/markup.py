"""What the theme's markup lacks for assistive technology, for print, and without scripts.

Each function repairs one thing in a page. Where the theme has changed so much that there is
nothing to repair, that is fine: axe checks the result (tests/book/test_pages.py).
"""

import re

from bs4 import Tag

from book.site.page import Page, PageError

CHAPTER = re.compile(r"chapters/(\d+)_")

SHORT = 12  # letters of a name in a table that stays in one line, such as T-shirt/top

ANSWER = "Show the answer’s code and output"

# Parts that the theme writes for a print button and an advertisement that the book has not, and
# the state of its figures that MyST-NB embeds for a kernel's widget manager.
UNUSED = (
    'script[type="application/vnd.jupyter.widget-state+json"]',
    "#jb-print-docs-body",
    "#ethical-ad-placement",
    ".pst-async-banner-revealer:has(> #bd-header-version-warning:empty)",
    "footer.bd-footer:not(:has(*))",
    # Firefox fetches the next page in advance, which the policy forbids.
    "head link[rel=next], head link[rel=prev]",
    # The list is in alphabetical order, and citations name author and year, not a number.
    "[role=doc-biblioentry] > .label",
)


def improve(page: Page) -> None:
    """Repair the markup of one page.

    Raises
    ------
    PageError
        If a figure could be shown by a kernel only, and so would be missing without a word.
    """
    if page.soup.select_one('script[type="application/vnd.jupyter.widget-view+json"]'):
        raise PageError(f"{page.name} has a figure that only a kernel can show.")
    for selector in UNUSED:
        for element in page.soup.select(selector):
            element.decompose()
    for extra in page.soup.select("meta[name=viewport]")[1:]:
        extra.decompose()
    for admonition in page.soup.select("div.admonition.dropdown"):
        fold(admonition)
    for folded in page.soup.select("details.hide:has(.cell_output)"):
        answer(folded)
    for table in page.soup.find_all("table"):
        tidy_table(table)
    _name_controls(page)
    _show_place(page)
    _hide_icons(page)
    _give_landmarks(page)
    for entry in page.soup.select("[role=doc-biblioentry]"):
        entry["role"] = "listitem"  # what took the place of the role that docutils writes
    for link in page.soup.select("a[target=_blank]"):
        link["rel"] = "noopener"


def fold(admonition: Tag) -> None:
    """Turn a note that opens on a click into the browser's own element for that.

    It needs no script, is found by the browser's search, and prints open.
    """
    title = admonition.find("p", class_="admonition-title", recursive=False)
    if title is None:
        return
    admonition.name = "details"
    title.name = "summary"
    for link in title.find_all("a"):  # to the exercise just above; a click must unfold
        link.unwrap()
    if "toggle-shown" in admonition["class"]:
        admonition["open"] = ""


def answer(folded: Tag) -> None:
    """Let a cell whose output is folded, too, look and print like an answer, which it is.

    MyST-NB writes the same element for it as for code that only draws, which no print shows.
    """
    folded["class"] = [name for name in folded["class"] if name != "hide"] + ["course-answer"]
    folded.summary.clear()
    folded.summary.string = ANSWER
    folded.summary["class"] = ["admonition-title"]
    folded.summary.attrs.pop("aria-label", None)


def tidy_table(table: Tag) -> None:
    """Give every cell of a table a header, and no header an empty text."""
    table.attrs.pop("border", None)
    if not table.get("class") and table.find_parent(class_="cell_output"):
        table["class"] = ["dataframe"]  # one made by a Styler has no class
    if table.thead is not None:
        _join_header_rows(table.thead.find_all("tr"))
    for row in table.select("tbody tr"):
        first = row.find(["td", "th"])
        texts = [text for text in first.strings if text.strip()] if first else []
        # A row that begins with a bold text, in a table written in Markdown.
        if texts and all(text.find_parent("strong") for text in texts):
            first.name = "th"
            first["scope"] = "row"
    for cell in table.find_all(["td", "th"]):
        text = cell.get_text(strip=True)
        if len(text) <= SHORT and re.search("[-/]", text):
            cell["class"] = [*cell.get("class", []), "course-whole"]
    for header in table.find_all("th"):
        if not header.get_text(strip=True):
            header.name = "td"


def _join_header_rows(rows: list[Tag]) -> None:
    """Put the name of a DataFrame's index, which has a row to itself, beside the column names."""
    if len(rows) != 2:
        return
    upper, lower = (row.find_all(["th", "td"], recursive=False) for row in rows)
    texts = [cell.get_text(strip=True) for cell in lower]
    if len(upper) != len(lower) or not texts[0] or any(texts[1:]):
        return
    columns = upper[0].get_text(strip=True)
    upper[0].string = f"{texts[0]} ↓ {columns} →" if columns else texts[0]
    rows[1].decompose()


def _name_controls(page: Page) -> None:
    """Let what is read out contain what is seen."""
    # MyST-NB names every folded cell "Toggle hidden content", whatever stands on it.
    for summary in page.soup.select("summary[aria-label]"):
        if summary.get_text(strip=True):
            del summary["aria-label"]
    for button in page.soup.select("button.search-button-field[aria-label]"):
        del button["aria-label"]
        button["title"] = "Search the course"
    for button in page.soup.select("button.sidebar-toggle"):
        side = "contents of the page" if "secondary-toggle" in button["class"] else "chapters"
        button["aria-label"] = button["title"] = f"Show or hide the {side}"
    for badge in page.soup.select(".search-button__kbd-shortcut"):
        badge["aria-hidden"] = "true"


def _show_place(page: Page) -> None:
    """Give the chapters their numbers, the open one its place, and its question a mark."""
    numbers = []
    for link in page.soup.select(".bd-docs-nav li > a"):
        own = "current" in link.get("class", []) and link["href"] == "#"
        match = CHAPTER.match(page.name if own else page.local(link["href"]) or "")
        if match is not None:
            numbers.append(int(match[1]))
            link["data-number"] = str(numbers[-1])
            # The stylesheet sets the number apart, so that titles stand in one line.
            link.string = re.sub(r"^\d+\.\s+", "", " ".join(link.get_text().split()))
    heading = page.article.find("h1") if page.article is not None else None
    match = CHAPTER.match(page.name)
    if heading is not None and match is not None and numbers:
        for number in heading.select(".section-number"):
            number.decompose()
        place = f"Chapter {int(match[1])} of {max(numbers)}"
        heading.insert_before(page.tag("p", place, class_="course-place"))
    for title in page.soup.select(".admonition > .admonition-title"):
        if title.get_text(strip=True) == "The question":
            title.parent["class"].append("course-question")


def _hide_icons(page: Page) -> None:
    """Keep the letters of the icon font from being read out."""
    for icon in page.soup.select("i[class*=fa-], span[class*=fa-]"):
        icon["aria-hidden"] = "true"
        icon.attrs.pop("title", None)  # it would become a part of the button's name


def _give_landmarks(page: Page) -> None:
    """Put everything into a landmark, so that it can be reached by jumping."""
    sidebar = page.soup.select_one("#pst-primary-sidebar")
    if sidebar is not None:
        sidebar["role"] = "complementary"
        sidebar["aria-label"] = "Course"
    main = page.soup.select_one("main")
    top = page.soup.select_one("#pst-back-to-top")
    if main is not None and top is not None:
        main.append(top.extract())
    for empty in page.soup.select("header#pst-header:not(:has(*))"):
        empty["role"] = "presentation"
