"""A conversation with one sandbox: requests with a deadline, and limits that are watched.

The student's process can answer, stay silent, lie or die. Whatever it does ends in an `Answer`
or in a `LostError`, which says in a word what happened; then the sandbox is gone, and the next
request needs a new one.
"""

import os
import re
import secrets
import selectors
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from grader import wire
from grader.sandbox import Limits, start

SOCKETS = 64  # at a time: what waits in them is memory of no process
LOOK = 0.05  # seconds between two looks at memory and processes
GRACE = 2.0  # seconds for an interpreter to stop by itself when its time is up
START = 60.0  # seconds for an interpreter to start, on a busy machine
TICK = os.sysconf("SC_CLK_TCK")
MEMORY = re.compile(r"^(?:RssAnon|RssShmem|VmPTE):\s+(\d+)", re.M)  # VmPTE: page tables


class LostError(Exception):
    """The sandbox ended; `args[0]` is "time", "memory", "processes", "output", "died" or "lied"."""


def family(process: int, at_most: int) -> list[int]:
    """Return a process and its descendants, not many more than `at_most`."""
    found, new = [process], [process]
    while new and len(found) <= at_most:
        children = []
        for number in new:
            for path in Path(f"/proc/{number}/task").glob("*/children"):
                try:
                    children += [int(word) for word in path.read_text().split()]
                except OSError:
                    continue
        found += children
        new = children
    return found


def usage(processes: list[int]) -> tuple[float, int]:
    """Return the seconds of processor time and the bytes of memory that processes use."""
    seconds, memory = 0.0, 0
    for number in processes:
        try:
            fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
            status = Path(f"/proc/{number}/status").read_text()
        except OSError:  # it has ended meanwhile
            continue
        seconds += sum(map(int, fields[11:15])) / TICK
        memory += sum(map(int, MEMORY.findall(status)))
    return seconds, memory * 1024


def sockets(process: int) -> int:
    """Return how many sockets there are in the network that a process sees."""
    try:
        return int(Path(f"/proc/{process}/net/sockstat").read_text().split(maxsplit=3)[2])
    except OSError:  # it has ended meanwhile
        return 0


class StartError(Exception):
    """The sandbox did not come up: the machine's fault, never the student's."""


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


class Session:
    """One sandbox, from its start to its end; use it in a `with` statement.

    Parameters
    ----------
    mode : str
        As `sandbox.find_mode` returns it, or "unsafe".
    limits : Limits
        Held here for memory, processes, time, output and the size of answers.
    """

    def __init__(self, mode: str, limits: Limits) -> None:
        self.mode, self.limits = mode, limits
        self.peak = 0  # bytes of memory, as seen
        self.memory = 0  # the same, when last looked
        self.seconds = 0.0  # of processor time, as seen
        self._stack = ExitStack()

    def __enter__(self) -> "Session":
        self._process, self._replies = self._stack.enter_context(start(self.mode, self.limits))
        commands, output = self._process.stdin, self._process.stdout
        assert commands is not None  # both are pipes
        assert output is not None
        self._commands, self._output = commands.fileno(), output.fileno()
        for descriptor in (self._commands, self._replies, self._output):
            os.set_blocking(descriptor, False)
        self._buffer = bytearray()
        self._printed = bytearray()
        self._closed = False
        try:
            self._until(None, START, START)
        except LostError as error:
            self._drain_rest()
            self._stack.close()
            raise StartError(f"{error}: {self.last_words.strip()}") from error
        return self

    def __exit__(self, *unused: object) -> None:
        self._stack.close()

    def ask(self, do: str, cpu: float | None = None, **details: Any) -> dict[str, Any]:
        """Send a command; return the reply as a dict.

        Raises
        ------
        LostError
            If there is no reply, for the reason given.
        """
        cpu = self.limits.cell_seconds if cpu is None else cpu
        wall = cpu * self.limits.patience
        nonce = secrets.token_hex(16)
        command = {"do": do, "nonce": nonce, "cpu": cpu, "wall": wall, **details}
        reply = self._until(nonce, cpu + GRACE, wall + GRACE, wire.frame(command))
        self._look()
        return reply

    def _until(
        self, nonce: str | None, cpu: float, wall: float, message: bytes = b""
    ) -> dict[str, Any]:
        """Send a message and wait for the reply, looking after the limits meanwhile."""
        start_clock = time.monotonic()
        start_cpu, printed, look = None, 0, start_clock + LOOK
        unsent = memoryview(message)
        with selectors.DefaultSelector() as selector:
            for descriptor in (self._replies, *([] if self._closed else [self._output])):
                selector.register(descriptor, selectors.EVENT_READ)
            if unsent:
                selector.register(self._commands, selectors.EVENT_WRITE)
            while True:
                ready = [key.fd for key, _ in selector.select(LOOK)]
                if self._commands in ready:
                    unsent = self._send(unsent, selector)
                if self._output in ready:
                    size = self._drain(selector)
                    printed += size
                if self._replies in ready and (reply := self._receive()) is not None:
                    return self._checked(reply, nonce)
                if (now := time.monotonic()) >= look:
                    used = self._look()
                    start_cpu = used if start_cpu is None else start_cpu
                    look = now + LOOK
                    if used - start_cpu > cpu or now - start_clock > wall:
                        raise LostError("time")
                    if printed > self.limits.output:
                        raise LostError("output")

    def _send(self, unsent: memoryview, selector: selectors.BaseSelector) -> memoryview:
        """Send what the pipe takes, as the other side may have stopped reading; return the rest."""
        try:
            unsent = unsent[os.write(self._commands, unsent) :]
        except BrokenPipeError as error:
            raise LostError("died") from error
        if not unsent:
            selector.unregister(self._commands)
        return unsent

    def _drain(self, selector: selectors.BaseSelector) -> int:
        """Read what was printed, so that the student's code never waits; keep only the end."""
        data = os.read(self._output, 1 << 20)
        if not data:
            selector.unregister(self._output)
            self._closed = True
        self._printed = (self._printed + data)[-2000:]
        return len(data)

    def _drain_rest(self) -> None:
        if not self._closed:
            self._process.kill()
            os.set_blocking(self._output, True)
            self._printed += os.read(self._output, 1 << 16)

    def _receive(self) -> bytes | None:
        """Read a part of a reply; return the whole when it is there."""
        data = os.read(self._replies, 1 << 20)
        if not data:
            raise LostError("died")
        self._buffer += data
        if len(self._buffer) < wire.HEAD.size:
            return None
        (length,) = wire.HEAD.unpack_from(self._buffer)
        if length > self.limits.reply:
            raise LostError("output")
        if len(self._buffer) < wire.HEAD.size + length:
            return None
        body = bytes(self._buffer[wire.HEAD.size :])
        self._buffer.clear()
        if len(body) != length:
            raise LostError("lied")
        return body

    def _checked(self, body: bytes, nonce: str | None) -> dict[str, Any]:
        if wire.is_heavy(body):
            raise LostError("output")
        try:
            reply = wire.decode(body)
        except wire.WireError as error:
            raise LostError("lied") from error
        given = reply.get("nonce") if isinstance(reply, dict) else 0
        if not isinstance(given, str | None) or given != nonce:
            raise LostError("lied")
        return reply | {"error": plain_error(reply.get("error"))}

    def _look(self) -> float:
        """Hold the limits of memory and processes; return the processor time so far."""
        processes = family(self._process.pid, self.limits.processes + 8)
        if len(processes) > self.limits.processes + 8:
            raise LostError("processes")
        seconds, memory = usage(processes)
        self.memory, self.peak = memory, max(self.peak, memory)
        self.seconds = max(self.seconds, seconds)
        inside = processes[1:2] if self.mode != "unsafe" else []  # the first is outside
        if any(sockets(number) > SOCKETS for number in inside):
            raise LostError("memory")
        if memory > self.limits.memory * 1.25:  # each process has `memory` at most
            raise LostError("memory")
        return seconds

    def full(self, reply: dict[str, Any]) -> bool:
        """Tell whether memory ran out and is still held: what comes next would find none."""
        ran_out = bool(reply["error"]) and reply["error"]["type"].endswith("MemoryError")
        return ran_out and self.memory > self.limits.memory / 2

    @property
    def last_words(self) -> str:
        """What was printed last, for the person who looks for a fault in the machine."""
        return self._printed.decode(errors="replace")
