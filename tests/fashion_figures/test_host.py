"""The ground of the widgets: joining modules, embedding state, writing the site's files."""

import base64
import gzip
import json
import re
import subprocess
import sys

import numpy as np
import pytest
import traitlets
from bs4 import BeautifulSoup

import fashion_figures
from fashion_figures.host import base, linker, site


@pytest.fixture
def modules(tmp_path):
    """Write three modules: a figure, what it imports, and what both import."""
    (tmp_path / "unit.mjs").write_text(
        "export const ONE = 1;\nexport function twice(x) {\n  return 2 * x;\n}\n"
    )
    (tmp_path / "sum.mjs").write_text(
        'import { ONE } from "./unit.mjs";\n\nexport class Sum {\n  of(x) {\n'
        "    return x + ONE;\n  }\n}\nexport async function later(x) {\n  return x;\n}\n"
    )
    (tmp_path / "figure.mjs").write_text(
        'import {\n  Sum,\n  later,\n} from "./sum.mjs";\nimport { twice } from "./unit.mjs";\n'
        "const hidden = twice(new Sum().of(20));\n"
        "export default {\n  render() {\n    return hidden;\n  },\n};\n"
    )
    return tmp_path


def _node(code, name, folder, ending):
    target = folder / name
    target.write_text(code + ending)
    return subprocess.check_output(["node", target], text=True).strip()


class TestLink:
    def test_a_module_runs_with_all_that_it_imports(self, modules):
        code = linker.link("figure", "module", modules).replace("export default", "const all =")
        assert _node(code, "a.js", modules, "console.log(all.render());") == "42"

    def test_a_script_registers_with_the_page_and_leaks_nothing(self, modules):
        code = linker.link("figure", "script", modules)
        before = "const seen = {}; const courseWidgets = { define(n, m) { seen[n] = m; } };\n"
        after = "console.log(seen.figure.render(), typeof hidden, typeof $sum);"
        assert _node(before + code, "b.js", modules, after) == "42 undefined undefined"

    def test_a_module_that_two_others_import_is_there_once(self, modules):
        assert linker.link("figure", "module", modules).count("const $unit =") == 1

    def test_a_worker_runs_its_modules(self, modules):
        (modules / "job.mjs").write_text(
            'import { twice } from "./unit.mjs";\nconsole.log(twice(4));\n'
        )
        assert _node(linker.link("job", "worker", modules), "c.js", modules, "") == "8"

    @pytest.mark.parametrize(
        "line",
        [
            'import x from "./unit.mjs";',
            'import { ONE } from "https://example.org/unit.mjs";',
            "export let a = 1;",
            'export * from "./unit.mjs";',
        ],
    )
    def test_another_form_of_import_or_export_is_an_error(self, modules, line):
        (modules / "odd.mjs").write_text(f"{line}\n")
        with pytest.raises(linker.LinkError, match=re.escape(line[:20])):
            linker.link("odd", "module", modules)

    def test_a_circle_is_an_error(self, modules):
        (modules / "unit.mjs").write_text('import { Sum } from "./sum.mjs";\nexport const ONE = 1;')
        with pytest.raises(linker.LinkError, match="sum → unit → sum"):
            linker.link("sum", "module", modules)


class Figure(base.CourseWidget):
    """A widget as a test needs it."""

    module = "figure"
    _esm = "export default { render() {} }"
    picture = base.Pixels()
    values = traitlets.List().tag(sync=True)

    @staticmethod
    def _fail():
        raise OSError("the disk is gone")

    assets = {"good": lambda: b"abc", "bad": _fail}  # noqa: RUF012


class TestCourseWidget:
    def test_a_picture_is_28_by_28_whatever_it_came_as(self):
        figure = Figure()
        assert figure.picture is None
        figure.picture = np.full((28, 28, 1), 0.5)
        assert figure.picture.shape == (28, 28)
        assert figure.picture.dtype == np.uint8
        assert figure.picture[0, 0] == 128
        figure.picture = bytes(range(196)) * 4
        assert figure.picture[7, 0] == 0

    @pytest.mark.parametrize("value", [np.zeros(783), np.full(784, 256), np.full(784, 1.5), "boot"])
    def test_other_values_are_refused_with_what_is_wanted(self, value):
        with pytest.raises(traitlets.TraitError, match="28×28 gray values"):
            Figure(picture=value)

    def test_a_change_of_the_picture_is_noticed_once(self):
        figure, seen = Figure(), []
        figure.observe(lambda change: seen.append(change["new"].sum()), "picture")
        for _ in range(2):
            figure.picture = np.ones((28, 28), dtype=np.uint8)
        assert seen == [784]

    def test_the_static_page_holds_the_state_and_cannot_be_broken_out_of(self):
        figure = Figure(label="A & B", text="</script><script>x", values=[1.5, {"a": b"\x00\xff"}])
        figure.picture = np.arange(784) % 256
        soup = BeautifulSoup(figure.static_html(), "html.parser")
        host = soup.select_one(".cw-host")
        assert host["data-widget"] == "figure"
        assert len(soup.find_all("script")) == 1
        state = json.loads(host.script.string)
        assert set(state) == {"label", "text", "picture", "values"}
        assert state["text"] == "</script><script>x"
        assert base64.b64decode(state["values"][1]["a"]["$bytes"]) == b"\x00\xff"
        assert base64.b64decode(state["picture"]["$bytes"])[:3] == b"\x00\x01\x02"
        assert host.select_one(".cw-fallback").get_text() == figure.text

    def test_offers_a_notebook_the_live_widget_and_a_page_the_static_one(self):
        data, _ = Figure()._repr_mimebundle_()
        assert "application/vnd.jupyter.widget-view+json" in data
        assert 'class="cw-host"' in data["text/html"]

    @pytest.mark.parametrize(
        ("name", "error", "buffers"),
        [("good", None, [b"abc"]), ("bad", "the disk is gone", None), ("no", "no asset", None)],
    )
    def test_answers_when_the_front_end_asks_for_data(self, monkeypatch, name, error, buffers):
        figure, sent = Figure(), []
        monkeypatch.setattr(
            figure, "send", lambda content, buffers=None: sent.append((content, buffers))
        )
        figure._answer(figure, {"type": "asset", "name": name}, [])
        (content, data), *more = sent
        assert not more
        assert data == buffers
        assert (content["name"], content["type"]) == (name, "asset")
        assert (error or "") in content.get("error", "")
        figure._answer(figure, {"type": "else"}, [])
        assert len(sent) == 1


class TestSite:
    def test_an_asset_is_a_script_that_gives_the_bytes_back(self):
        text = site.asset_script("x", bytes(range(256)) * 10)
        packed = re.fullmatch(r'courseWidgets\.asset\("x", "(.+)"\);\n', text)[1]
        assert gzip.decompress(base64.b64decode(packed)) == bytes(range(256)) * 10
        assert text == site.asset_script("x", bytes(range(256)) * 10)


def test_importing_the_figures_imports_no_heavy_library():
    code = (
        "import sys, fashion_figures as w; [getattr(w, n) for n in w.__all__]\n"
        "print([m for m in ('tensorflow', 'keras', 'matplotlib', 'pandas') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_every_public_widget_is_complete():
    named = set(fashion_figures.__all__) - {"CourseWidget", "all_figures"}
    assert {widget.__name__ for widget in fashion_figures.all_figures()} == named
    for widget in fashion_figures.all_figures():
        assert (linker.FOLDER / f"{widget.module}.mjs").exists()
        assert widget.__doc__
        assert "courseWidgets.define" in linker.link(widget.module, "script")
