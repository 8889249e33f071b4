"""The place of a figure: as high as was measured, whatever stands in it before the figure."""

from pathlib import Path

import pytest

from book.site import csp, heights
from fashion_figures.host.base import host_html
from tests.book.site.small import page

STYLE = Path(heights.__file__).parents[2] / "_static" / "course.css"
PIECES = [[300, 500, 900, 700], [508, 700, 400, 448], [700, 700, 448, 448]]
WORDS = "<p>Many words.</p>" * 80
# Between the ends of the pieces, beyond the last, and where one begins.
EXPECTED = {320: 880, 400: 800, 508: 400, 604: 424, 699: 448, 900: 448}


@pytest.fixture(scope="module")
def kept(chromium):
    """Open a page with a figure that is not started, between two lines."""
    body = f"<p id='before'>Before</p>{host_html('x/figure', {}, WORDS)}<p id='after'>After</p>"
    made = page(body)
    heights.reserve(made, {made.name: {"x/figure": PIECES}})
    rules = csp.hoist_styles(made)
    assert not made.soup.select("[style], style")
    tab = chromium.new_page(viewport={"width": 1200, "height": 900})
    # "scripting: enabled" is a property of a page that may run scripts.
    tab.set_content(f"<style>{STYLE.read_text('utf-8')}{''.join(rules)}</style>{made.soup.body}")
    yield tab
    tab.close()


def _height(tab, width):
    return tab.evaluate(
        """(width) => {
            const host = document.querySelector(".cw-host");
            host.style.width = `${width}px`;
            return host.getBoundingClientRect().height;
        }""",
        width,
    )


def test_it_is_as_high_as_was_measured_and_longer_words_are_cut(kept):
    assert {width: round(_height(kept, width)) for width in EXPECTED} == EXPECTED


def test_a_figure_may_be_higher_and_one_that_failed_shows_all_its_words(kept):
    script = """(state) => {
        const host = document.querySelector(".cw-host");
        host.dataset.state = state;
        const el = document.createElement("div");
        el.style.height = "950px";
        host.querySelector(".cw-fallback").hidden = state === "ready";
        host.append(el);
    }"""
    kept.evaluate(script, "ready")
    assert round(_height(kept, 604)) == 950
    kept.evaluate(script, "failed")
    words = kept.evaluate("document.querySelector('.cw-fallback').scrollHeight")
    assert _height(kept, 604) > words + 900 > 1800


def test_a_page_without_a_measured_figure_is_left_as_it_is():
    made = page(host_html("x/figure", {}, WORDS))
    before = str(made.soup)
    heights.reserve(made, {"another": {"x/figure": PIECES}})
    assert str(made.soup) == before
