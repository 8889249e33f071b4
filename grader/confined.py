"""Calls functions on students' bytes in a confined process, and believes nothing of the answer.

The rule of trust: what a student wrote, and what a student's sandbox sends, is parsed, rendered
and compared in a sandbox of our own code alone. It has no network, no file of the instructor's,
and limits on memory, time and output. What comes back from it is short, and its size and types
are checked before it is used.
"""

import os
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from grader import wire
from grader.confined_process import START, FaultError, Server
from grader.exchange import GRACE, Exchange, LostError, Meter, StartError
from grader.line import FAULT, MACHINE, MEMORY, RESULT, UNREADABLE
from grader.sandbox import MIB, find_mode
from grader.submission import MOST_WRITTEN, UnreadableError

PATIENCE = 3.0  # so many times longer than its processor time may a call take on the clock
SECONDS = 20.0  # of processor time for a call
MEMORY_OF_CALL = 1024 * MIB  # more than the interpreter itself takes
REPLY = MOST_WRITTEN + MIB  # bytes of an answer
WORDS = {
    "time": "reading it took too long, and was stopped",
    "clock": "the machine was too busy to read it",
    "memory": "reading it took too much memory, and was stopped",
    "output": "there is too much in it",
    "died": "reading it failed",
    "lied": "reading it failed",
}

File = Path | BinaryIO | bytes


@dataclass(frozen=True)
class Handed:
    """A notebook that was handed in, without outputs: `digest` is the SHA-256 of `content`."""

    content: bytes
    assignment: str | None
    digest: str


def printable(text: str, longest: int = 300) -> str:
    """Return a text that a terminal shows and does not obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:longest])


class Child(Exchange):
    """The process of one call, until `close`; `step` exchanges messages with it.

    Raises
    ------
    LostError
        From `step`, if there is no answer.
    UnreadableError, FaultError
        From `step`, if the function raised it.
    """

    def __init__(self, connection: socket.socket, process: int, longest: int) -> None:
        self._connection, self._process, self.longest = connection, process, longest
        self._meter = Meter()
        self.watch: Callable[[], None] | None = None  # what else to look at meanwhile
        self._sending = os.dup(connection.fileno())
        self._connect(self._sending, connection.fileno())
        text = Path(f"/proc/self/fdinfo/{process}").read_text()
        found = re.search(r"^Pid:\s*(\d+)$", text, re.M)
        self._number = int(found[1]) if found else 0

    def _look(self) -> float:
        if self.watch is not None:
            self.watch()
        return self._meter.read([self._number])[0] if self._number else 0.0

    def step(self, message: bytes, seconds: float) -> tuple[int, bytes]:
        """Send a message; return the kind of the reply, and its bytes, which nobody has checked."""
        framed = wire.HEAD.pack(len(message)) + message
        body = self._exchange(framed, seconds, seconds * PATIENCE + GRACE)
        kind, rest = body[0] if body else -1, body[1:]
        if kind == UNREADABLE:
            raise UnreadableError(printable(rest.decode("utf-8", "replace")))
        if kind == MEMORY:
            raise LostError("memory")
        if kind == MACHINE:
            raise StartError(printable(rest.decode("utf-8", "replace"), 1000))
        if kind == FAULT:
            raise FaultError(rest.decode("utf-8", "replace"))
        return kind, rest

    def close(self) -> None:
        """End the process, whatever it does."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, signal.SIGKILL)
        os.close(self._process)
        os.close(self._sending)
        self._connection.close()


def _opened(file: File) -> int:
    """Return a descriptor of its own for a file: its place in the file is nobody else's."""
    if isinstance(file, bytes):
        number = os.memfd_create("handed")
        with open(number, "wb", closefd=False) as writable:
            writable.write(file)
        os.lseek(number, 0, os.SEEK_SET)
        return number
    if isinstance(file, Path):
        try:
            number = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise UnreadableError(f"it cannot be opened ({error.strerror})") from error
        if not file.is_file():
            os.close(number)
            raise UnreadableError("it is no file")
        return number
    return os.open(f"/proc/self/fd/{file.fileno()}", os.O_RDONLY)


class Reader:
    """A confined process for many calls, of any threads; use it in a `with` statement.

    It starts with the first call, and again if it is lost.

    Parameters
    ----------
    unsafe : bool
        A plain process, without isolation.
    imports : tuple of str
        Modules of ``confined_tasks`` that calls will need: importing them before the fork
        saves time.
    """

    def __init__(self, unsafe: bool = False, imports: tuple[str, ...] = ()) -> None:
        self.unsafe, self.imports = unsafe, imports
        self._lock = threading.Lock()
        self._server: Server | None = None

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def close(self) -> None:
        """End the confined process; a later call starts another."""
        with self._lock:
            if self._server is not None:
                self._server.close()
                self._server = None

    def open(
        self,
        function: str,
        files: Iterable[File] = (),
        prepare: list[Any] | None = None,
        seconds: float = SECONDS,
        memory: int = MEMORY_OF_CALL,
        reply: int = REPLY,
    ) -> Child:
        """Fork a process for one call; the caller talks with it, and closes it.

        Parameters
        ----------
        function : str
            Such as "reading.notebook": a function of a module of ``confined_tasks``.
        files : iterable of files
            Opened for reading; the function's first arguments.
        prepare : list, optional
            Arguments of the module's `prepare`, which runs before the fork: nothing of a
            student's. The function then gets the outcome first, and its `Line`.
        """
        module, _, name = function.partition(".")
        call = {
            "module": module,
            "function": name,
            "prepare": prepare,
            "seconds": seconds,
            "memory": memory,
        }
        with ExitStack() as stack:
            numbers = []
            for file in files:
                numbers.append(_opened(file))
                stack.callback(os.close, numbers[-1])
            connection, process = self._fork(wire.encode(call), numbers)
        try:
            return Child(connection, process, reply)
        except OSError:
            connection.close()
            os.close(process)
            raise

    def _fork(self, call: bytes, numbers: list[int]) -> tuple[socket.socket, int]:
        for attempt in (1, 2):  # the process may have been lost since the last call
            with self._lock:
                if self._server is None or not self._server.alive:
                    mode = "unsafe" if self.unsafe else find_mode()
                    self._server = Server(mode, self.imports)
                try:
                    return self._ask(self._server.control, call, numbers)
                except (OSError, EOFError) as error:
                    self._server.close()
                    self._server = None
                    if attempt == 2:
                        raise FaultError(f"The confined process was lost: {error}") from error
        raise AssertionError

    @staticmethod
    def _ask(control: socket.socket, call: bytes, numbers: list[int]) -> tuple[socket.socket, int]:
        ours, theirs = socket.socketpair()
        with theirs:
            ours.settimeout(START)
            socket.send_fds(control, [b"c"], [theirs.fileno(), *numbers])
        ours.sendall(wire.HEAD.pack(len(call)) + call)
        word, given, _, _ = socket.recv_fds(control, 1, 1)
        if word == b"+":
            return ours, given[0]
        if word == b"":
            raise EOFError
        with ours:
            (length,) = wire.HEAD.unpack(ours.recv(wire.HEAD.size, socket.MSG_WAITALL))
            raise FaultError(ours.recv(min(length, REPLY), socket.MSG_WAITALL)[1:].decode())

    def call(
        self,
        function: str,
        *arguments: Any,
        files: Iterable[File] = (),
        seconds: float = SECONDS,
        reply: int = REPLY,
    ) -> Any:
        """Call a function of ``confined_tasks`` in a process of its own; return plain data.

        What comes back is what `wire` knows; bytes travel as arrays of uint8. Its size is
        limited, its form is for the caller to check.

        Raises
        ------
        UnreadableError
            If the function raises it, or there is no answer within the limits.
        FaultError
            If it raises anything else, which is our fault.
        StartError
            If the machine is at one of its limits.
        """
        try:
            return self._called(function, arguments, files, seconds, reply)
        except (OSError, RuntimeError) as error:  # such as one more thread than it allows
            raise StartError(f"this machine is at a limit: {error}") from error

    def _called(
        self,
        function: str,
        arguments: Iterable[Any],
        files: Iterable[File],
        seconds: float,
        reply: int,
    ) -> Any:
        child = self.open(function, files, seconds=seconds, reply=reply)
        try:
            kind, body = child.step(wire.encode(list(arguments)), seconds)
            if kind != RESULT or wire.is_heavy(body):
                raise LostError("lied")
            return wire.decode(body)
        except (LostError, wire.WireError) as loss:
            raise UnreadableError(WORDS.get(str(loss), WORDS["lied"])) from loss
        finally:
            child.close()

    def notebook(self, file: File) -> Handed:
        """Return a notebook without its outputs.

        Raises
        ------
        UnreadableError
            If it is none, or wears out the process that reads it.
        """
        return handed(self.call("reading.notebook", files=[file]))

    def graded(self, file: File) -> Handed:
        """Return the same without pictures: a digest stands for each. It is what is graded."""
        return handed(self.call("reading.graded", files=[file]))


_SHARED: dict[bool, Reader] = {}
_LOCK = threading.Lock()


def shared(unsafe: bool = False) -> Reader:
    """Return the reader that all threads of this process share; it ends with the process."""
    with _LOCK:
        return _SHARED.setdefault(unsafe, Reader(unsafe))


def handed(given: Any) -> Handed:
    """Return a notebook that a call sent back, or raise `UnreadableError` if it is none."""
    try:
        content, assignment, digest = given
        content = content.astype("u1", casting="no").tobytes()
    except (AttributeError, TypeError, ValueError) as error:
        raise UnreadableError(WORDS["lied"]) from error
    if not isinstance(assignment, str | None) or not isinstance(digest, str):
        raise UnreadableError(WORDS["lied"])
    return Handed(content, assignment and printable(assignment, 100), digest[:64])
