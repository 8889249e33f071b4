"""Answers are compared as the question says: what only looks like a right answer is none."""

import numpy as np
import pytest

from grader import wire
from grader.judge import ERRORS, error_words, judge
from grader.questions import Case, Inputs, Question, close, compare_columns, equal, numbers
from grader.release import define, names


def sent(value):
    """Return a reply with an answer, as it comes out of a sandbox."""
    try:
        return {"error": None, "value": wire.decode(wire.encode(value))}
    except wire.WireError:
        return {"error": None, "unsendable": "what runs there found it so"}


def verdict(compare, expected, answer):
    """Return what a student would read, None if the answer is right."""
    question = Question(
        "q", "f", "F", lambda: expected, (Case("k", 1, lambda rng: Inputs(), ""),), compare
    )
    return judge(question, sent(answer), lambda: Inputs())


RIGHT = [
    (2.5, np.float32(2.5)),
    (2.5, [2.5]),
    (2, np.array([[2]])),
    ([1, 2], (1.0, 2.00001)),
    ([1.5, 2.0], np.array([1.5 + 1e-17j, 2.0])),
    (np.inf, float("inf")),
    ([np.inf, 1.0], [np.inf, 1.0]),
    (np.zeros((2, 0)), np.zeros((2, 0))),
]
WRONG = [
    (1, True),
    (1, "1"),
    ([1, 2], ["1", "2"]),
    ([1, 2], np.array(["1", "2"])),
    ([1, 0], np.array([True, False])),
    ([1, 0], [True, 0]),
    (1, None),
    ([1, 2], [1, None]),
    ([1, 2], [[1], [2, 3]]),
    (1.0, 1.0 + 1j),
    ([1.0, 2.0], np.array([1.0, 2.0 + 0.5j])),
    ([1.0, 2.0], np.ma.masked_array([1.0, 2.0], [False, True])),
    (1.0, float("nan")),
    (1.0, {"value": 1.0}),
    ([np.inf, 1.0], [np.inf, 7.0]),
    (np.inf, 5.0),
    ([5.0], 5.0),
    (np.zeros((2, 0)), np.zeros((10**6, 0))),
    (np.zeros(0), np.zeros((0, 10**9))),
]


@pytest.mark.parametrize(("expected", "answer"), RIGHT)
def test_numbers_in_any_form_are_close(expected, answer):
    assert verdict(close(), expected, answer) is None


@pytest.mark.parametrize(("expected", "answer"), WRONG)
def test_what_is_no_number_is_not_close(expected, answer):
    assert verdict(close(), expected, answer)


@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        ([1, 2], np.array([1.0, 2.0])),
        ([1, 2], (1, 2)),
        ("boot", "boot"),
        (True, np.bool_(True)),
        ({1: [2]}, {1.0: (2,)}),
    ],
)
def test_equal_answers_in_another_form_are_equal(expected, answer):
    assert verdict(equal, expected, answer) is None


@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        (1, True),
        (True, 1),
        (1, "1"),
        ([1, 2], ["1", "2"]),
        ([1, 0], [True, False]),
        ({1: 2}, {True: 2}),
        (1, 1 + 1j),
        ([1], 1),
        (1, [1]),
        ([1, 2], [1, 2, 3]),
        ([1, 2], np.zeros(200_000)),
    ],
)
def test_what_only_looks_equal_is_not(expected, answer):
    assert verdict(equal, expected, answer)


@pytest.mark.parametrize("column", [["1", "2"], [True, True], np.array([1 + 1j, 2])])
def test_columns_hold_numbers(column):
    compare = compare_columns("a class has no picture")
    expected = {"count": np.array([1.0, 2.0])}
    assert verdict(compare, expected, {"count": [1, 2], "more": "text"}) is None
    assert "something other than numbers" in verdict(compare, expected, {"count": column})


def test_a_number_is_a_number():
    assert numbers([1, 2.5]).tolist() == [1.0, 2.5]
    with pytest.raises(TypeError):
        numbers(["1"])


def disguised(value):
    """Yield an answer as texts and as truth values, where it holds numbers."""
    if isinstance(value, dict):
        for change in (str, bool):
            yield {name: texts(column, change) for name, column in value.items()}
    else:
        yield texts(value, str)
        yield texts(value, lambda number: number + 1j if np.isreal(number) else number)


def texts(value, change):
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [texts(each, change) for each in value]
    return change(value)


@pytest.mark.parametrize("name", names())
def test_no_question_takes_texts_or_complex_numbers_for_numbers(name):
    from grader.questions import generator

    for question in define(name).assignment.graded:
        for number, case in enumerate(question.cases):
            place = ("a seed", question.id, number, 0)

            def draw(question=question, case=case, place=place):
                return None if question.variable else case.draw(generator(*place))

            expected = (
                question.reference() if question.variable else draw().apply(question.reference)
            )
            if isinstance(texts(expected, lambda each: each), dict) or _words(expected):
                continue
            assert judge(question, sent(expected), draw) is None
            for wrong in disguised(expected):
                words = judge(question, sent(wrong), draw)
                assert words, (question.id, case.kind)


def _words(value):
    return isinstance(value, list) and value and all(isinstance(each, str) for each in value)


# --- what a student reads ---------------------------------------------------------------------


def test_errors_are_told_by_a_kind_of_a_list_and_a_line_of_the_cell():
    error = {"type": "NameError", "message": "the secret is 17", "line": 2}
    assert error_words(error, "a\nb") == "NameError in line 2 of the cell"
    assert error_words(error) == "your code raised NameError"


@pytest.mark.parametrize("kind", ["Secret17", "int", "BaseExceptionGroup", "eval", "root:x:0:0"])
def test_an_error_of_the_students_own_has_no_name(kind):
    error = {"type": kind, "message": "root:x:0:0", "line": 170_000}
    assert error_words(error, "a\nb") == "an error"
    assert error_words(error) == "your code raised an error"


def test_the_list_holds_errors_of_python_alone():
    import builtins

    assert all(issubclass(getattr(builtins, name), BaseException) for name in ERRORS)


def test_shapes_of_hidden_arrays_are_not_told():
    for shape in ((3,), (3, 4), (3, 4, 5)):
        words = verdict(close(), np.zeros(shape), np.zeros((1, 1, 1, 1)))
        assert words == "the answer has not the right number of axes"


SECRET, NUMBER = "c0ffee17", 91_827_364
SECRETS = [SECRET, [SECRET] * 3, {SECRET: SECRET}, NUMBER, [NUMBER] * 3, np.full((3, 3), NUMBER)]


@pytest.mark.parametrize("name", names())
def test_words_on_an_answer_hold_nothing_of_the_answer(name):
    """Students' code could compute it from hidden inputs."""
    from grader.questions import generator

    for question in define(name).assignment.graded:
        case = question.cases[0]

        def draw(question=question, case=case):
            return None if question.variable else case.draw(generator("a seed", question.id))

        expected = question.reference() if question.variable else draw().apply(question.reference)
        keys = list(expected) if isinstance(expected, dict) else []
        for answer in [*SECRETS, dict.fromkeys(keys, SECRET), dict.fromkeys(keys, NUMBER)]:
            words = judge(question, sent(answer), draw)
            assert words
            assert SECRET not in words
            assert str(NUMBER) not in words.replace(",", "")
