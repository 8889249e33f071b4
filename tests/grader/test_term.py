"""A term in small: release, collect, grade on Dask, a person's points, feedback, export."""

import csv
import os
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from bs4 import BeautifulSoup
from distributed import Client

from grader import trials
from grader.__main__ import main
from grader.batch import Journal, connect, fingerprint, run
from grader.commands import _grading
from grader.course import Course, CourseError, default_folder
from grader.referee import Task
from grader.release import ROOT, define
from grader.submission import strip

pytestmark = pytest.mark.skipif(
    shutil.which("bwrap") is None and not os.environ.get("CI"), reason="needs bubblewrap"
)

NAME = "a2_convolution"
SEED = "the seed of a test"
CHOSEN = {
    "reference": "reference",
    "blank": "blank",
    "flipped": "slide: kernel flipped",
    "renamed": "function renamed",
    "empty": "empty file",
}


@pytest.fixture(scope="module")
def trial():
    """Return the trials by name."""
    return {each.name: each for each in trials.trials_of(NAME)}


@pytest.fixture(scope="module")
def term(tmp_path_factory, trial):
    """Return a course in which five submissions have been graded, with what was printed."""
    folder = tmp_path_factory.mktemp("term")
    for student, name in CHOSEN.items():
        (folder / "hand-ins" / student).mkdir(parents=True)
        (folder / "hand-ins" / student / "x.ipynb").write_bytes(trial[name].content)
    course = folder / "course"
    options = ["--course", str(course), "--seed", SEED]
    assert main(["release", NAME, *options]) == 0
    assert main(["collect", NAME, str(folder / "hand-ins"), *options[:2]]) == 0
    assert main(["grade", NAME, *options, "--workers", "2"]) == 0
    return Course.open(course)


def scores(course):
    with course.gradebook() as book:
        return {s.student.id: s.score for s in book.notebook_submissions(NAME, NAME)}


def totals(course):
    """Return the exported rows by student."""
    assert main(["export", NAME, "--course", str(course.root), "--unfinished"]) == 0
    path = course.root / "exports" / f"{NAME}-plain.csv"
    with path.open(encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def test_the_gradebook_holds_what_everyone_deserves(term):
    points = define(NAME).assignment
    auto = sum(question.points for question in points.graded)
    expected = {"reference": auto, "blank": 0, "flipped": auto - 5, "renamed": 0, "empty": 0}
    assert scores(term) == expected


def test_what_a_person_must_look_at_is_listed(term, capsys):
    assert main(["humans", NAME, "--course", str(term.root)]) == 0
    listed = capsys.readouterr().out
    assert "renamed: Slide a kernel over an image: The cell of this question does not" in listed
    assert "empty: no notebook was handed in" in listed
    assert "\nreference:" not in listed
    assert "Flipped or not: 3 answers to grade" in listed  # not of the blank one and the empty


def test_grading_again_takes_everything_from_the_journal(term, capsys):
    before = scores(term), (term.root / "journal.jsonl").read_bytes()
    assert main(["grade", NAME, "--course", str(term.root), "--seed", SEED, "--workers", "1"]) == 0
    assert "5 known from before" in capsys.readouterr().out
    assert (scores(term), (term.root / "journal.jsonl").read_bytes()) == before


def test_a_persons_points_stay_until_the_answer_changes(term, trial):
    def grade_of(book):
        return book.find_grade("flipping", NAME, NAME, "reference")

    with term.gradebook() as book:
        grade = grade_of(book)
        assert grade.needs_manual_grade
        grade.manual_score, grade.needs_manual_grade = 2.0, False
        comment = book.find_comment("flipping", NAME, NAME, "reference")
        comment.manual_comment = "Well said, <b>but</b> give an example."
        book.db.commit()
    again = ["grade", NAME, "--course", str(term.root), "--seed", SEED, "--workers", "1"]
    assert main(again) == 0
    with term.gradebook() as book:
        assert (grade_of(book).score, grade_of(book).needs_manual_grade) == (2.0, False)
    path = term.submitted("reference", NAME) / f"{NAME}.ipynb"
    old = path.read_bytes()
    path.write_bytes(old.replace(b"Flipping turns the kernel", b"Turning the kernel means"))
    assert main(again) == 0
    with term.gradebook() as book:
        assert (grade_of(book).score, grade_of(book).needs_manual_grade) == (2.0, True)
        grade_of(book).needs_manual_grade = False
        book.db.commit()
    path.write_bytes(old)
    assert main(again) == 0
    with term.gradebook() as book:
        grade_of(book).needs_manual_grade = False
        book.db.commit()


def test_feedback_explains_and_gives_nothing_away(term, capsys):
    assert main(["feedback", NAME, "--course", str(term.root), "--unfinished"]) == 0
    pages = {s: (term.root / "feedback" / s / NAME / f"{NAME}.html").read_text() for s in CHOSEN}
    flipped = BeautifulSoup(pages["flipped"], "html.parser").get_text(" ")
    assert "10 of 18 points so far, 1 answer is not graded yet" in flipped
    assert "The kernel is flipped" in flipped
    assert "<code>padding</code> rows or columns of zeros" in pages["flipped"]
    assert "A stride that differs between rows and columns" in flipped
    assert "my_own_name" not in pages["flipped"]
    assert "Your file has to be looked at by a person" in pages["empty"]
    for page in pages.values():
        assert SEED not in page
        assert str(ROOT) not in page
        assert str(term.root) not in page
        assert not BeautifulSoup(page, "html.parser").find_all(["script", "img", "iframe", "link"])
        for word in ("correlate2d", "slide_in_bytes", "np.pad", "Traceback", "rng"):
            assert word not in page


def test_a_persons_comment_is_shown_as_text(term):
    one = ["--student", "reference", "--unfinished"]
    assert main(["feedback", NAME, "--course", str(term.root), *one]) == 0
    page = (term.root / "feedback" / "reference" / NAME / f"{NAME}.html").read_text()
    assert "Well said, &lt;b&gt;but&lt;/b&gt; give an example." in page
    assert "17 of 18 points" in page


def test_grades_are_exported(term):
    rows = totals(term)
    assert set(rows) == set(CHOSEN)
    assert (rows["reference"]["slide"], rows["reference"]["total"]) == ("5.0", "17.0")
    assert (rows["flipped"]["pending"], rows["flipped"]["total"]) == ("flipping", "")


def test_one_student_is_graded_again(term, capsys):
    size = (term.root / "journal.jsonl").stat().st_size
    assert (
        main(
            [
                "regrade",
                NAME,
                "flipped",
                "--course",
                str(term.root),
                "--seed",
                SEED,
                "--workers",
                "1",
            ]
        )
        == 0
    )
    assert "1 graded now" in capsys.readouterr().out
    assert (term.root / "journal.jsonl").stat().st_size > size


def test_exports_for_an_lms(term, tmp_path, trial):
    """Moodle finds people by participant, Canvas by its user id."""
    source, root = tmp_path / "exports", tmp_path / "course"
    shutil.copytree(term.root, root)
    content = trial["empty file"].content
    for path in ("Ann Lee_1201_assignsubmission_file_/x.ipynb", "leebob_71_9001_x.ipynb"):
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_bytes(content)
    course = ["--course", str(root)]
    assert main(["collect", NAME, str(source), *course]) == 0
    assert main(["grade", NAME, *course, "--seed", SEED, "--workers", "1"]) == 0
    assert main(["export", NAME, *course, "--to", "moodle"]) == 1  # they are unreadable
    to_canvas = ["--to", "canvas", "--assignment-id", "9", "--unfinished"]
    assert main(["export", NAME, *course, "--to", "moodle", "--unfinished"]) == 0
    assert main(["export", NAME, *course, *to_canvas]) == 2
    moodle = (root / "exports" / f"{NAME}-moodle.csv").read_text()
    assert moodle.splitlines()[1].startswith("Participant 1201,Ann Lee,,18,")


# --- errors are told ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["grade", NAME], "There is no course in"),
        (["collect", NAME, "."], "The first release makes it"),
        (["humans", NAME], "There is no course in"),
        (["regrade", NAME, "ann"], "There is no course in"),
        (["feedback", NAME], "There is no course in"),
        (["export", NAME], "There is no course in"),
        (["humans", "nope"], "there are: a1"),
        (["release", "a9_nothing"], "there are: a1"),
        (["release", NAME, "--seed", "short"], "could be guessed"),
    ],
)
def test_a_mistyped_name_makes_no_course(tmp_path, capsys, arguments, words):
    course = tmp_path / "course"
    assert main([*arguments, "--course", str(course)]) == 2
    assert words in capsys.readouterr().err
    assert not course.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["grade", "a1_data"], "a1_data is not released"),
        (["collect", "a1_data", "."], "python -m grader release a1_data --course"),
        (["humans", "a1_data"], "a1_data is not released"),
        (["grade", NAME, "--scheduler", "nope"], "No Dask scheduler answers at nope"),
        (["grade", NAME, "--scheduler", "tcp://127.0.0.1:x"], "such as tcp://HOST:8786"),
        (["grade", NAME, "--seed", "short"], "could be guessed"),
        (["regrade", NAME, "nobody"], "No student is called nobody"),
        (["regrade", NAME, "bob"], "bob has not handed in"),
        (["feedback", NAME, "--student", "nobody"], "No student is called nobody"),
        (["feedback", NAME, "--student", "ann"], "python -m grader grade a2_convolution"),
        (["export", NAME], "no graded submission"),
        (["collect", NAME, "/nonexistent"], "neither a folder nor a zip"),
        (["collect", NAME, "damaged.zip"], "damaged zip file"),
    ],
)
def test_errors_say_what_to_do(tmp_path, monkeypatch, capsys, collected, arguments, words):
    monkeypatch.chdir(tmp_path)
    end = b"PK\x05\x06" + b"\0" * 4 + b"\1\0\1\0" + b"\x2e\0\0\0" + b"\0" * 6
    Path("damaged.zip").write_bytes(b"x" * 46 + end)
    shutil.copytree(collected, "course")
    assert main([*arguments, "--course", "course"]) == 2
    assert words in capsys.readouterr().err


@pytest.fixture(scope="module")
def collected(tmp_path_factory, trial):
    """Return a course with one submission that has not been graded."""
    folder = tmp_path_factory.mktemp("collected")
    (folder / "course").mkdir(mode=0o755)
    (folder / "hand-ins").mkdir()
    (folder / "hand-ins" / "ann.ipynb").write_bytes(trial["reference"].content)
    course = ["--course", str(folder / "course")]
    assert main(["release", NAME, *course, "--seed", SEED]) == 0
    assert main(["collect", NAME, str(folder / "hand-ins"), *course]) == 0
    (folder / "course" / "submitted" / "bob" / "a1_data").mkdir(parents=True)
    return folder / "course"


@pytest.mark.parametrize(
    "arguments",
    [
        ["trials", "--number", "0"],
        ["trials", "--number", "-1"],
        ["trials", "--workers", "0"],
        ["grade", NAME, "--workers", "0"],
        ["regrade", NAME, "ann", "--workers", "-2"],
        ["trials", "--number", "many"],
    ],
)
def test_numbers_are_counted_from_one(capsys, arguments):
    with pytest.raises(SystemExit):
        main(arguments)
    assert f"'{arguments[-1]}' is not a whole number from 1 on" in capsys.readouterr().err


# --- what belongs to the instructor alone --------------------------------------------------------


def test_the_course_is_its_owners_alone(collected, term):
    """Whatever the folder was before: here one that everyone could read."""
    for root in (collected, term.root):
        written = [
            root,
            root / "gradebook.db",
            root / "seed.txt",
            *root.glob("*"),
            *root.glob("submitted/**/*"),
            *root.glob("autograded/**/*"),
        ]
        named = [path for path in written if path.name != "bob" and path.parent.name != "bob"]
        assert {
            str(path): oct(path.stat().st_mode) for path in named if path.stat().st_mode & 0o077
        } == {}


def test_a_course_that_others_can_read_is_closed(collected, tmp_path):
    root = shutil.copytree(collected, tmp_path / "course")
    for path in (root, root / "gradebook.db", root / "seed.txt"):
        path.chmod(0o755)
    Course.open(root)
    assert root.stat().st_mode & 0o777 == 0o700
    assert (root / "gradebook.db").stat().st_mode & 0o077 == 0
    assert (root / "seed.txt").stat().st_mode & 0o077 == 0


def test_a_folder_that_all_users_share_is_left_as_it_is(tmp_path, capsys):
    tmp_path.chmod(0o1777)
    assert main(["release", NAME, "--course", str(tmp_path)]) == 2
    assert "All users share" in capsys.readouterr().err
    assert tmp_path.stat().st_mode & 0o7777 == 0o1777
    assert list(tmp_path.iterdir()) == []


def test_other_files_keep_their_permissions(tmp_path):
    before = os.umask(0o022)
    try:
        main(["humans", NAME, "--course", str(tmp_path / "none")])
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)


def test_a_course_inside_the_environment_is_refused(tmp_path, monkeypatch):
    course = Course(tmp_path)
    options = type("Options", (), {"unsafe": False, "scheduler": None})
    monkeypatch.setattr(_grading, "visible_folders", lambda data: [tmp_path.parent])
    with pytest.raises(CourseError, match="holds your course"):
        _grading.check_isolation(course, options)


@pytest.mark.parametrize("place", ["/usr/local/lib/grading", "data/grading"])
def test_a_course_that_the_sandbox_can_read_is_refused(tmp_path, monkeypatch, place):
    course = Course(tmp_path / place)
    options = type("Options", (), {"unsafe": False, "scheduler": None})
    monkeypatch.setattr(_grading, "data_folder", lambda: tmp_path / "data")
    with pytest.raises(CourseError, match="holds your course"):
        _grading.check_isolation(course, options)


def test_a_term_in_the_repository_stays_out_of_it(monkeypatch):
    monkeypatch.delenv("GRADING_FOLDER", raising=False)
    assert default_folder() == ROOT / "term"
    assert "term/" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_seed_is_made_at_random_and_kept_private(tmp_path):
    one, other = Course.open(tmp_path / "one"), Course.open(tmp_path / "other")
    assert one.seed() == one.seed() != other.seed()
    assert len(one.seed()) == 32
    assert (one.root / "seed.txt").stat().st_mode & 0o077 == 0
    assert one.root.stat().st_mode & 0o077 == 0


def test_the_seed_of_the_release_is_the_one_of_grading(term, monkeypatch, capsys):
    monkeypatch.delenv("GRADING_SEED", raising=False)
    assert (term.root / "seed.txt").read_text() == SEED + "\n"
    assert main(["grade", NAME, "--course", str(term.root), "--workers", "1"]) == 0
    assert "5 known from before" in capsys.readouterr().out


def test_a_given_seed_is_kept(tmp_path, monkeypatch):
    course = Course.open(tmp_path)
    assert course.seed("the first of them") == course.seed() == "the first of them"
    assert course.seed("another, nothing is graded") == course.seed()
    monkeypatch.setenv("GRADING_SEED", "from the environment")
    assert course.seed() == "from the environment"
    monkeypatch.delenv("GRADING_SEED")
    assert course.seed() == "from the environment"
    assert (tmp_path / "seed.txt").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("command", [["release"], ["grade", "--workers", "1"]])
def test_a_seed_that_contradicts_the_grades_is_refused(term, capsys, command):
    seed = term.root / "seed.txt"
    name, *more = command
    assert main([name, NAME, *more, "--course", str(term.root), "--seed", "another seed"]) == 2
    error = capsys.readouterr().err
    assert f"is not the one in {seed}" in error
    assert SEED not in error
    assert seed.read_text().strip() == SEED


def test_a_lost_seed_is_asked_for(tmp_path):
    course = Course.open(tmp_path)
    course.seed("the seed of a term")
    (tmp_path / "journal.jsonl").write_text("")
    (tmp_path / "seed.txt").unlink()
    with pytest.raises(CourseError, match="put your copy back"):
        course.seed()
    assert course.seed("the seed of a term") == course.seed()


# --- Dask: lost workers, stopped runs ------------------------------------------------------------


@pytest.fixture(scope="module")
def tasks(trial):
    """Return six tasks that differ only in their seed, and so have the same grades."""
    definition = define(NAME)
    release = strip(trials.released(definition))
    content = strip(trial["pool: maximum"].content)
    return [
        (f"student-{n}", Task(NAME, content, definition.checks, release, f"test seed {n}"))
        for n in range(6)
    ]


def points(graded):
    return [question["points"] for question in graded.result["questions"]]


@contextmanager
def cluster_elsewhere(folder, workers):
    """Start a scheduler and workers that cannot import this package, as on other machines."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    start = {
        "cwd": folder,
        "env": environment,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.PIPE,
        "text": True,
    }
    python = [sys.executable, "-P", "-m"]
    quiet = ["--no-dashboard"]
    with ExitStack() as stack:
        scheduler = stack.enter_context(
            ended(
                subprocess.Popen(
                    [
                        *python,
                        "distributed.cli.dask_scheduler",
                        "--host",
                        "127.0.0.1",
                        "--port",
                        "0",
                        *quiet,
                    ],
                    **start,
                )
            )
        )
        lines = (re.search(r"Scheduler at:\s+(tcp://\S+)", line) for line in scheduler.stderr)
        address = next(found[1] for found in lines if found)
        command = [*python, "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny"]
        processes = [
            stack.enter_context(ended(subprocess.Popen([*command, *quiet], **start)))
            for _ in range(workers)
        ]
        with Client(address) as client:
            client.wait_for_workers(workers, timeout=120)
        yield address, processes


@contextmanager
def ended(process):
    """Yield a process, and end it."""
    try:
        yield process
    finally:
        process.terminate()
        process.communicate()


def test_submissions_of_a_lost_worker_are_run_again(tasks, tmp_path):
    results = []
    with cluster_elsewhere(tmp_path, 2) as (address, processes):
        for graded in run(partial(connect, address), tasks, Journal(tmp_path / "journal.jsonl")):
            results.append(graded)
            if len(results) == 2:
                processes[0].kill()
    assert {graded.name for graded in results} == {name for name, _ in tasks}
    assert {tuple(points(graded)) for graded in results} == {(5, 0, 2, 2, 3, None)}


def test_the_cluster_of_this_machine_cannot_be_reached(tasks, tmp_path):
    """Other users of the machine could otherwise run code as the instructor."""
    with connect(workers=2) as client:
        assert client.scheduler.address.startswith("inproc://")
        table = Path("/proc/self/net/tcp").read_text().splitlines()[1:]
        links = [path for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
        mine = {str(path.readlink()) for path in links}
        listening = [row.split() for row in table if row.split()[3] == "0A"]
        ports = [row[1] for row in listening if f"socket:[{row[9]}]" in mine]
        assert all(port.startswith("0100007F:") for port in ports)
        for port in ports:
            number = int(port.split(":")[1], 16)
            for path in ("/", "/info/main/workers.html", "/json/counts.json", "/api/v1"):
                with pytest.raises(HTTPError):
                    urlopen(f"http://127.0.0.1:{number}{path}", timeout=5)


def test_a_stopped_run_goes_on_where_it_was(tasks, tmp_path):
    path = tmp_path / "journal.jsonl"
    with connect(workers=1) as client:
        first = run(lambda: nullcontext(client), tasks[:4], Journal(path))
        done = {next(first).name, next(first).name}
        first.close()
        with path.open("a") as file:  # as after a power cut
            file.write('{"key": "half a li')
        second = list(run(lambda: nullcontext(client), tasks[:4], Journal(path)))
    assert {graded.name for graded in second if not graded.fresh} == done
    assert len(second) == 4
    assert all(points(graded) == [5, 0, 2, 2, 3, None] for graded in second)


def test_a_result_depends_on_everything_in_a_task(tasks):
    task = tasks[0][1]
    changes = {
        "notebook": b"{}",
        "checks": "x",
        "release": b"{}",
        "seed": "another",
        "unsafe": True,
    }
    keys = {fingerprint(Task(**{**vars(task), name: value})) for name, value in changes.items()}
    assert len(keys | {fingerprint(task)}) == 6
