"""Messages to a process that is not trusted and back, within limits of time and size.

Whatever the other side does, an exchange ends in the bytes of one reply, which nobody has looked
into yet, or in a `LostError`, which says in a word what happened.
"""

import os
import re
import selectors
import struct
import time
from pathlib import Path

HEAD = struct.Struct(">Q")  # the length of a message stands before it
LOOK = 0.05  # seconds between two looks at what the process uses
GRACE = 2.0  # seconds for a process to stop by itself when its time is up
TICK = os.sysconf("SC_CLK_TCK")
# In memory, in swap, and the page tables.
MEMORY = re.compile(r"^(?:RssAnon|RssShmem|VmSwap|VmPTE):\s+(\d+)", re.M)


class LostError(Exception):
    """The process ended; `args[0]` says why.

    "time" (it used all the processor time that it may), "clock" (that ran out before: it waited, or
    the machine was busy), "memory", "processes", "output", "died" or "lied".
    """


class OursError(Exception):
    """Our code or the machine failed: never the student's fault."""


class StartError(OursError):
    """A process of ours did not come up, or the machine is at one of its limits."""


def family(process: int, at_most: int) -> list[int]:
    """Return a process and its descendants, not many more than `at_most`."""
    found, new = [process], [process]
    while new and len(found) <= at_most:
        new = [child for number in new for child in _children(number)]
        found += new
    return found


def _children(process: int) -> list[int]:
    """Return the children of a process; it, and each thread of it, may end meanwhile."""
    try:
        threads = list(Path(f"/proc/{process}/task").iterdir())
    except OSError:
        return []
    children: list[int] = []
    for thread in threads:
        try:
            children += map(int, (thread / "children").read_text().split())
        except OSError:
            continue
    return children


def _share(process: int) -> float:
    """Return how much of the time in which a process could run it ran."""
    try:
        ran, waited, _ = map(int, Path(f"/proc/{process}/schedstat").read_text().split())
    except (OSError, ValueError):  # it has ended meanwhile, or the kernel does not tell
        return 0.0
    return ran / max(ran + waited, 1)


class Meter:
    """Counts what a family of processes uses, also of children that nobody has waited for.

    Those of them that are too short to be seen twice are counted as in a sample: one that is seen
    running stands for the time between two looks, less what it waited for a processor.
    """

    def __init__(self) -> None:
        self._alive: dict[tuple[int, str], float] = {}  # what each counts for once it has gone
        self._gone = 0.0

    def read(self, processes: list[int]) -> tuple[float, int]:
        """Return the seconds of processor time so far, and the bytes of memory now."""
        own: dict[tuple[int, str], float] = {}
        young, waited, memory = {}, 0.0, 0
        for number in processes:
            try:
                fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
                status = Path(f"/proc/{number}/status").read_text()
            except OSError:  # it has ended meanwhile
                continue
            key = number, fields[19]
            own[key] = sum(map(int, fields[11:13])) / TICK
            if key not in self._alive and fields[0] == "R":
                young[key] = max(own[key], LOOK * _share(number))
            waited += sum(map(int, fields[13:15])) / TICK
            memory += sum(map(int, MEMORY.findall(status)))
        self._gone += sum(each for key, each in self._alive.items() if key not in own)
        self._alive = own | young
        # A child that was waited for counts in its parent, any other one as it was last seen.
        return sum(own.values()) + max(waited, self._gone), memory * 1024


class Exchange:
    """One message at a time to a process, and its reply, while limits are watched.

    A subclass says what the process uses (`_look`), and may read more from it than replies
    (`_others`, `_read_other`).
    """

    longest: int  # bytes of a reply
    _commands: int  # descriptors: where messages go, and where replies come from
    _replies: int

    def _connect(self, commands: int, replies: int) -> None:
        self._commands, self._replies = commands, replies
        for descriptor in (commands, replies, *self._others()):
            os.set_blocking(descriptor, False)
        self._buffer = bytearray()

    def _others(self) -> list[int]:
        return []

    def _read_other(self, descriptor: int, selector: selectors.BaseSelector) -> None:
        raise NotImplementedError

    def _look(self) -> float:
        """Hold the limits of what the process uses; return its processor time so far."""
        raise NotImplementedError

    def _exchange(self, message: bytes, cpu: float, wall: float) -> bytes:
        """Send a message and wait for the reply, `cpu` and `wall` seconds at most."""
        begun = time.monotonic()
        used_before, look = None, begun + LOOK
        unsent = memoryview(message)
        # Without epoll, whose watches of one user all sandboxes together can use up.
        with selectors.PollSelector() as selector:
            for descriptor in (self._replies, *self._others()):
                selector.register(descriptor, selectors.EVENT_READ)
            if unsent:
                selector.register(self._commands, selectors.EVENT_WRITE)
            while True:
                for descriptor in [key.fd for key, _ in selector.select(LOOK)]:
                    if descriptor == self._commands:
                        unsent = self._send(unsent, selector)
                    elif descriptor != self._replies:
                        self._read_other(descriptor, selector)
                    elif (reply := self._receive()) is not None:
                        return reply
                if (now := time.monotonic()) >= look:
                    used = self._look()
                    used_before = used if used_before is None else used_before
                    look = now + LOOK
                    if used - used_before > cpu:
                        raise LostError("time")
                    if now - begun > wall:
                        raise LostError("clock")

    def _send(self, unsent: memoryview, selector: selectors.BaseSelector) -> memoryview:
        """Send what the pipe takes, as the other side may have stopped reading; return the rest."""
        try:
            unsent = unsent[os.write(self._commands, unsent) :]
        except (BrokenPipeError, ConnectionError) as error:
            raise LostError("died") from error
        if not unsent:
            selector.unregister(self._commands)
        return unsent

    def _receive(self) -> bytes | None:
        """Read a part of a reply; return the whole when it is there."""
        try:
            data = os.read(self._replies, 1 << 20)
        except ConnectionError as error:
            raise LostError("died") from error
        if not data:
            raise LostError("died")
        self._buffer += data
        if len(self._buffer) < HEAD.size:
            return None
        (length,) = HEAD.unpack_from(self._buffer)
        if length > self.longest:
            raise LostError("output")
        if len(self._buffer) < HEAD.size + length:
            return None
        body = bytes(self._buffer[HEAD.size :])
        self._buffer.clear()
        if len(body) != length:
            raise LostError("lied")
        return body
