"""The site in each engine: silent, on a phone, from a disk, at the place that a link names."""

import pytest

from tests.book.test_pages import CHAPTERS, PAGES, SITE
from tests.browsers import open_page, serve, wait_until
from tools.figure_heights import pages_with_figures

pytestmark = pytest.mark.book

VIEWS = {"desktop": (1366, 768), "phone": (390, 844)}
AWAY = 8  # pixels from where a link should land
SHIFT = 0.02  # the layout shift that a reader would not notice
# The sections that hold a figure, and those after it.
SECTIONS = """() => {
  const all = [...document.querySelectorAll("article section[id]")];
  return [...new Set([...document.querySelectorAll(".cw-host")].flatMap((host) => [
    host.closest("section[id]").id,
    all.find((one) => host.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING)?.id,
  ]))].filter(Boolean);
}"""
# Whether all figures have come, and nothing has grown for ten frames.
HAS_SETTLED = """async () => {
  const hosts = [...document.querySelectorAll(".cw-host")];
  if (hosts.some((host) => host.dataset.state !== "ready")) return false;
  const heights = () => hosts.map((host) => host.offsetHeight).join();
  const before = heights();
  for (let n = 0; n < 10; n += 1) await new Promise(requestAnimationFrame);
  return heights() === before;
}"""
START_ALL = """() => {
  for (const host of document.querySelectorAll(".cw-host")) courseWidgets.start(host);
}"""
WATCH = """() => {
  window.moved = 0;
  if (!PerformanceObserver.supportedEntryTypes.includes("layout-shift")) return; // Chromium has it
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.moved += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
}"""
# How far a section is from where the browser itself puts it, and how much has moved on the way.
DISTANCE = """(id) => {
  const section = document.getElementById(id);
  const landed = section.getBoundingClientRect().top;
  section.scrollIntoView({ behavior: "instant" });
  return [landed - section.getBoundingClientRect().top, window.moved];
}"""
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def address(engine):
    with serve(SITE, engine) as server:
        yield server.address


def test_every_page_is_silent_and_fits_a_phone(engine, address):
    with open_page(engine, f"{address}/index.html", 390, 844) as tab:
        for name in PAGES:
            tab.goto(f"{address}/{name}.html")
            assert tab.evaluate("document.documentElement.scrollWidth") <= 390, name


@pytest.mark.parametrize("view", VIEWS)
def test_a_link_to_or_below_a_figure_lands_there_and_nothing_moves(engine, address, view):
    wrong, tried = [], 0
    with open_page(engine, f"{address}/index.html", *VIEWS[view]) as tab:
        for name in pages_with_figures(SITE):
            tab.goto(f"{address}/{name}.html")
            for section in tab.evaluate(SECTIONS):
                tab.goto("about:blank")
                tab.goto(f"{address}/{name}.html#{section}")
                tab.evaluate(WATCH)
                tab.evaluate(START_ALL)  # as when one reads upward
                wait_until(tab, f"({HAS_SETTLED})()")
                landed, moved = tab.evaluate(DISTANCE, section)
                tried += 1
                if moved > SHIFT or abs(landed) > AWAY:
                    wrong.append(f"{name}#{section}: {landed:.0f} px away, shift {moved:.3f}")
    assert tried >= 14
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_the_search_leads_to_the_first_match_in_view(engine, address, scheme):
    start = address if scheme == "http" else SITE.as_uri()
    with open_page(engine, f"{start}/{CHAPTERS[0]}.html") as tab:
        tab.locator(".search-button__button:visible").first.click()
        tab.locator("#pst-search-dialog input").wait_for()
        tab.keyboard.type("receptive field")
        tab.keyboard.press("Enter")
        results = tab.locator(".course-results a")
        results.first.wait_for()
        tab.locator(".bd-search-container input").focus()
        tab.keyboard.press("Enter")  # to the first result
        tab.keyboard.press("ArrowDown")
        assert results.nth(1).evaluate("link => link === document.activeElement")
        assert results.first.inner_text().lower() == "receptive field"  # the glossary's entry
        chapter = tab.locator('.course-results a[href*="02_convolution"]').first
        heading = chapter.inner_text()
        chapter.click()
        tab.wait_for_url("**/chapters/*")
        mark = tab.locator("article mark").first
        mark.wait_for()
        assert heading in mark.evaluate("mark => mark.closest('section').innerText")
        wait_until(
            tab,
            """() => {
              const { top, bottom } = document.activeElement.getBoundingClientRect();
              return document.activeElement.matches("mark") && top >= 0 && bottom <= innerHeight;
            }""",
        )


def is_dark(tab):
    color = tab.evaluate(BACKGROUND)
    return max(map(int, color.strip("rgba()").split(",")[:3])) < 60


def test_a_chosen_theme_is_seen_and_told_and_lasts(engine, address):
    with open_page(engine, f"{address}/index.html") as tab:
        button = tab.locator(".theme-switch-button:visible").first
        assert button.get_attribute("aria-label") == "Color mode: as the system"
        for _ in range(2):  # light or dark first, after the system
            button.click()
            mode = tab.evaluate("document.documentElement.dataset.mode")
            assert button.get_attribute("aria-label") == f"Color mode: {mode}"
            assert is_dark(tab) == (mode == "dark")
            tab.reload()
            assert tab.evaluate("document.documentElement.dataset.mode") == mode
            assert is_dark(tab) == (mode == "dark")


@pytest.mark.engines("color scheme")
def test_without_a_choice_the_page_is_as_the_system(engine, address):
    with open_page(engine, f"{address}/index.html", color_scheme="dark") as tab:
        assert is_dark(tab)


def test_from_a_disk_every_page_is_whole(engine):
    with open_page(engine, (SITE / "index.html").as_uri()) as tab:
        for name in PAGES:
            tab.goto((SITE / f"{name}.html").as_uri())
            tab.evaluate("() => { for (const image of document.images) image.loading = 'eager'; }")
            broken = tab.evaluate(
                """() => Promise.all([...document.images].map(
                  (image) => image.decode().then(() => "", () => image.src)
                ))"""
            )
            assert not any(broken), broken
            # The icons' font came, too.
            assert tab.evaluate("[...document.fonts].some((font) => font.status === 'loaded')")


@pytest.mark.engines("log")
def test_from_a_disk_figures_start_in_silence(engine):
    with open_page(engine, (SITE / f"{CHAPTERS[1]}.html").as_uri()) as tab:
        tab.evaluate(START_ALL)
        wait_until(tab, f"({HAS_SETTLED})()")
