"""The page for instructors counts its steps, and counts them right."""

import re

import pytest

from grader.__main__ import COMMANDS
from grader.release import ROOT

PAGE = (ROOT / "pages" / "grading.md").read_text("utf-8")
WORDS = {"six": 6, "nine": 9}


@pytest.fixture(scope="module")
def steps():
    """Return the commands and what is done by hand, from the table at the end."""
    rows = (
        PAGE.partition("### Steps, counted")[2].partition("\n\n")[2].split("\n\n")[0].splitlines()
    )
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]
    commands = [name for row in cells for name in re.findall(r"`(.+?)`", row[1])]
    return commands, [step for row in cells for step in row[2].split(", ") if step]


def test_the_numbers_are_those_of_the_table(steps):
    commands, by_hand = steps
    told = re.search(r"(\w+) commands, and (\w+) things that you do in your LMS", PAGE)
    assert [len(commands), len(by_hand)] == [WORDS[word.lower()] for word in told.groups()]
    total, again = map(int, re.search(r"(\d+) steps for the .*, and (\d+) for", PAGE).groups())
    assert total == len(commands) + len(by_hand) <= 15
    assert again == total - len({"roster import", "late"} & set(commands))


def test_each_command_has_a_section_in_the_order_of_the_walk(steps):
    commands, _ = steps
    sections = re.findall(r"### (\d+)\. .*?(?=\n### )", PAGE, re.S)
    assert list(map(int, sections)) == list(range(1, len(commands) + 1))
    for number, command in enumerate(commands, start=1):
        section = PAGE.partition(f"### {number}. ")[2].partition("\n### ")[0]
        assert f"$ python -m grader {command} " in section, command
        assert command.split()[0] in COMMANDS


def test_what_is_done_by_hand_is_said_where_it_is_done():
    walk = PAGE.partition("## An assignment, from")[2].partition("### Steps, counted")[0]
    assert len(re.findall(r"(?m)^By hand|\. By hand", walk)) == 5  # two downloads stand in one
