"""The quizzes, as a widget: its state in Python, and the figure in a browser."""

import pytest
import traitlets
from bs4 import BeautifulSoup

from book.serve import Server
from fashion_figures import Quiz
from tests.fashion_figures.pages import axe, open_figure, set_state, state, write_page

FIGURE = ".cw-quiz"
TWO = [
    {
        "prompt": "What is <b>2 + 2</b>?",
        "choices": ["3", "<img src=x onerror=alert(1)>", "4"],
        "why": ["Too few.", "That is no number.", "Right, as 2 · 2."],
        "answer": 2,
    },
    {"prompt": "And 0 · 7?", "choices": ["0", "7"], "why": ["Right.", "No."], "answer": 0},
]


class TestState:
    def test_a_call_without_arguments_gives_a_whole_quiz(self):
        quiz = Quiz()
        assert len(quiz.questions) >= 3
        assert quiz.answers == [[]] * len(quiz.questions)
        assert quiz.score == (0, 0)

    def test_answers_are_counted(self):
        quiz = Quiz(questions=TWO)
        quiz.answers = [[2], []]
        assert quiz.score == (1, 1)
        quiz.answers = [[1, 2], [0]]  # right, but not at the first try
        assert quiz.score == (1, 2)
        quiz.questions = TWO[:1]
        assert quiz.answers == [[]]

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"why": ["one"]}, "3 choices need as many explanations, not 1"),
            ({"answer": 3}, "0 to 2"),
            ({"answer": "C"}, "0 to 2"),
            ({"choices": ["3"], "why": ["?"], "answer": 0}, "2 to 8 choices"),
            ({"prompt": " "}, "not empty"),
            ({"more": 1}, "exactly the keys"),
        ],
    )
    def test_an_incomplete_question_is_refused(self, change, message):
        with pytest.raises(traitlets.TraitError, match=f"Question 2: .*{message}"):
            Quiz(questions=[TWO[1], TWO[0] | change])

    @pytest.mark.parametrize(
        "answers", [[[0]], [[3], [0]], ["A", [0]], [[-1], []], [[0, 0], []], [0, None]]
    )
    def test_an_answer_is_one_of_the_choices(self, answers):
        with pytest.raises(traitlets.TraitError):
            Quiz(questions=TWO, answers=answers)

    def test_without_scripts_the_questions_and_answers_are_there(self):
        soup = BeautifulSoup(Quiz(questions=TWO).static_html(), "html.parser")
        fallback = soup.select_one(".cw-fallback")
        assert "1. What is <b>2 + 2</b>?" in fallback.get_text()
        assert fallback.select("img, b") == []
        assert fallback.details.get_text().count("Right") == 1
        assert "C." in fallback.details.p.get_text()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Write a page with two questions."""
    return write_page(tmp_path_factory.mktemp("quiz"), Quiz(questions=TWO))


class TestFigure:
    @pytest.mark.parametrize("disk", [True, False])
    def test_choose_check_and_read_why(self, chromium, page, disk):
        with (
            Server(page.parent) as server,
            open_figure(chromium, page, address=None if disk else server.address) as tab,
        ):
            first = tab.locator("form").first
            first.get_by_label("A. 3").check()
            first.get_by_role("button", name="Check").click()
            assert first.get_attribute("data-result") == "wrong"
            assert first.locator("li:visible").all_inner_texts() == ["A. Too few."]
            assert first.get_by_role("status").inner_text() == "✗ Not quite. Choose again."
            assert first.locator(".cw-quiz-right:visible").count() == 0  # not given away
            first.get_by_role("button", name="Show the right answer").click()
            assert first.locator("li:visible").count() == 3
            first.get_by_label("C. 4").check()
            first.get_by_role("button", name="Check").click()
            assert first.get_attribute("data-result") == "right"
            assert first.get_by_role("status").inner_text() == "✓ Right. At try 2."
            # The wrong choice stays marked and explained, and counts.
            assert first.locator(".cw-quiz-wrong").inner_text() == "A. 3"
            assert first.locator("li:visible").all_inner_texts() == [
                "A. Too few.",
                "C. Right, as 2 · 2.",
            ]
            assert first.locator("input:enabled").count() == 0
            assert state(tab, "answers") == [[0, 2], []]
            words = "1 of 2 answered, 0 right at the first try."
            assert tab.locator(".cw-quiz-progress").inner_text() == words

    def test_texts_are_texts(self, chromium, page):
        with open_figure(chromium, page) as tab:
            assert tab.locator("legend").first.inner_text() == "1. What is <b>2 + 2</b>?"
            assert tab.locator(f"{FIGURE} :is(b, img)").count() == 0

    def test_the_keyboard_is_enough(self, chromium, page):
        with open_figure(chromium, page) as tab:
            tab.locator("input").first.focus()
            for key in ("ArrowDown", "Enter"):
                tab.keyboard.press(key)
            first = tab.locator("form").first
            assert first.get_attribute("data-result") == "wrong"
            assert tab.evaluate("document.activeElement.textContent") == "Check"
            tab.keyboard.press("Enter")
            status = first.get_by_role("status")
            assert status.inner_text() == "Choose another answer first."
            for key in ("Shift+Tab", "Space", "Enter"):
                tab.keyboard.press(key)
            assert first.get_attribute("data-result") == "right"
            assert tab.evaluate("document.activeElement.textContent") == "Explain the others"

    def test_checking_nothing_asks_for_a_choice(self, chromium, page):
        with open_figure(chromium, page) as tab:
            tab.get_by_role("button", name="Check").first.click()
            assert tab.locator("form [role=status]").first.inner_text() == "Choose an answer first."
            assert state(tab, "answers") == [[], []]

    def test_python_sets_and_clears_the_answers(self, chromium, page):
        with open_figure(chromium, page) as tab:
            set_state(tab, answers=[[0], [0]])
            assert tab.locator(FIGURE).get_attribute("data-answered") == "2"
            assert tab.locator(FIGURE).get_attribute("data-right") == "1"
            tab.get_by_role("button", name="Clear my answers").click()
            assert state(tab, "answers") == [[], []]
            assert tab.locator("form[data-result=open]").count() == 2
            assert "cleared" in tab.locator(".cw-live").inner_text()

    def test_the_last_answer_tells_the_score(self, chromium, page):
        with open_figure(chromium, page) as tab:
            for form, choice in ((0, 2), (1, 1)):
                tab.locator("form").nth(form).locator("input").nth(choice).check()
                tab.locator("form").nth(form).get_by_role("button", name="Check").click()
            assert (
                tab.locator(".cw-live").inner_text()
                == "All answered: 1 of 2 right at the first try."
            )

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_axe_finds_nothing(self, chromium, tmp_path, theme):
        page = write_page(tmp_path, Quiz(questions=TWO), theme)
        with open_figure(chromium, page, theme=theme, width=320) as tab:
            assert axe(tab) == []
            set_state(tab, answers=[[0], [0]])
            for button in tab.locator("[aria-expanded]").all():
                button.click()
            assert axe(tab) == []
