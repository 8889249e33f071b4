"""What the theme's markup lacks."""

import pytest

from book.site import markup
from book.site.page import PageError
from tests.book.site.small import page


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

    def test_a_cell_that_is_folded_with_its_output_is_an_answer_and_one_without_is_not(self):
        cell = (
            '<div class="cell container"><details class="admonition hide above-input">'
            '<summary aria-label="Toggle hidden content"><p class="collapsed admonition-title">'
            'Show the code</p><p class="expanded admonition-title">Hide the code</p></summary>'
            '<div class="cell_input"><pre>6 * 7</pre></div>{}</details></div>'
        )
        output = '<div class="cell_output"><pre>42</pre></div>'
        made = page(cell.format(output) + cell.format("") + output)
        markup.improve(made)
        first, second = made.soup.find_all("details")
        assert first["class"] == ["admonition", "above-input", "course-answer"]
        assert first.summary.get_text() == markup.ANSWER
        assert first.summary.attrs == {"class": ["admonition-title"]}
        assert first.select(".cell_input, .cell_output") == first.find_all("div")
        assert "hide" in second["class"]
        assert "open" not in first.attrs | second.attrs

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

    def test_a_short_name_in_a_table_stays_in_one_line(self):
        names = ["T-shirt/top", "a long text of well-known words", "Bag"]
        cells = "".join(f"<td>{name}</td>" for name in names)
        made = page(f"<table><tbody><tr>{cells}</tr></tbody></table>")
        markup.improve(made)
        whole = [cell.get_text() for cell in made.soup.select(".course-whole")]
        assert whole == ["T-shirt/top"]

    def test_no_page_is_fetched_in_advance_and_no_number_that_is_not_cited_is_shown(self):
        made = page(
            '<div role="doc-biblioentry"><span class="label">[1]</span><p>A book.</p></div>',
            head='<link rel="next" href="b.html"/><link rel="icon" href="i.svg"/>',
        )
        markup.improve(made)
        assert [link["rel"] for link in made.soup.find_all("link")] == [["icon"]]
        assert made.soup.body.get_text() == "A book."

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
