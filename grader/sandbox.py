"""Starts a student's interpreter inside bubblewrap: no network, no other file, no way back.

Two ways, tried in this order, so that it works as root (a container, a course server) and as
an ordinary user:

- *root*: bubblewrap sets up the sandbox as root, and the interpreter then becomes a user of its
  own without any capability. Works where user namespaces are switched off.
- *user namespace*: bubblewrap makes one; nothing needs root.

What the sandbox can see is read-only: the system's programs, the Python environment,
`fashion_lib`, and the images. Its home and /tmp are in memory and limited.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

import fashion_lib
from grader import seccomp

MIB = 1024 * 1024
HOME, TEMPORARY, SANDBOX = "/home/student", "/tmp", "/sandbox"
PACKAGES = ("fashion_lib", "fashion_figures")  # what students install
# Files of the system that programs read; whatever is missing on a machine is left out.
SYSTEM = (
    "/usr/bin",
    "/usr/sbin",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/fontconfig",
    "/usr/share/fonts",
    "/usr/share/zoneinfo",
    "/lib",
    "/lib32",
    "/lib64",
    "/bin",
    "/sbin",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/localtime",
    "/etc/ssl/certs",
)
# Settings that choose NumPy's kernels: without them results may differ from the grader's.
PASSED_ON = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "LANG", "LC_ALL")
INSIDE = ("runner.py", "tolerant.py", "wire.py")  # of this package, what runs in the sandbox
USERS = 0x20000000  # from here on, twice as many, no machine has users of its own


class IsolationError(Exception):
    """A sandbox cannot be had on this machine; the message says why."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes
    ----------
    memory : int
        Bytes, for all its processes together.
    processes : int
        Processes and threads at a time.
    disk : int
        Bytes in the home folder and in /tmp, each. They count as memory too.
    cell_seconds, call_seconds, notebook_seconds : float
        Processor time of a cell, of a call, and of all together. A busy machine does not
        shorten it. The clock may show `patience` times as much, as for a cell that sleeps.
    reply : int
        Bytes of one answer.
    output : int
        Bytes printed by one cell that are taken; a cell that prints more is stopped.
    """

    memory: int = 1536 * MIB
    processes: int = 128
    disk: int = 64 * MIB
    cell_seconds: float = 10.0
    call_seconds: float = 5.0
    notebook_seconds: float = 120.0
    patience: float = 3.0
    reply: int = 2 * MIB
    output: int = 64 * MIB

    def kernel(self) -> dict[str, int]:
        """Return the limits that the kernel holds for each process."""
        return {
            "DATA": self.memory,
            "FSIZE": self.disk,
            "MEMLOCK": 0,  # pages that sockets hold of a sender
            "NOFILE": 256,
            "NPROC": self.processes,
            "CORE": 0,
            "CPU": int(self.notebook_seconds) + 30,
        }


def environment(data: Path | None) -> dict[str, str]:
    """Return all the variables that a student's code can see."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    folder = {"FASHION_MNIST_DIR": str(data)} if data else {}
    return {
        "PATH": f"{sys.prefix}/bin:/usr/bin:/bin",
        "HOME": HOME,
        "USER": "student",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": f"{TEMPORARY}/matplotlib",
        "IPYTHONDIR": f"{TEMPORARY}/ipython",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "2",
        "TF_NUM_INTEROP_THREADS": "2",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        **kept,
        **folder,
    }


@cache
def data_folder() -> Path | None:
    """Return where the images are on this machine, None if they are nowhere yet.

    Raises
    ------
    IsolationError
        If they are in no folder, but in the memory of this process.
    """
    try:
        files = fashion_lib.locate_data()
    except fashion_lib.DataError:
        return None
    if files.folder is None:
        raise IsolationError(
            "The images could be fetched but not kept, so that students' code in a sandbox could "
            "not load them. Let FASHION_LIB_CACHE name a folder that you can write to, and run: "
            "python -m fashion_lib data --download"
        )
    return Path(files.folder).resolve()


@cache
def _font_list() -> tuple[str, bytes] | None:
    """Return matplotlib's list of fonts, which takes seconds to make, by name and content."""
    code = (
        "import matplotlib, matplotlib.font_manager as fonts\n"
        "name = f'fontlist-v{fonts.FontManager.__version__}.json'\n"
        "print(matplotlib.get_cachedir(), name, sep='/')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    path = Path(done.stdout.strip() or "/nonexistent")
    return (path.name, path.read_bytes()) if path.is_file() else None


def _needed(data: Path | None) -> list[Path]:
    """Return the folders that Python needs, as they are called: some may be symbolic links."""
    # Looked for by name: the grader itself uses one of them alone.
    packages = [found for name in PACKAGES if (found := find_spec(name)) and found.origin]
    libraries = [Path(str(found.origin)).parent for found in packages]
    return [Path(sys.base_prefix), Path(sys.prefix), *libraries, *([data] if data else [])]


def _within(path: Path, folders: Iterable[str | Path]) -> bool:
    return path == Path("/usr") or any(path.is_relative_to(each) for each in folders)


def visible_folders(data: Path | None) -> list[Path]:
    """Return the folders that a sandbox can read, apart from the system's."""
    real = dict.fromkeys(folder.resolve() for folder in _needed(data))
    return [path for path in real if not _within(path, SYSTEM)]


def _places(data: Path | None) -> dict[Path, Path]:
    """Return the same by where they stand in the sandbox: also where a symbolic link leads there.

    Python looks for itself and its packages by the names that it was started with.
    """
    visible = visible_folders(data)
    links = {folder.absolute(): folder.resolve() for folder in _needed(data)}
    added = {
        name: folder
        for name, folder in links.items()
        if folder != Path("/usr") and not _within(name, [*SYSTEM, *visible])
    }
    return {folder: folder for folder in visible} | added


def _parents(path: Path) -> list[Path]:
    """Return the folders around a path, from outside in, which else are made for root alone."""
    return list(reversed(path.parents[:-1]))


def _memory_file(content: bytes) -> int:
    descriptor = os.memfd_create("assignments")
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _runner_files() -> dict[str, bytes]:
    here = resources.files("grader")  # read as data: the package may be inside a zip file
    return {name: (here / name).read_bytes() for name in INSIDE}


class Command:
    """The command line of a sandbox, with the files that it hands over in memory.

    Parameters
    ----------
    mode : {"root", "user"}
    limits : Limits
    files : dict of bytes by name
        What the folder `SANDBOX` holds.
    own : bool
        True for code of ours, which needs neither fonts nor to see processes; without /proc, a
        file that was opened for reading cannot be opened again for writing.
    """

    def __init__(
        self, mode: str, limits: Limits, files: dict[str, bytes], own: bool = False
    ) -> None:
        self.descriptors: list[int] = []
        self.words = [
            "bwrap",
            "--unshare-ipc",
            "--unshare-pid",
            "--unshare-net",
            "--unshare-uts",
            "--unshare-cgroup-try",
            "--die-with-parent",
            "--new-session",
            "--hostname",
            "notebook",
            "--clearenv",
        ]
        self._identity(mode)
        self._files(limits, files, own)
        if (rules := seccomp.program()) is not None:
            self.words += ["--seccomp", self.hand_over(rules)]

    def hand_over(self, content: bytes) -> str:
        """Return the number of a descriptor from which bubblewrap reads `content`."""
        self.descriptors.append(_memory_file(content))
        return str(self.descriptors[-1])

    def _identity(self, mode: str) -> None:
        if mode == "root":
            self.words += [
                "--cap-drop",
                "ALL",
                "--cap-add",
                "CAP_SETUID",
                "--cap-add",
                "CAP_SETGID",
            ]
        else:
            self.words += ["--unshare-user", "--uid", "1000", "--gid", "1000"]

    def _files(self, limits: Limits, files: dict[str, bytes], own: bool) -> None:
        data = data_folder()
        for parent in dict.fromkeys(p for path in SYSTEM for p in _parents(Path(path))):
            self.words += ["--perms", "0755", "--dir", str(parent)]
        for path in SYSTEM:
            if Path(path).is_symlink():
                self.words += ["--symlink", str(Path(path).readlink()), path]
            else:
                self.words += ["--ro-bind-try", path, path]
        # A shared mapping of /dev/zero is memory that no limit counts.
        self.words += [] if own else ["--proc", "/proc"]
        self.words += ["--dev", "/dev", "--dev-bind", "/dev/null", "/dev/zero"]
        for path in (HOME, TEMPORARY, "/dev/shm"):
            self.words += ["--perms", "1777", "--size", str(limits.disk), "--tmpfs", path]
        for place, folder in _places(data).items():
            for parent in _parents(place):
                self.words += ["--perms", "0755", "--dir", str(parent)]
            self.words += ["--ro-bind", str(folder), str(place)]
        for name, content in files.items():
            self.words += ["--perms", "0444", "--ro-bind-data", self.hand_over(content)]
            self.words += [f"{SANDBOX}/{name}"]
        if not own and (fonts := _font_list()) is not None:
            path = f"{TEMPORARY}/matplotlib"
            self.words += ["--perms", "0777", "--dir", path, "--perms", "0444", "--file"]
            self.words += [self.hand_over(fonts[1]), f"{path}/{fonts[0]}"]
        self.words += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME]
        for name, value in environment(data).items():
            self.words += ["--setenv", name, value]

    def close(self) -> None:
        """Close the files that were handed over."""
        for descriptor in self.descriptors:
            os.close(descriptor)
        self.descriptors.clear()


def own_variables() -> dict[str, str]:
    """Return bubblewrap's own variables, which students' code may read as those of process 1."""
    return {"PATH": os.environ.get("PATH", os.defpath)}


def another_user(mode: str) -> int:
    """Return the user that an interpreter becomes, 0 if it stays what it is."""
    return USERS + secrets.randbelow(USERS) if mode == "root" else 0


def _settings(mode: str, reply: int, limits: Limits) -> str:
    user = another_user(mode)
    return json.dumps({"reply": reply, "limits": limits.kernel(), "user": user})


@contextmanager
def start(mode: str, limits: Limits) -> Iterator[tuple[subprocess.Popen, int]]:
    """Start an interpreter; yield the process and the descriptor of its replies.

    Parameters
    ----------
    mode : {"root", "user", "unsafe"}
        As `find_mode` returns it; "unsafe" starts a plain process.
    limits : Limits
        Also held by the caller, who watches memory and processes and reads the output.
    """
    replies, reply = os.pipe()
    try:
        with _started(mode, limits, reply) as process:  # waits for it, and closes its pipes
            try:
                yield process, replies
            finally:
                kill(process)
    finally:
        os.close(replies)


def _started(mode: str, limits: Limits, reply: int) -> subprocess.Popen:
    """Start the process; close here what it alone should hold, also if it does not start."""
    with ExitStack() as stack:
        stack.callback(os.close, reply)
        settings = _settings(mode, reply, limits)
        descriptors: list[int] = []
        if mode == "unsafe":
            variables = environment(data_folder()) | {"HOME": TEMPORARY}
            words = [sys.executable, "-s", "-B", str(Path(__file__).with_name("runner.py"))]
        else:
            command = Command(mode, limits, _runner_files())
            stack.callback(command.close)
            descriptors, variables = command.descriptors, own_variables()
            interpreter = str(Path(sys.prefix, "bin", "python"))
            words = [*command.words, interpreter, "-s", "-B", f"{SANDBOX}/runner.py"]
        return subprocess.Popen(
            [*words, settings],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(reply, *descriptors),
            env=variables,
            bufsize=0,
            start_new_session=True,
            umask=0o022,
        )


def kill(process: subprocess.Popen) -> None:
    """Kill a sandbox, also one of which bubblewrap has not made a family of its own yet."""
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _try(mode: str) -> str | None:
    """Return why a sandbox of this kind cannot be had, None if it can."""
    command = Command(mode, Limits(), {})
    words = [*command.words, "/usr/bin/env", "true"]
    try:
        done = subprocess.run(
            words,
            pass_fds=command.descriptors,
            capture_output=True,
            text=True,
            timeout=30,
            env=own_variables(),
        )
    except FileNotFoundError:
        return "bubblewrap is not installed (Debian and Ubuntu: apt-get install bubblewrap)"
    except subprocess.TimeoutExpired:
        return "bubblewrap did not answer within 30 seconds"
    finally:
        command.close()
    return None if done.returncode == 0 else done.stderr.strip()[-300:] or "no reason given"


@cache
def find_mode() -> str:
    """Return how a sandbox is made on this machine.

    Raises
    ------
    IsolationError
        If it cannot be made, with the reason for each way that was tried.
    """
    if sys.platform != "linux":
        raise IsolationError("bubblewrap exists for Linux only: grade in a Linux machine.")
    reasons = []
    for mode in ("root", "user") if os.geteuid() == 0 else ("user",):
        reason = _try(mode)
        if reason is None:
            return mode
        reasons.append(f"{mode}: {reason}")
    raise IsolationError("No sandbox on this machine. " + "; ".join(dict.fromkeys(reasons)))
