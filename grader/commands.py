"""What the commands of ``python -m grader`` do."""

import argparse
import shlex
import sys
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from grader.batch import Journal, connect, fingerprint, run
from grader.collect import collect_submissions
from grader.course import Course, CourseError, given_seed, released_text
from grader.export import write_grades
from grader.feedback import write_feedback
from grader.grade import Task
from grader.gradebook import Writer, notebook_bytes, submissions
from grader.lms import FORMATS
from grader.release import ASSIGNMENTS, RELEASES, ROOT, Definition, define, names
from grader.results import result_of, scores
from grader.sandbox import data_folder, find_mode, visible_folders
from grader.submission import strip
from grader.trials import GROUPS, Outcome, run_all, trials_of, write_trials


def show(options: argparse.Namespace) -> int:
    """List the assignments."""
    for name in names():
        assignment = define(name).assignment
        print(
            f"{name:20} {assignment.title}, {assignment.points:g} points, "
            f"about {assignment.minutes} minutes"
        )
    return 0


def release(options: argparse.Namespace) -> int:
    """Make an assignment's notebook for students and enter it in the gradebook."""
    assignment = define(options.name).assignment
    given_seed(options.seed)
    course = Course.open(options.course)
    course.seed(options.seed)
    path = course.release(options.name, options.repository)
    print(f"{assignment.title}: {assignment.points:g} points, about {assignment.minutes} minutes.")
    print(f"Give this notebook to your students:\n  {path}")
    print(f"Keep secret, and keep a copy of:\n  {course.root / 'seed.txt'}")
    return 0


def _course(options: argparse.Namespace) -> tuple[Course, Definition]:
    """Return the course and its assignment; make nothing where there is none."""
    definition = define(options.name)
    course = Course.find(options.course)
    course.released(options.name)
    return course, definition


def collect(options: argparse.Namespace) -> int:
    """Take submissions from a folder, a zip file or the download of an LMS."""
    course, _ = _course(options)
    counts: Counter[str] = Counter()
    source, format = options.source.expanduser(), FORMATS.get(options.format)
    for one in collect_submissions(course, options.name, source, format, tell=print):
        counts[one.state] += 1
        if one.origin.problem:
            print(f"  {one.origin.student}: {one.origin.problem}")
    if not counts:
        raise CourseError(f"There are no files in {options.source}.")
    words = {"new": "new", "changed": "changed", "same": "as before", "problem": "with a problem"}
    parts = [f"{counts[state]} {words[state]}" for state in words if counts[state]]
    print(f"{counts.total()} submissions: {', '.join(parts)}.")
    return 0


def _tasks(
    course: Course, definition: Definition, students: list[str], options: argparse.Namespace
) -> Iterator[tuple[str, Task]]:
    released, seed = strip(course.released(definition.name)), course.seed(options.seed)
    for student in students:
        content = notebook_bytes(course, definition.name, student) or b""
        yield (
            student,
            Task(definition.name, content, definition.checks, released, seed, options.unsafe),
        )


def _isolation(course: Course, options: argparse.Namespace) -> None:
    """Refuse to grade where students' code could see what it must not."""
    if options.unsafe:
        print(
            "Without isolation: a notebook can read and change everything that you can.",
            file=sys.stderr,
        )
        return
    if not options.scheduler:
        find_mode()
    for folder in (Path("/usr"), *visible_folders(data_folder())):
        if course.root.is_relative_to(folder) or ASSIGNMENTS.is_relative_to(folder):
            raise CourseError(f"Students' code can read {folder}, which holds your course.")


def _grade(options: argparse.Namespace, students: list[str], again: bool = False) -> int:
    course, definition = _course(options)
    _isolation(course, options)
    journal = Journal(course.root / "journal.jsonl")
    if again:
        for _, task in _tasks(course, definition, students, options):
            journal.results.pop(fingerprint(task), None)
    started, failed = time.monotonic(), []
    counts: Counter[str] = Counter()
    tasks = _tasks(course, definition, students, options)
    cluster = partial(connect, options.scheduler, options.workers)
    with Writer(course, options.name) as book:
        for number, one in enumerate(run(cluster, tasks, journal), start=1):
            if one.result is None:
                failed.append(f"{one.name}: {one.error}")
                continue
            book.write(one.name, one.task.notebook, one.result)
            counts["graded now" if one.fresh else "known from before"] += 1
            _progress(number, len(students), started)
    print("\n" + ", ".join(f"{count} {words}" for words, count in counts.items()) + ".")
    for line in failed:
        print(f"  not graded, the machine failed: {line}", file=sys.stderr)
    _hint(course, options.name, students)
    return int(bool(failed))


def _progress(done: int, total: int, started: float) -> None:
    seconds = time.monotonic() - started
    text = f"{done} of {total} graded, {seconds:.0f} s, {seconds / done:.2f} s each"
    end = "" if sys.stdout.isatty() else "\n"
    if end == "" or done == total or done % 25 == 0:
        print(f"\r{text}" if end == "" else text, end=end, flush=True)


def grade(options: argparse.Namespace) -> int:
    """Grade all collected submissions in sandboxes and write the gradebook."""
    course, _ = _course(options)
    students = submissions(course, options.name)
    if not students:
        raise CourseError(f"No submission of {options.name} has been collected.")
    return _grade(options, students)


def regrade(options: argparse.Namespace) -> int:
    """Grade one student's submission again, whatever is known from before."""
    course, _ = _course(options)
    _find_student(course, options.name, options.student)
    return _grade(options, [options.student], again=True)


def _find_student(course: Course, name: str, student: str) -> None:
    folder = course.root / "submitted"
    if student not in {path.name for path in folder.glob("*")}:
        raise CourseError(f"No student is called {student}: the names are the folders in {folder}.")
    if student not in submissions(course, name):
        raise CourseError(f"{student} has not handed in {name}.")


def _reasons(course: Course, name: str, student: str) -> list[str]:
    """Return why a person should look at a submission, apart from written answers."""
    result = result_of(course, name, student)
    if result is None:
        return ["not graded yet"]
    reasons = [text for text in (result["human"], result["problem"]) if text]
    reasons += [f"{q['title']}: {q['human']}" for q in result["questions"] if q["human"]]
    return list(dict.fromkeys(reasons))


def humans(options: argparse.Namespace) -> int:
    """Show what needs a person: unclear submissions, and answers in words."""
    course, definition = _course(options)
    assignment, shown = definition.assignment, 0
    for student in submissions(course, options.name):
        for reason in _reasons(course, options.name, student):
            print(f"{student}: {reason}")
            shown += 1
    if not shown:
        print("No submission is unclear.")
    with course.gradebook() as book:
        found = [by_question for _, by_question in scores(book, options.name)]
    for written in assignment.written:
        waiting = sum(by_question[written.id].pending for by_question in found)
        print(f"\n{written.title}: {waiting} answers to grade, {written.points:g} points each.")
        print(f"  {written.guidance}")
    place = shlex.quote(str(course.root))
    print(f"\nGrade them in nbgrader's formgrader: (cd {place} && jupyter lab), then Nbgrader.")
    return 0


def _hint(course: Course, name: str, students: list[str]) -> None:
    command = f"python -m grader humans {name}{course.option}"
    unclear = sum(bool(_reasons(course, name, student)) for student in students)
    if unclear:
        verb = "needs" if unclear == 1 else "need"
        print(f"{unclear} {verb} a person: {command}")
    else:
        print(f"None is unclear. Answers in words: {command}")


def feedback(options: argparse.Namespace) -> int:
    """Write the feedback for students, one HTML file each."""
    course, definition = _course(options)
    if options.student is not None:
        _find_student(course, options.name, options.student)
    with course.gradebook() as book:
        written = [
            write_feedback(course, definition.assignment, student, by_question)
            for student, by_question in scores(book, options.name, options.student)
        ]
    done = [path for path in written if path]
    if not done:
        raise CourseError(
            f"Nothing of {options.name} has been graded: "
            f"python -m grader grade {options.name}{course.option}"
        )
    print(f"{len(done)} files in {course.root / 'feedback'}, such as\n  {done[0]}")
    return 0


def export(options: argparse.Namespace) -> int:
    """Write the grades as a table, also as an LMS imports them."""
    course, definition = _course(options)
    path = write_grades(course, definition.assignment, FORMATS[options.format], options.output)
    print(f"Written: {path}")
    return 0


def build(options: argparse.Namespace) -> int:
    """Write the released notebooks of the repository, or compare them."""
    stale = 0
    RELEASES.mkdir(exist_ok=True)
    for name in options.names or names():
        text, path = released_text(name, options.repository), define(name).release
        if not options.check:
            path.write_text(text, "utf-8")
            print(f"{path.relative_to(ROOT)} written")
        elif not path.exists() or path.read_text("utf-8") != text:
            print(f"{path.relative_to(ROOT)} is not what its source gives: make assignments")
            stale += 1
    return int(stale > 0)


def trials(options: argparse.Namespace) -> int:
    """Grade submissions whose points are known, and print what each scored."""
    groups = tuple(options.only or GROUPS)
    wrong = 0
    for name in options.names or names():
        chosen = trials_of(name, groups)
        if options.fast:
            chosen = [trial for trial in chosen if not trial.heavy]
        if options.number and options.number < len(chosen):
            places = range(options.number)
            chosen = [chosen[n * len(chosen) // options.number] for n in places]
        if options.write:
            write_trials(options.write / name, chosen)
            print(f"{len(chosen)} submissions in {options.write / name}")
            continue
        print(f"\n{name}: {len(chosen)} submissions")
        for outcome in run_all(name, chosen, options.workers):
            wrong += not outcome.ok
            _print_outcome(outcome)
    if not options.write:
        print(
            f"\n{wrong} scored something else than they deserve." if wrong else "\nAll as deserved."
        )
    return int(wrong > 0)


def _print_outcome(outcome: Outcome) -> None:
    trial = outcome.trial
    asked = "a person looks" if outcome.human else ""
    mark = "  " if outcome.ok else "✗ "
    points, wanted = sum(outcome.scored.values()), sum(outcome.expected.values())
    print(
        f"{mark}{trial.group:9} {trial.name:52} {points:4g} of {wanted:4g} deserved "
        f"{outcome.seconds:6.1f} s  {asked}",
        flush=True,
    )
    if not outcome.ok:
        print(f"     scored {outcome.scored}, deserved {outcome.expected}")
