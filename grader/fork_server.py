"""Runs inside the sandbox of our own code: a process that has imported, and forks for each call.

The child of a call holds one student's bytes and nothing of another's, has its own limits of
memory and processor time, and ends with the call. The functions are those of ``confined_tasks``.

Started as ``python PACKAGE SETTINGS``, SETTINGS being JSON. A call comes in on a socket as one
byte, with descriptors: of the socket for this conversation, and of files to read.
"""

import array
import json
import os
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from io import FileIO
from types import ModuleType
from typing import Any

from grader import wire
from grader.exchange import StartError
from grader.line import FAULT, MACHINE, MEMORY, RESULT, UNREADABLE, Line
from grader.runner import become
from grader.submission import UnreadableError

FILES = 8  # descriptors that a call may bring
LONGEST_FAULT = 4000  # bytes

Parent = tuple[ModuleType, str, Any, dict[str, Any]]


def _limit(settings: dict[str, Any]) -> None:
    """Give up the right to more memory, time and processes than a call needs."""
    seconds = int(settings["seconds"]) + 2
    for name, value in (
        ("DATA", settings["memory"]),
        ("CPU", seconds),
        ("FSIZE", 0),
        ("NPROC", 0),
        ("CORE", 0),
    ):
        number = getattr(resource, f"RLIMIT_{name}")
        resource.setrlimit(number, (value, value))


def _run(line: Line, parent: Parent, files: list[int]) -> None:
    """Carry out a call in a child."""
    module, name, prepared, settings = parent
    _limit(settings)
    try:
        arguments = wire.decode(line.receive())
        opened = [FileIO(number) for number in files]
        function = getattr(module, name)
        before = [] if prepared is None else [prepared, line]
        result = wire.encode(function(*before, *opened, *arguments))
    except UnreadableError as error:
        line.send(UNREADABLE, str(error)[:1000].encode("utf-8", "replace"))
    except StartError as error:
        line.send(MACHINE, str(error)[:1000].encode("utf-8", "replace"))
    except MemoryError:
        line.send(MEMORY, b"")
    except BaseException:
        line.send(FAULT, _trace())
    else:
        line.send(RESULT, result)


def _trace() -> bytes:
    return traceback.format_exc().encode("utf-8", "replace")[-LONGEST_FAULT:]


def _parent(line: Line) -> Parent:
    """Read what a call needs before the fork: nothing of a student's."""
    call = wire.decode(line.receive())
    module = import_module(f"grader.confined_tasks.{call['module']}")
    prepared = None if call["prepare"] is None else module.prepare(*call["prepare"])
    function = getattr(module, call["function"])
    assert isinstance(function, Callable)  # type: ignore[arg-type]
    return module, call["function"], prepared, call


def _serve(control: socket.socket) -> None:
    """Take calls until the grader has gone."""
    while True:
        _, given, _, _ = socket.recv_fds(control, 1, FILES + 1)
        if not given:
            return
        connection, files = socket.socket(fileno=given[0]), given[1:]
        line = Line(connection)
        try:
            parent = _parent(line)
        except BaseException:
            line.send(FAULT, _trace())
            control.send(b"-")
        else:
            _fork(control, line, parent, files)
        connection.close()
        for number in files:
            os.close(number)


def _fork(control: socket.socket, line: Line, parent: Parent, files: list[int]) -> None:
    child = os.fork()
    if child == 0:
        try:
            control.close()
            _run(line, parent, files)
        finally:
            os._exit(0)
    process = os.pidfd_open(child)
    rights = array.array("i", [process])
    control.sendmsg([b"+"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
    os.close(process)


def main() -> None:
    """Become nobody, say that we are ready, and serve."""
    settings = json.loads(sys.argv.pop())
    if settings["user"]:
        become(settings["user"])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for module in settings["imports"]:
        import_module(f"grader.confined_tasks.{module}")
    control = socket.socket(fileno=settings["control"])
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(null, number)
    control.send(b"!")
    _serve(control)


if __name__ == "__main__":
    main()
