"""The pages on which a person grades: what they show, what they save, and to whom."""

import base64
import json
import os
import shutil
from contextlib import suppress
from io import BytesIO

import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from grader.__main__ import main
from grader.confined import FaultError
from grader.gradebook import Writer
from grader.results import ZERO_BEFORE, all_scores, waiting
from grader.review.handlers import ROUTES
from grader.review.server import HEADERS
from grader.review.shown import _checked
from grader.standing import standings
from grader.submission import UnreadableError
from tests.grader import small_term
from tests.grader.served_review import DEFINITION, ESSAY, Person, hand_in, notebook, served
from tests.grader.small_term import NAME, result

pytestmark = pytest.mark.skipif(
    shutil.which("bwrap") is None and not os.environ.get("CI"), reason="needs bubblewrap"
)

ASSIGNMENT = DEFINITION.assignment


def picture(kind, size=(60, 40), mode="RGB"):
    target = BytesIO()
    Image.new(mode, size, 1).save(target, kind)
    return base64.b64encode(target.getvalue()).decode()


PICTURES = {
    "png": {"image/png": picture("png")},
    "jpeg": {"image/jpeg": picture("jpeg")},
    "gif": {"image/gif": picture("gif", mode="P")},
    "webp": {"image/webp": picture("webp")},
    "bomb": {"image/png": picture("png", (60_000, 60_000), "1")},
    "svg": {"image/svg+xml": base64.b64encode(b"<svg onload='alert(1)'/>").decode()},
    "torn": {"image/png": picture("png")[:60]},
    "text": {"image/png": "no picture"},
    "odd": {"image/png": "%%%"},
}
SHOWN = ("png", "jpeg", "gif", "webp")


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    course = small_term.released(tmp_path_factory.mktemp("term"))
    unclear = result()
    unclear["questions"][0]["human"] = "The visible checks pass, the hidden ones do not."
    with Writer(course, NAME) as writer:
        hand_in(writer, "ann", notebook("If $a<b$, then 2 < 3 & <b>more</b>."), full_name="Ann Lee")
        hand_in(writer, "bo", notebook("Yes."), unclear)
        hand_in(writer, "dot", b"", result(readable=False), problem="The file is empty.")
        hand_in(writer, "eve", notebook("![x](attachment:lost.png)"))
        for name, bundle in PICTURES.items():
            hand_in(writer, name, notebook("![x](attachment:x)", {"x": bundle}))
        colab = f"![x](data:image/png;base64,{picture('png')})"
        hand_in(writer, "colab", notebook(colab))
        hand_in(writer, "zz<b>", notebook("last"), full_name="<b>Z\u202e</b>")
    course.submitted("new", NAME).mkdir(parents=True)
    return course


@pytest.fixture(scope="module")
def session(template):
    with served(template) as session:
        yield session


@pytest.fixture(scope="module")
def person(session):
    person = Person(session)
    assert person.enter().status == 200
    return person


@pytest.fixture
def own(template, session, tmp_path):
    """Return a course that a test may change, and a person who has entered its review."""
    course = small_term.copy(template, tmp_path / "course")
    with served(course, session.shower.reader) as own:
        person = Person(own)
        person.enter()
        yield course, person


def soup(answer):
    assert answer.status == 200, answer.text
    return BeautifulSoup(answer.text, "html.parser")


# --- what is shown -------------------------------------------------------------------------------


def test_the_list_says_what_waits(person):
    page = soup(person.ask())
    assert "1 of 16 submissions done" not in page.text
    assert "0 of 16 submissions done" in page.text
    names = [each.text.strip() for each in page.select(".submissions bdi")]
    assert names[:2] == ["Ann Lee", "bo"]
    assert "<b>Z</b>" in names  # as text, without what turns it around
    lines = [each.text for each in page.select(".submissions li")]
    assert "The visible checks pass" in next(line for line in lines if "bo" in line)
    assert "not graded yet" in next(line for line in lines if "new" in line)
    assert [each.text for each in page.select(".questions .quiet")][-1] == "0 of 14 done"


def test_the_rubric_stands_above_the_answer(person):
    page = soup(person.ask(f"answer/{ESSAY}/ann"))
    rubric, answer = page.select_one(".rubric"), page.select_one(".answer")
    assert "1 point: the two agree" in rubric.text
    assert list(page.select(".rubric, .answer")) == [rubric, answer]
    assert page.select_one("#points")["max"] == "3"
    labels = {each["for"] for each in page.select("label")}
    assert labels == {each["id"] for each in page.select("input:not([type=hidden]), textarea")}


def test_an_answer_is_shown_as_it_was_meant(person):
    words = soup(person.ask(f"answer/{ESSAY}/ann")).select_one(".words")
    assert words.text.strip() == "If a<b, then 2 < 3 & <b>more</b>."
    assert words.select_one("code.formula").text == "a<b"


def test_code_stands_beside_what_the_machine_says(person):
    page = soup(person.ask("answer/slide/bo"))
    assert "def slide(" in page.select_one(".cell pre").text
    assert "The visible checks pass, the hidden ones do not." in page.text
    assert "The machine gave 5" in page.text


@pytest.mark.parametrize("name", [*PICTURES, "colab"])
def test_pictures_are_made_anew_or_said_to_be_missing(person, name):
    page = soup(person.ask(f"answer/{ESSAY}/{name}"))
    shown = page.select_one(".words img")
    answer = person.ask(shown["src"])
    if name in (*SHOWN, "colab"):
        assert (answer.status, answer.getheader("Content-Type")) == (200, "image/png")
        with Image.open(BytesIO(answer.content)) as opened:
            assert (opened.format, opened.size) == ("PNG", (60, 40))
    else:
        assert answer.status == 404
        assert "cannot be shown" in answer.reason


def test_a_lost_picture_is_named(person):
    page = soup(person.ask(f"answer/{ESSAY}/eve"))
    assert page.select_one(".missing").text == "picture missing: lost.png"


def test_every_page_of_every_submission_can_be_opened(person):
    """Also of files that are empty, and of those that nobody has graded."""
    for student in ["ann", "bo", "dot", "eve", "zz%3Cb%3E", *PICTURES, "colab"]:
        assert person.ask(f"submission/{student}").status == 200
        for question in ASSIGNMENT.questions:
            assert person.ask(f"answer/{question.id}/{student}").status == 200
    assert person.ask("submission/new").status == 409
    assert person.ask(f"answer/{ESSAY}/new").status == 409


def test_an_empty_file_says_why_it_cannot_be_shown(person):
    page = soup(person.ask("submission/dot"))
    assert page.select_one(".note p").text == "The file is empty."
    assert "It cannot be shown" not in page.text
    assert "0 points for everything" in page.text


def test_a_text_that_wears_out_the_reader_is_shown_as_it_was_written(
    template, monkeypatch, session
):
    shower, asked = session.shower, []

    def call(function, *arguments, student):
        asked.append(arguments[2])
        if arguments[2]:
            raise UnreadableError("reading it took too long, and was stopped")
        return {"answers": {}, "others": [], "left": 0}

    monkeypatch.setattr(shower, "_call", call)
    assert shower._shown("ann", "", "/").plain
    assert asked == [True, False]


def test_a_fault_of_ours_is_told_instead_of_an_error(session, monkeypatch):
    def call(*unused, **unused_too):
        raise FaultError("Traceback")

    monkeypatch.setattr(session.shower.reader, "call", call)
    assert session.shower._shown("ann", "", "/").problem == "preparing it for this page failed"


BYTES = np.frombuffer(b"x", np.uint8)
CELL = {"number": 1, "kind": "code", "source": BYTES, "html": BYTES, "cut": False}


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        {},
        {"answers": [], "others": [], "left": 0},
        {"answers": {"a": None}, "others": [], "left": 0},
        {"answers": {"a": ["<b>"]}, "others": [], "left": 0},
        {"answers": {}, "others": [CELL | {"html": "<script>"}], "left": 0},
        {"answers": {}, "others": [CELL | {"source": np.zeros((2, 2), np.uint8)}], "left": 0},
        {"answers": {}, "others": [CELL | {"source": np.zeros(2)}], "left": 0},
        {"answers": {}, "others": [CELL | {"number": "x"}], "left": 0},
        {"answers": {}, "others": [{}], "left": 0},
        {"answers": {}, "others": [], "left": None},
    ],
)
def test_an_answer_of_another_form_is_not_shown(given):
    with pytest.raises(UnreadableError):
        _checked(given)


# --- what is saved -------------------------------------------------------------------------------


def test_points_and_comment_are_saved_and_the_next_comes(own):
    course, person = own
    answer = person.post(
        f"answer/{ESSAY}/ann", mark=person.mark(course, "ann"), points="2.5", comment="Good.\r\nOn."
    )
    assert answer.status == 303
    assert f"/answer/{ESSAY}/bo?saved=ann" in answer.getheader("Location")
    score = all_scores(course, NAME)["ann"][ESSAY]
    assert (score.points, score.pending, score.comment) == (2.5, False, "Good.\nOn.")
    assert waiting(course, ASSIGNMENT, "ann") == []
    assert "1 of 14 answers done" in soup(person.ask(f"answer/{ESSAY}/bo")).text
    person.post(f"answer/{ESSAY}/ann", mark=person.mark(course, "ann"), points="", comment="")
    score = all_scores(course, NAME)["ann"][ESSAY]
    assert (score.pending, score.given, score.comment) == (True, None, "")


def test_the_machines_points_can_be_changed_and_taken_back(own):
    course, person = own
    mark = person.mark(course, "bo")
    assert any("visible checks" in words for words in waiting(course, ASSIGNMENT, "bo"))
    person.post("answer/slide/bo", mark=mark, points="")  # looked at
    assert not any("visible checks" in words for words in waiting(course, ASSIGNMENT, "bo"))
    assert all_scores(course, NAME)["bo"]["slide"].points == 5
    person.post("answer/slide/bo", mark=mark, points="4,5")
    score = all_scores(course, NAME)["bo"]["slide"]
    assert (score.points, score.machine, score.manual) == (4.5, 5, True)
    assert "Take the points back" in soup(person.ask("answer/slide/bo")).text
    person.post("answer/slide/bo", mark=mark, points="")
    score = all_scores(course, NAME)["bo"]["slide"]
    assert (score.points, score.manual, score.pending) == (5, False, False)


def test_a_look_stays_when_the_same_is_graded_again(own):
    course, person = own
    person.post("answer/slide/bo", mark=person.mark(course, "bo"), points="")
    again = result()
    again["questions"][0]["human"] = "The visible checks pass, the hidden ones do not."
    with Writer(course, NAME) as writer:
        hand_in(writer, "bo", notebook("Yes."), again)
    assert waiting(course, ASSIGNMENT, "bo") == ["Flipped or not: not graded yet"]
    again["questions"][0]["human"] = "Something else."
    with Writer(course, NAME) as writer:
        hand_in(writer, "bo", notebook("Yes."), again)
    assert "Slide a kernel over an image: Something else." in waiting(course, ASSIGNMENT, "bo")


def test_other_points_are_refused(own):
    course, person = own
    for points in ["-1", "3.5", "1.3", "nan", "1e0", "٣", "inf", "0x1", "1;2"]:
        answer = person.post(f"answer/{ESSAY}/ann", mark=person.mark(course, "ann"), points=points)
        assert answer.status == 400, points
        assert "Points from 0 to 3, in steps of 0.5" in answer.text
    assert all_scores(course, NAME)["ann"][ESSAY].pending


def test_what_was_decided_about_another_hand_in_is_refused(own):
    course, person = own
    mark = person.mark(course, "ann")
    with Writer(course, NAME) as writer:
        hand_in(writer, "ann", notebook("Something else."))
    answer = person.post(f"answer/{ESSAY}/ann", mark=mark, points="3")
    assert answer.status == 409
    assert person.post("submission/ann", mark=mark, action="zero").status == 409
    assert all_scores(course, NAME)["ann"][ESSAY].pending


def test_a_file_is_looked_at_until_another_is_handed_in(own, capsys):
    course, person = own
    assert waiting(course, ASSIGNMENT, "dot") == ["The file is empty."]
    mark = person.mark(course, "dot")
    person.post("submission/dot", mark=mark, action="looked")
    count = len(ASSIGNMENT.questions)
    assert waiting(course, ASSIGNMENT, "dot") == [f"{count} of {count} questions to grade by hand"]
    person.post("submission/dot", mark=mark, action="zero")
    assert waiting(course, ASSIGNMENT, "dot") == []
    assert main(["humans", NAME, "--course", str(course.root)]) == 0
    listed = capsys.readouterr().out
    assert "dot" not in listed
    assert f"python -m grader review {NAME}" in listed
    person.post("submission/dot", mark=mark, action="again")
    assert waiting(course, ASSIGNMENT, "dot") == ["The file is empty."]
    person.post("submission/dot", mark=mark, action="zero")
    with Writer(course, NAME) as writer:
        hand_in(writer, "dot", b" ", result(readable=False), problem="Still empty.")
    assert waiting(course, ASSIGNMENT, "dot") == ["Still empty."]


def test_a_pdf_is_one_decision_that_the_page_explains(own):
    course, person = own
    with Writer(course, NAME) as writer:
        about = {"problem": "x.pdf: a PDF", "file": "Dot_1_assignsubmission_file/x.pdf"}
        hand_in(writer, "dot", b"", result(readable=False), **about)
    page = soup(person.ask("submission/dot"))
    assert "In your download it is Dot_1_assignsubmission_file/x.pdf" in page.text
    assert "decide once" in page.text
    assert [each.text for each in page.select(".note button")] == [
        "0 points for everything",
        "Grade it by hand",
    ]
    assert "Points and comment" not in page.text  # six questions, before it is decided
    mark = person.mark(course, "dot")
    person.post("submission/dot", mark=mark, action="looked")
    for question in ASSIGNMENT.questions:
        assert f"answer/{question.id}/dot" in person.ask("submission/dot").text
        person.post(f"answer/{question.id}/dot", mark=mark, points="1")
    assert waiting(course, ASSIGNMENT, "dot") == []


def zeroed(course, person):
    """Give 0 points for everything for an unreadable file; return who reads what waits."""
    person.post("submission/dot", mark=person.mark(course, "dot"), action="zero")

    def graded(content, given, **about):
        with Writer(course, NAME) as writer:
            hand_in(writer, "dot", content, given, **about)
        return waiting(course, ASSIGNMENT, "dot")

    return graded


EMPTY = {"problem": "The file is empty."}


def test_zero_for_everything_holds_when_it_is_graded_again(own):
    course, person = own
    graded = zeroed(course, person)
    assert graded(b"", result(readable=False), **EMPTY) == []
    assert graded(b"", result(), **EMPTY) == []  # the machine could read it this time
    scores = all_scores(course, NAME)["dot"].values()
    assert {score.points for score in scores} == {0}


@pytest.mark.parametrize(
    ("action", "points", "left"),
    [("zero", {0}, []), ("again", {5, 4, 3, 2, 1, 0}, ["Flipped or not: not graded yet"])],
)
def test_a_notebook_after_zero_for_everything_is_one_thing_to_confirm(own, action, points, left):
    course, person = own
    graded = zeroed(course, person)
    assert graded(notebook("Yes."), result()) == [ZERO_BEFORE]
    page = soup(person.ask("submission/dot"))
    assert [each.text for each in page.select(".note button")] == ["Take them back", "They stay"]
    person.post("submission/dot", mark=person.mark(course, "dot"), action=action)
    assert waiting(course, ASSIGNMENT, "dot") == left
    assert {score.points for score in all_scores(course, NAME)["dot"].values()} <= points
    assert ("They stay" in person.ask("submission/dot").text) is False
    assert graded(notebook("Yes."), result()) == left


def test_points_given_one_by_one_are_each_looked_at_again(own):
    course, person = own
    graded = zeroed(course, person)
    person.post(f"answer/{ESSAY}/dot", mark=person.mark(course, "dot"), points="1")
    assert len(graded(notebook("Yes."), result())) == len(ASSIGNMENT.questions)


# --- names ---------------------------------------------------------------------------------------


def test_students_have_the_names_of_the_list(own):
    course, person = own
    small_term.roster(
        course, "id,full name,mail\nann,Ann-Marie Lee,ann@x\nbo,Bo Li,bo@x\neve,Bo Li,\n"
    )
    names = [each.text.strip() for each in soup(person.ask()).select(".submissions bdi")]
    assert names[:2] == ["Ann-Marie Lee", "Bo Li (bo@x)"]
    assert "Bo Li (eve)" in names
    assert soup(person.ask("submission/eve")).h1.text == "Bo Li (eve)"
    page = soup(person.ask(f"answer/{ESSAY}/eve?saved=bo"))
    assert page.select_one(".who").text == "Bo Li (eve)"
    assert page.select_one(".saved").text == "Saved: Bo Li (bo@x)."
    assert not soup(person.ask(f"answer/{ESSAY}/eve?saved=nobody")).select(".saved")


# --- when it came --------------------------------------------------------------------------------


@pytest.fixture
def tim(own):
    """Return a course in which all that is open of one student is when the work came."""
    course, person = own
    option = ["--course", str(course.root)]
    assert main(["deadline", NAME, "2025-12-01T20:00", "--timezone", "Europe/Berlin", *option]) == 0
    assert main(["late", "10%", "--grace", "5", *option]) == 0
    about = {"lms": "canvas", "lms_id": "77", "clock": "download", "late": "late"}
    time = "2025-12-09T10:00:00+00:00"
    small_term.grade(course, "tim", result(), small_term.hand_in(course, "tim", time=time, **about))
    small_term.look(course, "tim", 3.0)
    return course, person


def state(course, student="tim"):
    (one,) = [each for each in standings(course, ASSIGNMENT) if each.student == student]
    return one.state, one.total


LATE = "it came late, and nothing says how late"


def test_what_status_counts_as_waiting_is_listed_everywhere(tim, capsys):
    course, person = tim
    assert state(course) == ("waiting", None)
    capsys.readouterr()
    assert main(["humans", NAME, "--course", str(course.root)]) == 0
    assert f"tim: {LATE}\n" in capsys.readouterr().out
    rows = [each.text for each in soup(person.ask()).select(".submissions li")]
    assert LATE in next(row for row in rows if "tim" in row)
    every = {one.student for one in standings(course, ASSIGNMENT) if one.state == "waiting"}
    listed = {each["href"].rpartition("/")[2] for each in soup(person.ask()).select("li > a")}
    assert every - {"zz<b>"} <= listed


@pytest.mark.parametrize(
    ("fields", "total"),
    [
        ({"action": "on time"}, 18.0),
        ({"action": "time", "time": "2025-12-01T20:05"}, 18.0),
        ({"action": "time", "time": "2025-12-01T20:06"}, 16.2),
        ({"action": "time", "time": "2025-12-03T10:00"}, 14.4),
    ],
)
def test_a_person_says_when_it_came(tim, fields, total):
    course, person = tim
    page = soup(person.ask("submission/tim"))
    assert "It was due 2025-12-01 20:00 (Europe/Berlin)" in page.text
    labels = {each["for"] for each in page.select("label")}
    assert labels == {each["id"] for each in page.select("input:not([type=hidden])")}
    assert person.post("submission/tim", mark=person.mark(course, "tim"), **fields).status == 303
    assert state(course) == ("final", total)
    said = soup(person.ask("submission/tim")).text
    assert ("A person has said that it came on time." in said) == (total == 18)


@pytest.mark.parametrize("time", ["", "soon", "2025-12-01T20:00Z", "2025-03-30T02:30", "\n\u0663"])
def test_what_is_no_time_is_refused(tim, time):
    course, person = tim
    answer = person.post(
        "submission/tim", mark=person.mark(course, "tim"), action="time", time=time
    )
    assert answer.status == 400
    assert "Write a date and a time" in answer.text
    assert state(course) == ("waiting", None)


def test_where_nothing_can_be_lost_nobody_asks_how_late_it_came(tim):
    course, person = tim
    person.post("submission/tim", mark=person.mark(course, "tim"), action="zero")
    assert state(course) == ("final", 0.0)


def test_a_damaged_record_is_told_on_the_page(own, caplog):
    course, person = own
    (course.autograded("ann", NAME) / "result.json").write_text("{")
    answer = person.ask()
    assert answer.status == 500
    assert "result.json is damaged" in answer.text
    assert "grade again" in answer.text
    assert "Traceback" not in answer.text + caplog.text


def test_when_all_is_done_it_is_said(own, capsys):
    course, person = own
    shutil.rmtree(course.root / "submitted" / "new")
    for student in person_students(course):
        mark = person.mark(course, student)
        if student == "dot":
            person.post("submission/dot", mark=mark, action="zero")
        for question in (ESSAY, "slide"):
            person.post(
                f"answer/{question}/{student.replace('<b>', '%3Cb%3E')}", mark=mark, points="1"
            )
    assert "All is done" in soup(person.ask()).text
    main(["humans", NAME, "--course", str(course.root)])
    assert "All is done: nothing waits for a person." in capsys.readouterr().out


def person_students(course):
    return sorted(path.parent.name for path in course.root.glob(f"submitted/*/{NAME}"))


def test_by_submission_the_next_question_comes(own):
    course, person = own
    mark = person.mark(course, "bo")
    answer = person.post("answer/slide/bo", mark=mark, points="", walk="submission")
    assert f"/answer/{ESSAY}/bo?walk=submission" in answer.getheader("Location")
    answer = person.post(f"answer/{ESSAY}/bo", mark=mark, points="1", walk="submission")
    assert answer.getheader("Location").endswith("/submission/bo")


# --- to whom -------------------------------------------------------------------------------------


PAGES = ["", "?show=all", "submission/ann", f"answer/{ESSAY}/ann", "picture/png/1/0"]
PAGES += ["static/review.css", "static/palette.css", "static/review.mjs"]


def test_these_are_all_the_routes():
    """None of them grades, runs, opens or sends a file of a student's."""
    assert [pattern for pattern, _ in ROUTES] == [
        "",
        r"submission/([^/]+)",
        r"answer/([^/]+)/([^/]+)",
        r"picture/([^/]+)/(\d{1,6})/(\d{1,3})",
    ]
    writing = [pattern for pattern, handler in ROUTES if "post" in vars(handler)]
    assert writing == [r"submission/([^/]+)", r"answer/([^/]+)/([^/]+)"]


def test_the_address_works_once(template):
    with served(template) as session:
        first, second = Person(session), Person(session)
        assert first.ask("open?token=wrong").status == 403
        cookie = first.enter().getheader("Set-Cookie")
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert f"Path={session.path}" in cookie
        assert second.enter().status == 403
        assert second.ask("open?token=").status == 403
        assert first.ask().status == 200
        assert second.ask().status == 403


@pytest.mark.parametrize("path", PAGES)
def test_nobody_else_is_let_in(session, person, path):
    stranger = Person(session)
    assert stranger.ask(path).status == 403
    stranger.cookie = "review=x"
    assert stranger.ask(path).status == 403
    assert "Ann" not in stranger.ask(path).text
    for host in ("evil.example", f"evil.example:{session.port}", "127.0.0.1", ""):
        assert person.ask(path, host=host or "[::1]").status == 403


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/formgrader",
        f"/formgrader/api/submission/{NAME}/ann/autograde",
        "/formgrader/api/grades?submission_id=1",
        "/api/kernels",
        "/api/contents/seed.txt",
        "/files/seed.txt",
        "/lab",
        "/logout",
        "/terminals/new/1",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_nothing_of_jupyter_or_nbgrader_is_there(session, person, path, method):
    below = path[1:]
    for asked in (path, session.path + below) if below else (path,):
        answer = person.ask(asked, method, {"form": session.form} if method == "POST" else None)
        assert answer.status == 404, answer.status


@pytest.mark.parametrize(
    "path",
    [
        "submission/..",
        "submission/..%2f..%2fseed.txt",
        "submission/%2e%2e",
        "submission/ann%00",
        "submission/nobody",
        "answer/nothing/ann",
        f"answer/{ESSAY}/..%2fann",
        "picture/..%2f..%2fann/1/0",
        "picture/png/999999/0",
        "picture/png/1/999",
        "picture/png/-1/0",
        "static/..%2fserver.py",
        "static/nothing.css",
        "static/../../../../gradebook.db",
        "//evil.example/",
    ],
)
def test_no_name_leads_out(person, path):
    answer = person.ask(path)
    assert answer.status == 404
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", [*PAGES, "submission/nobody", "/api", "open?token=x"])
def test_every_answer_has_the_policy(session, person, path):
    for who in (person, Person(session)):
        answer = who.ask(path)
        for name, value in HEADERS.items():
            assert answer.getheader(name) == value
        assert answer.getheader("Access-Control-Allow-Origin") is None
        assert "'unsafe" not in answer.getheader("Content-Security-Policy")


def test_the_pages_need_no_inline_script_or_style(person):
    for path in ["", "submission/bo", f"answer/{ESSAY}/ann", "answer/slide/bo"]:
        page = soup(person.ask(path))
        assert not page.select("style, [style], script:not([src])")
        for tag in page.find_all(True):
            assert not [name for name in tag.attrs if name.startswith("on")]


@pytest.mark.parametrize("path", [f"answer/{ESSAY}/ann", "submission/dot"])
def test_only_a_form_of_the_page_writes(own, path):
    course, person = own
    student = path.rpartition("/")[2]
    fields = {"points": "3", "action": "zero", "mark": person.mark(course, student)}
    before = (course.root / "gradebook.db").read_bytes()
    form = person.session.form
    origin = f"http://127.0.0.1:{person.session.port}"
    refused = [
        person.ask(path, "POST", fields),
        person.ask(path, "POST", fields | {"form": ""}),
        person.ask(path, "POST", fields | {"form": person.session.key}),
        person.ask(path, "POST", fields | {"form": form}, Origin="http://evil.example"),
        person.ask(path, "POST", fields | {"form": form}, Origin="null"),
        person.ask(path, "POST", fields | {"form": form}, Origin="http://127.0.0.1:1"),
        person.ask(path, "POST", fields | {"form": form}, host="evil.example"),
        Person(person.session).ask(path, "POST", fields | {"form": form}, Origin=origin),
    ]
    assert {answer.status for answer in refused} == {403}
    assert person.ask(path, "PUT", fields | {"form": form}).status == 405
    assert (course.root / "gradebook.db").read_bytes() == before
    answer = person.ask(path, "POST", fields | {"form": form}, Origin=origin)
    assert answer.status == 303


def test_reading_changes_nothing(own):
    course, person = own

    def state():
        return {
            str(path): path.read_bytes()
            for path in course.root.rglob("*")
            if path.is_file() and path.suffix != ".db-journal"
        }

    before = state()
    for path in [*PAGES, "submission/ann?action=zero&mark=x", f"answer/{ESSAY}/ann?points=3"]:
        person.ask(path)
    assert state() == before


def test_a_long_request_is_refused(template, person):
    mark = person.mark(template, "ann")
    with suppress(ConnectionError):  # it hangs up before all has been sent
        answer = person.post(f"answer/{ESSAY}/ann", mark=mark, points="3", comment="x" * 200_000)
        assert answer.status >= 400
    assert all_scores(template, NAME)["ann"][ESSAY].pending


def test_nbgrader_finds_no_submission_to_run(own):
    """Neither its command nor its formgrader: both read this file, and look where nothing is."""
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import PyFileConfigLoader

    course, _ = own
    path = course.submitted("ann", NAME) / f"{NAME}.ipynb"
    path.write_bytes(notebook("x"))
    config = PyFileConfigLoader("nbgrader_config.py", path=str(course.root)).load_config()
    folder = CourseDirectory(config=config)
    outcome = NbGraderAPI(folder, config=config).autograde(NAME, "ann")
    assert not outcome["success"]
    assert "No notebooks were matched" in json.dumps(outcome)
    assert (course.autograded("ann", NAME) / "result.json").exists()
