"""The book's quizzes: from a chapter's text to a figure that keeps the reader's answers."""

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from book.serve import Server
from tests.book.sphinx_ext import quiz_book
from tests.fashion_figures.pages import axe, open_figure

CHAPTERS = sorted((quiz_book.ROOT / "chapters").glob("*.md"))

INDEX = """# Book

```{toctree}
one
two
```

::::{grid} 1
:::{grid-item-card} The first
:link: one
:link-type: doc

A card.
:::
:::{grid-item-card} Elsewhere
:link: https://example.org

Another card.
:::
::::

```{quiz-progress}
```
"""

ONE = """(ch-one)=
# One

## Quiz

Answer, then look.

**1. What is `np.zeros(3).sum()`, or $2^0 - 1$?**

- A. Zero, *exactly*
- B. [Three](two.md)

:::{dropdown} Answer and why
- **A** is right: a sum of `0.0`.
- **B** counts the items, $n_3$, instead; see {ref}`ch-one`.
:::

**2. And the maximum?**

- A. One
- B. Zero
- C. Minus infinity

:::{dropdown} Answer and why
**B.**
- A: no.
- B: right, all are zero.
- C: that is the maximum of nothing.
:::

## Summary

The end.
"""

TWO = """# Two

## Quiz

**1. Does it rain?**

- A. It does
- B. It does not

:::{dropdown} Answer and why
- A. **Yes.** Look.
- B. No. Look again.
:::
"""

QUIZ = TWO.split("# Two\n")[1]


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """Build a book of two chapters and a front page."""
    folder = tmp_path_factory.mktemp("book")
    site, warnings = quiz_book.build(folder, {"index": INDEX, "one": ONE, "two": TWO})
    assert warnings == ""
    return site


def _soup(page: Path):
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def _state(page: Path):
    return json.loads(_soup(page).select_one(".cw-host > script").string)


class TestBuild:
    def test_the_text_stays_and_names_its_parts(self, book):
        soup = _soup(book / "one.html")
        section = soup.select_one("section#quiz")
        host = section.select_one(".cw-host")
        assert section.find("p").get_text() == "Answer, then look."
        assert host.find_next(string="The end.").find_parent(class_="cw-host") is None
        fallback = host.select_one(".cw-fallback")
        state = _state(book / "one.html")
        assert [question["answer"] for question in state["questions"]] == [0, 1]
        assert state["key"] == "one"
        for question in state["questions"]:
            for part in [question["prompt"], *question["choices"], *question["why"]]:
                assert len(fallback.select(f"#{part['id']}")) == 1
        assert fallback.select_one("#quiz-1-b-why").get_text().strip().startswith("B counts")
        assert fallback.select_one("#quiz-1 math")
        assert len(fallback.select("details")) == 2

    def test_each_way_to_mark_the_right_choice_is_read(self, book):
        assert _state(book / "two.html")["questions"][0]["answer"] == 0

    def test_the_front_page_lists_the_chapters_in_order(self, book):
        chapters = _state(book / "index.html")["chapters"]
        assert [(chapter["key"], chapter["href"]) for chapter in chapters] == [
            ("one", "one.html#quiz"),
            ("two", "two.html#quiz"),
        ]
        assert [chapter["questions"] for chapter in chapters] == [2, 1]
        links = _soup(book / "index.html").select(".cw-fallback a")
        assert [link.get_text() for link in links] == ["One", "Two"]

    def test_a_changed_quiz_changes_the_front_page(self, tmp_path):
        pages = {"index": INDEX, "one": ONE, "two": TWO}
        quiz_book.build(tmp_path, pages)
        second = QUIZ.split("## Quiz")[1].replace("**1.", "**2.")
        site, _ = quiz_book.build(tmp_path, {"two": TWO + second})
        assert [chapter["questions"] for chapter in _state(site / "index.html")["chapters"]] == [
            2,
            2,
        ]

    def test_the_quizzes_of_all_chapters_are_read(self, tmp_path):
        pages = {"index": "# Book\n\n```{toctree}\n:glob:\nchapters/*\n```\n"}
        questions = {}
        for path in CHAPTERS:
            text = path.read_text(encoding="utf-8")
            label, title = re.search(r"^(\(ch-.*\)=)\n(# .*)$", text, re.M).groups()
            quiz = re.search(r"^## Quiz\n.*?(?=^## )", text, re.M | re.S)[0]
            questions[path.stem] = len(re.findall(r"^\*\*\d+\.", quiz, re.M))
            pages[f"chapters/{path.stem}"] = f"{label}\n{title}\n\n{quiz}"
        site, warnings = quiz_book.build(tmp_path, pages)
        assert warnings == ""
        for name, count in questions.items():
            assert len(_state(site / "chapters" / f"{name}.html")["questions"]) == count >= 4

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("**1. Does", "**Does", "there is no question"),
            ("**1. Does", "**2. Does", "question 1 has another number"),
            ("- A. It does\n- B. It does not\n", "It does.\n", "lacks the list of its choices"),
            (":::{dropdown} Answer and why", ":::{note}", "lacks its answer"),
            ("- B. It does not", "- C. It does not", "must begin with A, B, C, … in order, not AC"),
            ("- B. No. Look again.\n", "", "2 choices need as many explanations, not 1"),
            ("**Yes.**", "Yes?", "exactly one choice must be marked as right, not none"),
            ("B. No.", "B. **Yes.**", "exactly one choice must be marked as right, not A, B"),
            ("\n:::\n", "\n:::\n\nA last word.\n", "question 2 lacks a bold line"),
        ],
    )
    def test_a_quiz_of_another_form_is_a_warning_with_its_place(self, tmp_path, old, new, message):
        assert old in TWO
        site, warnings = quiz_book.build(tmp_path, {"index": TWO.replace(old, new, 1)})
        assert message in warnings
        assert re.search(r"index\.md:\d+: WARNING: Quiz: ", warnings)
        assert not _soup(site / "index.html").select(".cw-host")

    def test_a_list_of_no_quiz_is_a_warning(self, tmp_path):
        _, warnings = quiz_book.build(tmp_path, {"index": "# B\n\n```{quiz-progress}\n```\n"})
        assert "no page has a quiz" in warnings


def _answer(tab, form: int, choice: int) -> None:
    question = tab.locator("form").nth(form)
    question.locator("input").nth(choice).check()
    question.get_by_role("button", name="Check").click()


def _audit(tab) -> list[str]:
    """Return what axe finds, without the plain theme's two bars of links."""
    tab.evaluate("document.querySelectorAll('.related').forEach((bar) => bar.remove())")
    return axe(tab)


class TestPage:
    def test_formulas_code_and_links_are_in_the_figure(self, chromium, book):
        with open_figure(chromium, book / "one.html") as tab:
            assert not tab.locator(".cw-fallback").is_visible()
            first = tab.locator("form").first
            legend = first.locator("legend")
            assert legend.locator("code").inner_text() == "np.zeros(3).sum()"
            assert legend.locator("math msup").count() == 1
            assert first.locator("label em").inner_text() == "exactly"
            assert first.locator("label a").get_attribute("href") == "two.html"
            _answer(tab, 0, 1)
            assert first.locator("li:visible math").count() == 1
            assert first.locator("li:visible a").get_attribute("href") == "#ch-one"
            assert tab.evaluate("document.querySelectorAll('#quiz-1-b-why').length") == 1
            assert _audit(tab) == []

    @pytest.mark.parametrize("disk", [True, False])
    def test_answers_stay_and_the_front_page_shows_and_clears_them(self, chromium, book, disk):
        with Server(book) as server:
            base = book.as_uri() if disk else server.address
            with open_figure(
                chromium, book / "one.html", address=None if disk else server.address
            ) as tab:
                _answer(tab, 0, 1)
                tab.goto(f"{base}/index.html")
                tab.wait_for_selector(".cw-progress[data-answered='1']")
                rows = tab.locator(".cw-progress-list li")
                assert rows.all_inner_texts()[0].split("\n")[-1] == "1 of 2 answered"
                assert "not started" in rows.all_inner_texts()[1]
                marks = tab.locator(".sd-card .cw-progress-mark:visible")
                assert marks.all_inner_texts() == ["Quiz: 1 of 2 answered"]
                assert _audit(tab) == []
                tab.goto(f"{base}/one.html")
                tab.wait_for_selector(".cw-quiz[data-answered='1']")
                assert tab.locator("form").first.get_attribute("data-result") == "wrong"
                _answer(tab, 0, 0)  # right, and too late to count
                _answer(tab, 1, 1)
                tab.goto(f"{base}/index.html")
                tab.wait_for_selector(".cw-progress[data-answered='2']")
                assert "done, 1 of 2 right at the first try" in rows.all_inner_texts()[0]
                apart = "in Firefox, each of them then keeps its answers to itself"
                assert (apart in tab.locator(".cw-progress").inner_text()) == disk
                tab.get_by_role("button", name="Clear my answers").click()
                tab.wait_for_selector(".cw-progress[data-answered='0']")
                assert marks.count() == 0
                tab.get_by_role("button", name="Undo").click()
                tab.wait_for_selector(".cw-progress[data-answered='2']")
                tab.get_by_role("button", name="Clear my answers").click()
                tab.goto(f"{base}/one.html")
                tab.wait_for_selector(".cw-quiz[data-answered='0']")

    @pytest.mark.parametrize(
        "kept", ['{"answers": {"%s": 99}}', '{"answers": 7}', '"x"', "[", '{"answers": null}']
    )
    def test_what_the_device_kept_may_be_anything(self, chromium, book, kept):
        key = _state(book / "one.html")["questions"][0]["id"]
        with open_figure(chromium, book / "two.html") as tab:
            tab.evaluate(
                "text => localStorage.setItem('fashion-course:quiz:one', text)",
                kept.replace("%s", key),
            )
            tab.goto((book / "one.html").as_uri())
            tab.wait_for_selector(".cw-quiz[data-answered='0']")
            tab.evaluate(
                "text => localStorage.setItem('fashion-course:quiz:one', text)",
                kept.replace("%s", key),
            )
            tab.goto((book / "index.html").as_uri())
            tab.wait_for_selector(".cw-progress[data-answered]")

    def test_without_scripts_the_text_unfolds(self, chromium, book):
        context = chromium.new_context(java_script_enabled=False)
        tab = context.new_page()
        tab.goto((book / "one.html").as_uri())
        assert tab.locator("#quiz-2-c").is_visible()
        tab.locator("summary").first.click()
        assert tab.locator("#quiz-1-b-why").is_visible()
        context.close()

    def test_a_print_has_the_text_and_not_the_form(self, chromium, book):
        with open_figure(chromium, book / "one.html") as tab:
            assert tab.locator("form").first.is_visible()
            tab.emulate_media(media="print")
            assert not tab.locator("form").first.is_visible()
            assert tab.locator("#quiz-1").is_visible()
