"""A conversation with one sandbox: requests with a deadline, and limits that are watched.

The student's process can answer, stay silent, lie or die. Whatever it does ends in an `Answer`
or in a `LostError`, which says in a word what happened; then the sandbox is gone, and the next
request needs a new one.
"""

import os
import secrets
import select
import selectors
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from grader import wire
from grader.exchange import GRACE, Exchange, LostError, Meter, StartError, family
from grader.sandbox import HOME, TEMPORARY, Limits, kill, start

SOCKETS = 64  # at a time: what waits in them is memory of no process
FILES = 20_000  # in all folders: an empty file takes memory too, which is of no process
START = 60.0  # seconds for an interpreter to start, on a busy machine


def sockets(process: int) -> int:
    """Return how many sockets there are in the network that a process sees."""
    try:
        return int(Path(f"/proc/{process}/net/sockstat").read_text().split(maxsplit=3)[2])
    except OSError:  # it has ended meanwhile
        return 0


def plain_error(given: Any) -> dict[str, Any] | None:
    """Return an error that a student's process has described: short texts and a number."""
    if not isinstance(given, dict):
        return None
    line = given.get("line")
    return {
        "type": _short(given.get("type"), 60),
        "message": _short(given.get("message"), 300),
        "line": line if type(line) is int else None,
    }


def _short(text: Any, length: int) -> str:
    text = text[:length] if isinstance(text, str) else ""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)


class Conversation:
    """What is asked of a student's interpreter, wherever the sandbox is that holds it.

    Attributes
    ----------
    memory, peak : int
        Bytes, when last looked, and at most.
    seconds : float
        Processor time so far.
    """

    limits: Limits
    memory = peak = 0
    seconds = 0.0

    def __enter__(self) -> "Conversation":
        raise NotImplementedError

    def __exit__(self, *unused: object) -> None:
        raise NotImplementedError

    def transfer(self, message: bytes, cpu: float, wall: float) -> bytes:
        """Send a message; return the bytes of the reply, which nobody has looked into."""
        raise NotImplementedError

    def ask(self, do: str, cpu: float | None = None, **details: Any) -> dict[str, Any]:
        """Send a command; return the reply as a dict.

        Its "timeout" is "time" or "clock", as in `LostError`, if the command was stopped; else "".

        Raises
        ------
        LostError
            If there is no reply, for the reason given.
        """
        cpu = self.limits.cell_seconds if cpu is None else cpu
        wall = cpu * self.limits.patience
        nonce, before = secrets.token_hex(16), self.seconds
        command = {"do": do, "nonce": nonce, "cpu": cpu, "wall": wall, **details}
        reply = checked(self.transfer(wire.frame(command), cpu + GRACE, wall + GRACE), nonce)
        if reply["timeout"] and self.seconds - before >= cpu:
            reply["timeout"] = "time"  # whatever it says itself
        return reply

    def full(self, reply: dict[str, Any]) -> bool:
        """Tell whether memory ran out and is still held: what comes next would find none."""
        ran_out = bool(reply["error"]) and reply["error"]["type"].endswith("MemoryError")
        return ran_out and self.memory > self.limits.memory / 2


def checked(body: bytes, nonce: str | None) -> dict[str, Any]:
    """Return a reply as a dict, if it is one to the question that was asked."""
    if wire.is_heavy(body):
        raise LostError("output")
    try:
        reply = wire.decode(body)
    except wire.WireError as error:
        raise LostError("lied") from error
    given = reply.get("nonce") if isinstance(reply, dict) else 0
    if not isinstance(given, str | None) or given != nonce:
        raise LostError("lied")
    lack, bound, late = reply.get("lack"), reply.get("bound"), reply.get("timeout")
    return reply | {
        "error": plain_error(reply.get("error")),
        "lack": lack if isinstance(lack, str) else "",
        "timeout": late if isinstance(late, str) and late in ("time", "clock") else "",
        "bound": [name for name in bound if isinstance(name, str)]
        if isinstance(bound, list)
        else [],
    }


def files(process: int) -> int:
    """Return how many files there are in the folders that a process can write to."""
    total = 0
    for folder in (HOME, TEMPORARY, "/dev/shm"):
        with suppress(OSError):  # it has ended meanwhile
            known = os.statvfs(f"/proc/{process}/root{folder}")
            total += known.f_files - known.f_ffree
    return total


class Session(Exchange, Conversation):
    """One sandbox, from its start to its end; use it in a `with` statement.

    Parameters
    ----------
    mode : str
        As `sandbox.find_mode` returns it, or "unsafe".
    limits : Limits
        Held here for memory, processes, time, output and the size of answers.
    """

    def __init__(self, mode: str, limits: Limits) -> None:
        self.mode, self.limits, self.longest = mode, limits, limits.reply
        self._meter = Meter()
        self._stack = ExitStack()
        self._ready = False

    def __enter__(self) -> "Session":
        try:
            self._open()
        except BaseException:
            self._stack.close()
            raise
        return self

    def _open(self) -> None:
        self._process, replies = self._stack.enter_context(start(self.mode, self.limits))
        commands, output = self._process.stdin, self._process.stdout
        assert commands is not None  # both are pipes
        assert output is not None
        self._output = output.fileno()
        self._closed = False
        self._connect(commands.fileno(), replies)
        self._printed = bytearray()
        try:
            checked(self._bounded(b"", START, START), None)
        except LostError as error:
            self._drain_rest()
            raise StartError(f"{error}: {self.last_words.strip()}") from error
        self._ready = True

    def __exit__(self, *unused: object) -> None:
        self._stack.close()

    def transfer(self, message: bytes, cpu: float, wall: float) -> bytes:
        """Send a message; return the bytes of the reply, which nobody has looked into.

        Raises
        ------
        LostError
            If there is no reply, for the reason given.
        """
        body = self._bounded(message, cpu, wall)
        self._look()
        return body

    def _bounded(self, message: bytes, cpu: float, wall: float) -> bytes:
        """Exchange messages, and hold the limit of what is printed meanwhile."""
        self._volume = 0
        return self._exchange(message, cpu, wall)

    def _others(self) -> list[int]:
        return [] if self._closed else [self._output]

    def _read_other(self, descriptor: int, selector: selectors.BaseSelector) -> None:
        """Read what was printed, so that the student's code never waits; keep only the end."""
        data = os.read(descriptor, 1 << 20)
        if not data:
            selector.unregister(descriptor)
            self._closed = True
        self._printed = (self._printed + data)[-2000:]
        self._volume += len(data)
        if self._volume > self.limits.output:
            raise LostError("output")

    def _drain_rest(self) -> None:
        kill(self._process)
        if not self._closed and select.select([self._output], [], [], GRACE)[0]:
            self._printed += os.read(self._output, 1 << 16)

    def look(self) -> None:
        """Hold the limits while nothing is asked.

        Raises
        ------
        LostError
            If one is passed.
        """
        self._look()

    def _look(self) -> float:
        """Hold the limits of memory and processes; return the processor time so far."""
        processes = family(self._process.pid, self.limits.processes + 8)
        if len(processes) > self.limits.processes + 8:
            raise LostError("processes")
        seconds, memory = self._meter.read(processes)
        self.memory, self.peak = memory, max(self.peak, memory)
        self.seconds = max(self.seconds, seconds)
        # The first is outside, and until the runner has spoken so may be the second.
        inside = processes[1:2] if self._ready and self.mode != "unsafe" else []
        if any(sockets(number) > SOCKETS or files(number) > FILES for number in inside):
            raise LostError("memory")
        if memory > self.limits.memory * 1.25:  # each process has `memory` at most
            raise LostError("memory")
        return seconds

    @property
    def last_words(self) -> str:
        """What was printed last, for the person who looks for a fault in the machine."""
        return self._printed.decode(errors="replace")


#: How a sandbox is made: as `sandbox.find_mode` says, or by a function that opens it elsewhere.
Mode = str | Callable[[Limits], Conversation]


def open_session(mode: Mode, limits: Limits) -> Conversation:
    """Return a sandbox, which starts in a `with` statement."""
    return Session(mode, limits) if isinstance(mode, str) else mode(limits)
