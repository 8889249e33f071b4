"""The example pictures that ship are those that the tool draws."""

from tools import draw_examples


def test_the_example_pictures_are_what_the_tool_draws(capsys):
    assert draw_examples.main(["--check"]) == 0, capsys.readouterr().err
