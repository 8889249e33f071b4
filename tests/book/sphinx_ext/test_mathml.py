"""Formulas are converted, or refused."""

import pytest

from book.sphinx_ext import mathml


class TestMathML:
    @pytest.mark.parametrize(
        ("tex", "expected"),
        [
            (r"\frac{a}{b}", "<mfrac>"),
            (r"\left\lfloor \frac{n}{s} \right\rfloor", "&#x0230A;"),
            (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "<mtable"),
            (r"x_{i+u,\,j+v}", "<msub>"),
            ("n' + 1", '<mi>n</mi><mo lspace="0" rspace="0">&#x02032;</mo>'),
            (r"\ln 10", '<mi>ln</mi><mspace width="0.167em" /><mn>10</mn>'),
            (r"\log(p)", "<mi>log</mi><mo"),
        ],
    )
    def test_converts_what_the_chapters_use(self, tex, expected):
        result = mathml.to_mathml(tex, display=True)
        assert result.startswith("<math")
        assert 'display="block"' in result
        assert expected in result

    @pytest.mark.parametrize("tex", [r"\nosuchcommand x", r"\operatorname*{arg\,max}_k p_k"])
    def test_refuses_what_it_cannot_convert(self, tex):
        with pytest.raises(ValueError, match="cannot convert"):
            mathml.to_mathml(tex, display=False)
