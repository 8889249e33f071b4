"""The figures' stylesheets: the course's colors, and no rule for what is not there."""

import re

import pytest

import fashion_figures
from fashion_figures.host.base import stylesheets
from fashion_figures.host.linker import FOLDER
from fashion_lib._palette import PALETTE, custom_properties
from tests.fashion_figures.pages import open_figure, write_page

STYLES = sorted(FOLDER.glob("*/*.css"))
SCHEMES = ("light", "dark")


def rules(text):
    """Return the rules of a stylesheet without comments and without what only surrounds them."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return re.findall(r"([^{}]+)\{([^{}]*)\}", text)


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.parent.name)
class TestEveryStylesheet:
    def test_colors_of_the_palette_are_named(self, path):
        known = {color for scheme in SCHEMES for color in PALETTE[scheme].values()}
        black_and_white = {"#000000", "#ffffff"}  # of pictures, the same on light and dark pages
        written = set(re.findall(r"#[0-9a-f]{6}\b", path.read_text(encoding="utf-8")))
        assert not written & known - black_and_white

    def test_named_colors_are_of_the_palette(self, path):
        named = set(re.findall(r"var\(--course-([\w-]+)", path.read_text(encoding="utf-8")))
        for scheme in SCHEMES:
            assert named <= set(PALETTE[scheme])

    def test_every_class_is_used_by_a_module(self, path):
        sources = sorted(FOLDER.glob("*/*.mjs")) + sorted(FOLDER.glob("*/*.js"))
        text = "\n".join(source.read_text(encoding="utf-8") for source in sources)
        text += '"cw-host" "cw-fallback"'  # of Python
        made = set(re.findall(r"(cw-[a-z]+-)\$\{", text))  # as in `cw-tl-${kind}`
        for name in set(re.findall(r"\.(cw-[\w-]+)", path.read_text(encoding="utf-8"))):
            used = re.search(rf"(?<![\w-]){name}(?![\w-])", text)
            assert used or any(name.startswith(start) for start in made), name

    def test_no_rule_hides_what_the_attribute_hides(self, path):
        for selector, body in rules(path.read_text(encoding="utf-8")):
            if "[hidden]" in selector and "display" in body:
                assert selector.strip() == ".cw [hidden]" or "cw-fallback[hidden]" in selector


def test_a_figure_has_the_colors_the_shared_styles_and_its_own():
    for figure in fashion_figures.all_figures():
        texts = stylesheets(figure.module)
        assert list(texts) == ["shared/shared.css", f"{figure.module.split('/')[0]}/figure.css"]
        assert figure._css.startswith(
            f".cw, .cw-error, .cw-fallback {{ {custom_properties('light')}"
        )
        assert custom_properties("dark") in figure._css
        assert all(text.strip() and text in figure._css for text in texts.values())


# One element of each kind: computed styles of all of them would take minutes. Before and after in
# one go, so that what a figure draws meanwhile is no difference.
STYLES_BEFORE_AND_AFTER = """(css) => {
    const styles = () => {
        const kinds = new Map();
        for (const element of document.querySelectorAll('.cw, .cw *')) {
            const name = (e) => `${e.tagName}.${e.getAttribute('class') ?? ''}`;
            const kind = `${name(element.parentElement)} > ${name(element)}`;
            if (kinds.has(kind)) continue;
            const style = getComputedStyle(element);
            const names = [...style].filter((name) => !name.startsWith('--'));
            kinds.set(kind, Object.fromEntries(names.map((name) => [name, style[name]])));
        }
        return Object.fromEntries(kinds);
    };
    const before = styles();
    document.head.append(Object.assign(document.createElement('style'), {textContent: css}));
    return [before, styles()];
}"""


@pytest.mark.parametrize(
    "figure", fashion_figures.all_figures(), ids=lambda figure: figure.__name__
)
def test_another_kind_of_figure_in_a_notebook_changes_nothing(chromium, tmp_path, figure):
    """Each brings the shared styles, which then stand behind the first figure's own."""
    page = write_page(tmp_path, figure())
    with open_figure(chromium, page, bypass_csp=True, reduced_motion="reduce") as tab:
        tab.wait_for_function("document.styleSheets.length === 3")
        tab.wait_for_load_state("networkidle")
        shared = stylesheets(figure.module)["shared/shared.css"]
        own, after = tab.evaluate(STYLES_BEFORE_AND_AFTER, shared)
        assert own.keys() == after.keys()
        changed = [
            f"{kind} {name}: {value} → {after[kind][name]}"
            for kind, style in own.items()
            for name, value in style.items()
            if after[kind][name] != value
        ]
        assert not changed, changed[:5]


def test_a_page_loads_the_styles_of_the_figures_on_it(chromium, tmp_path):
    page = write_page(tmp_path, fashion_figures.Quiz())
    with open_figure(chromium, page) as tab:
        links = tab.locator("link[rel=stylesheet]").evaluate_all("all => all.map((x) => x.href)")
        assert [link.partition("/_figures/")[2] for link in links[1:]] == [
            "shared/shared.css",
            "quiz/figure.css",
        ]
        assert (
            tab.locator(".cw").evaluate("one => getComputedStyle(one).color") == "rgb(20, 33, 61)"
        )
