"""Claims: what fails the build, and what `make claims` lists."""

import math
import re

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook, output_from_msg

from tools import claims
from tools.notebooks.claim import claim


def lead(counts):
    """Return by how much the first is ahead of the rest."""
    return counts[0] - max(counts[1:])


def test_a_claim_holds_for_the_data_and_not_for_the_counter_example():
    claim("Shirts lead", lead, [5, 2, 1], unlike=[2, 5, 1])
    claim("Shirts lead", lambda counts: np.argmax(counts) == 0, [5, 2], unlike=[2, 5])


@pytest.mark.parametrize(
    ("data", "unlike", "message"),
    [
        ([2, 5, 1], [1, 9, 1], "The page says “Shirts lead”. That is not true: -3."),
        ([5, 5, 1], [1, 9, 1], "That is not true: 0."),
        ([math.nan, 5], [1, 9], "That is not true: nan."),
        ([5, 2, 1], [7, 5, 1], "The counter-example does not refute “Shirts lead”: 2."),
    ],
)
def test_a_claim_that_is_false_or_cannot_fail_stops_the_build(data, unlike, message):
    with pytest.raises(AssertionError, match=re.escape(message)):
        claim("Shirts lead", lead, data, unlike=unlike)


def executed(code, tags=("claim",), data=None):
    """Return a notebook of one executed cell."""
    content = {"data": data or {}, "metadata": {}}
    message = {"header": {"msg_type": "display_data"}, "content": content}
    cell = new_code_cell(code, metadata={"tags": list(tags)}, outputs=[output_from_msg(message)])
    return new_notebook(cells=[cell])


def test_the_list_shows_each_claim_with_its_margin(tmp_path, capsys):
    record = {"sentence": "Shirts lead", "margin": 3.0, "unlike": -2.0}
    for name, tags in (("01_a", ["claim"]), ("02_b", [])):
        notebook = executed("claim(...)", tags, {claims.MIME: record})
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")
    assert claims.main([str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "01_a: “Shirts lead”\n    holds by 3, counter-example -2\n" in printed
    assert "   1 01_a\n   0 02_b\n   1 claims" in printed


def test_without_a_build_the_list_says_what_to_do(tmp_path, capsys):
    assert claims.main([str(tmp_path)]) == 1
    assert "make book" in capsys.readouterr().err
