"""Whatever the seed, a wrong answer loses what it must: no mistake passes by luck."""

import contextlib
import io
from collections.abc import Callable

import pytest

pytest.importorskip("nbgrader", reason="the assignments need the development requirements")

from grader import wire
from grader.questions import Case, Question, generator
from grader.release import define, names
from grader.tolerant import settled
from grader.trials.answers import wrong_answers
from tests.assignments.test_checks import answered

# Seeds for mistakes and for answers; fewer where each call takes milliseconds.
MANY, SOME = 60, 5
LONG = {"copies": (20, 2), "telltale": (20, 2), "train": (0, 2)}
LEFT_OUT = {"train"}  # networks learn: the trials have it, with one seed

EVERY = [
    pytest.param(name, question, id=f"{name}-{question.id}")
    for name in names()
    for question in define(name).assignment.graded
]
QUESTIONS = [one for one in EVERY if one.values[1].id not in LEFT_OUT]


def is_wrong(question: Question, number: int, turn: int, seed: str, function: Callable) -> bool:
    """Tell whether a function answers one draw of a case wrongly."""
    case = question.cases[number]
    given, again = (case.draw(generator(seed, question.id, number, turn)) for _ in range(2))
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            answer = wire.decode(wire.encode(settled(given.apply(function))))
        return question.compare(again.apply(question.reference), answer, again) is not None
    except Exception:
        return True


def loses(question: Question, case: Case, seed: str, function: Callable) -> bool:
    """Tell whether a function loses a case."""
    number = question.cases.index(case)
    return any(is_wrong(question, number, turn, seed, function) for turn in range(case.times))


@pytest.mark.parametrize(("name", "question"), EVERY)
def test_the_reference_is_right_whatever_the_seed(name: str, question: Question) -> None:
    for seed in map(str, range(LONG.get(question.id, (MANY, SOME))[1])):
        assert not any(loses(question, c, seed, question.reference) for c in question.cases), seed


@pytest.mark.parametrize(("name", "question"), QUESTIONS)
def test_every_seed_tells_every_mistake(name: str, question: Question) -> None:
    for mistake in question.mistakes:
        for seed in map(str, range(LONG.get(question.id, (MANY, SOME))[0])):
            found = any(loses(question, case, seed, mistake.wrong) for case in question.cases)
            assert found, (mistake.words, seed)


@pytest.mark.parametrize(("name", "question"), QUESTIONS)
def test_every_seed_gives_every_answer_what_it_deserves(name: str, question: Question) -> None:
    for wrong in wrong_answers(define(name)):
        if wrong.question != question.id:
            continue
        space = dict(answered(name))
        exec(compile(wrong.code, "answer", "exec"), space)
        for seed in map(str, range(LONG.get(question.id, (MANY, SOME))[1])):
            function = space[question.name]
            lost = [c.points for c in question.cases if loses(question, c, seed, function)]
            assert sum(lost) == wrong.loses, (wrong.name, seed)
