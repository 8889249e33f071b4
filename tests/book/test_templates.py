"""What is put into a template cannot become markup or style."""

import jinja2
import pytest

from book import templates


@pytest.fixture
def template(monkeypatch):
    """Return a function that renders a text as a template."""

    def render(text, **values):
        monkeypatch.setattr(
            templates._ENVIRONMENT, "loader", jinja2.DictLoader({"test.html": text})
        )
        return templates.render("test.html", **values)

    return render


def test_values_are_escaped(template):
    assert template('<p title="{{ x }}">', x='"><b>') == '<p title="&#34;&gt;&lt;b&gt;">'


def test_a_title_stays_inside_of_its_string_of_css(template):
    rule = template('a { content: "{{ x | css_string }}"; }', x='a "b" \\ </style>\n5')
    assert rule == 'a { content: "a \\22 b\\22  \\5c  \\3c /style>\\a 5"; }'


def test_a_value_that_is_missing_is_an_error(template):
    with pytest.raises(jinja2.UndefinedError):
        template("{{ nothing }}")
