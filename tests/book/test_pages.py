"""Every page of the built site in a browser: open to everyone, light, safe, whole from disk."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup
from PIL import Image

from book.serve import Server

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"

pytestmark = pytest.mark.book

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
FIRST_VIEW = 300 * 1024  # bytes, compressed
# Rules that axe leaves off because they are new: the theme broke the first, our tables the next.
EXTRA_RULES = (
    "label-content-name-mismatch",
    "td-has-header",
    "table-fake-caption",
    "target-size",
    "css-orientation-lock",
)
ALL_RULES = {
    "resultTypes": ["violations"],
    "rules": {rule: {"enabled": True} for rule in EXTRA_RULES},
}
# What colors and widths can break; the rest reads the same markup again.
RULES_OF_LOOK = {
    "resultTypes": ["violations"],
    "runOnly": {
        "type": "rule",
        "values": ["color-contrast", "target-size", "scrollable-region-focusable"],
    },
}
VIEWS = {
    "desktop-light": (DESKTOP, "light", ALL_RULES),
    "desktop-dark": (DESKTOP, "dark", RULES_OF_LOOK),
    "phone-light": (PHONE, "light", RULES_OF_LOOK),
    "phone-dark": (PHONE, "dark", ALL_RULES),
}


def _contents():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    return [toc["root"]] + [c["file"] for part in toc["parts"] for c in part["chapters"]]


PAGES = _contents()
CHAPTERS = [name for name in PAGES if name.startswith("chapters/")]


@pytest.fixture(scope="module")
def address():
    """Serve the site, compressed, on a free port of this machine."""
    with Server(SITE) as server:
        yield server.address


@pytest.fixture
def open_page(chromium):
    """Open pages in fresh contexts, in which any trouble fails the test at its end."""
    contexts, trouble = [], []

    def open_page(url, *, allow=("file:", "data:", "blob:", "http://127.0.0.1:"), **options):
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: trouble.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda message: (
                message.type in ("error", "warning")
                and trouble.append(f"{page.url}: {message.text}")
            ),
        )

        def only_ours(route):
            if route.request.url.startswith(allow):
                route.continue_()
            else:
                trouble.append(f"{page.url} asks for {route.request.url}")
                route.abort()

        context.route("**/*", only_ours)
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not trouble


def _violations(page, rules=ALL_RULES):
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("options => axe.run(document, options)", rules)
    return [
        f"{page.url}: {violation['id']} ({violation['help']}): {node['html'][:200]}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


def _unfold(page):
    """Open all that is folded, and wait until the page has noticed."""
    page.evaluate(
        """() => Promise.all([...document.querySelectorAll("main details:not([open])")].map(
          (details) => new Promise((done) => {
            details.addEventListener("toggle", done, { once: true });
            details.open = true;
          })
        ))"""
    )


def _start_figures(page):
    """Start every figure as if the reader had come to it, and wait until all are there."""
    states = page.evaluate(
        """async () => {
          const hosts = [...document.querySelectorAll(".cw-host")];
          for (const host of hosts) courseWidgets.start(host);
          const busy = (host) => !["ready", "failed"].includes(host.dataset.state);
          while (hosts.some(busy)) await new Promise((done) => setTimeout(done, 20));
          return hosts.map((host) => host.dataset.state);
        }"""
    )
    assert set(states) <= {"ready"}, page.url


def test_a_solution_opens_on_a_click(open_page, address):
    page = open_page(f"{address}/chapters/02_convolution.html")
    solution = page.locator(".solution.dropdown").first
    code = solution.locator(".cell").first
    assert not code.is_visible()
    solution.locator("summary").first.click()
    code.wait_for(state="visible")


def test_formulas_are_drawn_by_the_browser_itself(open_page, address):
    page = open_page(f"{address}/chapters/02_convolution.html")
    box = page.locator("math[display=block]").first.bounding_box()
    assert box["width"] > 50
    assert box["height"] > 15
    assert "\\frac" not in page.locator("article").inner_text()


def test_formulas_are_whole_and_open_at_their_start(open_page, address):
    page = open_page(f"{address}/index.html", viewport=PHONE)
    for name in CHAPTERS:
        page.goto(f"{address}/{name}.html")
        assert page.evaluate(
            """() => [...document.querySelectorAll("article span.math")].every(
              (formula) => getComputedStyle(formula).overflow === "visible")"""
        )
        assert page.evaluate(
            """() => [...document.querySelectorAll("article div.math > math")].every((formula) =>
              formula.getBoundingClientRect().left
                >= formula.parentElement.getBoundingClientRect().left - 1)"""
        ), name


@pytest.mark.parametrize("view", VIEWS)
def test_pages_fit_have_their_pictures_and_axe_finds_nothing(open_page, address, view):
    assert AXE.is_file(), "axe is missing: npm ci --ignore-scripts"
    viewport, scheme, rules = VIEWS[view]
    page = open_page(f"{address}/search.html?q=kernel", viewport=viewport, color_scheme=scheme)
    page.locator(".course-results li").first.wait_for()
    found = _violations(page, rules)
    for name in PAGES:
        page.goto(f"{address}/{name}.html")
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], name
        assert not page.evaluate(
            "[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
        )
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        _start_figures(page)
        _unfold(page)
        found += _violations(page, rules)
    assert not found, "\n".join(found)


def test_axe_finds_nothing_in_open_menus(open_page, address):
    page = open_page(f"{address}/{CHAPTERS[0]}.html", viewport=PHONE)
    page.locator(".primary-toggle").click()
    page.locator("#pst-primary-sidebar-modal .bd-links").wait_for()
    found = _violations(page)
    page.keyboard.press("Escape")
    page.locator(".dropdown-source-buttons button").click()
    page.locator(".dropdown-source-buttons .dropdown-menu.show").wait_for()
    found += _violations(page)
    page.keyboard.press("Escape")
    page.locator(".search-button").last.click()
    page.locator("#pst-search-dialog[open]").wait_for()
    found += _violations(page)
    assert not found, "\n".join(found)


def test_the_page_for_wrong_addresses_is_whole_at_any_depth(chromium, address):
    page = chromium.new_page(viewport=PHONE, color_scheme="dark")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    answer = page.goto(f"{address}/very/deep/nothing.html")
    assert answer.status == 404
    assert asked == [f"{address}/very/deep/nothing.html"]
    assert not _violations(page)
    page.get_by_role("link", name="From Pixels to Predictions").click()
    page.wait_for_url(f"{address}/index.html")
    page.goto(f"{address}/very/deep/nothing.html")
    page.get_by_role("searchbox").fill("kernel")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/search.html?q=kernel")
    page.goto((SITE / "404.html").as_uri())
    page.get_by_role("link", name="From Pixels to Predictions").click()
    page.wait_for_url((SITE / "index.html").as_uri())
    page.close()


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_first_view_of_a_chapter_is_light(chromium, address, name):
    context = chromium.new_context(viewport=PHONE, device_scale_factor=2)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(f"{address}/{name}.html")
    page.wait_for_load_state("networkidle")
    context.close()
    assert len(sizes) >= 4  # the page, its style, its script, a font: they were counted
    assert sum(sizes) <= FIRST_VIEW


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_still_picture_of_the_front_page_and_its_figure_are_of_one_size(
    open_page, address, viewport
):
    heights = []
    for scripts in (False, True):
        page = open_page(f"{address}/index.html", viewport=viewport, java_script_enabled=scripts)
        host = page.locator(".cw-host").first
        if scripts:
            page.locator(".cw-host[data-state=ready] .cw-lens").wait_for()
            assert not page.locator("img.course-hero").is_visible()
        else:
            picture = page.locator("img.course-hero").bounding_box()
            assert picture["width"] == pytest.approx(host.bounding_box()["width"])
        top = page.locator("article p:not(.cw-host *)").nth(1).bounding_box()["y"]
        heights.append((host.bounding_box()["y"], top))
        page.close()
    assert heights[0] == pytest.approx(heights[1], abs=1)


def test_nothing_moves_while_a_page_loads(open_page, address):
    for name in PAGES:
        page = open_page(f"{address}/{name}.html", viewport=PHONE)
        moved = page.evaluate(
            """async () => {
              let moved = 0;
              new PerformanceObserver((list) => {
                for (const entry of list.getEntries()) moved += entry.value;
              }).observe({ type: "layout-shift", buffered: true });
              for (const image of document.images) image.loading = "eager";
              await Promise.all([...document.images].map((image) => image.decode()));
              await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
              return moved;
            }"""
        )
        assert moved < 0.05, name
        page.close()


class TestPolicy:
    @pytest.mark.parametrize("name", [*PAGES, "search", "404"])
    def test_every_page_forbids_what_is_not_its_own(self, name):
        soup = BeautifulSoup((SITE / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
        (meta,) = soup.find_all("meta", attrs={"http-equiv": "Content-Security-Policy"})
        assert "unsafe" not in meta["content"]
        assert "http" not in meta["content"]
        # Nothing that the policy is for comes before it.
        assert meta.find_previous(["script", "style", "link"]) is None

    def test_injected_code_does_not_run(self, chromium, address):
        page = chromium.new_page()
        page.goto(f"{address}/{CHAPTERS[0]}.html")
        page.evaluate(
            """() => new Promise((done) => {
              const box = document.createElement("div");
              box.innerHTML = "<img src='data:,' onerror='window.broken = 1'>";
              const script = document.createElement("script");
              script.textContent = "window.broken = 2";
              document.body.append(box, script);
              // Later, since what a test runs itself is exempt from the policy.
              setTimeout(() => {
                try { window.broken = eval("3"); } catch { window.refused = true; }
                box.firstChild.decode().catch(() => setTimeout(done));
              });
            })"""
        )
        assert page.evaluate("[window.broken, window.refused]") == [None, True]
        page.close()

    def test_a_worker_from_a_blob_and_a_canvas_may_work(self, open_page, address):
        page = open_page(f"{address}/{CHAPTERS[0]}.html")
        answer = page.evaluate(
            """() => new Promise((done, failed) => {
              const code = new Blob(["postMessage(6 * 7)"], { type: "text/javascript" });
              const worker = new Worker(URL.createObjectURL(code));
              worker.onmessage = (event) => done(event.data);
              worker.onerror = failed;
            })"""
        )
        assert answer == 42


class TestColorMode:
    def test_a_dark_page_is_dark_before_the_scripts_have_come(self, chromium, address):
        page = chromium.new_page(color_scheme="dark")
        page.route("**/site.js*", lambda route: route.abort())
        page.goto(f"{address}/index.html")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert max(map(int, background.strip("rgb()").split(","))) < 60
        page.close()


def test_without_scripts_the_pages_can_be_read(chromium, address):
    context = chromium.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(f"{address}/{CHAPTERS[1]}.html")
    assert page.locator("article h1").is_visible()
    assert not page.locator(".pst-js-only:visible").count()
    solution = page.locator("details.solution").first
    assert not solution.locator(".cell").first.is_visible()
    solution.locator("summary").first.click()
    assert solution.locator(".cell").first.is_visible()
    context.close()


def test_search_forgives_one_typing_error_and_says_what_to_do(open_page, address):
    page = open_page(f"{address}/search.html?q=kernel", viewport=PHONE)
    results, status = page.locator(".course-results a"), page.locator(".course-found-count")
    right = results.evaluate_all("links => links.map((link) => link.href)")
    assert len(right) > 10
    field = page.locator(".bd-search-container input")
    for wrong in ("kernal", "krenel", "kernell", "kernl"):
        field.fill(wrong)
        assert "No page says" in status.inner_text(), wrong
        assert results.first.get_attribute("href") in right[0], wrong
    field.fill("xylophones")
    assert results.count() == 0
    assert "Try a shorter or another word" in status.inner_text()


def test_a_plot_opens_large_and_closes_again(open_page, address):
    page = open_page(f"{address}/{CHAPTERS[0]}.html", viewport=PHONE, color_scheme="dark")
    plot = page.locator("a.course-enlarge").nth(1)
    shown = plot.locator("img:visible")
    text, width = shown.get_attribute("alt"), shown.bounding_box()["width"]
    assert "-dark." in shown.get_attribute("src")
    plot.focus()
    page.keyboard.press("Enter")
    large = page.locator("dialog.course-large img")
    assert large.get_attribute("alt") == text
    assert large.bounding_box()["width"] > 1.5 * width
    assert not _violations(page)
    page.keyboard.press("Escape")
    assert page.locator("dialog.course-large").count() == 0
    assert plot.evaluate("link => link === document.activeElement")
    plot.click()
    page.get_by_role("button", name="Close").click()
    assert page.locator("dialog.course-large").count() == 0


# Of the page itself: a figure that is started for the print brings its own.
FOLDED = "main details:not([open], .cw-host *)"


class TestPrint:
    def test_what_is_folded_opens_and_what_navigates_goes(self, open_page, address):
        page = open_page(f"{address}/{CHAPTERS[1]}.html", viewport=DESKTOP)
        folded = page.locator(FOLDED).count()
        drawing = page.locator(f"{FOLDED}.hide").count()
        assert folded > drawing
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator(FOLDED).count() == drawing
        assert not page.locator("main details.hide:visible").count()  # code that only draws
        for gone in (".bd-sidebar-primary", ".bd-sidebar-secondary", ".bd-header-article"):
            assert not page.locator(gone).first.is_visible()
        assert page.locator(".solution .cell").first.is_visible()
        assert page.locator("article h1").is_visible()
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator(FOLDED).count() == folded

    def test_a_dark_page_is_printed_on_white(self, open_page, address):
        page = open_page(f"{address}/{CHAPTERS[0]}.html", color_scheme="dark")
        page.emulate_media(media="print", color_scheme="dark")
        color = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert color == "rgb(255, 255, 255)"
        ink = page.evaluate(
            "getComputedStyle(document.querySelector('article p:not([class])')).color"
        )
        assert max(map(int, ink.strip("rgb()").split(","))) < 60
        page.evaluate("dispatchEvent(new Event('beforeprint'))")  # starts all figures
        page.locator(".cw-host:not([data-state=ready])").first.wait_for(state="detached")
        colors = page.locator(".cw-host p:visible").evaluate_all(
            "all => all.map((element) => getComputedStyle(element).color)"
        )
        assert colors
        for color in colors:
            assert max(map(int, color.strip("rgb()").split(","))) < 130


@pytest.fixture(scope="module")
def heads():
    """Return the parsed heads of all pages by their names."""
    return {
        name: BeautifulSoup((SITE / f"{name}.html").read_text("utf-8"), "html.parser").head
        for name in PAGES
    }


class TestHead:
    @staticmethod
    def _content(head, key):
        meta = head.find("meta", attrs={"name": key}) or head.find("meta", property=key)
        return meta["content"] if meta else None

    def test_titles_and_descriptions_are_of_the_page(self, heads):
        for key in ("description", "og:title", "og:description", "citation_title"):
            texts = [self._content(head, key) for head in heads.values()]
            assert all(text and len(text) > 4 for text in texts)
            if key != "og:title":
                assert len(set(texts)) == len(texts), key
        titles = [head.title.get_text() for head in heads.values()]
        assert len(set(titles)) == len(titles)

    def test_canonical_addresses_belong_to_the_repository(self, heads):
        repository = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
        owner, name = urlsplit(repository).path.strip("/").split("/")
        for page, head in heads.items():
            address = head.find("link", rel="canonical")["href"]
            end = "" if page == "index" else f"{page}.html"
            assert address == f"https://{owner}.github.io/{name}/{end}"
            assert self._content(head, "og:url") == address

    def test_previews_are_there(self, heads):
        for head in heads.values():
            name = urlsplit(self._content(head, "og:image")).path.rpartition("/")[2]
            with Image.open(SITE / "_images" / name) as card:
                stated = [
                    int(self._content(head, f"og:image:{edge}")) for edge in ("width", "height")
                ]
                assert list(card.size) == stated
            assert (SITE / "_static" / "favicon.svg").is_file()
            assert head.find("link", rel="icon")

    def test_the_map_of_the_site_is_complete(self, heads):
        sitemap = (SITE / "sitemap.xml").read_text(encoding="utf-8")
        for head in heads.values():
            assert f"<loc>{head.find('link', rel='canonical')['href']}</loc>" in sitemap
