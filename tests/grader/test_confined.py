"""What students hand in is read and judged in a confined process, and wears out nothing else."""

import json
import os
import re
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path
from textwrap import indent

import numpy as np
import pytest

from grader import confined, feedback, referee, submission, trials
from grader.confined import FaultError, Reader, shared
from grader.exchange import LostError
from grader.grade import WAITED
from grader.judge import LOSSES
from grader.referee import Task, checked, grade
from grader.release import ROOT, define
from grader.submission import Cell, UnreadableError, strip

pytestmark = pytest.mark.skipif(
    shutil.which("bwrap") is None and not os.environ.get("CI"), reason="needs bubblewrap"
)

MODEL = "a2_convolution"
PICTURE = "iVBORw0KGgo" * 100_000


def notebook(*cells):
    return json.dumps({"cells": list(cells), "nbformat": 4, "metadata": {}}).encode()


def code(source, **more):
    return {"cell_type": "code", "source": source, "metadata": {}, **more}


def text(source, **more):
    return {"cell_type": "markdown", "source": source, "metadata": {}, **more}


# --- reading -----------------------------------------------------------------------------------


def test_a_notebook_is_read_as_it_was_written(reader):
    content = notebook(code("a = 1", outputs=[{"text": "x" * 10**6}]), text("Why?"))
    handed = reader.notebook(content)
    assert handed.content == strip(content)
    assert [cell["source"] for cell in json.loads(handed.content)["cells"]] == ["a = 1", "Why?"]


def test_it_is_read_from_a_path_and_from_an_open_file(reader, tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_bytes(notebook(code("a = 1")))
    with path.open("rb") as file:
        assert reader.notebook(path) == reader.notebook(file)
        assert file.tell() == 0  # the place in the file is ours


def test_what_is_graded_has_no_pictures_but_differs_where_they_do(reader):
    def handed(picture):
        pasted = {"a.png": {"image/png": picture}}
        inside = f"See ![it](data:image/png;base64,{picture}) there"
        return notebook(text("See ![it](attachment:a.png)", attachments=pasted), text(inside))

    first, second = (reader.graded(handed(p)).content for p in (PICTURE, PICTURE + "x"))
    assert len(first) < 2000
    assert first != second
    cells = submission.read(first).cells
    assert cells[0].pictures == 1
    assert cells[1].text.startswith("See ![it](data:image/")
    assert cells[1].text.endswith(") there")
    assert PICTURE in reader.notebook(handed(PICTURE)).content.decode()


HOSTILE = {
    "millions of empty cells": (b'{"cells":[' + b"{}," * 12_000_000 + b"{}]}", "too much memory"),
    "600 cells of 12 kB": (notebook(*[code("[]," * 4000)] * 600), "larger than 4 MiB"),
    "560 cells of 54 kB": (notebook(*[code("[]," * 18_000)] * 560), "larger than 16 MiB"),
    "6000 cells": (notebook(*[code("a")] * 6000), "more than 5,000 cells"),
    "nested without end": (b"[" * 5_000_000, "not valid JSON"),
    "a number of a million digits": (b'{"cells":[' + b"9" * 10**6 + b"]}", "not valid JSON"),
    "cells that are a number": (b'{"cells":7}', "no cells"),
    "nothing but zeros": (b"\0" * 1_000_000, "not valid JSON"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_named_and_the_next_one_is_read(reader, name):
    content, words = HOSTILE[name]
    with pytest.raises(UnreadableError, match=words):
        reader.graded(content)
    assert reader.notebook(notebook(code("a"))).assignment is None


@pytest.mark.parametrize(
    "content",
    [
        b'{"cells":[{"metadata":{"tags":' + b"[" * 600 + b"]" * 600 + b"}}]}",
        notebook(code("\n" * 300_000)),
        notebook(text("\\" * 200_000)),
        b"{" + b'"cells":[],' * 500_000 + b'"cells":[]}',
        b'{"worksheets":[{"cells":5},{"cells":[{"input":"a"}]},7]}',
        notebook(text("data:image/" * 20_000)),
        notebook(code(["a", 1, None, {"b": 2}]), {"cell_type": ["x"], "attachments": 3}),
    ],
)
def test_what_only_looks_hostile_is_read(reader, content):
    reader.graded(content)


def test_the_trusted_side_stays_small(reader):
    """What is read never fills its memory: it holds the file's descriptor, and the answer."""
    path = Path("/proc/self/clear_refs")
    content = notebook(code("a", outputs=[{"text": "x" * 60_000_000}]))
    path.write_text("5")  # forgets the highest memory so far
    before = _highest()
    assert len(reader.notebook(content).content) < 500
    assert _highest() - before < 30 * 1024


def _highest():
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1])


def test_special_files_are_refused(reader, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/etc/passwd")
    for name in ("pipe", "link", "nothing"):
        with pytest.raises(UnreadableError):
            reader.notebook(tmp_path / name)
    with pytest.raises(UnreadableError):
        reader.notebook(tmp_path)


def test_a_reader_that_was_lost_starts_again():
    with Reader() as reader:
        assert reader.notebook(notebook()).assignment is None
        reader._server.process.kill()
        reader._server.process.wait()
        assert reader.notebook(notebook()).assignment is None


def test_reading_can_be_interrupted(reader):
    def stop(*unused):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            reader.call("reading.notebook", files=[b'{"cells":[' + b"1," * 12_000_000 + b"1]}"])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert reader.notebook(notebook()).assignment is None


def test_a_call_without_end_is_stopped(reader):
    with pytest.raises(UnreadableError, match="too long"):
        reader.call(
            "reading.notebook", files=[b'{"cells":[' + b"1," * 12_000_000 + b"1]}"], seconds=0.01
        )


# --- the process -------------------------------------------------------------------------------


def inside(source):
    """Run code where the checks are run, and return the value of its variable `seen`."""
    release = np.frombuffer(trials.released(define(MODEL)), np.uint8)
    checks = f"{source}\nraise Exception('SEEN ' + repr(seen) + ' SEEN')"
    with Reader() as reader, pytest.raises(FaultError) as caught:
        reader.open("judging.grade", prepare=["a", checks, release])
    return caught.value.args[0].split("SEEN ")[-1].split(" SEEN")[0]


def test_the_confined_process_sees_no_file_of_the_instructors():
    seen = inside(
        "import os\nseen = []\n"
        f"for path in ('/proc', '/root/.ssh', '{ROOT}/term', '{ROOT}/assignments', "
        f"'{ROOT}/grader', '/etc/shadow', '/etc/passwd'):\n"
        "    if os.path.exists(path): seen.append(path)"
    )
    assert seen == "[]"


def test_it_reaches_nothing_and_writes_nothing():
    seen = inside(
        "import os, socket\nseen = []\n"
        "try: socket.create_connection(('1.1.1.1', 53), timeout=1)\n"
        "except OSError: seen.append('no network')\n"
        f"for folder in ('/', '/usr', '/sandbox', '{ROOT}/fashion_lib'):\n"
        "    try: open(folder + '/mark', 'w')\n"
        "    except OSError: seen.append(folder)\n"
        "seen.append(os.getuid() != 0)"
    )
    assert seen == f"['no network', '/', '/usr', '/sandbox', '{ROOT}/fashion_lib', True]"


def test_a_function_that_is_not_there_is_our_fault(reader):
    with pytest.raises(FaultError, match="no_such_thing"):
        reader.call("reading.no_such_thing")
    with pytest.raises(FaultError, match="no_such_module"):
        reader.call("no_such_module.f")
    assert reader.notebook(notebook()).assignment is None


# --- judging -----------------------------------------------------------------------------------

CHECKS = """
import numpy as np
from grader.questions import Assignment, Case, Inputs, Question
from grader.sandbox import Limits

def compare(expected, answer, inputs):
    {compare}

Q = Question("q", "f", "F", lambda: 1, (Case("k", 1, lambda rng: Inputs(), "one", 1),), compare)
ASSIGNMENT = Assignment("a", "A", 1, (Q,), Limits(cell_seconds=5, call_seconds=5))
"""
RELEASE = strip(notebook(code("# question: q\ndef f(): ..."), code("# check: q\nassert f() == 1")))


def graded(source, compare="return None if answer == 1 else 'no'"):
    content = shared().graded(notebook(code(f"# question: q\n{source}"))).content
    checks = CHECKS.format(compare=compare)
    return grade(Task("a", content, checks, RELEASE, "a seed"))


def test_a_right_answer_gets_its_point():
    result = graded("def f(): return 1")
    assert result["questions"][0]["points"] == 1
    assert result["human"] == ""
    assert result["starts"] == 1


@pytest.mark.parametrize(
    "compare",
    [
        "\n    while True: pass",
        "import os; os._exit(0)",
        "import os; os.kill(os.getpid(), 9)",
        "import ctypes; ctypes.string_at(0)",
    ],
)
def test_a_submission_that_wears_out_its_judge_is_left_to_a_person(monkeypatch, compare):
    monkeypatch.setattr(referee, "JUDGE_SECONDS", 1.0)
    result = graded("def f(): return 1", compare)
    assert result["questions"] == []
    assert result["human"].startswith("The notebook could not be graded: ")
    assert graded("def f(): return 1")["questions"][0]["points"] == 1


def test_the_sandbox_is_watched_while_the_judge_thinks():
    source = """# question: q
def f():
    import os, time
    for _ in range(3):
        if os.fork() == 0:
            time.sleep(0.3)
            kept = b"x" * 150_000_000
            time.sleep(1.5)
            os._exit(0)
    return 1"""
    content = shared().graded(notebook(code(source))).content
    checks = CHECKS.format(compare="import time; time.sleep(4)").replace('"one", 1)', '"one", 2)')
    checks = checks.replace("Limits(", "Limits(memory=250 << 20, ")
    question = grade(Task("a", content, checks, RELEASE, "a seed"))["questions"][0]
    assert question["points"] == 0
    assert question["lines"][0]["words"] == LOSSES["memory"]


def test_a_fault_of_ours_costs_one_submission_and_asks_a_person():
    content = shared().graded(notebook(code("# question: q\ndef f(): return 1"))).content
    checks = CHECKS.format(compare="pass").replace("lambda: 1,", "lambda: 1 / 0,")
    result = grade(Task("a", content, checks, RELEASE, "a seed"))
    assert result["questions"] == []
    assert "the grader itself failed (ZeroDivisionError)" in result["human"]


SLEEPER = "import time\ntime.sleep(1e6)\n"
# A notebook that is stopped; the limits that it is given; whether a clock alone stopped it.
STOPPED = {
    "a call sleeps": (f"def f():\n{indent(SLEEPER, '    ')}", "call_seconds=0.3, patience=1", True),
    "a call waits for itself": (
        "import threading\ndef f():\n    lock = threading.Lock()\n    while lock.acquire(): pass",
        "call_seconds=0.3, patience=1",
        True,
    ),
    "its cell sleeps": (f"{SLEEPER}def f(): return 1", "cell_seconds=0.3, patience=1", True),
    "an honest call gets little of the processor": (
        "import time\ndef f():\n    for turn in range(20):\n"
        "        sum(range(10_000))\n        time.sleep(0.05)\n    return 1",
        "call_seconds=0.3, patience=1",
        True,
    ),
    "a call loops": ("def f():\n    while True: pass", "call_seconds=0.3, patience=60", False),
    "nothing": ("def f(): return 2", "patience=60", False),
}


@pytest.mark.parametrize("name", STOPPED)
def test_what_only_the_clock_has_stopped_is_left_to_a_person(name):
    source, limits, waited = STOPPED[name]
    content = shared().graded(notebook(code(f"# question: q\n{source}"))).content
    checks = CHECKS.format(compare="return None if answer == 1 else 'no'")
    checks = checks.replace("cell_seconds=5, call_seconds=5", limits)
    result = grade(Task("a", content, checks, RELEASE, "a seed"))
    assert result["waited"] is waited
    question = result["questions"][0]
    assert question["points"] == 0
    assert question["human"].startswith(WAITED) is waited


def test_a_cell_that_waits_costs_nothing_where_the_answers_are_right():
    content = (
        shared().graded(notebook(code("# question: q\ndef f(): return 1"), code(SLEEPER))).content
    )
    checks = CHECKS.format(compare="return None if answer == 1 else 'no'")
    checks = checks.replace("cell_seconds=5", "cell_seconds=0.5, patience=1")
    result = grade(Task("a", content, checks, RELEASE, "a seed"))
    assert (result["questions"][0]["points"], result["questions"][0]["human"]) == (1, "")
    assert result["waited"] is False


def test_a_judge_that_only_the_clock_has_stopped_is_tried_again(monkeypatch):
    content = shared().graded(notebook(code("# question: q\ndef f(): return 1"))).content
    monkeypatch.setattr(confined, "PATIENCE", 0.0)
    monkeypatch.setattr(confined, "GRACE", 0.3)
    checks = CHECKS.format(compare="import time; time.sleep(1e6)")
    result = grade(Task("a", content, checks, RELEASE, "a seed"))
    assert result["waited"] is True
    assert "the machine was too busy" in result["human"]


ANSWERS = {
    "an array of 16 MB": "np.zeros(2_000_000)",
    "many small arrays": "[np.zeros(1)] * 60_000",
    "empty arrays of a huge shape": "[np.zeros((10**9, 0))] * 1000",
    "a set of large numbers": "set(range(2**62, 2**62 + 150_000))",
    "a long text": "'x' * 1_900_000",
    "many texts": "['x'] * 190_000",
    "a wide dict": "dict.fromkeys(range(90_000), 0)",
    "lists in lists": "[[[[[[[[[0]]]]]]]]] * 8000",
    "numbers as texts": "np.array(['1'])",
    "an array of dates": "np.zeros(3, 'M8[s]')",
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_hostile_answer_costs_its_question_alone(name):
    result = graded(f"import numpy as np\ndef f():\n    return {ANSWERS[name]}", "return 'no'")
    assert result["human"] == ""
    assert result["questions"][0]["points"] == 0
    words = result["questions"][0]["lines"][0]["words"]
    assert words.startswith("no. Expected") or "too much" in words or "cannot be compared" in words


@pytest.mark.parametrize(
    "source",
    [
        "def f(): raise type('Secret17', (ValueError,), {})('Secret17')",
        "def f(): raise KeyError('Secret17')",
        "def f():\n    print('Secret17')\n    return {'Secret17': 'Secret17'}",
        "raise type('Secret17', (Exception,), {})('Secret17')",
        "Secret17",
    ],
)
def test_nothing_of_a_result_is_what_code_has_said(source):
    assert "Secret17" not in json.dumps(graded(source))


def right():
    return {
        "human": "",
        "questions": [
            {"question": "q", "maximum": 1, "points": 1.0, "human": "", "lines": [], "notes": []}
        ],
    }


def _changed(**changes):
    result = right()
    result["questions"][0] |= changes
    return result


@pytest.mark.parametrize(
    "result",
    [
        None,
        [],
        {},
        right() | {"human": None},
        right() | {"questions": [*right()["questions"], *right()["questions"]]},
        right() | {"more": object()},
        right() | {"more": np.zeros(3)},
        right() | {"more": float("nan")},
        right() | {"more": [0] * 100_000},
        right() | {"more": [[[[[[[[]]]]]]]]},
        {**right(), 3: "a number for a key"},
        _changed(points=2.0),
        _changed(points=-1.0),
        _changed(points="1"),
        _changed(maximum=100),
        _changed(question="another"),
        _changed(lines="all right"),
        _changed(human=["not a text"]),
    ],
)
def test_a_result_of_another_form_is_refused(result):
    assignment = define(MODEL).assignment
    one = replace(assignment, questions=(replace(assignment.graded[0], id="q", cases=CASES),))
    with pytest.raises(LostError):
        checked(result, one)
    assert checked(right(), one) == right()


CASES = (replace(define(MODEL).assignment.graded[0].cases[0], points=1),)


def test_texts_of_a_result_are_short_and_plain():
    assignment = define(MODEL).assignment
    one = replace(assignment, questions=(replace(assignment.graded[0], id="q", cases=CASES),))
    result = checked(_changed(notes=["\x1b[2J" + "x" * 10_000]), one)
    assert result["questions"][0]["notes"][0].startswith("?[2Jx")
    assert len(result["questions"][0]["notes"][0]) < 5000


# --- no pattern takes quadratic time -------------------------------------------------------------

GROWING = {
    "blank lines": lambda n: "\n" * n,
    "blanks": lambda n: " " * n,
    "blanks and a mark": lambda n: " " * n + "#" + " " * n + "question:" + " " * n + "x",
    "marks": lambda n: "# question:" * n,
    "comments of HTML": lambda n: "<!-- answer:" * n,
    "a comment of blanks": lambda n: "<!--" + " " * n + "answer:" + " " * n,
    "dashes": lambda n: "<!-- answer: " + "-" * n,
    "backslashes": lambda n: "\\" * n,
    "backticks": lambda n: "`" * n,
    "a backtick": lambda n: "`" + "x" * n,
    "names": lambda n: "a " * n,
    "definitions": lambda n: "async \n" * n,
    "slashes": lambda n: "/a" * n,
    "pictures": lambda n: "data:image/" * n,
    "ampersands": lambda n: "&" * n,
}
READERS = {
    "Cell.question": lambda source: Cell("code", source).question,
    "Cell.check": lambda source: Cell("code", source).check,
    "Cell.written": lambda source: Cell("markdown", source).written,
    "Cell.text": lambda source: Cell("markdown", source).text,
    "Cell.defines": lambda source: Cell("code", source).defines(),
    "Cell.same": lambda source: Cell("code", source).same(Cell("code", source + "x")),
    "without_pictures": lambda source: submission.without_pictures(strip(notebook(text(source)))),
    "feedback": lambda source: feedback._code(source),
}


@pytest.mark.parametrize("name", READERS)
def test_time_grows_no_faster_than_what_is_read(name):
    def seconds(make, size):
        source = make(size)
        begun = time.process_time()
        READERS[name](source)
        return time.process_time() - begun

    for what, make in GROWING.items():
        small, large = 3000, 48_000
        once = max(min(seconds(make, small) for _ in range(2)), 0.002)
        assert seconds(make, large) < 5 * (large / small) * once, what
