"""Grading in the sandbox: everyone gets what they deserve, and the sandbox holds."""

import itertools
import os
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from grader import sandbox, seccomp, trials, wire
from grader.grade import grade_notebook
from grader.player import Player
from grader.referee import Task, grade
from grader.release import ROOT, define, names
from grader.sandbox import IsolationError, Limits, find_mode
from grader.session import Conversation, LostError, Session, StartError
from grader.submission import Cell, read, strip

pytestmark = pytest.mark.skipif(
    shutil.which("bwrap") is None and not os.environ.get("CI"), reason="needs bubblewrap"
)

MODEL = "a2_convolution"


def look(source, limits=None):
    """Run code in a sandbox; return the value of its variable `seen`."""
    with Session(find_mode(), limits or Limits()) as session:
        reply = session.ask("cell", source=source, keep=[])
        assert reply["error"] is None, reply
        return session.ask("value", name="seen")["value"]


# --- what everyone deserves ------------------------------------------------------------------


# Close relatives of others, or of what test_comparing.py and test_confined.py try without a
# sandbox; `make test-assignments` has them all.
LEFT_OUT = {
    "solved, and a cell kills the kernel",
    "solved, and a cell asks for input",
    "solved, and a cell has a syntax error",
    "solved, and a cell redirects the output",
    "solved, and a cell mounts a drive",
    "solved, and a cell calls sys.exit",
    "100,000 whole numbers of one hash",
    "20,000 small arrays",
    "a text of 3 MB",
    "a whole number of a million digits",
    "complex numbers",
    "numbers as texts",
    "dates, records and objects",
    "answers duplicated",
    "byte order mark",
    "cells in reverse order",
    "checks deleted",
    "checks duplicated",
    "half an emoji in every cell",
    "lines end as on Windows",
    "markers deleted",
    "metadata of strange types",
    "metadata stripped",
    "setup deleted",
}


def fast(name):
    """Return the part of an assignment's trials that takes seconds."""
    if name != MODEL:  # attacks and damage are the same everywhere: once is enough here
        return trials.trials_of(name, ("basics",))
    chosen = trials.trials_of(name, ("basics", "attacks", "damage"))
    return [each for each in chosen if not each.heavy and each.name not in LEFT_OUT]


@pytest.mark.parametrize("name", names())
def test_everyone_scores_what_they_deserve(name):
    wrong = [
        f"{outcome.trial.name}: {outcome.scored}, person: {outcome.human}; "
        f"deserved {outcome.expected}, person: {outcome.trial.human}"
        for outcome in trials.run_all(name, fast(name))
        if not outcome.ok
    ]
    assert not wrong


@pytest.mark.parametrize("name", names())
def test_the_trials_are_many_and_cover_every_question(name):
    every = trials.trials_of(name)
    assert len(every) >= 20
    assert len({trial.name for trial in every}) == len(every)
    mistaken = {key for v in every if v.group == "mistakes" for key, lost in v.lost.items() if lost}
    assert mistaken >= {question.id for question in define(name).assignment.graded}


def unsafe(trial):
    definition = define(MODEL)
    release = strip(trials.released(definition))
    content = strip(trial.content)
    return grade(Task(MODEL, content, definition.checks, release, trials.SEED, unsafe=True))


@pytest.mark.parametrize("attack", ["reads the checks", "imports the checks"])
def test_attacks_would_succeed_without_a_sandbox(attack):
    trial = next(v for v in trials.trials_of(MODEL, ("attacks",)) if v.name == attack)
    first = unsafe(trial)["questions"][0]
    assert first["points"] == first["maximum"]


def test_grading_twice_gives_the_same():
    definition = define(MODEL)
    wrong = trials.trials_of(MODEL, ("mistakes",))[4]
    task = Task(
        MODEL,
        strip(wrong.content),
        definition.checks,
        strip(trials.released(definition)),
        "another seed",
    )
    first, second = grade(task), grade(task)
    assert first["questions"] == second["questions"]


def test_a_mistake_is_named_in_words():
    trial = next(v for v in trials.trials_of(MODEL, ("mistakes",)) if "flipped" in v.name)
    definition = define(MODEL)
    result = grade(
        Task(
            MODEL,
            strip(trial.content),
            definition.checks,
            strip(trials.released(definition)),
            "seed",
        )
    )
    lines = result["questions"][0]["lines"]
    assert all(line["words"].startswith("the kernel is flipped") for line in lines)


# --- the sandbox -----------------------------------------------------------------------------


def test_nothing_of_the_grader_is_visible():
    seen = look("""
import os
seen = []
for folder, folders, files in os.walk("/"):
    if folder.startswith(("/proc", "/sys", "/usr", "/lib")) or "site-packages" in folder:
        folders.clear()
    seen += [os.path.join(folder, f) for f in files]
""")
    grader = [path for path in seen if path.startswith(f"{ROOT}/")]
    assert not [
        path
        for path in grader
        if not path.startswith((f"{ROOT}/fashion_lib/", f"{ROOT}/fashion_figures/", sys.prefix))
    ]
    assert not [path for path in seen if path.endswith("/checks.py") or "gradebook" in path]
    assert str(ROOT / "fashion_lib" / "__init__.py") in seen
    assert not Path("/home/student").exists()


def test_of_the_systems_files_only_what_programs_need_can_be_listed():
    seen = look("import os\nseen = sorted(os.listdir('/usr') + os.listdir('/usr/share'))")
    assert set(seen) <= {
        *("bin", "sbin", "lib", "lib32", "lib64", "local", "share"),
        *("datasets", "fontconfig", "fonts", "zoneinfo"),
    }


def test_both_packages_of_the_course_can_be_imported():
    assert look("from fashion_figures import Quiz\nseen = Quiz().score") == [0, 0]


def test_the_environment_holds_nothing_of_the_grader(monkeypatch):
    monkeypatch.setenv("GRADING_SEED", "a secret that leaks")
    seen = look(
        "import os, sys\nseen = repr([dict(os.environ), sys.argv,"
        "open('/proc/self/cmdline').read()])"
    )
    assert "secret" not in seen


USER = ["bwrap", "--dev-bind", "/", "/", "--unshare-user", "--uid", "1000", "--gid", "1000"]


def test_process_1_holds_nothing_of_the_grader():
    """It is bubblewrap itself; where the grader is no root, the student's user is its user."""
    code = (
        "from grader.session import Session; from grader.sandbox import *\n"
        "with Session(find_mode(), Limits()) as session:\n"
        "    session.ask('cell', source=\"seen = open('/proc/1/environ').read()\", keep=[])\n"
        "    print(session.ask('value', name='seen')['value'])"
    )
    variables = os.environ | {"GRADING_SEED": "a secret that leaks"}
    done = subprocess.run(
        [*USER, "--", sys.executable, "-c", code],
        cwd=ROOT,
        text=True,
        capture_output=True,
        env=variables,
    )
    assert done.stdout.startswith("PATH="), done.stderr
    assert "secret" not in done.stdout


def test_everything_but_home_and_tmp_is_read_only():
    seen = look(f"""
import os
seen = []
for folder in ("/", "/usr", "/etc", "/dev", "/sandbox", "{ROOT}", "{ROOT}/fashion_lib",
               "{sys.prefix}", "/home", "/home/student", "/tmp", "/dev/shm"):
    try:
        with open(folder + "/mark", "w") as file:
            file.write("x")
        seen.append(folder)
    except OSError:
        pass
""")
    assert seen == ["/home/student", "/tmp", "/dev/shm"]


def test_no_server_of_this_machine_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        seen = look(f"""
import socket
try:
    socket.create_connection(("127.0.0.1", {port}), timeout=2)
    seen = "connected"
except OSError as error:
    seen = type(error).__name__
""")
    assert seen == "ConnectionRefusedError"


def test_no_capability_no_way_back_and_another_user():
    status = look("seen = open('/proc/self/status').read()")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert int(fields["CapEff"], 16) == int(fields["CapPrm"], 16) == 0
    assert fields["NoNewPrivs"] == "1"
    assert "0" not in fields["Uid"].split()
    assert fields["Seccomp"] == ("2" if seccomp.program() else "0")


@pytest.mark.skipif(seccomp.program() is None, reason="no filter for this processor")
def test_dangerous_system_calls_are_refused():
    seen = look("""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def outcome(*arguments):
    return libc.syscall(*arguments), ctypes.get_errno()
seen = [libc.unshare(0x10000000), libc.ptrace(0, 0, 0, 0), libc.memfd_create(b"x", 0),
        libc.shmget(0, 4096, 0o1600), libc.vmsplice(1, None, 0, 0)]
import platform
aio = {"x86_64": 206, "aarch64": 0}[platform.machine()]
attribute = (ctypes.c_uint64 * 1)(1)
for call in ((444, attribute, 8, 0), (aio, 1, ctypes.byref(ctypes.c_ulong()))):
    seen.append(libc.syscall(*call))
import mmap
for make in (lambda: mmap.mmap(-1, 4096), lambda: mmap.mmap(zero.fileno(), 4096)):
    try:
        with open("/dev/zero", "r+b") as zero:
            make()
        seen.append(0)
    except OSError:
        seen.append(-1)
""")
    assert seen == [-1] * 9


def test_only_sockets_that_a_namespace_holds_can_be_made():
    seen = look("""
import os, socket
seen = []
for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, 40, 38):  # vsock, alg
    try:
        socket.socket(family, socket.SOCK_STREAM if family != 38 else socket.SOCK_SEQPACKET).close()
        seen.append("made")
    except OSError as error:
        seen.append(error.errno)
for call in (lambda: os.splice(0, 1, 1), lambda: os.sendfile(1, 0, 0, 1)):
    try:
        call()
    except OSError as error:
        seen.append(error.errno)
import pathlib, shutil
pathlib.Path("a").write_text("copied")
seen.append(pathlib.Path(shutil.copyfile("a", "b")).read_text())
""")
    assert seen == ["made"] * 3 + [1, 1, 1, 1, "copied"]


def test_processes_of_another_sandbox_are_invisible():
    with Session(find_mode(), Limits()) as first:
        first.ask("cell", source="import os\nopen('/tmp/mark', 'w').write('x')", keep=[])
        seen = look(
            "import os\nseen = [sorted(p for p in os.listdir('/proc') if p.isdigit()),"
            "os.path.exists('/tmp/mark')]"
        )
    assert len(seen[0]) <= 3
    assert seen[1] is False


def test_memory_is_refused_softly_and_the_kernel_lives():
    seen = look("""
import numpy as np
try:
    np.ones(10**9)
    seen = "had it"
except MemoryError:
    seen = "refused"
""")
    assert seen == "refused"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import os\nos._exit(0)", "died"),
        (
            "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))\n"
            "while True: pass",
            "time",
        ),
        (
            "import os, time\nfor _ in range(30):\n    if os.fork() == 0:\n"
            "        kept = bytearray(100_000_000)\n        time.sleep(100)\ntime.sleep(100)",
            "memory",
        ),
        ("while True: print('x' * 100_000)", "output"),
        (
            "import os\nfor n in range(10**6): os.symlink('y' * 127, f'/tmp/{n:0230d}')",
            "memory",
        ),
        (
            "import os\nfor n in range(3, 40):\n    try: os.write(n, b'\\0' * 7 + b'\\5hello')\n"
            "    except OSError: pass",
            "lied",
        ),
    ],
)
def test_a_lost_sandbox_says_why(source, reason):
    limits = Limits(memory=400 * sandbox.MIB, cell_seconds=4, patience=60, output=10**6)
    with Session(find_mode(), limits) as session, pytest.raises(LostError) as caught:
        session.ask("cell", source=source, keep=[])
    assert caught.value.args == (reason,)


@pytest.mark.parametrize(
    ("children", "seconds", "deep", "least"),
    [(8, 0.5, False, 2), (8, 0.5, True, 2), (60, 0.02, False, 0.85)],
)
def test_children_that_nobody_waits_for_are_counted(children, seconds, deep, least):
    """Also theirs, and those that are too short to be seen twice."""
    source = f"""
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
until, open_while_they_live = os.pipe()
for _ in range({children}):
    if os.fork() == 0:
        if {deep} and os.fork():
            os._exit(0)
        os.setsid()
        begun = time.process_time()
        while time.process_time() < begun + {seconds}:
            pass
        os._exit(0)
    try:
        os.wait()
    except ChildProcessError:
        pass
os.close(open_while_they_live)
os.read(until, 1)
"""
    with Session(find_mode(), Limits()) as session:
        before = session.seconds
        session.ask("cell", source=source, keep=[])
        assert session.seconds - before > least


def test_files_are_counted_once_the_sandbox_stands(monkeypatch):
    """Before, the folders of its process may be those of the machine."""
    monkeypatch.setattr("grader.session.files", lambda process: 10**6)
    with Session(find_mode(), Limits()) as session, pytest.raises(LostError, match="memory"):
        session.ask("cell", source="1", keep=[])


def test_a_start_that_is_given_up_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(
        Session, "_bounded", lambda *unused: (_ for _ in ()).throw(LostError("memory"))
    )
    with pytest.raises(StartError, match="memory"), Session(find_mode(), Limits()):
        pass


def test_an_interpreter_that_stops_listening_holds_nobody_up():
    limits = Limits(cell_seconds=1, patience=1)
    stop = "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)"
    with Session(find_mode(), limits) as session:
        with pytest.raises(LostError, match="clock"):
            session.ask("cell", source=stop, keep=[])
        with pytest.raises(LostError, match="clock"):
            session.ask("cell", source="# " + "x" * 1_000_000, keep=[])


def test_a_notebook_may_not_wait_from_cell_to_cell(monkeypatch):
    """Four seconds go by on the clock between two looks at it, and hardly any processor time."""
    clock = SimpleNamespace(monotonic=itertools.count(step=4).__next__)
    monkeypatch.setattr("grader.player.time", clock)
    assignment = replace(define(MODEL).assignment, limits=Limits(notebook_seconds=13, patience=1))
    with Player(find_mode(), assignment, [Cell("code", "x = 1")] * 5) as player:
        player.play()
        assert player.lost == {3: "clock", 4: "clock"}
        with pytest.raises(LostError, match="clock"):
            player.ask("has", assignment.graded[0])


def test_what_children_use_is_used_while_their_parent_sleeps():
    source = "import os, time\nwhile os.fork() == 0:\n    while True: pass\ntime.sleep(1e6)"
    limits = Limits(cell_seconds=0.3, patience=60)
    with Session(find_mode(), limits) as session, pytest.raises(LostError, match="time"):
        session.ask("cell", source=source, keep=[])


@pytest.mark.parametrize(
    ("says", "used", "loss"),
    [
        ("clock", 0.1, "clock"),
        ("clock", 2.0, "time"),
        ("time", 0.1, "time"),
        ("", 9.0, ""),
        (True, 0.1, ""),
        (["clock"], 0.1, ""),
        ("out of memory", 0.1, ""),
    ],
)
def test_the_clock_is_to_blame_only_where_processor_time_was_left(says, used, loss):
    """Whatever a student's interpreter says: it is not asked what it used."""

    class Told(Conversation):
        limits = Limits()

        def transfer(self, message, cpu, wall):
            self.seconds += used
            nonce = wire.decode(message[wire.HEAD.size :])["nonce"]
            return wire.encode({"nonce": nonce, "timeout": says})

    assert Told().ask("cell", 2.0)["timeout"] == loss


@pytest.mark.parametrize("hog", ["cell", "call"])
def test_memory_that_is_held_costs_only_what_holds_it(hog):
    question = SimpleNamespace(name="f")
    fill = "    while True:\n        kept.append(np.ones(10**7))\n"
    cells = [
        Cell("code", "import numpy as np\nkept = []"),
        Cell("code", "def f():\n    return np.ones(6 * 10**7).sum()"),
        Cell("code", f"def g():\n{fill}"),
        Cell("code", "g()" if hog == "cell" else ""),
    ]
    with Player(find_mode(), define(MODEL).assignment, cells) as player:
        player.play()
        if hog == "call":
            assert player.ask("call", SimpleNamespace(name="g"), args=[], kwargs={})["error"]
        reply = player.ask("call", question, args=[], kwargs={})
        assert reply["error"] is None
        assert reply["value"] == 6e7
        assert player.lost == ({3: "memory"} if hog == "cell" else {})
        assert player.starts == 2


def test_a_question_that_was_not_reached_is_left_to_a_person(monkeypatch):
    monkeypatch.setattr(Player, "_left", lambda self: 0.0)
    definition, trial = define(MODEL), trials.trials_of(MODEL, ("basics",))[0]
    release = read(strip(trials.released(definition)))
    result = grade_notebook(
        strip(trial.content), definition.assignment, release, "a seed", find_mode()
    )
    machine = [q for q in result["questions"] if q["question"] != "flipping"]
    assert {question["points"] for question in machine} == {0.0}
    assert all("did not get as far" in question["human"] for question in machine)


def test_a_sandbox_leaves_no_process_behind():
    with Session(find_mode(), Limits()) as session:
        session.ask(
            "cell", source="import subprocess\nsubprocess.Popen(['sleep', '1000'])", keep=[]
        )
        process = session._process.pid
    children = subprocess.run(
        ["ps", "--no-headers", "-o", "pid", "--ppid", str(process)], capture_output=True, text=True
    )
    assert children.stdout == ""
    assert not Path(f"/proc/{process}").exists()


def test_sandboxes_run_side_by_side():
    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(lambda n: look(f"seen = {n} * 2"), range(4)))
    assert seen == [0, 2, 4, 6]


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs all tests this way")
def test_an_ordinary_user_gets_a_sandbox_too():
    code = (
        "from grader import trials; from grader.sandbox import find_mode;"
        "v = trials.trials_of('a2_convolution', ('basics',))[0];"
        "print(find_mode(), trials.run('a2_convolution', v).ok)"
    )
    done = subprocess.run(
        [*USER, "--", sys.executable, "-c", code], cwd=ROOT, text=True, capture_output=True
    )
    assert done.stdout.split() == ["user", "True"], done.stderr


def test_without_bubblewrap_grading_refuses(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    find_mode.cache_clear()
    with pytest.raises(IsolationError, match="apt-get install bubblewrap"):
        find_mode()
    find_mode.cache_clear()


def test_images_that_are_in_no_folder_are_refused(monkeypatch):
    """Students' code could not load them: right answers would lose points."""
    import fashion_lib

    found = SimpleNamespace(source="download", folder=None)
    monkeypatch.setattr(fashion_lib, "locate_data", lambda: found)
    sandbox.data_folder.cache_clear()
    with pytest.raises(IsolationError, match="python -m fashion_lib data --download"):
        sandbox.data_folder()
    sandbox.data_folder.cache_clear()


def test_where_bubblewrap_fails_its_words_are_told(monkeypatch, tmp_path):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    find_mode.cache_clear()
    with pytest.raises(IsolationError, match="No permissions to create new namespace"):
        find_mode()
    find_mode.cache_clear()
