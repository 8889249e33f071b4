"""The notebook generator, on tiny and deliberately awkward chapters."""

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from pybtex.database import parse_string

from grader import install_cell
from grader.install_cell import Address
from tools.notebooks import chapters
from tools.notebooks.portable import Converter, Library, UnknownMarkupError, reference_list

ROOT = Path(__file__).resolve().parents[2]

WORKS = """
@article{one, author = {Lovelace, Ada}, title = {Notes}, journal = {Memoirs}, year = {1843},
  doi = {10.1/x}}
@book{many, author = {Gauss, C. F. and Euler, L. and Noether, E.}, title = {Sums}, year = {1900},
  publisher = {P}, url = {https://example.org/sums}}
@misc{undated, author = {Cayla, B.}, title = {Part 7}}
"""

HEAD = """---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

"""


@pytest.fixture
def library():
    found = Library(Address("https://github.com/someone/book", "main", "1.0"))
    found.titles = {"ch-two": ("The second chapter", "https://github.com/x/02.ipynb")}
    found.works = parse_string(WORKS, "bibtex")
    return found


@pytest.fixture
def convert(library):
    def run(text):
        converter = Converter(library, "chapters/01_test.md")
        converter.number(text)
        return "\n\n".join(piece.text for piece in converter.convert(text))

    return run


class TestPortableText:
    def test_a_note_becomes_a_quote_with_a_bold_title(self, convert):
        assert convert(":::{note}\nMind *this*.\n:::") == "> **Note**\n>\n> Mind *this*."

    def test_a_named_admonition_keeps_its_name_and_a_list(self, convert):
        text = convert(":::{admonition} The question\n:class: tip\nWhy?\n\n- one\n:::")
        assert text == "> **The question**\n>\n> Why?\n>\n> - one"

    def test_code_inside_a_note_inside_a_dropdown_survives(self, convert):
        text = convert(
            "::::{dropdown} Answer\nLook:\n\n:::{warning}\n"
            "```python\nx = {'a': 1}  # $5\n```\n:::\n::::"
        )
        assert text.startswith("<details>\n<summary><b>Answer</b></summary>\n\nLook:")
        assert "> **Warning**" in text
        assert "> ```python\n> x = {'a': 1}  # $5\n> ```" in text
        assert text.endswith("</details>")

    def test_what_stands_in_code_is_left_alone(self, convert):
        for text in ("`{ref}`", "`` {ref}`ch-two` ``", "```\n:::{note}\n{cite:p}`one`\n:::\n```"):
            assert convert(text) == text

    @pytest.mark.parametrize(
        "text",
        [
            "````\n```{note}\nx\n```\n````",  # how a directive is written
            "`` `{ref}`ch-two` `` and `{term}`",
            "An escaped \\{ref}`ch-two`.",
            "Indented code:\n\n    {ref}`nowhere`\n    (label)=",
            "\\begin{align}\na &= b\n\\end{align}",
            "$$\na\n$$",
            "A line that breaks,  \nand *one* that\tdoes   not.",
            "- [ ] to do\n\n% for authors\n",
        ],
    )
    def test_what_only_looks_like_markup_is_left_alone(self, convert, text):
        assert convert(text) == text.strip()

    def test_in_one_paragraph_code_stays_and_a_role_is_replaced(self, convert):
        text = convert("`{ref}`, `` {ref}`ch-two` `` and **{ref}`it <ch-two>`**")
        link = "[it](https://github.com/x/02.ipynb)"
        assert text == f"`{{ref}}`, `` {{ref}}`ch-two` `` and **{link}**"

    def test_a_directive_in_a_list_stays_in_it(self, convert):
        text = convert("- one\n\n  :::{note}\n  Mind.\n\n  ```\n  x\n  ```\n  :::\n\n- two")
        assert text == (
            "- one\n\n  > **Note**\n  >\n  > Mind.\n  >\n  > ```\n  > x\n  > ```\n\n- two"
        )
        assert convert("1. :::{tip}\n   a\n   :::\n2. b") == "1. > **Tip**\n   >\n   > a\n2. b"

    def test_a_quotation_keeps_its_marks(self, convert):
        text = convert("> See {ref}`the\n> one <ch-two>`:\n>\n> :::{note}\n> x\n> :::\n")
        link = "[the one](https://github.com/x/02.ipynb)"
        assert text == f"> See {link}:\n>\n> > **Note**\n> >\n> > x"

    def test_a_row_may_hold_the_same_role_twice(self, convert):
        link = "[two](https://github.com/x/02.ipynb)"
        row = "| {0} | `x` {0} | {0} |"
        table = "| a | b | c |\n|---|---|---|\n"
        assert convert(table + row.format("{ref}`two <ch-two>`")) == table + row.format(link)

    def test_labels_go_and_their_formulas_stay_in_place(self, convert):
        text = convert("1. a\n   (here)=\n   $$ a $$ (eq-a)\n   {eq}`eq-a`\n\n(there)=\n# T")
        assert text == "1. a\n   $$\n   a \\tag{1.1}\n   $$\n   (1.1)\n\n# T"

    def test_dollars_and_other_alphabets_survive(self, convert):
        text = "It costs 5 \\$, not $x^2$ dollars: naïve, 日本語, 26 × 26."
        assert convert(text) == text

    def test_references_become_links_with_their_text(self, convert):
        assert convert("See {ref}`ch-two`.") == (
            "See [The second chapter](https://github.com/x/02.ipynb)."
        )
        assert (
            convert("See {ref}`that\none <ch-two>`.")
            == "See [that one](https://github.com/x/02.ipynb)."
        )
        assert "[filters](https://github.com/someone/book/blob/main/pages/glossary.md)" in convert(
            "{term}`filters <filter>`"
        )

    def test_citations_become_links_and_a_list(self, convert, library):
        assert convert("{cite:p}`one,many`") == (
            "([Lovelace, 1843](https://doi.org/10.1/x); "
            "[Gauss et al., 1900](https://example.org/sums))"
        )
        assert convert("{cite:t}`one` says") == "[Lovelace (1843)](https://doi.org/10.1/x) says"
        assert convert("{cite:p}`undated`") == "(Cayla, n.d.)"
        works = reference_list(library, ["one", "many", "one"])
        assert works.count("\n") == 1
        assert works.index("Gauss") < works.index("Lovelace")

    def test_formulas_are_numbered_and_referred_to_from_before(self, convert):
        text = convert("By {eq}`eq-b`:\n\n$$ a = b $$ (eq-a)\n\n```{math}\n:label: eq-b\nc\n```")
        assert "By (1.2):" in text
        assert "$$\na = b \\tag{1.1}\n$$" in text
        assert "$$\nc \\tag{1.2}\n$$" in text

    def test_figures_resolve_from_anywhere(self, convert):
        text = convert("```{figure} ../_static/hero.png\n:alt: A boot\nA caption.\n```")
        assert text == (
            "![A boot](https://github.com/someone/book/raw/main/_static/hero.png)\n\nA caption."
        )

    def test_tabs_and_cards_become_lists(self, convert):
        text = convert(
            "`````{tab-set}\n````{tab-item} pip\n```console\n$ pip\n```\n````\n"
            "````{tab-item} uv\nuse uv\n````\n`````"
        )
        assert "- **pip**\n\n  ```console\n  $ pip\n  ```" in text
        assert "- **uv**\n\n  use uv" in text
        card = "```{grid-item-card} Two\n:link: ch-two\n:link-type: ref\nRead on.\n```"
        assert convert(card).startswith("- [**Two**](https://github.com/x/02.ipynb)\n\n  Read on.")

    def test_a_list_table_becomes_a_table(self, convert):
        text = convert("```{list-table}\n:header-rows: 1\n* - a\n  - b|c\n* - 1\n  - 2\n    3\n```")
        assert text == "| a | b\\|c |\n|---|---|\n| 1 | 2 3 |"

    @pytest.mark.parametrize(
        "text",
        [
            ":::{bogus}\n:::",
            "{bogus}`x`",
            "{ref}`nowhere`",
            "{cite:p}`nobody`",
            "{eq}`none`",
            ":::{note}\nnever closed",
            ":::{note}\n:::{tip}\nclosed once\n:::",
            "- :::{note}\n  closed by the end of its list",
            "<div>{ref}`nowhere`</div>",
            "![A {term}`kernel`](picture.png)",
            'A <abbr title="{term}`kernel`">k</abbr>.',
        ],
    )
    def test_the_unknown_is_an_error(self, convert, text):
        with pytest.raises(UnknownMarkupError, match=r"^chapters/01_test\.md: "):
            convert(text)


CHAPTER = (
    HEAD
    + """(ch-x)=
# A chapter

```{code-cell} ipython3
:tags: [hide-input]
a = 1
```

```{exercise-start} Add up
:label: ex-x-1
```
What is 1 + 1?
```{exercise-end}
```

```{solution-start} ex-x-1
:label: sol-x-1
:class: dropdown
```
The SECRET is to add.

```{code-cell} ipython3
secret = 1 + 1
```
More SECRET words.
```{solution-end}
```

After it {cite:p}`one`.
"""
)


class TestNotebook:
    @pytest.fixture
    def path(self, tmp_path):
        path = tmp_path / "01_test.md"
        path.write_text(CHAPTER)
        return path

    def test_opens_with_buttons_and_the_bootstrap_cell(self, path, library):
        cells = nbformat.reads(chapters.make_notebook(path, library), 4).cells
        assert "colab.research.google.com/github/someone/book/blob/main/chapters/01_test" in (
            cells[0].source
        )
        assert "mybinder.org/v2/gh/someone/book/main?urlpath=lab/tree/chapters/01_test" in (
            cells[0].source
        )
        assert "git+https://github.com/someone/book@v" in cells[1].source
        compile(cells[1].source, "bootstrap", "exec")
        assert cells[1].source.startswith("# @title Run this first")
        assert cells[1].metadata["jupyter"] == {"source_hidden": True}

    def test_keeps_solutions_collapsed_and_their_code_runnable(self, path, library):
        cells = nbformat.reads(chapters.make_notebook(path, library), 4).cells
        told = [c for c in cells if "solution" in c.metadata.get("tags", [])]
        assert [c.cell_type for c in told] == ["markdown", "code", "markdown"]
        assert all("<details>" in c.source for c in told if c.cell_type == "markdown")
        hidden = {"source_hidden": True, "outputs_hidden": True}
        assert told[1].metadata["jupyter"] == hidden
        titles = [c.source.split("</b>")[0].split("<b>")[1] for c in (told[0], told[2])]
        assert titles == ["Solution to exercise 1.1: Add up", f"{titles[0]} (continued)"]
        scope = {}
        exec(told[1].source, scope)
        assert scope["secret"] == 2

    def test_keeps_the_answer_to_a_check_closed_in_every_edition(self, path, library):
        answer = (
            "\n:::{dropdown} Answer\nSix.\n:::\n\n```{code-cell} ipython3\n:tags: [hide-cell]\n\n"
        )
        path.write_text(CHAPTER.replace("(ch-x)=", f"(ch-x)={answer}six = 6\nsix\n```\n\n", 1))
        for edition in chapters.EDITIONS:
            cells = nbformat.reads(chapters.make_notebook(path, library, edition), 4).cells
            (told,) = [c for c in cells if "Six." in c.source]
            assert told.source.startswith("<details>\n<summary><b>Answer</b></summary>")
            code = cells[cells.index(told) + 1]
            assert code.source == "# @title The answer’s code and output\nsix = 6\nsix"
            assert code.metadata["jupyter"] == {"source_hidden": True, "outputs_hidden": True}
            assert code.metadata["cellView"] == "form"

    def test_leaves_out_the_cells_that_hold_sentences_true(self, path, library):
        claim = "\n```{code-cell} ipython3\n:tags: [remove-cell, claim]\n\nassert 1 < 2\n```\n"
        plain = chapters.make_notebook(path, library)
        path.write_text(CHAPTER + claim)
        assert chapters.make_notebook(path, library) == plain

    def test_the_student_edition_gives_nothing_away(self, path, library):
        text = chapters.make_notebook(path, library, "student")
        assert "secret" not in text.lower()
        cells = nbformat.reads(text, 4).cells
        answers = [c for c in cells if c.metadata.get("tags") == ["answer"]]
        assert [c.source for c in answers] == [chapters.ANSWER]
        assert "What is 1 + 1?" in text
        assert "After it" in text

    def test_is_the_same_byte_for_byte_and_has_no_traces_of_a_run(self, path, library):
        first = chapters.make_notebook(path, library)
        assert first == chapters.make_notebook(path, library)
        for cell in json.loads(first)["cells"]:
            assert cell.get("outputs", []) == []
            assert cell.get("execution_count") is None
        assert len({cell["id"] for cell in json.loads(first)["cells"]}) == len(
            json.loads(first)["cells"]
        )
        assert str(path.parent) not in first


class TestBootstrap:
    def _run(self, tmp_path, environment):
        code = install_cell.BOOTSTRAP.format(source="nothing-that-exists @ file:///nowhere")
        return subprocess.run(
            [sys.executable, *environment, "-c", code],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    def test_does_nothing_but_say_so_where_the_package_is_there(self, tmp_path):
        done = self._run(tmp_path, [])
        assert done.returncode == 0, done.stderr
        assert re.fullmatch(r"fashion_lib \S+ was there \(Python .*, NumPy .*\)\.\n", done.stdout)

    def test_says_what_failed_where_it_cannot_install(self, tmp_path):
        # -S and -I: without site-packages, the package is not there, and nor is pip.
        done = self._run(tmp_path, ["-I", "-S"])
        assert done.returncode != 0
        assert "Could not install the helper package" in done.stderr

    def test_an_older_package_without_the_figures_is_replaced(self, tmp_path):
        (tmp_path / "fashion_lib").mkdir()
        code = install_cell.BOOTSTRAP.format(source="nothing-that-exists @ file:///nowhere")
        command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = ['.']\n{code}"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert "Could not install the helper package" in done.stderr


@pytest.fixture(scope="module")
def book():
    return Library.read(ROOT)


ABSOLUTE = re.compile(r"(?<![\w.:/])/(?:home|root|tmp|work|usr|var|opt|Users)/|\b[A-Z]:\\\\")


class TestCheck:
    @pytest.fixture
    def check(self, monkeypatch, capsys):
        def run(folder):
            monkeypatch.setattr(sys, "argv", ["chapters", "--check", f"--output={folder}"])
            return chapters.main(), capsys.readouterr().out

        return run

    def test_passes_for_what_is_beside_the_chapters_and_leaves_it_alone(self, check):
        before = {path: path.stat().st_mtime_ns for path in (ROOT / "chapters").iterdir()}
        code, said = check(ROOT / "chapters")
        assert code == 0, said
        assert before == {path: path.stat().st_mtime_ns for path in (ROOT / "chapters").iterdir()}

    @pytest.mark.parametrize("fault", ["outputs", "execution count", "stale text", "missing"])
    def test_names_the_notebook_that_is_not_what_its_source_gives(self, check, tmp_path, fault):
        for path in (ROOT / "chapters").glob("*.ipynb"):
            (tmp_path / path.name).write_bytes(path.read_bytes())
        changed = sorted(tmp_path.glob("*.ipynb"))[1]
        notebook = nbformat.read(changed, as_version=4)
        cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
        if fault == "outputs":
            cell.outputs = [nbformat.v4.new_output("stream", text="hello")]
        elif fault == "execution count":
            cell.execution_count = 1
        else:
            cell.source += "\n# by hand"
        nbformat.write(notebook, changed)
        if fault == "missing":
            changed.unlink()
        code, said = check(tmp_path)
        assert code == 1
        assert re.findall(r"\w+\.ipynb", said) == [changed.name]


class TestChapters:
    @pytest.mark.parametrize("edition", chapters.EDITIONS)
    def test_no_notebook_names_a_folder_of_a_machine(self, book, edition):
        for source in chapters.targets(edition, Path()):
            notebook = nbformat.reads(chapters.make_notebook(source, book, edition), 4)
            for cell in notebook.cells:
                text = re.sub(r"https?://\S+", "", cell.source)
                assert not ABSOLUTE.search(text), text

    @pytest.mark.parametrize("edition", chapters.EDITIONS)
    def test_every_chapter_converts_without_raw_markup(self, book, edition):
        sources = chapters.targets(edition, Path())
        assert len(sources) >= 6
        for source in sources:
            cells = nbformat.reads(chapters.make_notebook(source, book, edition), 4).cells
            for cell in cells:
                if cell.cell_type == "markdown":
                    text = re.sub(r"^```.*?^```|``.+?``", "", cell.source, flags=re.M | re.S)
                    assert not re.search(r"\{[a-z]+(:[a-z]+)?\}`|^ *:::|\)=$", text, re.M), text

    def test_every_address_of_the_repository_follows_the_setting(self, tmp_path, book):
        options = f"--output {tmp_path} --repository https://github.com/somebody/fork".split()
        done = subprocess.run(
            [sys.executable, "-m", "tools.notebooks.chapters", *options],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        for notebook in tmp_path.glob("*.ipynb"):
            text = notebook.read_text("utf-8")
            assert book.address.repository.removeprefix("https://github.com/") not in text
            assert text.count("somebody/fork") > 5

    def test_after_an_answer_cell_nothing_depends_on_it(self, book):
        for source in chapters.targets("student", Path()):
            text = chapters.make_notebook(source, book, "student")
            cells = [c for c in nbformat.reads(text, 4).cells if c.cell_type == "code"]
            answers = [c.metadata.get("tags") == ["answer"] for c in cells]
            assert sum(answers) >= 3
            assert all(answers[answers.index(True) :]), source.name

    def test_the_solved_edition_is_the_one_that_is_run(self, book):
        # `test_run_notebooks.py` runs the notebooks beside the chapters to their end.
        for source in chapters.targets("solutions", Path()):
            solved = chapters.make_notebook(source, book, "solutions")
            assert solved == source.with_suffix(".ipynb").read_text("utf-8"), source.name

    def test_no_solution_text_is_left_in_the_student_edition(self, book):
        for source in chapters.targets("student", Path()):
            whole = nbformat.reads(chapters.make_notebook(source, book), 4).cells
            student = chapters.make_notebook(source, book, "student")
            solutions = [c for c in whole if "solution" in c.metadata.get("tags", [])]
            assert len(solutions) >= 3
            for cell in solutions:
                lines = [line.strip() for line in cell.source.splitlines()]
                # Lines of the text before the solution may stand in the chapter, too.
                others = "\n".join(c.source for c in whole if c not in solutions)
                for line in (line for line in lines if len(line) > 30 and line not in others):
                    assert json.dumps(line)[1:-1] not in student, line
